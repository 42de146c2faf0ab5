"""Texts that never reach their phone keep no shared number from other studios."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from inbox import worker as inbox_worker
from longcode.accounts import store as accounts
from longcode.accounts.account import Account, OnUncertain
from longcode.aws.settings import settings
from longcode.carriers.carrier import Inbound, Receipt, RefusalReason, Refused, SendResult, Sent, Text, Uncertain
from longcode.message import Message, MessageState
from longcode.messages import replies
from longcode.numbers import choose
from longcode.numbers import store as numbers
from longcode.numbers.routing import last_text_of
from send import api as send_api
from send.pacing import Turns
from send.receipts import apply_receipt
from sweeper import sweep_schedule
from tests.support.fakes import NOW, FakeCarrier, call, studio, take_queued
from tests.support.text_steps import accept, deliver, stored

PHONE = "+12125550123"
NUMBER = "+15555550100"
SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=seconds) for seconds in (1, 60, 3600, 86400))
SECRET = "my door code is 4711"
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


def text(account: Account, at: datetime, *answers: SendResult, lag: timedelta = timedelta(0)) -> Message:
    """Text the phone; return the message as it is after the carrier's answers, which the worker gets `lag` later."""
    message = accept(account, f"{at}", now=at, client_id=None, to=PHONE)
    deliver(FakeCarrier(answers=list(answers) or [Sent(f"SM-{account.id}-{at}")]), at + lag)
    return stored(account, message.id)


def report(message: Message, state: MessageState, at: datetime) -> None:
    """Receive the carrier's receipt of a text."""
    reference = f"{message.account}.{message.id}"
    apply_receipt(Receipt(carrier="twilio", reference=reference, carrier_id=message.carrier_id, state=state), at)


def reply(at: datetime) -> None:
    """Let the client reply."""
    inbox_worker.receive(Inbound(carrier="twilio", carrier_id=f"{at}", phone=PHONE, number=NUMBER, body=SECRET), at)


def words_of(account: Account) -> list[str]:
    return [message.body for _, message in replies.after(account.id, 0, 100)]


def take_number(message: Message) -> None:
    """Take a number for a text as a worker does before it claims the text."""
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


@pytest.mark.parametrize("lag", [timedelta(0), timedelta(milliseconds=1), 3 * SECOND])
@pytest.mark.parametrize("gap", [30 * MINUTE, 2 * HOUR, 20 * DAY])
@pytest.mark.parametrize("fails", ["refused", "undelivered", "uncertain"])
@pytest.mark.parametrize("first", ["posted", "scheduled", "uncertain"])
def test_a_text_that_fails_hands_the_conversation_of_those_before_it_to_nobody(
    victim: Account, attacker: Account, *, first: str, fails: str, gap: timedelta, lag: timedelta
) -> None:
    began = NOW
    if first == "scheduled":
        began = NOW + 10 * DAY
        accept(victim, client_id=None, to=PHONE, send_at=began)
        sweep_schedule.sweep(began + MINUTE)
        deliver(FakeCarrier(answers=[Sent("SM1")]), began + MINUTE + lag)
    else:
        answer = Uncertain("timeout") if first == "uncertain" else Sent("SM1")
        text(victim, began, answer, lag=lag)
    at = began + gap
    if fails == "refused":
        text(victim, at, FILTERED, lag=lag)
    elif fails == "undelivered":
        report(text(victim, at, lag=lag), MessageState.UNDELIVERED, at + MINUTE)
    else:
        report(text(victim, at, Uncertain("timeout"), lag=lag), MessageState.FAILED, at + MINUTE)

    tried = text(attacker, at + 2 * MINUTE, lag=lag)
    reply(at + 3 * MINUTE)

    assert (tried.state, words_of(victim), words_of(attacker)) == (MessageState.REFUSED, [SECRET], [])


@pytest.mark.parametrize("undelivered", [(1, 2), (2, 1)])
def test_a_text_between_those_that_fail_keeps_the_conversation(
    victim: Account, attacker: Account, undelivered: tuple[int, int]
) -> None:
    sent = [text(victim, NOW + index * 2 * HOUR, lag=SECOND) for index in range(3)]
    at = NOW + 5 * HOUR
    for index in undelivered:
        report(sent[index], MessageState.UNDELIVERED, at)

    assert text(attacker, at + MINUTE).state is MessageState.REFUSED
    report(sent[0], MessageState.UNDELIVERED, at)
    assert text(attacker, at + 2 * MINUTE).state is MessageState.SENT


def test_a_text_that_was_sent_twice_keeps_its_conversation_if_one_attempt_fails(
    victim: Account, attacker: Account
) -> None:
    accounts.change_settings(victim.id, {"on_uncertain": OnUncertain.RESEND})
    message = text(victim, NOW, Uncertain("timeout"))
    sweep_schedule.sweep(NOW + 20 * MINUTE)
    deliver(FakeCarrier(listed=[], answers=[FILTERED]), NOW + 20 * MINUTE)

    assert stored(victim, message.id).state is MessageState.FAILED
    assert text(attacker, NOW + HOUR).state is MessageState.REFUSED


def test_a_number_that_others_keep_busy_is_taken_from_no_conversation(
    victim: Account, attacker: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next text of the studio gets no turn, because the attacker's long texts have the number's time."""
    text(victim, NOW, lag=SECOND)
    at = NOW + DAY
    with monkeypatch.context() as busy:
        busy.setattr(Turns, "wait", lambda _turns, _text: None)
        waiting = text(victim, at, lag=SECOND)
    assert waiting.state is MessageState.QUEUED

    tried = text(attacker, at + 2 * MINUTE, lag=SECOND)
    reply(at + 3 * MINUTE)

    assert (tried.state, words_of(victim), words_of(attacker)) == (MessageState.REFUSED, [SECRET], [])
