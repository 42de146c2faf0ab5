"""Random months of some studios: texts, replies, retries, late results, moved replies, and closes in any order.

The service's own code writes, counts and closes them. `World.booked` has the expected units of each account, month
and direction, added up independently of counters and messages.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import repeat
from random import Random

from msgspec.structs import replace

from longcode import months
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.billing import closing
from longcode.carriers.carrier import Inbound
from longcode.jobs import Product
from longcode.message import Direction, Message, MessageKind, MessageState
from longcode.messages import folders, replies
from longcode.messages import store as messages
from longcode.messages.compose import draft
from longcode.months import month_of
from longcode.plans.plans import PlanChange
from longcode.table import keys, store

MONTHS = [f"2026-{number:02}" for number in range(2, 12)]
"""March is an hour shorter, and 1 November, the day on which October is closed, has 25 hours."""

PHONE, NUMBER = "+12125550123", "+15555550100"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TICK = timedelta(milliseconds=1)
NAMES = ("starter", "small", "medium", "large", "volume")
UNITS = (1, 1, 1, 2, 3, 10, 90, 250, 900, 2_600)
CLOCK_CHANGES = (datetime(2026, 3, 8, 8, tzinfo=UTC), datetime(2026, 11, 1, 6, 30, tzinfo=UTC))
"""When the clocks go forward in Chicago, and the middle of the hour that occurs twice in November."""

Later = tuple[str, Callable[[], None]]


@dataclass
class World:
    """Some studios, their pending events (`later`) and closes (`waiting`), invoices and expected units (`booked`)."""

    random: Random
    studios: list[str] = field(default_factory=list)
    booked: Counter[tuple[str, str, Direction]] = field(default_factory=Counter)
    later: list[Later] = field(default_factory=list)
    waiting: list[tuple[str, str]] = field(default_factory=list)
    issued: dict[tuple[str, str], str] = field(default_factory=dict)
    rewritten: list[tuple[str, str]] = field(default_factory=list)
    ids: int = 0

    def play(self, studios: int, texts_a_month: int) -> None:
        """Play all months. Each month is closed after its end: twice, and for some studios late."""
        for number in range(studios):
            self._join(f"1000000{number}")
        for month in MONTHS:
            for studio in self.studios:
                for _ in range(self.random.randrange(texts_a_month + 1)):
                    self.random.choice((self._text, self._text, self._reply))(studio, month)
            self._run_late_events(month)
            self._close(month)
        self._close(None)

    def _join(self, studio: str) -> None:
        joined = self._instant(MONTHS[0])
        changes = [PlanChange(joined, self.random.choice(NAMES))]
        for month in MONTHS:
            ends = [months.plan_cutoff(month) + late for late in (timedelta(), TICK, HOUR)]
            instants = [self._instant(month), *ends]
            sample = self.random.sample(instants, self.random.choice((0, 0, 1, 2)))
            changes += [PlanChange(at, self.random.choice(NAMES)) for at in sorted(sample) if at > joined]
        account = Account(
            id=studio,
            name=f"Studio {studio}",
            email=f"{studio}@studio.example",
            product=Product.SPECTRA,
            edition="standard",
            created_at=joined,
            plan_changes=tuple(changes),
            established_at=joined,
        )
        accounts.open_account(account)
        self.studios.append(studio)

    def _instant(self, month: str) -> datetime:
        """Return an instant of a month, often one of its ends or a change of the clocks."""
        begins, ends = months.bounds(month)
        anywhere = begins + self.random.random() * (ends - begins)
        changes_within = [change for change in CLOCK_CHANGES if begins <= change < ends]
        at = self.random.choice([begins, ends - TICK, anywhere, anywhere, *changes_within])
        return at.replace(microsecond=at.microsecond // 1000 * 1000)

    def _text(self, studio: str, month: str) -> None:
        """Accept a text, at once or long before it is sent, and give it one of the possible results."""
        at, units = self._instant(month), self.random.choice(UNITS)
        ahead = self.random.choice((timedelta(), timedelta(), MINUTE, 23 * HOUR, 100 * DAY))
        text = draft(
            account=studio,
            message_id=self._id(),
            kind=MessageKind.INDIVIDUAL,
            phone=PHONE,
            number=NUMBER,
            body="Hello",
            now=at - ahead,
            send_at=at if ahead > DAY else None,
        )
        text = replace(text, units=units, segments=units, state=MessageState.QUEUED)
        messages.accept([text])
        self._perhaps_link(text)
        claimed = messages.claim(text, "claim", at, at + MINUTE)
        assert claimed
        self._give_result(claimed, month)

    def _give_result(self, claimed: Message, month: str) -> None:
        match self.random.choice(
            (
                "sent",
                "sent",
                "sent",
                "refused",
                "credited",
                "credited late",
                "charged again",
                "unknown",
                "late",
                "late",
            )
        ):
            case "refused":
                messages.end_unsent(claimed, MessageState.FAILED)
            case "credited":
                messages.record(claimed, MessageState.SENT)
                self._credit(claimed)
            case "credited late":
                messages.record(claimed, MessageState.SENT)
                self._after(month, lambda: self._credit(claimed))
            case "charged again":
                messages.record(claimed, MessageState.UNDELIVERED, charged=False)
                self._after(month, lambda: self._charge_again(claimed, month))
            case "unknown":
                messages.reschedule(
                    claimed, MessageState.UNCERTAIN, claimed.created_at + HOUR, deadline=claimed.created_at
                )
            case "late":
                messages.reschedule(
                    claimed, MessageState.UNCERTAIN, claimed.created_at + HOUR, deadline=claimed.created_at
                )
                self._after(month, lambda: self._record_sent(replace(claimed, state=MessageState.UNCERTAIN), month))
            case _:
                self._record_sent(claimed, month)

    def _credit(self, claimed: Message) -> None:
        """Report a text as not delivered, twice; only the first report credits it."""
        sent = messages.get(claimed.account, claimed.id)
        assert sent
        credited = [messages.record_receipt(sent, MessageState.UNDELIVERED, charged=False) for _ in range(2)]
        assert credited == [True, False]

    def _charge_again(self, claimed: Message, month: str) -> None:
        """Report a credited text as delivered after all, twice."""
        credited = messages.get(claimed.account, claimed.id)
        assert credited
        charged = [messages.record_receipt(credited, MessageState.DELIVERED) for _ in range(2)]
        assert charged == [True, False]
        self.booked[claimed.account, month, Direction.OUT] += claimed.units

    def _record_sent(self, claimed: Message, month: str) -> None:
        """Record a text as sent by its worker, then by a receipt; a repeated record changes nothing."""
        moved = [
            messages.record(claimed, state)
            for state in (MessageState.SENT, MessageState.DELIVERED, MessageState.SENT)
        ]
        assert moved == [True, False, False]
        self.booked[claimed.account, month, Direction.OUT] += claimed.units

    def _reply(self, studio: str, month: str) -> None:
        """Receive a reply, at once or months later from a dead-letter queue; it may be a keyword or be moved."""
        at, units = self._instant(month), self.random.choice(UNITS)
        is_keyword = self.random.random() < 0.2
        name = self._id()
        reply = Message(
            account=studio,
            id=name,
            direction=Direction.IN,
            kind=MessageKind.REPLY,
            state=MessageState.RECEIVED,
            phone=PHONE,
            number=NUMBER,
            body="Yes",
            encoding="GSM-7",
            segments=units,
            units=units,
            charged_units=0 if is_keyword else units,
            month=month_of(at),
            created_at=at,
            read=False,
            carrier="twilio",
            carrier_id=name,
        )
        if self.random.random() < 0.3:
            self._after(month, lambda: self._record_reply(reply, month))
        else:
            self._record_reply(reply, month)

    def _record_reply(self, reply: Message, month: str) -> None:
        inbound = Inbound(carrier="twilio", carrier_id=reply.id, phone=PHONE, number=NUMBER, body=reply.body)
        assert [replies.record_reply(inbound, reply) for _ in "12"] == [True, False]
        self.booked[reply.account, month, Direction.IN] += reply.charged_units
        reply = self._perhaps_link(reply)
        if self.random.random() < 0.3:
            self._after(month, lambda: self._move(reply, month))

    def _move(self, reply: Message, month: str) -> None:
        other = self.random.choice([studio for studio in self.studios if studio != reply.account])
        replies.move_reply(reply, moved := replace(reply, account=other))
        self.booked[reply.account, month, Direction.IN] -= reply.charged_units
        self.booked[other, month, Direction.IN] += reply.charged_units
        if self.random.random() < 0.3:
            self._after(month, lambda: self._move(moved, month))

    def _perhaps_link(self, message: Message) -> Message:
        if self.random.random() < 0.8:
            return message
        linked = folders.link(message, client_id="c1")
        assert linked
        return linked

    def _after(self, month: str, act: Callable[[], None]) -> None:
        """Schedule an event in the month itself, or up to three months later."""
        at = MONTHS.index(month) + self.random.randrange(4)
        self.later.append((MONTHS[min(at, len(MONTHS) - 1)], act))

    def _run_late_events(self, month: str) -> None:
        while due := [event for event in self.later if event[0] <= month]:
            self.later = [event for event in self.later if event[0] > month]
            for _, act in due:
                act()

    def _close(self, month: str | None) -> None:
        """Close a month for the studios in any order. Some wait for the next close; older months are closed again."""
        due = self.waiting + [(studio, month) for studio in self.studios if month]
        self.waiting = self.random.sample(due, len(due) // 5) if month else []
        now = [close for close in due if close not in self.waiting]
        again = self.random.sample(sorted(self.issued), min(len(self.issued), 2))
        jobs = [*now, *now, *again]
        self.random.shuffle(jobs)
        for studio, closed in jobs:
            over = months.bounds(months.following(closed))[1]
            closing.close(accounts.get_or_raise(studio), closed, repeat(over).__next__)
            item = store.get(keys.invoice(studio, closed)) or {}
            document = item.get("document", "")
            if self.issued.setdefault((studio, closed), document) != document:
                self.rewritten.append((studio, closed))

    def _id(self) -> str:
        self.ids += 1
        return f"{self.random.randrange(16**6):06x}{self.ids:06}"
