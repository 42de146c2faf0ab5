"""A phone that texts STOP and START to three numbers, carriers that block it, and events that come in any order."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from longcode.accounts.account import Account
from longcode.aws import queues
from longcode.carriers.carrier import CarrierText, Receipt, RefusalReason, Refused, SendResult, Sent, Text
from longcode.errors import OptedOut
from longcode.jobs import HandleKeyword
from longcode.message import Message, MessageState
from optout import worker
from send.receipts import apply_receipt
from sweeper import sweep_schedule
from tests.support.fakes import NOW, take_queued
from tests.support.text_steps import accept, deliver, stored

A, B, C = NUMBERS = tuple(f"+1555555010{index}" for index in range(3))
PHONE = "+12125550123"
MINUTE = timedelta(minutes=1)
CODES = {"twilio": "21610", "aws": "DESTINATION_PHONE_NUMBER_OPTED_OUT"}

Step = tuple[str, int, bool]
"""What happens, with which number, account or pending event, and the step's choice of two.

stop, start: the phone texts the keyword to a number; what we hear of it is pending. accept: a text of an account
waits on the queue. text: it is sent at once; a slow one is with the carrier until `settle`, which delivers it or
reports it as blocked. arrive, receipt: we process a pending keyword or receipt; if it is doubled, it stays pending.
switch: all texts go over the next carrier.
"""


@dataclass
class BlockingCarrier:
    """Keeps STOP and START for each `pair` of number and phone, as Twilio's default does, or for the `phone`."""

    name: str = "twilio"
    keeps: str = "pair"
    blocked: set[tuple[str, str]] = field(default_factory=set)
    taken: list[Text] = field(default_factory=list)
    slow: list[tuple[str, Text]] = field(default_factory=list)
    is_slow: bool = False
    refused_by: set[str] = field(default_factory=set)

    def send(self, text: Text) -> SendResult:
        if not self.is_slow and self._blocks(text):
            self.refused_by.add(text.origin)
            return Refused(RefusalReason.OPTED_OUT, CODES[self.name])
        self.taken.append(text)
        carrier_id = f"{self.name}{len(self.taken)}"
        if self.is_slow:
            self.slow.append((carrier_id, text))
        return Sent(carrier_id)

    def find(self, to: str, origin: str, since: datetime) -> list[CarrierText] | None:  # noqa: ARG002
        return None

    def hear(self, keyword: str, number: str, phone: str = PHONE) -> None:
        pairs = {(number if self.keeps == "pair" else "", phone)}
        self.blocked = self.blocked | pairs if keyword == "stop" else self.blocked - pairs

    def settle(self) -> list[Receipt]:
        """Return the receipts of the slow texts: delivered, or refused because the phone is blocked by now."""
        receipts = [
            Receipt(
                carrier=self.name,
                reference=text.reference,
                carrier_id=carrier_id,
                state=MessageState.UNDELIVERED if self._blocks(text) else MessageState.DELIVERED,
                code=CODES[self.name] if self._blocks(text) else None,
                reason=RefusalReason.OPTED_OUT if self._blocks(text) else None,
            )
            for carrier_id, text in self.slow
        ]
        self.slow.clear()
        return receipts

    def _blocks(self, text: Text) -> bool:
        return (text.origin if self.keeps == "pair" else "", text.to) in self.blocked


@dataclass
class History:
    """Plays steps, a minute each, and checks after each what must hold whatever is still pending."""

    accounts: Sequence[Account]
    carriers: Sequence[BlockingCarrier]
    now: datetime = NOW
    said: list[HandleKeyword] = field(default_factory=list)
    heard: list[HandleKeyword] = field(default_factory=list)
    keywords: list[HandleKeyword] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)

    @property
    def carrier(self) -> BlockingCarrier:
        return self.carriers[0]

    def play(self, step: Step) -> None:
        what, which, choice = step
        self.now += MINUTE
        match what:
            case "stop" | "start":
                self.say(what, NUMBERS[which % 3])
            case "accept":
                self.accept(self.accounts[which % len(self.accounts)])
            case "text":
                self.text(self.accounts[which % len(self.accounts)], slow=choice)
            case "settle":
                self.settle()
            case "arrive" if self.keywords:
                self.arrive(self.keywords[which % len(self.keywords)], doubled=choice)
            case "receipt" if self.receipts:
                self.take_receipt(self.receipts[which % len(self.receipts)], doubled=choice)
            case "switch" if len(self.carriers) > 1:
                self.settle()
                self.carriers = self.carriers[1:]

    def say(self, keyword: str, number: str) -> None:
        self.carrier.hear(keyword, number)
        job = HandleKeyword(
            id=f"{keyword} {self.now:%H%M}",
            keyword=keyword,
            phone=PHONE,
            number=number,
            words=keyword,
            at=self.now,
            account=self.accounts[0].id,
            answered=True,
        )
        self.said.append(job)
        self.keywords.append(job)

    def accept(self, account: Account) -> Message | None:
        """Accept a text, which then waits on the queue; return None if it is refused as opted out."""
        self.now += timedelta(seconds=1)  # which makes another request
        try:
            return accept(account, f"{self.now}", now=self.now, client_id=None, to=PHONE)
        except OptedOut:
            assert not self.all_is_heard or self.last_heard == "stop", "blocked after the last START"
            return None

    def text(self, account: Account, *, slow: bool = False) -> Message | None:
        """Send a text, with those that wait, and try it again a minute later; return it, or None if it is refused.

        It is tried once more if that try met a number that had not refused a text before.
        """
        message = self.accept(account)
        self.carrier.is_slow = slow
        self.deliver()
        for refused_by in (None, set(self.carrier.refused_by)):
            is_queued = message and stored(account, message.id).state is MessageState.QUEUED
            if is_queued and self.carrier.refused_by != refused_by:
                self.try_again()
        self.carrier.is_slow = False
        return stored(account, message.id) if message else None

    @property
    def last_heard(self) -> str | None:
        """Return the last keyword by time of those that we have heard of."""
        return max(self.heard, key=lambda job: job.at).keyword if self.heard else None

    @property
    def all_is_heard(self) -> bool:
        return len({job.id for job in self.heard}) == len(self.said) and not self.keywords

    def deliver(self) -> None:
        """Deliver what is on the queue: nothing, if the last that we have heard is STOP."""
        taken = len(self.carrier.taken)
        deliver(self.carrier, self.now)
        self.take_reports()
        if self.last_heard == "stop":
            assert len(self.carrier.taken) == taken, "texted after the last STOP"

    def try_again(self) -> None:
        """Deliver what was queued again in the last minute."""
        self.now += MINUTE
        sweep_schedule.sweep(self.now)
        self.deliver()

    def take_reports(self) -> None:
        """Take the carrier's refusals as pending keywords."""
        self.keywords += [queues.read(HandleKeyword, body) for body in take_queued("opt_out")]

    def settle(self) -> None:
        self.receipts += self.carrier.settle()

    def arrive(self, job: HandleKeyword, *, doubled: bool) -> None:
        if not doubled:
            self.keywords.remove(job)
        worker.handle_keyword(job, self.now)
        if job in self.said and job not in self.heard:
            self.heard.append(job)

    def take_receipt(self, receipt: Receipt, *, doubled: bool) -> None:
        if not doubled:
            self.receipts.remove(receipt)
        apply_receipt(receipt, self.now)
        self.take_reports()

    def finish(self, *, newest_first: bool) -> None:
        """Process everything that is pending, and what follows from it."""
        self.deliver()
        while self.keywords or self.receipts or self.carrier.slow:
            self.settle()
            for receipt in list(self.receipts):
                self.take_receipt(receipt, doubled=False)
            for job in sorted(self.keywords, key=lambda job: job.at, reverse=newest_first):
                self.arrive(job, doubled=False)
            self.try_again()
