"""The network behind the carrier: phones, the texts on them, and what goes wrong on the way."""

import threading
from collections import OrderedDict, defaultdict, deque
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from infra.local.carrier import protocol
from infra.local.carrier.faults import Faults, FaultSet
from infra.local.carrier.protocol import Refusal, refusal
from infra.local.carrier.texts import Accepted, Phone, Refused, Step, Text

KEPT_REFUSALS = 1000

_RANK = {"queued": 0, "sent": 1, "delivered": 2, "undelivered": 2, "failed": 2}


class Network:
    """Everything the carrier remembers: thread-safe, and bounded by the number of texts it keeps."""

    def __init__(self, keep: int = 10_000) -> None:
        self._keep = keep
        self._changed = threading.Condition()
        self._closed = False
        self._version = 0
        self._faults = Faults()
        self._texts: OrderedDict[str, Text] = OrderedDict()
        self._phones: OrderedDict[str, deque[str]] = OrderedDict()
        self._numbers: dict[str, None] = {}
        self._refused: deque[Refused] = deque(maxlen=KEPT_REFUSALS)
        self._blocked: set[tuple[str, str]] = set()

    def accept(self, form: Mapping[str, str], now: datetime) -> Accepted | Refusal:
        """Take a text from the service, or refuse it."""
        with self._changed:
            refused = protocol.objection_to(form) or self._refusal_of(form["From"], form["To"])
            if refused:
                self._refused.append(
                    Refused(form.get("To", ""), form.get("From", ""), form.get("Body", ""), refused.code, now)
                )
                self._touch()
                return refused
            text = Text.outbound(phone=form["To"], number=form["From"], body=form["Body"], now=now)
            self._add(text)
            return Accepted(
                text,
                self._steps(text.phone),
                self._faults.take_seconds(text.phone, "late_receipts"),
                self._faults.take(text.phone, "drop_answer"),
            )

    def _refusal_of(self, number: str, phone: str) -> Refusal | None:
        if fault := self._faults.take_refuse(phone):
            return refusal(fault.code, fault.status)
        return refusal(21610) if (number, phone) in self._blocked else None

    def _steps(self, phone: str) -> tuple[Step, ...]:
        ends: list[tuple[str, int | None]] = [("sent", None), ("delivered", None)]
        if code := self._faults.take_code(phone, "undelivered"):
            ends = [("sent", None), ("undelivered", code)]
        if code := self._faults.take_code(phone, "failed"):
            ends = [("failed", code)]
        copies = 2 if self._faults.take(phone, "double_receipts") else 1
        if self._faults.take(phone, "lose_receipts"):
            copies = 0
        if self._faults.take(phone, "reorder_receipts"):
            ends.reverse()
        return tuple(Step(status, code, copies) for status, code in ends)

    def advance(self, sid: str, step: Step, now: datetime) -> None:
        """Move a text on; a receipt out of order does not move it back."""
        with self._changed:
            text = self._texts.get(sid)
            if text and _RANK[step.status] > _RANK[text.status]:
                self._update(replace(text, status=step.status, error_code=step.code, updated_at=now))

    def receipted(self, sid: str, status: str, answer: str) -> None:
        """Note what the service answered to a receipt."""
        with self._changed:
            if text := self._texts.get(sid):
                self._update(replace(text, receipts=(*text.receipts, (status, answer))))

    def reply(self, text: Text) -> int:
        """Put a text typed on a phone on its way; says how often the service will hear of it.

        With an `opt_out_type` the carrier has read the keyword itself: after STOP it refuses texts to that
        phone (21610) until START.
        """
        with self._changed:
            if text.opt_out_type == "STOP":
                self._blocked.add((text.number, text.phone))
            elif text.opt_out_type == "START":
                self._blocked.discard((text.number, text.phone))
            copies = 2 if self._faults.take(text.phone, "double_inbound") else 1
            if self._faults.take(text.phone, "lose_inbound"):
                copies = 0
            self._add(text if copies else replace(text, webhook="lost"))
            return copies

    def answered(self, sid: str, answer: str) -> None:
        """Note what the service answered to a reply."""
        with self._changed:
            if text := self._texts.get(sid):
                self._update(replace(text, webhook=answer))

    def text(self, sid: str) -> Text | None:
        with self._changed:
            return self._texts.get(sid)

    def texts(self, to: str | None = None, origin: str | None = None) -> list[Text]:
        """List the texts that are kept, newest first, from or to a number."""
        with self._changed:
            return [
                text
                for text in reversed(self._texts.values())
                if to in (None, text.to) and origin in (None, text.origin)
            ]

    def phone(self, number: str, last: int | None = None) -> Phone:
        """Look at a phone; one that was never texted has an empty conversation."""
        with self._changed:
            return self._look_at([number], last)[0]

    def phones(self, limit: int | None = None, last: int | None = None) -> list[Phone]:
        """Look at the phones used most recently, the latest first, then those that only got refusals."""
        with self._changed:
            numbers = dict.fromkeys(reversed(self._phones))
            numbers |= {one.phone: None for one in self._refused if protocol.is_possible(one.phone)}
            return self._look_at(list(numbers)[:limit], last)

    def _look_at(self, numbers: list[str], last: int | None) -> list[Phone]:
        refused = defaultdict(list)
        for one in self._refused:
            refused[one.phone].append(one)
        return [
            Phone(
                number,
                tuple(self._texts[sid] for sid in list(self._phones.get(number, ()))[-(last or 0) :]),
                tuple(refused[number]),
            )
            for number in numbers
        ]

    def numbers(self) -> list[str]:
        """List the service's own numbers, as far as they have been seen."""
        with self._changed:
            return list(self._numbers)

    @property
    def size(self) -> int:
        with self._changed:
            return len(self._texts)

    @property
    def version(self) -> int:
        """Counts the changes."""
        with self._changed:
            return self._version

    def wait(self, after: int | None, seconds: float) -> int:
        """Wait until something happens after a version, at most so long; say the version now."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._version != after, seconds)
            return self._version

    def put_faults(self, who: str, faults: FaultSet) -> None:
        with self._changed:
            self._faults.put(who, faults)
            self._touch()

    def clear_faults(self, who: str | None = None) -> None:
        with self._changed:
            self._faults.clear(who)
            self._touch()

    def faults(self) -> dict[str, object]:
        with self._changed:
            return self._faults.as_json()

    def delay(self, phone: str) -> float:
        """Say how many seconds a send to this phone has to wait."""
        with self._changed:
            return self._faults.take_seconds(phone, "delay")

    def forget(self) -> None:
        """Empty every phone; faults stay."""
        with self._changed:
            for kept in (self._texts, self._phones, self._numbers, self._refused, self._blocked):
                kept.clear()
            self._touch()

    def close(self) -> None:
        """Let go of everyone who waits."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _add(self, text: Text) -> None:
        self._phones.setdefault(text.phone, deque()).append(text.sid)
        self._phones.move_to_end(text.phone)
        self._numbers[text.number] = None
        self._update(text)
        if len(self._texts) > self._keep:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        _, oldest = self._texts.popitem(last=False)
        sids = self._phones[oldest.phone]
        sids.popleft()
        if not sids:
            del self._phones[oldest.phone]

    def _update(self, text: Text) -> None:
        self._texts[text.sid] = text
        self._touch()

    def _touch(self) -> None:
        self._version += 1
        self._changed.notify_all()
