"""What belongs to an attempt that is over changes nothing of the next; what concerns one phone parks no number."""

from datetime import datetime, timedelta

import pytest

from longcode.accounts.account import Account
from longcode.carriers import refusals
from longcode.carriers.carrier import Receipt, RefusalReason, Refused, SendResult, Sent, Text
from longcode.message import HoldReason, Message, MessageState
from longcode.messages import store as messages
from send.receipts import apply_receipt
from sweeper import sweep_schedule
from tests.support.fakes import NOW, FakeCarrier
from tests.support.text_steps import accept, counted_units, deliver, stored

MINUTE = timedelta(minutes=1)


def fail(message: Message, code: str, sid: str = "SM1", now: datetime = NOW) -> None:
    """Apply a receipt of a text that was not delivered."""
    apply_receipt(
        Receipt(
            carrier="twilio",
            reference=f"{message.account}.{message.id}",
            carrier_id=sid,
            state=MessageState.UNDELIVERED,
            code=code,
            reason=refusals.meaning_of("twilio", code).reason,
        ),
        now,
    )


def test_a_late_record_of_an_attempt_that_was_given_back_changes_nothing_of_the_next(account: Account) -> None:
    message, claims = accept(account), []

    class Slow(FakeCarrier):
        def send(self, text: Text) -> SendResult:
            claims.append(stored(account, message.id))
            fail(message, "30022")
            return super().send(text)

    class Busy(FakeCarrier):
        def send(self, text: Text) -> SendResult:
            assert text.reference.endswith(message.id)
            assert not messages.record(claims[0], MessageState.SENT, carrier="twilio", carrier_id="SM1")
            return Refused(RefusalReason.TRY_AGAIN, "20429")

    deliver(Slow())
    at = NOW + 2 * MINUTE
    sweep_schedule.sweep(at)
    deliver(Busy(), at)

    assert stored(account, message.id).state is MessageState.QUEUED
    assert counted_units(account) == 0


def test_a_receipt_read_before_the_text_was_given_back_credits_nothing_of_the_next_attempt(account: Account) -> None:
    message = accept(account)
    deliver(FakeCarrier())
    read_before = stored(account, message.id)
    fail(message, "30022")
    at = NOW + 2 * MINUTE
    sweep_schedule.sweep(at)
    deliver(FakeCarrier(answers=[Sent("SM2")]), at)

    assert not messages.record_receipt(read_before, MessageState.UNDELIVERED, charged=False)

    assert stored(account, message.id).state is MessageState.SENT
    assert counted_units(account) == 1


@pytest.mark.parametrize("code", ["21408", "21608"])
def test_a_receipt_about_the_phones_country_or_a_trial_holds_its_text_and_no_other(
    account: Account, code: str
) -> None:
    message = accept(account)
    deliver(FakeCarrier())
    fail(message, code)

    other, carrier = accept(account, "other"), FakeCarrier()
    deliver(carrier)

    assert stored(account, message.id).held is HoldReason.PARKED
    assert stored(account, other.id).state is MessageState.SENT
