"""A text that the carrier takes back: its studio, which was told that it was sent, is told what becomes of it."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from broadcasts import api as broadcasts_api
from longcode.accounts.account import Account
from longcode.carriers import refusals
from longcode.carriers.carrier import Receipt, RefusalReason, Refused, Sent, Uncertain
from longcode.jobs import Means
from longcode.message import Message, MessageState
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED, OptOutEvent
from longcode.table import keys, store
from longcode.table.writes import read
from longcode.webhooks.delivery import Delivery
from send import api
from send.receipts import apply_receipt
from sweeper import sweep_schedule
from tests.support import broadcast_steps
from tests.support.crashes import every_crash
from tests.support.fakes import NOW, FakeCarrier, client, take_queued
from tests.support.text_steps import accept, deliver, stored
from tests.support.webhook_endpoint import HOOK

pytestmark = pytest.mark.account(edition="professional", **HOOK)

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
CAP = "30023"  # the day's cap of the campaign: the text is tried again after half an hour or more


def report(message: Message, state: MessageState, sid: str, code: str | None = None) -> None:
    receipt = Receipt(
        carrier="twilio",
        reference=f"{message.account}.{message.id}",
        carrier_id=sid,
        state=state,
        code=code,
        reason=refusals.meaning_of("twilio", code).reason if code else None,
    )
    apply_receipt(receipt, NOW + MINUTE)


def told(account: Account) -> list[tuple[str, str | None]]:
    """Return state and error of each webhook that was written, in the order of the alphabet."""
    written = [read(Delivery, item).data for item in store.query(keys.delivery(account.id))]
    return sorted(((data["state"], data["error"]) for data in written), key=str)


def sent(account: Account) -> Message:
    """Return a text that the carrier has, and whose studio is told so."""
    message = accept(account)
    deliver(FakeCarrier())
    report(message, MessageState.SENT, "SM1")
    return stored(account, message.id)


def taken_back(account: Account) -> Message:
    """Return a text that the carrier had and took back."""
    message = sent(account)
    report(message, MessageState.UNDELIVERED, "SM1", CAP)
    return stored(account, message.id)


def try_again(carrier: FakeCarrier) -> None:
    sweep_schedule.sweep(NOW + HOUR + MINUTE)
    deliver(carrier, NOW + HOUR + MINUTE)


def fail(_: Message) -> None:
    try_again(FakeCarrier(answers=[Refused(RefusalReason.UNKNOWN, "30008")]))


def opt_out(message: Message) -> None:
    stop = OptOutEvent(id="stop", phone=message.phone, scope=SHARED, out=True, at=NOW, means=Means.TEXT, words="STOP")
    optouts.record(stop)
    try_again(FakeCarrier())


def expire(_: Message) -> None:
    sweep_schedule.sweep(NOW + 5 * HOUR)


def cancel(message: Message) -> None:
    api.cancel(message.account, message.id, NOW + HOUR)


def stay_uncertain(_: Message) -> None:
    try_again(FakeCarrier(answers=[Uncertain("timeout")]))
    sweep_schedule.sweep(NOW + 2 * HOUR)
    deliver(FakeCarrier(), NOW + 2 * HOUR)


@pytest.mark.parametrize(
    ("end", "state", "error"),
    [
        (fail, "failed", "twilio:30008"),
        (opt_out, "refused", "opted_out"),
        (expire, "expired", "expired"),
        (cancel, "cancelled", None),
        (stay_uncertain, "failed", "uncertain"),
    ],
)
def test_a_text_that_the_carrier_takes_back_is_told_as_queued_and_then_as_it_ends(
    account: Account, end: Callable[[Message], None], state: str, error: str | None
) -> None:
    message = taken_back(account)
    first = told(account)

    end(message)

    assert first == [("queued", f"twilio:{CAP}"), ("sent", None)]
    assert told(account) == sorted([*first, (state, error)], key=str)
    assert len(set(take_queued("webhook"))) == 3
    assert (stored(account, message.id).state, stored(account, message.id).error) == (state, error)


def test_a_text_that_is_sent_again_is_told_as_sent_again(account: Account) -> None:
    message = taken_back(account)

    try_again(FakeCarrier(answers=[Sent("SM2")]))
    report(message, MessageState.SENT, "SM1")  # a late copy of the first attempt's
    late = told(account)
    for _ in range(2):
        report(message, MessageState.SENT, "SM2")
        report(message, MessageState.DELIVERED, "SM2")

    assert late == [("queued", f"twilio:{CAP}"), ("sent", None)]
    assert told(account) == [("delivered", None), ("queued", f"twilio:{CAP}"), ("sent", None), ("sent", None)]


@pytest.mark.long
def test_taking_back_and_ending_killed_anywhere_are_told_once(account: Account) -> None:
    message = sent(account)

    for crash in every_crash():
        with crash:
            report(message, MessageState.UNDELIVERED, "SM1", CAP)
            cancel(message)
        report(message, MessageState.UNDELIVERED, "SM1", CAP)
        cancel(message)

        assert told(account) == [("cancelled", None), ("queued", f"twilio:{CAP}"), ("sent", None)]


def test_a_cancelled_broadcast_tells_of_the_texts_that_were_taken_back_and_of_no_others(account: Account) -> None:
    client(account, "c2", "+12125550124")
    broadcast = broadcast_steps.send(account)
    deliver(FakeCarrier(), NOW, take_queued("bulk")[:1])
    message = next(text for text in broadcast_steps.texts(account, broadcast.id) if text.carrier_id)
    report(message, MessageState.UNDELIVERED, "SM1", CAP)

    broadcasts_api.cancel(account.id, broadcast.id, NOW)
    broadcast_steps.advance()

    assert {text.state for text in broadcast_steps.texts(account, broadcast.id)} == {MessageState.CANCELLED}
    assert told(account) == [("cancelled", None), ("queued", f"twilio:{CAP}")]
    assert broadcast_steps.reservations_add_up(account)


def test_a_text_that_the_carrier_never_had_is_told_of_in_no_state(account: Account) -> None:
    accept(account)

    deliver(FakeCarrier(answers=[Refused(RefusalReason.UNKNOWN, "30008")]))

    assert told(account) == []
