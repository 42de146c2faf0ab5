"""Texts that never reach their phone keep no shared number from other studios."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from longcode.accounts.account import Account
from longcode.aws.settings import settings
from longcode.carriers.carrier import RefusalReason, Refused, SendResult, Sent, Text
from longcode.message import Message, MessageState
from longcode.numbers import choose
from longcode.numbers import store as numbers
from longcode.numbers.routing import last_text_of
from send import api as send_api
from sweeper import sweep_schedule
from tests.support.fakes import NOW, FakeCarrier, call, studio, take_queued
from tests.support.text_steps import accept, deliver, stored

PHONE = "+12125550123"
NUMBER = "+15555550100"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LATER, FILTERED = Refused(RefusalReason.TRY_AGAIN, "20429"), Refused(RefusalReason.FILTERED, "30007")


@pytest.fixture
def victim(account: Account, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """A studio; there is one shared number."""
    monkeypatch.setenv("SHARED_NUMBERS", NUMBER)
    settings.cache_clear()
    yield account
    settings.cache_clear()


@pytest.fixture
def attacker(victim: Account) -> Account:
    return studio("10000020")


def text(account: Account, at: datetime, *answers: SendResult) -> Message:
    """Text the phone; return the message as it is after the carrier's answers."""
    message = accept(account, f"{at}", now=at, client_id=None, to=PHONE)
    deliver(FakeCarrier(answers=list(answers)), at)
    return stored(account, message.id)


def take_number(message: Message) -> None:
    """Give a text its number as a worker does before it claims the text."""
    choice = choose.shared_choice(message.account, PHONE, ())
    numbers.take_number(last_text_of(message, NOW), 10, choice, numbers.conversations_with(PHONE))


def talking() -> list[str]:
    """Return the accounts that have a conversation with the phone."""
    return [one.account for one in numbers.conversations_with(PHONE).texts]


def test_a_text_that_is_cancelled_before_its_second_attempt_holds_no_number(
    victim: Account, attacker: Account
) -> None:
    waiting = text(attacker, NOW, LATER)
    call(send_api, "DELETE", f"/messages/{waiting.id}", account=attacker.id)

    assert text(victim, NOW + MINUTE).state is MessageState.SENT


def test_a_text_that_expires_before_its_second_attempt_holds_no_number(victim: Account, attacker: Account) -> None:
    waiting = text(attacker, NOW, LATER)
    sweep_schedule.sweep(NOW + 5 * HOUR)
    assert stored(attacker, waiting.id).state is MessageState.EXPIRED

    assert text(victim, NOW + 5 * HOUR).state is MessageState.SENT


def test_a_text_that_is_cancelled_after_its_worker_was_killed_holds_no_number(
    victim: Account, attacker: Account
) -> None:
    message = accept(attacker, client_id=None, to=PHONE)
    take_number(message)
    assert talking() == [attacker.id]

    call(send_api, "DELETE", f"/messages/{message.id}", account=attacker.id)

    assert talking() == []


def test_a_refused_text_does_not_end_a_conversation_whose_next_text_is_about_to_go(victim: Account) -> None:
    """Another worker gives the second text its number, but has not claimed it when the first is refused."""
    accept(victim, "first", client_id=None, to=PHONE)
    second = accept(victim, "second", client_id=None, to=PHONE)
    first_job, second_job = take_queued("send")

    class Refusing(FakeCarrier):
        def send(self, text: Text) -> SendResult:
            take_number(second)
            return super().send(text)

    deliver(Refusing(answers=[FILTERED]), NOW, [first_job])

    assert talking() == [victim.id]
    deliver(FakeCarrier(answers=[FILTERED]), NOW, [second_job])
    assert talking() == []


def test_a_failed_text_ends_no_conversation_of_other_texts(victim: Account) -> None:
    text(victim, NOW, Sent("SM1"))
    text(victim, NOW + MINUTE, LATER)
    sweep_schedule.sweep(NOW + 5 * HOUR)

    [last] = numbers.conversations_with(PHONE).texts
    assert (last.account, last.at) == (victim.id, NOW)
