"""The orders texts.show and texts.find: each reason for which a text did not go, or waits, has its sentence."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from broadcasts import api as broadcasts_api
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.aws.settings import settings
from longcode.carriers.carrier import Receipt, RefusalReason, Refused, SendResult, Uncertain
from longcode.jobs import Means
from longcode.message import Message, MessageState
from longcode.numbers import store as numbers
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED, OptOutEvent, account_scope
from longcode.plans.plans import PlanChange
from send import api, receipts, worker
from send.pacing import Turns
from sweeper import sweep_schedule
from tests.support.admin_orders import send_accepted_order, send_order
from tests.support.broadcast_steps import advance, create_broadcast, deliver_bulk_texts, texts
from tests.support.fakes import NOW, FakeCarrier, client, studio, take_queued
from tests.support.text_steps import accept, deliver

pytestmark = pytest.mark.usefixtures("aws")

PHONE, ABROAD = "+12125550123", "+447400123456"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NIGHT = datetime.fromisoformat("2026-11-22T09:30:00+00:00")  # 04:30 in New York
OWN = "+15555550177"


@pytest.fixture
def account() -> Account:
    return with_client()


def with_client(**changes: Any) -> Account:
    studio(**changes)
    account = accounts.get_or_raise("10000001")
    client(account)
    return account


def show(text: Message, now: datetime = NOW) -> dict[str, Any]:
    return send_accepted_order("texts.show", now, id=f"{text.account}.{text.id}")


def sent(account: Account, *answers: SendResult, now: datetime = NOW) -> Message:
    """Accept a text and have the carrier give these answers to it."""
    text = accept(account)
    deliver(FakeCarrier(answers=list(answers)), now)
    return text


def receipt(text: Message, state: MessageState, code: str | None = None, at: datetime = NOW + MINUTE) -> None:
    reason = RefusalReason.FILTERED if code else None
    reference = f"{text.account}.{text.id}"
    receipts.apply_receipt(
        Receipt(
            carrier="twilio", reference=reference, carrier_id="SM1", state=state, code=code, reason=reason, at=at
        ),
        at,
    )


def stop(scope: str = SHARED, *, asks: bool = False, at: datetime = NOW) -> None:
    words = "no thanks, stop it" if asks else "STOP"
    optouts.record(
        OptOutEvent(
            id="e1",
            phone=PHONE,
            scope=scope,
            out=not asks,
            at=at,
            means=Means.TEXT,
            words=words,
            number="+15555550100",
            account="10000001",
            asks=asks,
        )
    )


def test_a_delivered_text_says_when(account: Account) -> None:
    text = sent(account)
    receipt(text, MessageState.DELIVERED)

    answer = show(text)

    assert (answer["why"], answer["help"]) == ("It was delivered on 2026-11-22 15:31 UTC.", "")
    assert [step["what"] for step in answer["steps"]] == [
        "accepted from the studio's software, by the API",
        "attempt 1 taken up by a worker",
        "counted as sent over +15555550100 (SM1)",
        "delivered",
    ]
    assert answer["cost"] == "1 unit, 1 segment in GSM-7; 1 charged in 2026-11, $0.04 if beyond the included ones"
    assert answer["carrier"] == "twilio SM1"


def test_a_text_without_a_receipt_is_with_the_carrier(account: Account) -> None:
    text = sent(account)

    assert show(text)["why"] == (
        "The carrier has it since 2026-11-22 15:30 UTC and has not reported whether it was delivered."
    )
    assert "by its carrier's id" in show(text, NOW + 2 * HOUR)["help"]


def test_an_opt_out_is_the_reason_with_its_history(account: Account) -> None:
    text = accept(account)
    stop()
    deliver(FakeCarrier())

    answer = show(text)

    assert answer["why"] == "The client had opted out."
    assert "texting START" in answer["help"]
    assert {"at": "2026-11-22T15:30:00.000Z", "what": "opted out of all shared numbers (text)"} in answer["steps"]
    assert answer["cost"].endswith("not charged: it is not sent")


def test_a_text_is_held_while_staff_have_not_answered_whether_it_is_an_opt_out(account: Account) -> None:
    text = accept(account)
    stop(account_scope(account.id), asks=True)
    deliver(FakeCarrier())

    answer = show(text)

    assert answer["why"] == (
        "It waits, until 2026-11-22 19:30 UTC at most: a reply of the client may mean “stop”, and the studio has not"
        " answered whether it does."
    )
    assert "on the page Opt-outs" in answer["help"]


def test_a_text_at_night_says_until_when_it_waits(account: Account) -> None:
    broadcast_id = create_broadcast(account, now=NIGHT)
    advance(NIGHT)
    [text] = texts(account, broadcast_id)

    assert show(text, NIGHT)["why"].startswith("It waits until 2026-11-22 1")
    assert "quiet hours" in show(text, NIGHT)["why"]


def test_a_text_of_a_paused_broadcast_names_the_broadcast(account: Account) -> None:
    broadcast_id = create_broadcast(account)
    advance()
    broadcasts_api.pause(account.id, broadcast_id)
    deliver_bulk_texts()
    [text] = texts(account, broadcast_id)

    answer = show(text)

    assert "its broadcast is paused" in answer["why"]
    assert answer["from"] == f"broadcast {broadcast_id} (done, paused)"


def test_a_text_of_a_cancelled_broadcast_says_so(account: Account) -> None:
    broadcast_id = create_broadcast(account)
    advance()
    broadcasts_api.cancel(account.id, broadcast_id, NOW)
    deliver_bulk_texts()
    advance()
    [text] = texts(account, broadcast_id)

    assert show(text)["why"].startswith("Its broadcast was cancelled")


def test_a_text_of_a_suspended_account_has_the_reason_of_the_suspension(account: Account) -> None:
    text = accept(account)
    send_accepted_order("accounts.suspend", account=account.id, reason="October is unpaid.")
    deliver(FakeCarrier())

    answer = show(text)

    assert answer["why"].startswith("The account was suspended when the text was due.")
    assert "October is unpaid." in answer["why"]
    assert "accounts restore" in answer["help"]


@pytest.fixture
def with_britain(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("ALLOWED_COUNTRIES", "US,CA,GB")
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.mark.usefixtures("with_britain")
def test_a_country_that_is_not_allowed_any_more_is_the_reason() -> None:
    account = with_client(allowed_countries=("GB",))
    text = accept(account, client_id=None, to=ABROAD)
    accounts.change_settings(account.id, {"allowed_countries": ()})
    deliver(FakeCarrier())

    assert show(text)["why"] == "The account does not text the country of the phone."


def test_the_hourly_limit_of_a_phone_is_the_reason() -> None:
    account = with_client(texts_an_hour=1)
    text, second = accept(account, "k1"), accept(account, "k2")
    deliver(FakeCarrier())

    assert "carrier has it" in show(text)["why"]
    assert show(second)["why"] == "The phone had as many texts of this account within the hour as it may get."


def test_a_phone_for_which_no_shared_number_is_free_is_the_reason(account: Account) -> None:
    others = [studio(f"1000001{index}") for index in range(len(settings().shared_numbers))]
    for other in others:
        accept(other, client_id=None, to=PHONE)
    deliver(FakeCarrier())
    text = accept(account)
    deliver(FakeCarrier(), NOW + MINUTE)

    answer = show(text)

    assert answer["why"].startswith("No shared number was free for the phone")
    assert "longcode numbers assign" in answer["help"]


@pytest.mark.parametrize(
    ("reason", "code", "words", "helps"),
    [
        (RefusalReason.NOT_MOBILE, "30006", "the phone is a landline (twilio:30006)", "needs a mobile number"),
        (RefusalReason.NO_SUCH_NUMBER, "21211", "there is no such phone number (twilio:21211)", "check the number"),
        (RefusalReason.BAD_NUMBER, "21612", "cannot be reached from this number (twilio:21612)", "another number"),
        (RefusalReason.OPTED_OUT, "21610", "the recipient has opted out (twilio:21610)", "texting START"),
        (RefusalReason.BAD_TEXT, "21617", "longer than the carrier takes (twilio:21617)", "in other words"),
        (RefusalReason.INVALID, "21602", "does not accept the request (twilio:21602)", "longcode logs"),
        (RefusalReason.UNKNOWN, "99999", "the carrier gives no reason (twilio:99999)", "or call the client"),
    ],
)
def test_a_refusal_of_the_carrier_is_in_words_with_its_code(
    account: Account, reason: RefusalReason, code: str, words: str, helps: str
) -> None:
    text = sent(account, Refused(reason, code))

    answer = show(text)

    assert answer["why"].startswith("The carrier refused it: ")
    assert words in answer["why"]
    assert helps in answer["help"]


def test_a_text_that_the_carrier_did_not_deliver_says_whether_it_is_charged(account: Account) -> None:
    text = sent(account)
    receipt(text, MessageState.UNDELIVERED, "30007")

    answer = show(text)

    assert answer["why"] == (
        "The carrier took it and did not deliver it: filtered by the carrier because of its content (twilio:30007)."
    )
    assert "without links" in answer["help"]
    assert "1 charged in 2026-11" in answer["cost"]


def test_a_text_that_is_tried_again_says_when(account: Account) -> None:
    text = sent(account, Refused(RefusalReason.TRY_AGAIN, "20429"))

    answer = show(text)

    assert answer["why"] == "The carrier has not taken it yet: too many requests at once (twilio:20429)."
    assert answer["help"].startswith("The service tries again at 2026-11-22 15:30 UTC, until 2026-11-22 19:30 UTC")


def test_a_parked_text_names_the_cause_and_the_command(account: Account) -> None:
    text = sent(account, Refused(RefusalReason.PARKED, "30034"))

    answer = show(text)

    assert answer["why"] == (
        "It waits, until 2026-11-22 19:30 UTC at most: the service's number is not registered (twilio:30034)."
    )
    assert "`longcode parked release`" in answer["help"]


def test_an_uncertain_text_says_what_decides_and_by_when(account: Account) -> None:
    text = sent(account, Uncertain("timeout"))

    assert show(text)["why"].endswith("a receipt or a look-up at the carrier decides by 2026-11-22 15:45 UTC.")


def test_a_text_that_stayed_uncertain_may_have_arrived(account: Account) -> None:
    text = sent(account, Uncertain("timeout"))
    sweep_schedule.sweep(NOW + 16 * MINUTE)
    deliver(FakeCarrier(), NOW + 16 * MINUTE)

    assert show(text, NOW + HOUR)["why"] == (
        "The carrier did not say whether it took the text, so it may have arrived. It is not charged."
    )


def test_an_expired_text_says_what_it_waited_for(account: Account) -> None:
    text = sent(account, Refused(RefusalReason.PARKED, "30034"))
    sweep_schedule.sweep(NOW + 5 * HOUR)

    answer = show(text, NOW + 5 * HOUR)

    assert answer["why"] == (
        "It was not sent by 2026-11-22 19:30 UTC, until when it was worth sending: the carrier refuses texts for a"
        " reason on our side."
    )


def test_a_cancelled_text_names_who_cancelled_it(account: Account) -> None:
    by_software = accept(account, "k1", send_at=NOW + DAY)
    by_ann = accept(account, "k2", send_at=NOW + DAY)
    api.cancel(account.id, by_software.id, NOW)
    api.cancel(account.id, by_ann.id, NOW, "Ann")

    assert show(by_software)["why"] == "The studio's software cancelled it on 2026-11-22 15:30 UTC."
    assert show(by_ann)["why"] == "Ann cancelled it in the hub on 2026-11-22 15:30 UTC."


def test_a_scheduled_text_waits_for_its_time(account: Account) -> None:
    text = accept(account, send_at=NOW + DAY)

    assert show(text)["why"] == "It waits for its time, 2026-11-23 15:30 UTC, which its sender chose."


def test_a_text_that_waits_for_the_pace_of_its_number_says_so(account: Account) -> None:
    text, elapsed = replace(accept(account), number="shared"), [0.0]
    for _ in range(4):
        numbers.reserve_throughput("shared", timedelta(seconds=8), NOW, MINUTE)
    turns = Turns([text], NOW, {}, lambda seconds: elapsed.append(elapsed[-1] + seconds), lambda: elapsed[-1])
    worker.deliver_in_turn(text, FakeCarrier(), NOW, turns)

    answer = show(text)

    assert answer["why"].startswith("It waits for its turn on its number, which sends ")
    assert "a pace of its own" in answer["help"]


def test_a_text_that_nobody_looked_at_in_time_points_to_the_doctor(account: Account) -> None:
    text = accept(account)
    take_queued("send")

    answer = show(text, NOW + HOUR)

    assert answer["why"] == "It should have gone by 2026-11-22 15:32 UTC and has not."
    assert "longcode doctor" in answer["help"]


def test_the_ceiling_of_the_day_is_what_a_text_waits_for() -> None:
    account = with_client(ceiling_units_a_day=1)
    accept(account, "k1")
    deliver(FakeCarrier())
    text = accept(account, "k2")
    deliver(FakeCarrier(), NOW + MINUTE)

    answer = show(text, NOW + MINUTE)

    assert "as many units today as it may" in answer["why"]
    assert "accounts set-ceiling" in answer["help"]


def stopped(phone: str = PHONE, now: datetime = NOW) -> str:
    """Return what would stop a text of the account to a phone now."""
    [one] = send_accepted_order("texts.find", now, what=phone, account="10000001")["accounts"]
    return f"{one['stopped']['why']} {one['stopped']['help']}" if one["stopped"] else "nothing"


def test_a_text_that_was_refused_when_it_was_posted_is_explained_by_what_stops_it_now(account: Account) -> None:
    assert stopped() == "nothing"
    stop()
    assert stopped().startswith("The client had opted out.")


def test_a_used_up_quota_is_what_stops_a_text_and_the_plans_that_allow_it_are_named() -> None:
    account = with_client(plan_changes=(PlanChange(NOW, "starter"),))
    for index in range(10):
        accept(account, f"k{index}", body="a" * 1600)

    assert stopped().startswith(
        "This needs 1 of the 100 units of the plan Starter for November 2026, of which none is left."
    )


def test_a_limit_of_the_day_is_what_stops_a_text() -> None:
    account = with_client(trial_units_a_day=1)
    accept(account)

    assert stopped().startswith("This needs 1 of the 1 units that this account may send in a day")


def test_a_record_that_allows_no_texts_is_what_stops_one(account: Account) -> None:
    client(account, allow_text_marketing=False)

    assert "does not allow texts" in stopped()


def test_a_full_hour_of_the_phone_is_what_stops_a_text() -> None:
    account = with_client(texts_an_hour=1)
    accept(account)
    deliver(FakeCarrier())

    assert stopped().endswith("The studio can text it again at 2026-11-22 16:30 UTC.")


def test_a_country_and_a_question_and_a_ceiling_and_a_suspension_are_what_stops_a_text(account: Account) -> None:
    assert stopped(ABROAD).startswith("The account does not text the country of the phone.")
    stop(account_scope(account.id), asks=True)
    assert "may mean “stop”" in stopped()
    send_order("accounts.suspend", account=account.id, reason="Unpaid.")
    assert "Unpaid." in stopped()
