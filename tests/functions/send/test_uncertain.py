from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from longcode.accounts.account import Account, OnUncertain
from longcode.carriers.carrier import CarrierText, Receipt, RefusalReason, Refused, Uncertain
from longcode.jobs import Means
from longcode.message import Message, MessageState
from longcode.messages import store as messages
from longcode.numbers import store as numbers
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED, OptOutEvent
from longcode.table import keys, store
from longcode.table.writes import Put, Update
from send import receipts
from sweeper import sweep_schedule
from tests.support.fakes import NOW, FakeCarrier, client, studio, take_queued
from tests.support.text_steps import accept, counted_units, deliver, stored

DEADLINE = NOW + timedelta(minutes=15)
MINUTE = timedelta(minutes=1)
STOP = OptOutEvent(
    phone="+12125550123",
    scope=SHARED,
    out=True,
    at=NOW + MINUTE,
    means=Means.TEXT,
    words="STOP",
    id="e1",
    number="+15555550100",
)


@pytest.fixture
def resender(aws: None) -> Account:
    """A studio that wants uncertain texts resent."""
    account = studio(on_uncertain=OnUncertain.RESEND)
    client(account)
    return account


def uncertain_text(
    account: Account, carrier: FakeCarrier, key: str = "k", now: datetime = NOW, **fields: Any
) -> Message:
    """Accept a text, and have the carrier give no answer to it."""
    message = accept(account, key, now=now, **fields)
    carrier.answers.insert(0, Uncertain("timeout"))
    deliver(carrier, now)
    return stored(account, message.id)


def sweep_and_deliver(carrier: FakeCarrier, at: datetime) -> None:
    """Run the sweeper, and the worker for the jobs that it enqueues."""
    sweep_schedule.sweep(at)
    deliver(carrier, at)


def listed(carrier_id: str = "SM7", state: MessageState = MessageState.SENT, code: str | None = None) -> CarrierText:
    return CarrierText(carrier_id=carrier_id, body="Hello", created_at=NOW, state=state, code=code)


def test_an_uncertain_text_that_the_carrier_lists_is_recorded_as_sent_and_counted(account: Account) -> None:
    carrier = FakeCarrier()
    message = uncertain_text(account, carrier)
    carrier.listed = [listed()]

    sweep_and_deliver(carrier, NOW + 5 * MINUTE)

    found = stored(account, message.id)
    assert (found.state, found.carrier, found.carrier_id) == (MessageState.SENT, "twilio", "SM7")
    assert (found.due_at, found.deadline) == (None, None)
    assert carrier.asked_for == [("+12125550123", "+15555550100", NOW - timedelta(seconds=15))]
    assert len(carrier.texts) == 1
    assert counted_units(account) == 1


def test_an_uncertain_text_listed_as_undelivered_has_the_carriers_code(account: Account) -> None:
    carrier = FakeCarrier()
    message = uncertain_text(account, carrier)
    carrier.listed = [listed(state=MessageState.UNDELIVERED, code="30003")]

    sweep_and_deliver(carrier, NOW + 5 * MINUTE)

    found = stored(account, message.id)
    assert (found.state, found.error, found.charged_units) == (MessageState.UNDELIVERED, "twilio:30003", 0)


def test_a_text_whose_worker_died_is_looked_up(account: Account) -> None:
    message = accept(account)
    take_queued("send")
    messages.claim(message, "dead", NOW, NOW + MINUTE)
    carrier = FakeCarrier(listed=[listed()])

    sweep_and_deliver(carrier, NOW + 3 * MINUTE)
    sweep_and_deliver(carrier, NOW + 8 * MINUTE)

    assert stored(account, message.id).state is MessageState.SENT
    assert carrier.texts == []


def test_an_uncertain_text_is_looked_up_every_few_minutes_and_last_at_the_deadline(account: Account) -> None:
    carrier = FakeCarrier()
    message = uncertain_text(account, carrier)

    looks = []
    for minute in range(1, 20):
        before = len(carrier.asked_for)
        sweep_and_deliver(carrier, NOW + minute * MINUTE + timedelta(seconds=1))
        looks += [minute] * (len(carrier.asked_for) - before)

    assert looks == [4, 9, 14, 15]
    assert (stored(account, message.id).state, stored(account, message.id).error) == (
        MessageState.FAILED,
        "uncertain",
    )
    assert counted_units(account) == 0


def test_a_carrier_that_lists_no_texts_is_not_asked_before_the_deadline(account: Account) -> None:
    carrier = FakeCarrier(name="aws")
    message = uncertain_text(account, carrier)

    sweep_and_deliver(carrier, NOW + timedelta(hours=71))

    assert carrier.asked_for == []
    assert stored(account, message.id).deadline == NOW + timedelta(hours=72)


def test_a_listed_text_of_another_studio_is_no_match(account: Account) -> None:
    other = studio("10000002")
    client(other)
    carrier = FakeCarrier()
    theirs = accept(other)
    deliver(carrier)
    known = numbers.conversations_with(theirs.phone)  # as if it had lapsed, so that the other studio gets its number
    numbers.try_change(known, replace(known, texts=(replace(known.texts[0], at=NOW - timedelta(days=31)),)))
    message = uncertain_text(account, carrier)
    carrier.listed = [listed("SM1")]

    sweep_and_deliver(carrier, NOW + 5 * MINUTE)

    assert stored(other, theirs.id).carrier_id == "SM1"
    assert stored(account, message.id).state is MessageState.UNCERTAIN


def test_two_uncertain_texts_with_the_same_body_are_not_matched(account: Account) -> None:
    carrier = FakeCarrier()
    first, second = (uncertain_text(account, carrier, key) for key in ("a", "b"))
    carrier.listed = [listed()]

    sweep_and_deliver(carrier, NOW + 5 * MINUTE)

    assert {stored(account, message.id).state for message in (first, second)} == {MessageState.UNCERTAIN}


def test_an_uncertain_text_fails_at_its_deadline_and_releases_its_units(account: Account) -> None:
    carrier = FakeCarrier()
    message = uncertain_text(account, carrier)

    sweep_and_deliver(carrier, DEADLINE + timedelta(seconds=1))
    sweep_and_deliver(carrier, DEADLINE + timedelta(hours=2))

    found = stored(account, message.id)
    assert (found.state, found.error, found.resent) == (MessageState.FAILED, "uncertain", False)
    assert len(carrier.texts) == 1


def test_an_uncertain_text_is_resent_and_flagged_if_the_studio_wants_it(resender: Account) -> None:
    carrier = FakeCarrier()
    message = uncertain_text(resender, carrier)

    sweep_and_deliver(carrier, DEADLINE + timedelta(seconds=1))

    found = stored(resender, message.id)
    assert (found.state, found.resent, found.attempt) == (MessageState.SENT, True, 2)
    assert len(carrier.texts) == 2
    assert carrier.texts[0].reference == carrier.texts[1].reference
    assert counted_units(resender) == 1


@pytest.mark.long
def test_an_uncertain_second_attempt_is_the_last(resender: Account) -> None:
    carrier = FakeCarrier(answers=[Uncertain("timeout")])
    message = uncertain_text(resender, carrier)

    for minute in range(15, 60):
        sweep_and_deliver(carrier, NOW + minute * MINUTE + timedelta(seconds=1))

    assert (stored(resender, message.id).state, len(carrier.texts)) == (MessageState.FAILED, 2)


def test_two_jobs_at_the_deadline_resend_once(resender: Account) -> None:
    carrier, over = FakeCarrier(), DEADLINE + timedelta(seconds=1)
    uncertain_text(resender, carrier)
    sweep_schedule.sweep(over)
    [job] = take_queued("send")

    deliver(carrier, over, jobs=[job, job])
    deliver(carrier, over, jobs=[job])

    assert len(carrier.texts) == 2


def test_a_text_found_at_its_deadline_is_not_resent(resender: Account) -> None:
    carrier = FakeCarrier()
    message = uncertain_text(resender, carrier)
    carrier.listed = [listed()]

    sweep_and_deliver(carrier, DEADLINE + timedelta(seconds=1))

    assert (stored(resender, message.id).state, len(carrier.texts)) == (MessageState.SENT, 1)


def test_a_receipt_between_the_sweep_and_the_second_attempt_prevents_the_attempt(resender: Account) -> None:
    carrier, over = FakeCarrier(), DEADLINE + timedelta(seconds=1)
    message = uncertain_text(resender, carrier)
    sweep_schedule.sweep(over)
    [job] = take_queued("send")

    receipts.apply_receipt(
        Receipt(carrier="twilio", reference=f"10000001.{message.id}", carrier_id="SM7", state=MessageState.DELIVERED),
        over,
    )
    deliver(carrier, over, jobs=[job])

    found = stored(resender, message.id)
    assert (found.state, found.resent, len(carrier.texts)) == (MessageState.DELIVERED, False, 1)


def test_a_refused_second_attempt_is_made_again_unless_a_receipt_comes(resender: Account) -> None:
    carrier = FakeCarrier(answers=[Refused(RefusalReason.TRY_AGAIN, "20429")])
    message = uncertain_text(resender, carrier)
    sweep_and_deliver(carrier, DEADLINE + timedelta(seconds=1))
    put_off = stored(resender, message.id)

    receipts.apply_receipt(
        Receipt(carrier="twilio", reference=f"10000001.{message.id}", carrier_id="SM7", state=MessageState.SENT),
        DEADLINE,
    )

    assert (put_off.state, put_off.resent) == (MessageState.UNCERTAIN, False)
    assert stored(resender, message.id).state is MessageState.SENT


def test_a_phone_that_said_stop_before_the_deadline_gets_no_second_attempt(resender: Account) -> None:
    carrier = FakeCarrier()
    message = uncertain_text(resender, carrier)
    optouts.record(STOP)

    sweep_and_deliver(carrier, DEADLINE + timedelta(seconds=1))

    assert (stored(resender, message.id).state, len(carrier.texts)) == (MessageState.FAILED, 1)


def test_a_phone_that_says_stop_during_the_look_up_gets_no_second_attempt(resender: Account) -> None:
    class Asked(FakeCarrier):
        def find(self, to: str, origin: str, since: datetime) -> list[CarrierText] | None:
            optouts.record(STOP)
            return super().find(to, origin, since)

    carrier = Asked()
    message = uncertain_text(resender, carrier)

    sweep_and_deliver(carrier, DEADLINE + timedelta(seconds=1))
    sweep_and_deliver(carrier, DEADLINE + 3 * MINUTE)

    assert (stored(resender, message.id).state, len(carrier.texts)) == (MessageState.FAILED, 1)


def test_an_expired_text_gets_no_second_attempt(resender: Account) -> None:
    carrier = FakeCarrier(name="aws")
    message = uncertain_text(resender, carrier)

    sweep_and_deliver(carrier, NOW + timedelta(hours=72, seconds=1))

    assert (stored(resender, message.id).state, len(carrier.texts)) == (MessageState.FAILED, 1)


@pytest.mark.parametrize("halted", [{"state": "cancelled"}, {"paused": True}])
def test_an_uncertain_text_of_a_halted_broadcast_is_looked_up_and_fails(
    resender: Account, halted: dict[str, Any]
) -> None:
    carrier = FakeCarrier()
    found, lost = (uncertain_text(resender, carrier, key, body=key) for key in ("Hello", "Bye"))
    store.write(Put(keys.broadcast(resender.id, "b1"), halted))
    for message in (found, lost):
        store.write(Update(keys.message(resender.id, message.id), changes={"broadcast": "b1"}))
    carrier.listed = [listed()]

    sweep_and_deliver(carrier, NOW + 5 * MINUTE)
    sweep_and_deliver(carrier, DEADLINE + timedelta(seconds=1))

    assert [stored(resender, message.id).state for message in (found, lost)] == [
        MessageState.SENT,
        MessageState.FAILED,
    ]
    assert len(carrier.texts) == 2
