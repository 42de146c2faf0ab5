"""The order texts.release queues parked texts again, each once."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from longcode.accounts.account import Account
from longcode.aws.settings import settings
from longcode.carriers.carrier import Receipt, RefusalReason, Refused, Sent, Uncertain
from longcode.message import Message, MessageState
from longcode.messages import store as messages
from longcode.numbers import choose
from longcode.numbers import store as numbers
from longcode.numbers.conversations import free_number
from longcode.plans.plans import PlanChange
from longcode.table import keys, store
from longcode.table.writes import Update
from send.receipts import apply_receipt
from tests.support.admin_orders import send_accepted_order
from tests.support.fakes import NOW, FakeCarrier, take_queued
from tests.support.text_steps import accept, counted_units, deliver, stored

pytestmark = pytest.mark.account(plan_changes=(PlanChange(NOW, "small"),))

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
SUSPENDED = Refused(RefusalReason.PARKED, "30002")
A, B = "+15555550100", "+15555550101"
PHONES = [f"+1212555{number}" for number in range(1000, 1020)]
BUSY = Refused(RefusalReason.TRY_AGAIN, "20429")


def released(now: datetime, at_most: int | None = None) -> int:
    return int(send_accepted_order("texts.release", now, at_most=at_most)["released"])


def test_texts_released_twice_are_sent_once(account: Account) -> None:
    parked = [accept(account, key) for key in "abc"]
    carrier = FakeCarrier(answers=[SUSPENDED] * 3)
    deliver(carrier)

    counts = [released(NOW + HOUR), released(NOW + HOUR)]
    deliver(carrier, NOW + HOUR)

    assert counts == [3, 0]
    assert {stored(account, one.id).state for one in parked} == {MessageState.SENT}
    assert len(carrier.texts) == 6
    assert counted_units(account) == 3


def test_at_most_limits_how_many_texts_are_released(account: Account) -> None:
    for key in "abc":
        accept(account, key)
    carrier = FakeCarrier(answers=[SUSPENDED] * 4)
    deliver(carrier)

    count = released(NOW + HOUR, at_most=1)
    deliver(carrier, NOW + HOUR)

    assert count == 1
    assert len(carrier.texts) == 4
    assert released(NOW + 2 * HOUR) == 3


@pytest.fixture
def two_numbers(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Configure two shared numbers."""
    monkeypatch.setenv("SHARED_NUMBERS", f"{A},{B}")
    settings.cache_clear()
    yield
    settings.cache_clear()


def parked_over(account: Account, number: str) -> Message:
    """Return a text that the carrier gave back, because the number that it went from is not registered."""
    phone = next(phone for phone in PHONES if choose_sender(account, phone) == number)
    message = accept(account, number, client_id=None, to=phone)
    deliver(FakeCarrier(answers=[Sent(number)]))
    receipt = Receipt(
        carrier="twilio",
        reference=f"{account.id}.{message.id}",
        carrier_id=number,
        state=MessageState.UNDELIVERED,
        code="30034",
        reason=RefusalReason.PARKED,
    )
    apply_receipt(receipt, NOW)
    return message


def choose_sender(account: Account, phone: str) -> str:
    known = numbers.conversations_with(phone)
    return str(free_number(known, account.id, choose.shared_choice(account.id, phone, ()), NOW))


@pytest.mark.usefixtures("two_numbers")
def test_a_parked_number_that_is_not_shared_any_more_is_released_with_its_texts(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    parked = parked_over(account, A)
    monkeypatch.setenv("SHARED_NUMBERS", B)
    settings.cache_clear()

    listed = send_accepted_order("numbers.list_parked", NOW)["items"]
    count = released(NOW + HOUR)
    carrier = FakeCarrier()
    deliver(carrier, NOW + HOUR)

    assert [(one["number"], one["code"]) for one in listed] == [(A, "30034")]
    assert (count, [text.origin for text in carrier.texts]) == (1, [A])
    assert stored(account, parked.id).state is MessageState.SENT
    assert send_accepted_order("numbers.list_parked", NOW)["items"] == []


@pytest.mark.usefixtures("two_numbers")
def test_one_number_is_released_and_the_others_stay_parked(account: Account) -> None:
    first, second = parked_over(account, A), parked_over(account, B)

    count = send_accepted_order("texts.release", NOW + HOUR, number=A)["released"]
    deliver(FakeCarrier(), NOW + HOUR)

    assert count == 1
    assert [stored(account, text.id).state for text in (first, second)] == [MessageState.SENT, MessageState.QUEUED]
    assert [one["number"] for one in send_accepted_order("numbers.list_parked", NOW)["items"]] == [B]


def test_only_parked_texts_are_released(account: Account) -> None:
    accept(account, "accepted")
    take_queued("send")
    accept(account, "retried")
    deliver(FakeCarrier(answers=[BUSY]))
    accept(account, "unheard of")
    deliver(FakeCarrier(answers=[Uncertain("timeout")]))

    assert released(NOW + SECOND) == 0


def test_an_unreadable_text_does_not_keep_others_from_being_released(account: Account) -> None:
    broken, whole = accept(account, "broken"), accept(account, "whole")
    deliver(FakeCarrier(answers=[SUSPENDED] * 2))
    store.write(Update(keys.message(account.id, broken.id), changes={"state": "lost"}))

    assert released(NOW + SECOND) == 1
    assert whole.id in take_queued("send")[0]


def test_a_parked_text_that_was_cancelled_is_not_released(account: Account) -> None:
    message = accept(account)
    deliver(FakeCarrier(answers=[SUSPENDED]))
    messages.end_unsent(stored(account, message.id), MessageState.CANCELLED, finished_at=NOW)

    assert released(NOW + SECOND) == 0
    assert stored(account, message.id).state is MessageState.CANCELLED


def test_a_released_text_that_the_carrier_accepts_has_no_error(account: Account) -> None:
    message, carrier = accept(account), FakeCarrier(answers=[SUSPENDED, Sent("SM9")])
    deliver(carrier)
    released(NOW + HOUR)

    deliver(carrier, NOW + HOUR)

    sent = stored(account, message.id)
    assert (sent.state, sent.held, sent.error, sent.due_at) == (MessageState.SENT, None, None, None)
