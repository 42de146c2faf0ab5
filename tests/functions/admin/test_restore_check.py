"""After a restore to before some texts went, none goes twice: the order texts.restore_check."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from admin.restore_check import RestoreCheck, check
from inbox import reconcile_schedule
from inbox import worker as inbox_worker
from longcode.accounts.account import Account, OnUncertain
from longcode.aws import queues
from longcode.aws.settings import settings
from longcode.carriers.carrier import Inbound, ReceivedText, ReceivedTexts
from longcode.jobs import HandleKeyword
from longcode.message import Message, MessageState
from longcode.messages import replies
from longcode.messages import store as messages
from longcode.numbers import store as numbers
from optout import worker as optout_worker
from sweeper import sweep_schedule
from tests.support import broadcast_steps, local_aws
from tests.support.admin_orders import send_order
from tests.support.crashes import every_crash
from tests.support.fakes import NOW, client, studio, take_queued
from tests.support.local_aws import SHARED_NUMBER
from tests.support.reply_steps import record_text
from tests.support.scripted_carrier import NoResponse, ScriptedCarrier
from tests.support.text_steps import accept, counted_units, deliver, stored

MINUTE = timedelta(minutes=1)
POINT = NOW + MINUTE  # the table is restored to this instant
WENT = NOW + 5 * MINUTE
LATER = NOW + 60 * MINUTE


@dataclass
class Listed:
    """A carrier's list of received texts."""

    texts: list[ReceivedText]
    name: str = "twilio"

    def received(self, number: str, since: datetime) -> ReceivedTexts:
        return ReceivedTexts(
            texts=[one for one in self.texts if one.form["To"] == number and one.at >= since], complete=True
        )

    def pictures(self, carrier_id: str) -> list[str]:  # noqa: ARG002 - the protocol's
        return []


@pytest.fixture
def three_numbers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Three shared numbers, so that several studios can text one phone."""
    monkeypatch.setenv("SHARED_NUMBERS", f"{SHARED_NUMBER},+15555550101,+15555550102")
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def carrier() -> ScriptedCarrier:
    """A carrier that lists what it got."""
    return ScriptedCarrier(clock=lambda: WENT)


def run(carrier: ScriptedCarrier, now: datetime = LATER, **fields: Any) -> dict[str, Any]:
    return check(RestoreCheck(restored_to=POINT, **fields), carrier, now)


def restored(state: bytes) -> None:
    """Restore the table, and purge the queues whose jobs the sweeper repeats."""
    local_aws.restore(state)
    for queue in ("send", "bulk", "broadcast"):
        take_queued(queue)


def go_on(carrier: ScriptedCarrier, now: datetime = LATER) -> None:
    """Sweep and deliver for two days, as after the hold."""
    for at in (now, now + 5 * MINUTE, now + timedelta(days=1, minutes=10), now + timedelta(days=2)):
        sweep_schedule.sweep(at)
        broadcast_steps.advance(at)
        deliver(carrier, at)
        deliver(carrier, at, take_queued("bulk"))


def state_of(account: Account, text: Message) -> MessageState:
    return stored(account, text.id).state


def test_a_text_that_went_after_the_point_is_recorded_and_charged_once(
    account: Account, carrier: ScriptedCarrier
) -> None:
    text = accept(account)
    state = local_aws.snapshot()
    deliver(carrier, WENT)
    restored(state)

    counts = run(carrier)
    go_on(carrier)

    assert counts == {"found": 1, "waiting": 0, "given_up": 0, "unanswered": 0, "next_after": None}
    sent = stored(account, text.id)
    assert (sent.state, sent.carrier_id, sent.claimed_at) == (MessageState.SENT, "SM0", WENT)
    assert counted_units(account) == 1
    assert len(carrier.called) == 1


def test_a_text_that_had_not_gone_goes_once(account: Account, carrier: ScriptedCarrier) -> None:
    text = accept(account)
    restored(local_aws.snapshot())

    counts = run(carrier)
    go_on(carrier)

    assert (counts["found"], counts["waiting"]) == (0, 1)
    assert state_of(account, text) is MessageState.SENT
    assert len(carrier.called) == 1


def test_a_reply_to_a_found_text_is_the_studio_s(account: Account, carrier: ScriptedCarrier) -> None:
    text = accept(account)
    state = local_aws.snapshot()
    deliver(carrier, WENT)
    restored(state)

    run(carrier)

    [last] = numbers.last_texts_to(text.phone, SHARED_NUMBER)
    assert (last.account, last.message_id, last.at) == (account.id, text.id, WENT)


def test_a_found_text_keeps_the_reply_that_the_conversation_had(account: Account, carrier: ScriptedCarrier) -> None:
    days = timedelta(days=1)
    accept(account, "first", now=POINT - 3 * days)
    deliver(carrier, POINT - 3 * days)
    text = accept(account)
    numbers.note_reply(text.phone, account.id, SHARED_NUMBER, POINT - days)
    state = local_aws.snapshot()
    deliver(carrier, WENT)
    restored(state)

    run(carrier)

    [last] = numbers.last_texts_to(text.phone, SHARED_NUMBER)
    assert (last.message_id, last.replied_at) == (text.id, POINT - days)


def test_a_stop_after_the_point_is_fetched_before_the_next_text_goes(
    account: Account, carrier: ScriptedCarrier
) -> None:
    gone, later = accept(account, "gone"), accept(account, "later", send_at=LATER + MINUTE)
    state = local_aws.snapshot()
    deliver(carrier, WENT)
    restored(state)
    form = {"MessageSid": "SM9", "From": gone.phone, "To": SHARED_NUMBER, "Body": "STOP", "NumMedia": "0"}
    listed = Listed([ReceivedText(carrier_id="SM9", form=form, at=WENT + MINUTE)])

    run(carrier)
    reconcile_schedule.reconcile([SHARED_NUMBER], listed, POINT, LATER)
    for body in take_queued("inbound"):
        inbox_worker.receive(*inbox_worker.read_arrival(body, LATER), LATER)
    for body in take_queued("opt_out"):
        optout_worker.handle_keyword(queues.read(HandleKeyword, body), LATER)
    go_on(carrier)

    assert (state_of(account, gone), state_of(account, later)) == (MessageState.SENT, MessageState.REFUSED)
    assert [text.body for text in carrier.called] == ["Hello"]
    assert [reply.account for _, reply in replies.after(account.id, 0, 10)] == [account.id]


def test_a_repeated_order_changes_nothing(account: Account, carrier: ScriptedCarrier) -> None:
    text = accept(account)
    state = local_aws.snapshot()
    deliver(carrier, WENT)
    restored(state)
    first, before = run(carrier), stored(account, text.id)

    again = run(carrier, LATER + MINUTE)

    assert again == first
    assert stored(account, text.id) == before


def test_a_scheduled_text_that_went_is_found_and_one_for_next_week_waits(
    account: Account, carrier: ScriptedCarrier
) -> None:
    at = NOW + 4 * MINUTE
    gone = accept(account, "gone", send_at=at)
    next_week = accept(account, "next", send_at=NOW + timedelta(days=7))
    state = local_aws.snapshot()
    sweep_schedule.sweep(WENT)
    deliver(carrier, WENT)
    restored(state)

    counts = run(carrier)
    go_on(carrier)

    assert (counts["found"], counts["waiting"]) == (1, 0)
    assert (state_of(account, gone), state_of(account, next_week)) == (MessageState.SENT, MessageState.SCHEDULED)
    assert len(carrier.called) == 1


def test_of_two_equal_texts_of_a_studio_as_many_go_as_had_not_gone(
    account: Account, carrier: ScriptedCarrier
) -> None:
    accept(account, "a")
    accept(account, "b")
    state = local_aws.snapshot()
    deliver(carrier, WENT, take_queued("send")[:1])
    restored(state)

    counts = [run(carrier), run(carrier)]
    go_on(carrier)

    assert [(one["found"], one["waiting"]) for one in counts] == [(1, 1), (1, 1)]
    assert len(carrier.called) == 2
    assert counted_units(account) == 2


@pytest.mark.parametrize("gone", [0, 1, 2, 3])
@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.usefixtures("three_numbers")
def test_of_equal_texts_of_two_studios_as_many_go_as_had_not_gone(
    account: Account, carrier: ScriptedCarrier, gone: int, times: int
) -> None:
    other = studio("10000002")
    client(other)
    texts = [(owner, accept(owner, key)) for owner, key in ((account, "a"), (other, "a"), (account, "b"))]
    state = local_aws.snapshot()
    deliver(carrier, WENT, take_queued("send")[3 - gone :])
    restored(state)

    counts = [run(carrier) for _ in range(times)]
    go_on(carrier)

    assert [(one["found"], one["waiting"]) for one in counts] == [(gone, 3 - gone)] * times
    assert {state_of(owner, text) for owner, text in texts} == {MessageState.SENT}
    assert len({stored(owner, text.id).carrier_id for owner, text in texts}) == 3
    assert len(carrier.called) == 3
    assert (counted_units(account), counted_units(other)) == (2, 1)


@pytest.mark.usefixtures("three_numbers")
def test_a_reply_to_a_text_that_may_be_of_either_studio_waits_for_a_person(
    account: Account, carrier: ScriptedCarrier
) -> None:
    other = studio("10000002")
    client(other)
    text, _ = accept(account), accept(other)
    state = local_aws.snapshot()
    deliver(carrier, WENT, take_queued("send")[:1])
    restored(state)

    run(carrier)
    [gone] = [sent.origin for sent in carrier.called]
    inbox_worker.receive(
        Inbound(carrier="twilio", carrier_id="SM9", phone=text.phone, number=gone, body="Yes"), LATER
    )

    assert [replies.newest_sequence(studio.id) for studio in (account, other)] == [0, 0]
    kept = replies.get_unattributed("twilio", "SM9", LATER)
    assert kept
    assert sorted(kept.candidates) == [account.id, other.id]


@pytest.mark.usefixtures("three_numbers")
def test_a_listed_text_that_is_recorded_is_not_taken_for_an_equal_one(
    account: Account, carrier: ScriptedCarrier
) -> None:
    other = studio("10000002")
    client(other)
    carrier.clock = lambda: POINT - timedelta(seconds=5)
    accept(account)
    deliver(carrier, POINT - timedelta(seconds=5))
    waiting = accept(other)
    restored(local_aws.snapshot())

    counts = run(carrier)
    go_on(carrier)

    assert (counts["found"], counts["waiting"]) == (0, 1)
    assert state_of(other, waiting) is MessageState.SENT
    assert len(carrier.called) == 2


def test_a_found_text_is_looked_up_by_the_id_that_it_was_found_with(
    account: Account, carrier: ScriptedCarrier
) -> None:
    text = accept(account)
    state = local_aws.snapshot()
    deliver(carrier, WENT)
    restored(state)
    run(carrier)
    repeated, sid = accept(account, "again", now=LATER), stored(account, text.id).carrier_id
    deliver(carrier, LATER)

    go_on(carrier)

    assert sid == "SM0"
    assert [stored(account, one.id).carrier_id for one in (text, repeated)] == ["SM0", "SM1"]


@pytest.mark.account(on_uncertain=OnUncertain.RESEND)
def test_a_text_that_was_uncertain_at_the_point_and_went_again_since_is_found(
    account: Account, carrier: ScriptedCarrier
) -> None:
    text = accept(account)
    carrier.outcome = NoResponse.NOT_ACCEPTED
    deliver(carrier, NOW)
    state = local_aws.snapshot()
    messages.reschedule(stored(account, text.id), MessageState.QUEUED, WENT)
    carrier.outcome = ScriptedCarrier(clock=carrier.clock).outcome
    sweep_schedule.sweep(WENT + MINUTE)
    deliver(carrier, WENT)
    restored(state)

    run(carrier)
    go_on(carrier)

    assert state_of(account, text) is MessageState.SENT
    assert len(carrier.accepted) == 1


@pytest.mark.account(people=30)
@pytest.mark.long
def test_a_broadcast_whose_texts_are_written_again_sends_none_twice(
    account: Account, carrier: ScriptedCarrier
) -> None:
    broadcast_steps.create_broadcast(account)
    state = local_aws.snapshot()
    broadcast_steps.advance(WENT)
    deliver(carrier, WENT, take_queued("bulk")[:20])
    restored(state)
    sweep_schedule.sweep(LATER)
    broadcast_steps.advance(LATER)

    counts = run(carrier)
    go_on(carrier)

    assert (counts["found"], counts["waiting"]) == (20, 10)
    assert len(carrier.called) == len({text.to for text in carrier.called}) == 30
    assert counted_units(account) == 30


@pytest.mark.account(people=3, sender_name="Fox")
def test_a_text_that_is_written_again_without_the_studio_s_name_is_the_same(
    account: Account, carrier: ScriptedCarrier
) -> None:
    state = local_aws.snapshot()
    broadcast = broadcast_steps.send(account, now=WENT)
    text = broadcast_steps.texts(account, broadcast.id)[0]
    deliver(carrier, WENT, take_queued("bulk"))
    restored(state)
    record_text(account, WENT, phone=text.phone, message_id=text.id)  # as an order does that finds another text
    repeated = accept(account, "again", now=LATER, client_id=None, to=text.phone)

    counts = run(carrier, LATER + MINUTE)

    assert (text.body, repeated.body, counts["found"]) == ("Fox: Hello", "Hello", 1)


@pytest.mark.account(on_uncertain=OnUncertain.RESEND)
def test_without_an_answer_texts_wait_for_the_next_order_or_are_given_up(
    account: Account, carrier: ScriptedCarrier
) -> None:
    text = accept(account)
    restored(local_aws.snapshot())
    carrier.lists = False

    unanswered, waiting = run(carrier), state_of(account, text)
    given_up = [run(carrier, give_up=True), run(carrier, give_up=True)]
    accept(account, "new", now=LATER)
    new = run(carrier, LATER + MINUTE, give_up=True)
    take_queued("send")
    go_on(carrier)

    assert (unanswered["unanswered"], waiting) == (1, MessageState.ACCEPTED)
    assert [one["given_up"] for one in given_up] == [1, 1]
    assert (new["given_up"], new["waiting"]) == (1, 1)
    assert (stored(account, text.id).state, stored(account, text.id).error) == (MessageState.FAILED, "uncertain")
    assert len(carrier.called) == 1


@pytest.mark.account(people=5)
def test_an_order_does_a_page_of_phones_and_says_where_the_next_one_begins(
    account: Account, carrier: ScriptedCarrier
) -> None:
    broadcast_steps.send(account)
    phones = [broadcast_steps.phone_number(index) for index in range(5)]

    pages = [run(carrier, limit=2)]
    while after := pages[-1]["next_after"]:
        pages.append(run(carrier, limit=2, after=after))

    assert [page["waiting"] for page in pages] == [2, 2, 1]
    assert [page["next_after"] for page in pages] == [phones[1], phones[3], None]


@pytest.mark.long
def test_an_order_that_is_killed_anywhere_and_repeated_lets_no_text_go_twice(account: Account) -> None:
    for number in (1, 2, 3):
        client(account, f"c{number}", f"+1212555012{number}")
        accept(account, str(number), client_id=f"c{number}")
    before = local_aws.snapshot()
    carrier = ScriptedCarrier(clock=lambda: WENT)
    deliver(carrier, WENT, take_queued("send")[:2])
    restored(before)
    for crash in every_crash(after=False):
        copy = ScriptedCarrier(clock=lambda: WENT, accepted=list(carrier.accepted))
        with crash:
            run(copy)

        run(copy, LATER + MINUTE)
        go_on(copy, LATER + 2 * MINUTE)

        assert len(copy.accepted) == 3
        assert len({text.to for text, _ in copy.accepted}) == 3
        assert counted_units(account) == 3


def test_an_instant_that_is_not_past_is_refused(account: Account) -> None:
    answer = send_order("texts.restore_check", NOW, restored_to=LATER.isoformat())

    assert (answer["code"], answer["field"]) == ("invalid", "restored_to")
