"""A broadcast of a suspended account: refused before its first text, paused after it, and resumed by its studio."""

from datetime import timedelta
from typing import Any

import pytest

from broadcasts import api
from longcode.accounts.account import Account
from longcode.message import BroadcastState, HoldReason
from longcode.message import MessageState as Text
from longcode.plans.plans import PlanChange
from longcode.table import keys, store
from sweeper import sweep_schedule
from tests.support.admin_orders import send_accepted_order
from tests.support.aws_calls import meanwhile
from tests.support.broadcast_steps import (
    advance,
    create_broadcast,
    deliver_bulk_texts,
    reservations_add_up,
    send,
    stored,
    texts,
    write_clients,
)
from tests.support.crashes import every_crash
from tests.support.fakes import NOW, ApiResponse, FakeCarrier, call, studio, take_queued
from tests.support.text_steps import deliver

pytestmark = pytest.mark.account(plan_changes=(PlanChange(NOW, "starter"),), people=3)

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
FORM = {"audience": {"all": True}, "body": "Hello"}
UNPAID = "October's invoice is unpaid."
DETAIL = f"The operator has suspended this account, so it sends nothing: {UNPAID}"


def order(account: Account, do: str) -> None:
    """Suspend or restore an account as the operator."""
    reason: dict[str, Any] = {"reason": UNPAID} if do == "suspend" else {}
    send_accepted_order(f"accounts.{do}", account=account.id, **reason)


def post(account: Account, **fields: object) -> ApiResponse:
    return call(api, "POST", "/broadcasts", FORM | fields, account=account.id)


@pytest.mark.parametrize("send_at", [None, "2027-01-05T16:00:00Z"])
def test_a_new_broadcast_is_refused_with_the_operators_reason_and_nothing_is_written(
    account: Account, send_at: str | None
) -> None:
    order(account, "suspend")

    answer = post(account, send_at=send_at)

    assert (answer.status, answer.json["code"], answer.json["detail"]) == (403, "account_suspended", DETAIL)
    assert list(store.query(keys.broadcast(account.id))) == []


def test_a_dry_run_shows_the_refusal_and_what_each_client_would_get(account: Account) -> None:
    order(account, "suspend")

    answer = post(account, dry_run=True)

    assert answer.status == 200
    assert (answer.json["code"], answer.json["reason"]) == ("account_suspended", DETAIL)
    assert [item["text"] for item in answer.json["items"]] == ["Hello"] * 3


def test_a_broadcast_before_planning_is_refused(account: Account) -> None:
    broadcast_id = create_broadcast(account)
    order(account, "suspend")

    advance()

    broadcast = stored(account, broadcast_id)
    assert (broadcast.state, broadcast.error, broadcast.detail) == (
        BroadcastState.REFUSED,
        "account_suspended",
        DETAIL,
    )
    assert (texts(account, broadcast_id), reservations_add_up(account)) == ([], True)


def test_a_scheduled_broadcast_that_comes_due_meanwhile_is_refused(account: Account) -> None:
    broadcast_id = create_broadcast(account, send_at=NOW + HOUR)
    order(account, "suspend")

    sweep_schedule.sweep(NOW + HOUR + MINUTE)
    advance(NOW + HOUR + MINUTE)
    order(account, "restore")

    assert (stored(account, broadcast_id).state, stored(account, broadcast_id).error) == (
        BroadcastState.REFUSED,
        "account_suspended",
    )


def test_a_broadcast_being_sent_is_paused_with_the_reason_before_its_next_texts(account: Account) -> None:
    broadcast_id = create_broadcast(account)
    advance(steps=1)
    order(account, "suspend")

    advance()

    shown = call(api, "GET", f"/broadcasts/{broadcast_id}", account=account.id).json
    assert (shown["state"], shown["paused"], shown["code"], shown["reason"]) == (
        "sending",
        True,
        "account_suspended",
        DETAIL,
    )
    assert texts(account, broadcast_id) == []
    assert stored(account, broadcast_id).due_at is None


def test_the_first_queued_text_pauses_its_broadcast_and_all_wait(account: Account) -> None:
    broadcast = send(account)
    order(account, "suspend")

    carrier = deliver_bulk_texts()

    assert carrier.texts == []
    assert [(text.state, text.held) for text in texts(account, broadcast.id)] == [
        (Text.QUEUED, HoldReason.PAUSED)
    ] * 3
    paused = stored(account, broadcast.id)
    assert (paused.paused, paused.error, paused.detail) == (True, "account_suspended", DETAIL)
    assert reservations_add_up(account)


def test_a_suspended_studio_can_cancel_a_broadcast_and_cannot_resume_it(account: Account) -> None:
    broadcast = send(account)
    order(account, "suspend")
    deliver_bulk_texts()

    resumed = call(api, "DELETE", f"/broadcasts/{broadcast.id}/paused", account=account.id)
    cancelled = call(api, "DELETE", f"/broadcasts/{broadcast.id}", account=account.id)
    advance()

    assert (resumed.status, resumed.json["code"], cancelled.status) == (403, "account_suspended", 204)
    assert [text.state for text in texts(account, broadcast.id)] == [Text.CANCELLED] * 3
    assert reservations_add_up(account)


def test_a_paused_broadcast_stays_paused_when_the_account_is_restored(account: Account) -> None:
    broadcast = send(account)
    order(account, "suspend")
    deliver_bulk_texts()

    order(account, "restore")
    sweep_schedule.sweep(NOW + HOUR + MINUTE)
    carrier = deliver_bulk_texts(NOW + HOUR + MINUTE)

    assert carrier.texts == []
    assert stored(account, broadcast.id).paused


def test_a_broadcast_resumed_after_a_restore_sends_each_text_once(account: Account) -> None:
    broadcast_id = create_broadcast(account)
    advance(steps=1)
    order(account, "suspend")
    advance()
    order(account, "restore")

    api.resume(account.id, broadcast_id, NOW)
    advance()
    carrier = deliver_bulk_texts()

    broadcast = stored(account, broadcast_id)
    assert (broadcast.state, broadcast.paused, broadcast.error, broadcast.detail) == (
        BroadcastState.DONE,
        False,
        None,
        None,
    )
    assert len({text.to for text in carrier.texts}) == len(carrier.texts) == 3


def test_waiting_texts_are_sent_when_their_broadcast_is_resumed(account: Account) -> None:
    broadcast = send(account)
    order(account, "suspend")
    carrier = deliver_bulk_texts()
    order(account, "restore")

    api.resume(account.id, broadcast.id, NOW)
    advance()
    deliver_bulk_texts(carrier=carrier)

    assert len({text.to for text in carrier.texts}) == len(carrier.texts) == 3
    assert [text.state for text in texts(account, broadcast.id)] == [Text.SENT] * 3


def test_a_resumed_broadcast_is_paused_again_by_a_second_suspension(account: Account) -> None:
    broadcast = send(account)
    for do in ("suspend", "restore"):
        order(account, do)
        deliver_bulk_texts()
    api.resume(account.id, broadcast.id, NOW)
    order(account, "suspend")

    advance()
    carrier = deliver_bulk_texts()

    assert carrier.texts == []
    assert stored(account, broadcast.id).paused


def test_texts_that_wait_for_a_day_expire(account: Account) -> None:
    broadcast = send(account)
    order(account, "suspend")
    deliver_bulk_texts()

    sweep_schedule.sweep(NOW + timedelta(hours=25))

    assert [text.state for text in texts(account, broadcast.id)] == [Text.EXPIRED] * 3
    assert reservations_add_up(account)


def test_a_suspension_adds_no_reason_to_the_studios_own_pause(account: Account) -> None:
    broadcast = send(account)
    api.pause(account.id, broadcast.id)
    order(account, "suspend")

    deliver_bulk_texts()

    assert (stored(account, broadcast.id).paused, stored(account, broadcast.id).error) == (True, None)


def test_texts_written_by_a_step_during_a_suspension_are_not_sent(account: Account) -> None:
    broadcast_id = create_broadcast(account)
    advance(steps=1)

    with meanwhile("PutItem", lambda: order(account, "suspend")):
        advance()
    carrier = deliver_bulk_texts()

    assert carrier.texts == []
    assert stored(account, broadcast_id).paused
    assert reservations_add_up(account)


@pytest.mark.long
def test_a_delivery_killed_at_any_call_sends_nothing_and_pauses_the_broadcast(account: Account) -> None:
    broadcast = send(account)
    jobs = take_queued("bulk")
    order(account, "suspend")
    carrier = FakeCarrier()

    for crash in every_crash(after=False):
        with crash:
            deliver(carrier, NOW, jobs)
        deliver(carrier, NOW, jobs)
        order(account, "restore")
        sweep_schedule.sweep(NOW + 2 * HOUR)
        deliver_bulk_texts(NOW + 2 * HOUR, carrier)

        assert carrier.texts == []
        assert stored(account, broadcast.id).paused
        assert reservations_add_up(account)


@pytest.mark.long
def test_a_step_killed_at_any_call_pauses_the_broadcast_and_a_resume_sends_each_text_once(
    account: Account,
) -> None:
    broadcast_id = create_broadcast(account)
    advance(steps=1)
    order(account, "suspend")

    for crash in every_crash(after=False):
        with crash:
            advance()
        sweep_schedule.sweep(NOW + 3 * MINUTE)
        advance(NOW + 3 * MINUTE)
        order(account, "restore")
        api.resume(account.id, broadcast_id, NOW + 4 * MINUTE)
        advance(NOW + 4 * MINUTE)
        carrier = deliver_bulk_texts(NOW + 4 * MINUTE)

        assert stored(account, broadcast_id).state is BroadcastState.DONE
        assert len({text.to for text in carrier.texts}) == len(carrier.texts) == 3


def test_a_text_is_sent_if_the_account_is_restored_between_a_workers_read_and_its_pause(account: Account) -> None:
    broadcast = send(account)
    order(account, "suspend")
    carrier = FakeCarrier()

    with meanwhile("GetItem", lambda: order(account, "restore")):
        deliver(carrier, NOW, take_queued("bulk")[:1])
    sweep_schedule.sweep(NOW + MINUTE)
    deliver_bulk_texts(NOW + MINUTE, carrier)

    assert not stored(account, broadcast.id).paused
    assert len(carrier.texts) == 1


def test_a_suspension_leaves_another_accounts_broadcast_running(account: Account) -> None:
    other = studio("10000002")
    write_clients(other, 2)
    send(other)
    order(account, "suspend")

    assert len(deliver_bulk_texts().texts) == 2
