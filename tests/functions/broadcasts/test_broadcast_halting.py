"""Cancel, pause and resume a broadcast: no further text is sent, none is lost, and two workers send none twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from msgspec import structs

from broadcasts import api, worker
from longcode.accounts.account import Account
from longcode.aws import queues
from longcode.broadcasts import store as broadcasts
from longcode.jobs import AdvanceBroadcast as Job
from longcode.message import BroadcastState, HoldReason
from longcode.message import MessageState as Text
from longcode.messages import sending
from longcode.messages import store as messages
from longcode.numbers import choose
from longcode.numbers import store as numbers
from longcode.numbers.routing import last_text_of
from longcode.plans.plans import PlanChange
from send.pacing import Turns
from send.worker import hold_or_cancel
from sweeper import sweep_schedule
from tests.support import local_aws
from tests.support.aws_calls import meanwhile
from tests.support.broadcast_steps import (
    advance,
    create_broadcast,
    deliver_bulk_texts,
    phone_number,
    reservations_add_up,
    send,
    stored,
    texts,
    write_clients,
)
from tests.support.crashes import every_crash
from tests.support.fakes import NOW, FakeCarrier, call, take_queued
from tests.support.text_steps import deliver

pytestmark = pytest.mark.account(plan_changes=(PlanChange(NOW, "starter"),), people=3)

LATER = NOW + timedelta(minutes=3)


def sent_in_spite_of_the_cancel(account: Account, broadcast_id: str) -> None:
    """Claim the first text, as a worker that has checked its broadcast before."""
    text = structs.replace(texts(account, broadcast_id)[0], number=local_aws.SHARED_NUMBER)
    choice = choose.shared_choice(account.id, text.phone, ())
    numbers.take_number(last_text_of(text, NOW), 10, choice, numbers.conversations_with(text.phone))
    assert messages.claim(text, "claim", NOW, LATER)


def states(account: Account, broadcast_id: str) -> list[Text]:
    return [text.state for text in texts(account, broadcast_id)]


def test_a_cancel_ends_the_written_texts_and_none_is_sent(account: Account) -> None:
    broadcast = send(account)

    api.cancel(account.id, broadcast.id, NOW)
    carrier = deliver_bulk_texts()
    advance()

    assert carrier.texts == []
    assert states(account, broadcast.id) == [Text.CANCELLED] * 3
    assert reservations_add_up(account)


def test_a_cancel_leaves_sent_texts_as_they_are(account: Account) -> None:
    broadcast = send(account)
    jobs = take_queued("bulk")
    deliver(FakeCarrier(), NOW, jobs[:1])

    api.cancel(account.id, broadcast.id, NOW)
    advance()
    deliver(FakeCarrier(), NOW, jobs)

    assert sorted(states(account, broadcast.id)) == [Text.CANCELLED, Text.CANCELLED, Text.SENT]
    assert stored(account, broadcast.id).state is BroadcastState.CANCELLED
    assert reservations_add_up(account)


def test_a_cancelled_text_that_waited_for_its_turn_leaves_its_number(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    broadcast = send(account)
    phones = [text.phone for text in texts(account, broadcast.id)]
    with monkeypatch.context() as busy:
        busy.setattr(Turns, "wait", lambda _turns, _text: None)
        deliver_bulk_texts()
    assert all(numbers.conversations_with(phone).texts for phone in phones)

    api.cancel(account.id, broadcast.id, NOW)
    advance()

    assert states(account, broadcast.id) == [Text.CANCELLED] * 3
    assert not any(numbers.conversations_with(phone).texts for phone in phones)


def test_a_text_that_is_claimed_while_its_broadcast_is_cancelled_keeps_its_conversation(account: Account) -> None:
    broadcast = send(account)
    api.cancel(account.id, broadcast.id, NOW)
    with meanwhile("TransactWriteItems", lambda: sent_in_spite_of_the_cancel(account, broadcast.id)):
        advance()

    [gone] = [text for text in texts(account, broadcast.id) if text.state is Text.SENDING]
    assert [one.message_id for one in numbers.conversations_with(gone.phone).texts] == [gone.id]


def test_a_second_cancel_changes_nothing(account: Account) -> None:
    broadcast = send(account)
    api.cancel(account.id, broadcast.id, NOW)
    advance()
    before = stored(account, broadcast.id)

    api.cancel(account.id, broadcast.id, NOW)

    assert stored(account, broadcast.id) == before


def test_a_broadcast_whose_texts_have_all_gone_cannot_be_cancelled_or_paused(account: Account) -> None:
    broadcast = send(account)
    jobs = take_queued("bulk")
    deliver(FakeCarrier(), NOW, jobs[:2])
    still_running = call(api, "PUT", f"/broadcasts/{broadcast.id}/paused", account=account.id)
    api.resume(account.id, broadcast.id, NOW)
    advance()
    deliver(FakeCarrier(), NOW, jobs[2:])
    before = stored(account, broadcast.id)

    answers = [
        call(api, "DELETE", f"/broadcasts/{broadcast.id}", account=account.id),
        call(api, "PUT", f"/broadcasts/{broadcast.id}/paused", account=account.id),
    ]

    assert still_running.status == 204
    assert [(answer.status, answer.json["code"]) for answer in answers] == [(409, "too_late")] * 2
    assert answers[0].json["detail"] == "The broadcast is done: there is nothing left to send."
    assert stored(account, broadcast.id) == before
    assert states(account, broadcast.id) == [Text.SENT] * 3


def test_a_refused_broadcast_cannot_be_cancelled_or_paused(account: Account) -> None:
    write_clients(account, 101)
    refused = send(account)

    answers = [
        call(api, "DELETE", f"/broadcasts/{refused.id}", account=account.id),
        call(api, "PUT", f"/broadcasts/{refused.id}/paused", account=account.id),
    ]

    assert [(answer.status, answer.json["code"]) for answer in answers] == [(409, "too_late")] * 2
    assert answers[0].json["detail"] == "The broadcast is refused: there is nothing left to send."


@pytest.mark.parametrize("steps", [0, 1])
def test_a_cancel_before_texts_are_written_writes_none(account: Account, steps: int) -> None:
    broadcast_id = create_broadcast(account)
    advance(steps=steps)

    api.cancel(account.id, broadcast_id, NOW)
    advance()
    sweep_schedule.sweep(LATER)
    advance(LATER)

    assert texts(account, broadcast_id) == []
    assert stored(account, broadcast_id).due_at is None
    assert reservations_add_up(account)


@pytest.mark.long
@pytest.mark.parametrize(
    ("steps", "operation"),
    [(0, operation) for operation in ("GetItem", "UpdateItem", "Query", "TransactWriteItems")]
    + [(1, operation) for operation in ("GetItem", "UpdateItem", "Query", "BatchGetItem", "PutItem")],
)
def test_a_cancel_during_a_step_ends_the_whole_broadcast(account: Account, operation: str, steps: int) -> None:
    broadcast_id = create_broadcast(account)
    advance(steps=steps)

    with meanwhile(operation, lambda: api.cancel(account.id, broadcast_id, NOW)):
        advance()
    ended_at_once = stored(account, broadcast_id).due_at is None
    for at in (LATER, LATER + timedelta(minutes=3)):
        sweep_schedule.sweep(at)
        advance(at)
        carrier = deliver_bulk_texts(at)

    assert ended_at_once
    assert carrier.texts == []
    assert set(states(account, broadcast_id)) <= {Text.CANCELLED}
    assert (stored(account, broadcast_id).state, stored(account, broadcast_id).due_at) == (
        BroadcastState.CANCELLED,
        None,
    )
    assert reservations_add_up(account)


def test_a_pause_holds_texts_and_a_resume_sends_them(account: Account) -> None:
    broadcast = send(account)

    api.pause(account.id, broadcast.id)
    early = deliver_bulk_texts()
    held = [text.held for text in texts(account, broadcast.id)]
    api.resume(account.id, broadcast.id, NOW)
    advance()
    carrier = deliver_bulk_texts()

    assert early.texts == []
    assert held == [HoldReason.PAUSED] * 3
    assert sorted(text.to for text in carrier.texts) == [phone_number(0), phone_number(1), phone_number(2)]
    assert stored(account, broadcast.id).due_at is None


@pytest.mark.long
@pytest.mark.parametrize("steps", [0, 1])
def test_a_pause_takes_a_broadcast_off_the_due_index_and_a_resume_continues_it(account: Account, steps: int) -> None:
    broadcast_id = create_broadcast(account)
    advance(steps=steps)
    api.pause(account.id, broadcast_id)
    advance()
    while_paused = stored(account, broadcast_id)
    sweep_schedule.sweep(LATER)
    left_alone = take_queued("broadcast") == []

    api.resume(account.id, broadcast_id, NOW)
    advance()

    assert (while_paused.due_at, while_paused.texts, left_alone) == (None, 0, True)
    assert stored(account, broadcast_id).state is BroadcastState.DONE
    assert len(deliver_bulk_texts().texts) == 3


def test_a_text_held_after_a_resume_passed_it_is_enqueued_again(account: Account) -> None:
    broadcast = send(account)
    api.pause(account.id, broadcast.id)
    message = texts(account, broadcast.id)[0]
    as_paused = sending.send_checks([message], NOW)
    api.resume(account.id, broadcast.id, NOW)
    advance()
    deliver_bulk_texts()

    hold_or_cancel(message, as_paused, NOW)
    late = send(account, "late")
    api.pause(account.id, late.id)
    waiting = texts(account, late.id)[0]
    as_paused = sending.send_checks([waiting], NOW)
    api.resume(account.id, late.id, NOW)
    advance()
    hold_or_cancel(waiting, as_paused, NOW)

    assert states(account, broadcast.id) == [Text.SENT] * 3
    assert texts(account, late.id)[0].held is None
    sweep_schedule.sweep(NOW + timedelta(seconds=1))
    assert any(waiting.id in job for job in take_queued("bulk"))


def test_a_text_that_is_held_too_long_expires_with_the_reason(account: Account) -> None:
    broadcast = send(account)
    api.pause(account.id, broadcast.id)
    deliver_bulk_texts()

    sweep_schedule.sweep(NOW + timedelta(hours=24, seconds=1))

    assert [(text.state, text.error) for text in texts(account, broadcast.id)] == [(Text.EXPIRED, "paused")] * 3
    assert reservations_add_up(account)


def test_a_text_in_a_final_state_is_not_held(account: Account) -> None:
    broadcast = send(account)
    jobs = take_queued("bulk")
    api.cancel(account.id, broadcast.id, NOW)
    advance()
    ended = texts(account, broadcast.id)[0]
    running = sending.send_checks([], NOW)
    as_paused = structs.replace(running, paused={(account.id, broadcast.id)})

    kept = hold_or_cancel(ended, as_paused, NOW)
    deliver(FakeCarrier(), NOW, jobs)

    assert not kept
    assert states(account, broadcast.id) == [Text.CANCELLED] * 3


def test_pausing_a_paused_and_resuming_a_running_broadcast_changes_nothing(account: Account) -> None:
    broadcast = send(account)
    path = f"/broadcasts/{broadcast.id}/paused"

    resumed = [call(api, "DELETE", path, account=account.id).status for _ in "12"]
    running = stored(account, broadcast.id)
    paused = [call(api, "PUT", path, account=account.id).status for _ in "12"]

    assert resumed == paused == [204, 204]
    assert running == broadcast
    assert stored(account, broadcast.id).paused


def test_a_paused_broadcast_can_be_cancelled(account: Account) -> None:
    broadcast = send(account)
    api.pause(account.id, broadcast.id)
    deliver_bulk_texts()

    api.cancel(account.id, broadcast.id, NOW)
    advance()

    assert states(account, broadcast.id) == [Text.CANCELLED] * 3
    assert reservations_add_up(account)


def test_a_scheduled_broadcast_that_is_paused_and_resumed_starts_at_its_time(account: Account) -> None:
    at = NOW + timedelta(days=1)
    broadcast_id = create_broadcast(account, send_at=at)
    api.pause(account.id, broadcast_id)
    sweep_schedule.sweep(at + timedelta(seconds=1))
    advance(at + timedelta(seconds=1))
    waiting = stored(account, broadcast_id)

    resumed = broadcasts.resume(waiting, NOW)

    assert (waiting.state, waiting.due_at) == (BroadcastState.SCHEDULED, None)
    assert resumed
    assert resumed.due_at == at


@pytest.mark.long
def test_a_cancel_killed_at_any_call_ends_every_text(account: Account) -> None:
    broadcast = send(account)
    for crash in every_crash():
        with crash:
            api.cancel(account.id, broadcast.id, NOW)
            advance()
        api.cancel(account.id, broadcast.id, NOW)

        for at in (LATER, LATER + timedelta(minutes=3)):
            sweep_schedule.sweep(at)
            advance(at)

        assert states(account, broadcast.id) == [Text.CANCELLED] * 3
        assert reservations_add_up(account)


@pytest.mark.long
def test_a_resume_killed_at_any_call_sends_every_text(account: Account) -> None:
    broadcast = send(account)
    api.pause(account.id, broadcast.id)
    deliver_bulk_texts()
    for crash in every_crash():
        with crash:
            api.resume(account.id, broadcast.id, NOW)
            advance()
        api.resume(account.id, broadcast.id, NOW)

        for at in (LATER, LATER + timedelta(minutes=3)):
            sweep_schedule.sweep(at)
            advance(at)
            deliver_bulk_texts(at)

        assert states(account, broadcast.id) == [Text.SENT] * 3


def test_only_one_of_many_workers_does_a_step(account: Account) -> None:
    broadcast_id = create_broadcast(account)
    for _ in range(2):
        [job, *_] = take_queued("broadcast")
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(lambda body: worker.advance(queues.read(Job, body), NOW), [job] * 6))

    done = stored(account, broadcast_id)
    assert (done.state, done.step, done.texts, done.reserved) == (BroadcastState.DONE, 2, 3, 3)
    assert len(take_queued("bulk")) == 3
    assert reservations_add_up(account)


def test_a_worker_whose_lease_has_ended_writes_nothing_twice(account: Account) -> None:
    broadcast_id = create_broadcast(account)
    advance(steps=1)
    [job] = take_queued("broadcast")

    with meanwhile("PutItem", lambda: worker.advance(queues.read(Job, job), LATER)):
        worker.advance(queues.read(Job, job), NOW)

    assert_done_with_three_texts(account, broadcast_id)


@pytest.mark.parametrize("operation", ["GetItem", "Query", "BatchGetItem", "PutItem", "TransactWriteItems"])
def test_a_text_that_the_earlier_worker_still_writes_is_counted_once(account: Account, operation: str) -> None:
    broadcast_id = create_broadcast(account)
    advance(steps=1)
    [job] = take_queued("broadcast")
    before = local_aws.snapshot()
    worker.advance(queues.read(Job, job), NOW)
    late = texts(account, broadcast_id)[-1]
    local_aws.restore(before)
    broadcasts.claim_step(stored(account, broadcast_id), "earlier", NOW, begin=True)

    with meanwhile(operation, lambda: messages.write_new(late)):
        worker.advance(queues.read(Job, job), LATER)
    sweep_schedule.sweep(LATER)  # enqueues the text whose worker did not

    assert_done_with_three_texts(account, broadcast_id)


def assert_done_with_three_texts(account: Account, broadcast_id: str) -> None:
    done = stored(account, broadcast_id)
    assert (done.state, done.step, done.texts, done.units, done.reserved) == (BroadcastState.DONE, 2, 3, 3, 3)
    assert len(deliver_bulk_texts(LATER).texts) == 3
    assert reservations_add_up(account)
