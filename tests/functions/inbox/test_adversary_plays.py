"""Random plays of an adversary's accounts against the service: no reply reaches anybody but the studio that is meant.

Texts are accepted and handed over some time apart, wait for their turn, are scheduled, cancelled, refused, uncertain,
undelivered, or delivered after all. The client answers texts that reached the phone, in their threads.
"""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from inbox import worker as inbox_worker
from longcode.accounts.account import Account
from longcode.aws.settings import settings
from longcode.carriers.carrier import (
    CarrierText,
    Inbound,
    Receipt,
    RefusalReason,
    Refused,
    SendResult,
    Sent,
    Text,
    Uncertain,
)
from longcode.errors import RequestError
from longcode.message import Message, MessageState
from longcode.messages import replies
from longcode.numbers import store as numbers
from send import api as send_api
from send import worker
from send.pacing import Turns
from send.receipts import apply_receipt
from sweeper import sweep_schedule
from tests.support.fakes import NOW, studio, take_queued
from tests.support.text_steps import accept, stored

PLAYS = 60
SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=seconds) for seconds in (1, 60, 3600, 86400))
WAITS = [2 * MINUTE, 20 * MINUTE, 2 * HOUR, DAY, 9 * DAY]
OUTCOMES = {"delivered": 8, "undelivered": 2, "delivered after all": 1, "refused": 2, "later": 1, "uncertain": 1}

pytestmark = [pytest.mark.usefixtures("aws"), pytest.mark.long]


@pytest.fixture(autouse=True)
def two_numbers(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SHARED_NUMBERS", "+15555550100,+15555550101")
    monkeypatch.setenv("SEGMENTS_A_SECOND", "1000")
    settings.cache_clear()
    yield
    settings.cache_clear()


class Play:
    """Two studios and two accounts of the adversary, who text one phone. It is the carrier of their texts, too."""

    name = "twilio"

    def __init__(self, seed: int) -> None:
        self.chance, self.now = random.Random(seed), NOW + seed * SECOND
        self.phone = f"+1212{2_000_000 + seed}"
        self.accounts = [studio(f"{10_000_000 + 10 * seed + index}") for index in range(4)]
        self.scheduled: list[Message] = []
        self.reached: list[tuple[Account, Message]] = []
        self.receipts: list[Receipt] = []
        self.outcomes: Counter[str] = Counter()
        self.keys = 0

    def send(self, text: Text) -> SendResult:
        """Take, refuse or lose a text, as chance has it."""
        outcome = self.chance.choices([*OUTCOMES], [*OUTCOMES.values()])[0]
        match outcome:
            case "refused":
                return Refused(RefusalReason.FILTERED, "30007")
            case "later":
                return Refused(RefusalReason.TRY_AGAIN, "20429")
            case "uncertain":
                if self.chance.random() < 0.5:
                    self.note_reached(text.reference)
                return Uncertain("timeout")
        states = {"undelivered": [MessageState.UNDELIVERED], "delivered": [MessageState.DELIVERED]}
        carrier_id = f"SM-{text.reference}-{self.now}"
        self.receipts += [
            Receipt(carrier=self.name, reference=text.reference, carrier_id=carrier_id, state=state)
            for state in states.get(outcome, [MessageState.UNDELIVERED, MessageState.DELIVERED])
        ]
        if outcome != "undelivered":
            self.note_reached(text.reference)
        return Sent(carrier_id)

    def find(self, *_: object) -> list[CarrierText]:
        return []

    def note_reached(self, reference: str) -> None:
        account_id, _, message_id = reference.partition(".")
        account = next(one for one in self.accounts if one.id == account_id)
        self.reached.append((account, stored(account, message_id)))

    def pass_time(self, time: timedelta) -> None:
        """Let time pass; the sweeper, a worker and the carrier's receipts come meanwhile."""
        self.now += time
        sweep_schedule.sweep(self.now)
        self.now += timedelta(milliseconds=self.chance.randint(1, 3000))
        bodies = take_queued("send")
        deliver_job = worker.prepare(bodies, self, self.now, self.turns_type())
        for body in bodies:
            deliver_job(body)
        for receipt in self.receipts:
            self.now += self.chance.choice([SECOND, MINUTE])
            apply_receipt(receipt, self.now)
        self.receipts = []

    def turns_type(self) -> type[Turns]:
        """Return turns that one text of eight does not get."""
        chance = self.chance

        class InTimeOrNot(Turns):
            def wait(self, text: Message) -> datetime | None:
                return None if chance.random() < 0.125 else super().wait(text)

        return InTimeOrNot

    def text(self, account: Account, ahead: timedelta | None = None) -> None:
        """Post a text, to be sent now or some time ahead."""
        self.keys += 1
        send_at = {"send_at": self.now + ahead} if ahead else {}
        try:
            message = accept(account, f"{self.keys}", now=self.now, client_id=None, to=self.phone, **send_at)
        except RequestError:  # of which there can be too many in an hour
            return
        if ahead:
            self.scheduled.append(message)
        else:
            self.pass_time(timedelta(0))

    def cancel(self) -> None:
        if not self.scheduled:
            return
        message = self.scheduled.pop(self.chance.randrange(len(self.scheduled)))
        try:
            send_api.cancel(message.account, message.id, self.now)
        except RequestError:  # it has gone
            return

    def reply(self) -> None:
        """Answer one of the texts that reached the phone, within the time in which an answer can be expected."""
        if not self.reached:
            return
        meant, message = self.chance.choice(self.reached)
        message = stored(meant, message.id)
        talking = [one.last_word_at for one in numbers.conversations_with(self.phone).of(meant.id)]
        if self.now - max([message.claimed_at or message.created_at, *talking]) > 59 * DAY:
            return
        self.keys += 1
        words = f"reply {self.keys}"
        inbound = Inbound(
            carrier=self.name, carrier_id=words + self.phone, phone=self.phone, number=message.number, body=words
        )
        inbox_worker.receive(inbound, self.now)
        got = [one for one in self.accounts if any(reply.body == words for _, reply in replies.after(one.id, 0, 99))]
        self.outcomes["right" if got == [meant] else "wrong" if got else "waits for a person"] += 1

    def act(self, act: str, account: Account) -> None:
        match act:
            case "text":
                self.text(account)
            case "schedule":
                self.text(account, self.chance.choice([HOUR, DAY, 9 * DAY]))
            case "cancel":
                self.cancel()
            case "wait":
                self.pass_time(self.chance.choice(WAITS))
            case "reply":
                self.reply()


@pytest.mark.parametrize("seed", range(PLAYS))
def test_no_reply_reaches_anybody_but_the_studio_that_is_meant(seed: int) -> None:
    play = Play(seed)
    victim, *_, attacker = play.accounts
    acts = ["text", "text", "schedule", "cancel", "wait", "wait", "reply"]

    for _ in range(play.chance.randint(4, 12)):
        play.act(play.chance.choice(acts), play.chance.choice(play.accounts))
    for act, account in (("text", victim), ("text", victim), ("text", attacker), *[("reply", victim)] * 3):
        play.act(act, account)

    assert play.outcomes["wrong"] == 0
    assert play.outcomes.total() or not play.reached
