"""A suspended or closed account sends no text, with the reason, from that moment on; other accounts still send."""

from datetime import timedelta
from typing import Any

import pytest

from inbox import api
from longcode.accounts.account import Account, OnUncertain
from longcode.carriers.carrier import RefusalReason, Refused, Uncertain
from longcode.message import HoldReason, MessageKind, MessageState
from longcode.messages import store as messages
from longcode.messages import timing
from longcode.messages.compose import draft
from longcode.numbers import store as numbers
from longcode.plans.plans import PlanChange
from longcode.table import keys, store
from send import api as send_api
from sweeper import sweep_schedule
from tests.support.admin_orders import send_accepted_order
from tests.support.aws_calls import meanwhile
from tests.support.crashes import every_crash
from tests.support.fakes import NOW, FakeCarrier, call, client, studio, take_queued
from tests.support.text_steps import accept, counted_units, deliver, stored

pytestmark = pytest.mark.account(plan_changes=(PlanChange(NOW, "starter"),))

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
TEXT = {"client_id": "c1", "body": "Hello"}
UNPAID = "October's invoice is unpaid."
WHY = f"The operator has suspended this account, so it sends nothing: {UNPAID}"


def order(account: Account, do: str) -> None:
    """Run one of the operator's orders about an account."""
    reason: dict[str, Any] = {"reason": UNPAID} if do == "suspend" else {}
    send_accepted_order(f"accounts.{do}", account=account.id, **reason)


def reserved(account: Account) -> list[int]:
    """Return how much of the plan's limit is reserved."""
    return [int(item["used"]) for item in store.query(keys.quota(account.id, ""))]


def test_a_suspended_accounts_text_is_refused_with_the_operators_reason_and_not_written(account: Account) -> None:
    order(account, "suspend")

    answer = call(send_api, "POST", "/messages", TEXT, account=account.id)

    assert (answer.status, answer.json["code"], answer.json["detail"]) == (403, "account_suspended", WHY)
    assert list(store.query(keys.message(account.id))) == []
    assert take_queued("send") == []


def test_a_closed_accounts_text_is_refused_as_closed(account: Account) -> None:
    order(account, "close")

    answer = call(send_api, "POST", "/messages", TEXT, account=account.id)

    assert (answer.status, answer.json["code"]) == (403, "account_closed")
    assert answer.json["detail"] == "This account is closed, so it sends nothing."


def test_a_suspended_accounts_preview_has_the_reason(account: Account) -> None:
    order(account, "suspend")

    answer = call(send_api, "POST", "/messages/preview", TEXT, account=account.id).json

    assert (answer["may_be_sent"], answer["code"], answer["reason"]) == (False, "account_suspended", WHY)


def test_a_repeated_request_from_before_the_suspension_gets_its_first_response(account: Account) -> None:
    key = {"Idempotency-Key": "k"}
    before = call(send_api, "POST", "/messages", TEXT, account=account.id, headers=key)
    order(account, "suspend")

    again = call(send_api, "POST", "/messages", TEXT, account=account.id, headers=key)

    assert (again.status, again.json) == (202, before.json)


@pytest.mark.parametrize(("do", "code"), [("suspend", "account_suspended"), ("close", "account_closed")])
def test_a_suspended_accounts_queued_text_is_refused_and_uncounted(account: Account, do: str, code: str) -> None:
    message, carrier = accept(account), FakeCarrier()
    order(account, do)

    deliver(carrier)

    refused = stored(account, message.id)
    assert (refused.state, refused.error, refused.due_at) == (MessageState.REFUSED, code, None)
    assert (carrier.texts, counted_units(account), reserved(account)) == ([], 0, [0])


def test_a_refused_message_shows_the_code_of_the_reason(account: Account) -> None:
    message = accept(account)
    order(account, "suspend")
    deliver(FakeCarrier())

    shown = call(api, "GET", f"/messages/{message.id}", account=account.id).json

    assert (shown["state"], shown["error"]) == ("refused", "account_suspended")


def test_a_text_whose_worker_is_killed_at_any_call_is_refused_when_its_job_is_retried(account: Account) -> None:
    message, carrier = accept(account), FakeCarrier()
    jobs = take_queued("send")
    order(account, "suspend")

    for crash in every_crash(after=False):
        with crash:
            deliver(carrier, jobs=jobs)
        deliver(carrier, jobs=jobs)

        assert stored(account, message.id).error == "account_suspended"
        assert (carrier.texts, reserved(account)) == ([], [0])


def test_a_refused_text_stays_refused_after_the_account_is_restored_and_a_new_text_is_sent(account: Account) -> None:
    old, carrier = accept(account, "old"), FakeCarrier()
    jobs = take_queued("send")
    order(account, "suspend")
    deliver(carrier, jobs=jobs)

    order(account, "restore")
    new = accept(account, "new")
    deliver(carrier, jobs=jobs + take_queued("send"))

    assert stored(account, old.id).state is MessageState.REFUSED
    assert stored(account, new.id).state is MessageState.SENT
    assert len(carrier.texts) == 1


def test_a_scheduled_text_due_during_the_suspension_is_refused_and_a_later_one_is_sent(
    account: Account,
) -> None:
    first, second = (accept(account, f"k{n}", send_at=NOW + n * HOUR) for n in (1, 3))
    carrier = FakeCarrier()
    order(account, "suspend")

    sweep_schedule.sweep(NOW + HOUR + MINUTE)
    deliver(carrier, NOW + HOUR + MINUTE)
    order(account, "restore")
    sweep_schedule.sweep(NOW + 3 * HOUR + MINUTE)
    deliver(carrier, NOW + 3 * HOUR + MINUTE)

    assert (stored(account, first.id).state, stored(account, first.id).error) == (
        MessageState.REFUSED,
        "account_suspended",
    )
    assert stored(account, second.id).state is MessageState.SENT
    assert len(carrier.texts) == 1


def test_a_closed_accounts_scheduled_text_is_refused_when_it_is_due(account: Account) -> None:
    message, carrier = accept(account, send_at=NOW + HOUR), FakeCarrier()
    order(account, "close")

    sweep_schedule.sweep(NOW + HOUR + MINUTE)
    deliver(carrier, NOW + HOUR + MINUTE)

    refused = stored(account, message.id)
    assert (refused.state, refused.error, carrier.texts) == (MessageState.REFUSED, "account_closed", [])


def test_a_suspended_accounts_scheduled_text_can_be_cancelled(account: Account) -> None:
    message = accept(account, send_at=NOW + HOUR)
    order(account, "suspend")

    answer = call(send_api, "DELETE", f"/messages/{message.id}", account=account.id)

    assert answer.status == 204
    assert stored(account, message.id).state is MessageState.CANCELLED


def test_a_suspended_accounts_text_held_for_quiet_hours_is_refused_in_the_morning(account: Account) -> None:
    plain = draft(
        account=account.id, message_id="m-0", kind=MessageKind.TRIGGERED, phone="+12125550123", body="Hello", now=NOW
    )
    night = NOW + 12 * HOUR  # 22:30 in New York
    messages.accept([timing.with_send_time(plain, account, None)])
    held = stored(account, "m-0")
    timing.hold(held, night)
    order(account, "suspend")

    morning = night + 10 * HOUR
    sweep_schedule.sweep(morning)
    deliver(FakeCarrier(), morning, take_queued("bulk") + take_queued("send"))

    assert (stored(account, "m-0").state, stored(account, "m-0").error) == (MessageState.REFUSED, "account_suspended")


def test_a_suspended_accounts_retry_is_refused(account: Account) -> None:
    message, carrier = accept(account), FakeCarrier(answers=[Refused(RefusalReason.TRY_AGAIN, "20429")])
    deliver(carrier)
    order(account, "suspend")

    sweep_schedule.sweep(NOW + HOUR)
    deliver(carrier, NOW + HOUR)

    assert (stored(account, message.id).state, stored(account, message.id).error) == (
        MessageState.REFUSED,
        "account_suspended",
    )
    assert len(carrier.texts) == 1


def test_a_suspended_accounts_parked_text_is_refused_when_the_operator_releases_it(account: Account) -> None:
    message, carrier = accept(account), FakeCarrier(answers=[Refused(RefusalReason.PARKED, "30002")])
    deliver(carrier)
    order(account, "suspend")

    assert send_accepted_order("texts.release", NOW + MINUTE) == {"released": 1}
    deliver(carrier, NOW + MINUTE)

    assert stored(account, message.id).error == "account_suspended"
    assert len(carrier.texts) == 1


def test_a_suspended_accounts_uncertain_text_gets_no_second_attempt(aws: None) -> None:
    account = studio(on_uncertain=OnUncertain.RESEND)
    client(account)
    message, carrier = accept(account), FakeCarrier(answers=[Uncertain("timeout")])
    deliver(carrier)
    order(account, "suspend")

    for at in (16 * MINUTE, 19 * MINUTE, 22 * MINUTE):
        sweep_schedule.sweep(NOW + at)
        deliver(carrier, NOW + at)

    assert stored(account, message.id).state is MessageState.FAILED
    assert len(carrier.texts) == 1


def test_an_account_suspended_between_checks_and_claim_sends_no_further_text(
    account: Account,
) -> None:
    first, carrier = accept(account, "k1"), FakeCarrier()

    with meanwhile("UpdateItem", lambda: order(account, "suspend")):
        deliver(carrier)
    second = draft(
        account=account.id, message_id="m-0", kind=MessageKind.INDIVIDUAL, phone="+12125550123", body="Hello", now=NOW
    )
    messages.accept([second])
    deliver(carrier, jobs=['{"account":"10000001","message_id":"m-0"}'])

    assert stored(account, first.id).state is MessageState.SENT
    assert stored(account, "m-0").error == "account_suspended"


def test_a_text_being_accepted_during_the_suspension_is_not_sent(account: Account) -> None:
    accept(account, "before")  # so that the quota exists
    deliver(FakeCarrier())
    carrier = FakeCarrier()

    with meanwhile("TransactWriteItems", lambda: order(account, "suspend")):
        message = accept(account)
    deliver(carrier)

    assert stored(account, message.id).error == "account_suspended"
    assert carrier.texts == []


def test_a_suspended_accounts_text_held_for_a_possible_opt_out_is_refused(account: Account) -> None:
    message, carrier = accept(account), FakeCarrier()
    messages.reschedule(message, MessageState.QUEUED, NOW + HOUR, held=HoldReason.ASKED)
    take_queued("send")
    order(account, "suspend")

    sweep_schedule.sweep(NOW + HOUR + MINUTE)
    deliver(carrier, NOW + HOUR + MINUTE)

    assert stored(account, message.id).error == "account_suspended"


def test_another_accounts_text_in_the_same_batch_is_sent(account: Account) -> None:
    other = studio("10000002")
    client(other, "c1", "+12125550199")
    mine, theirs = accept(account), accept(other)
    carrier = FakeCarrier()
    order(account, "suspend")

    deliver(carrier)

    assert stored(account, mine.id).state is MessageState.REFUSED
    assert stored(other, theirs.id).state is MessageState.SENT
    assert [text.to for text in carrier.texts] == ["+12125550199"]


def test_a_refused_text_is_not_recorded_as_the_last_text_so_no_reply_answers_it(account: Account) -> None:
    accept(account)
    order(account, "suspend")

    deliver(FakeCarrier())

    assert numbers.last_texts_to("+12125550123", "+15555550100") == []
