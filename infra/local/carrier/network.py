"""The network behind the carrier: phones, their texts and the faults."""

import threading
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from infra.local.carrier import keywords, protocol, send_form
from infra.local.carrier.faults import EVERYONE, Faults, FaultSet
from infra.local.carrier.keywords import Blocks, Handling, Keyword
from infra.local.carrier.protocol import Refusal, refusal
from infra.local.carrier.send_form import Send
from infra.local.carrier.services import Campaigns, Service, Services
from infra.local.carrier.texts import FINAL, Accepted, Direction, Phone, Refused, Step, Text

KEPT_REFUSALS = 1000

_RANK = {"scheduled": 0, "accepted": 1, "queued": 2, "sending": 3, "sent": 4} | dict.fromkeys(FINAL, 5)
_NOT_SENT = frozenset({"accepted", "scheduled", "queued", "sending", "canceled"})


class Network:
    """The memory of the carrier: thread-safe, and limited to a number of texts.

    With `account_numbers`, only they may send texts; otherwise any may, and `known_numbers` are its first ones.
    With `early_receipts`, "queued" and "sending" have receipts too.
    `keyword_handling` says whether the carrier itself answers STOP, START and HELP.
    """

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
        self._blocks = Blocks()
        self._services = Services()
        self._campaigns = Campaigns()
        self.account_numbers: frozenset[str] | None = None
        self.known_numbers: frozenset[str] = frozenset()
        self.early_receipts = False
        self.keyword_handling = Handling.WEBHOOK

    def accept(self, form: Mapping[str, str], now: datetime) -> Accepted | Refusal:
        """Accept a text from the service, or refuse it."""
        with self._changed:
            send = send_form.read(form, now)
            if isinstance(send, Refusal):
                return self._refuse(form, send, now)
            number = self._number_for(send)
            if isinstance(number, Refusal):
                return self._refuse(form, number, now)
            return self._accept(send, number, now)

    def _accept(self, send: Send, number: str, now: datetime) -> Accepted:
        at_once = "accepted" if send.service else "queued"
        text = Text.outbound(
            phone=send.to,
            number=number,
            body=send.body,
            now=now,
            status="scheduled" if send.send_at else at_once,
            service=send.service,
            number_given=send.origin is not None,
            callback=send.callback,
        )
        self._add(text)
        early = ("queued", "sending") if send.service else ("sending",)
        steps, late = self._faults.take_steps(
            text,
            valid_seconds=send.valid_seconds,
            early=early if self.early_receipts else (),
            over_limit=self._over_limit(text, now),
        )
        if send.send_at:
            late += (send.send_at - now).total_seconds()
        return Accepted(text, steps, late, self._faults.take(text.phone, "drop_answer"))

    def _over_limit(self, text: Text, now: datetime) -> int | None:
        """Count a text for its campaign and return None, or return the code of the limit that it is over."""
        campaign = self._services.of(text.number) or EVERYONE
        cap, rate = self._faults.limit(campaign, "campaign_cap"), self._faults.limit(campaign, "campaign_rate")
        if cap and self._campaigns.is_over_cap(campaign, cap, text.segments, now):
            self._faults.take_limit(campaign, "campaign_cap")
            return 30023
        if rate and self._campaigns.is_over_rate(campaign, rate, now):
            self._faults.take_limit(campaign, "campaign_rate")
            return 30022
        self._campaigns.add(campaign, rate, text.segments, now)
        return None

    def _refuse(self, form: Mapping[str, str], refused: Refusal, now: datetime) -> Refusal:
        sender = form.get("From") or form.get("MessagingServiceSid", "")
        self._refused.append(Refused(form.get("To", ""), sender, form.get("Body", ""), refused.code, now))
        self._touch()
        return refused

    def _number_for(self, send: Send) -> str | Refusal:
        """Return the number that a text is sent from, or why Twilio refuses it."""
        if fault := self._faults.take_refuse(send.to):
            return refusal(fault.code, fault.status)
        service = self._services.get(send.service) if send.service else None
        if send.service and service is None:
            return refusal(21701)
        if send.origin and self.account_numbers is not None and send.origin not in self.account_numbers:
            return refusal(21606)
        if send.origin and service and send.origin not in service.numbers:
            return refusal(21711)
        number = send.origin or self._services.choose(send.service or "", send.to)
        if number is None:
            return refusal(21704)
        return refusal(21610) if self._sender(number) in self._blocks.of(send.to) else number

    def advance(self, sid: str, step: Step, now: datetime) -> Text | None:
        """Change a text's status, and return the text if it is kept; a receipt out of order does not set it back."""
        with self._changed:
            text = self._texts.get(sid)
            if text and _RANK[step.status] > _RANK[text.status]:
                sent_at = text.sent_at or (None if step.status in _NOT_SENT else now)
                text = replace(text, status=step.status, error_code=step.code, updated_at=now, sent_at=sent_at)
                self._update(text)
            return text

    def cancel(self, sid: str, now: datetime) -> Text | Refusal:
        """Cancel a text that is scheduled and not yet sent: https://www.twilio.com/docs/api/errors/30409."""
        with self._changed:
            text = self.text(sid)
            if text is None or text.status != "scheduled":
                return refusal(30409 if text else 20404)
            canceled = replace(text, status="canceled", updated_at=now)
            self._update(canceled)
            return canceled

    def record_receipt_response(self, sid: str, status: str, answer: str) -> None:
        """Record the service's response to a receipt."""
        with self._changed:
            if text := self._texts.get(sid):
                self._update(replace(text, receipts=(*text.receipts, (status, answer))))

    def opt_out_type(self, number: str, body: str) -> Keyword | None:
        """Return the `OptOutType` that the webhook of a reply to a number has."""
        with self._changed:
            is_advanced = self.keyword_handling is Handling.ADVANCED and self._services.of(number)
            return keywords.read(body) if is_advanced else None

    def reply(self, text: Text) -> int:
        """Add a reply from a phone; return the number of webhooks to post.

        If the carrier handles keywords, it answers one by itself. After STOP, and after an `opt_out_type` STOP in any
        case, it refuses texts from that sender to that phone (21610) until START.
        """
        with self._changed:
            copies = 2 if self._faults.take(text.phone, "double_inbound") else 1
            if self._faults.take(text.phone, "lose_inbound"):
                copies = 0
            self._add(text if copies else replace(text, webhook="lost"))
            handles = self.keyword_handling is not Handling.WEBHOOK
            keyword = text.opt_out_type or (keywords.read(text.body) if handles else None)
            if keyword and self._blocks.apply(keyword, self._sender(text.number), text.phone) and handles:
                self._add(text.answered(keywords.ANSWERS[keyword]))
            return copies

    def _sender(self, number: str) -> str:
        """Return what a phone blocks when it says STOP to a number: its Messaging Service, else the number."""
        return self._services.of(number) or number

    def record_webhook_response(self, sid: str, answer: str) -> None:
        """Record the service's response to a reply."""
        with self._changed:
            if text := self._texts.get(sid):
                self._update(replace(text, webhook=answer))

    def text(self, sid: str) -> Text | None:
        """Return a text that the API shows, or None."""
        with self._changed:
            text = self._texts.get(sid)
            return text if text and _is_listed(text) else None

    def texts(self) -> list[Text]:
        """Return the texts that the API shows, newest first."""
        with self._changed:
            return [text for text in reversed(self._texts.values()) if _is_listed(text)]

    def redact(self, sid: str) -> Text | Refusal:
        """Remove a text's words from the API, when the text is complete."""
        return self._amend(sid, lambda text: replace(text, redacted=True))

    def delete(self, sid: str) -> Text | Refusal:
        """Remove a text from the API, when the text is complete."""
        return self._amend(sid, lambda text: replace(text, deleted=True))

    def _amend(self, sid: str, change: Callable[[Text], Text]) -> Text | Refusal:
        with self._changed:
            text = self.text(sid)
            if text is None:
                return refusal(20404)
            if text.status not in FINAL:
                return refusal(20009)
            changed = change(text)
            self._update(changed)
            return changed

    def phone(self, number: str, last: int | None = None) -> Phone:
        """Return a phone; its conversation is empty if it has no texts."""
        with self._changed:
            return self._phones_of([number], last)[0]

    def phones(self, limit: int | None = None, last: int | None = None) -> list[Phone]:
        """Return the phones with texts, the most recently used first, then the phones with refusals only."""
        with self._changed:
            numbers = dict.fromkeys(reversed(self._phones))
            numbers |= {send.phone: None for send in self._refused if protocol.is_possible(send.phone)}
            return self._phones_of(list(numbers)[:limit], last)

    def _phones_of(self, numbers: list[str], last: int | None) -> list[Phone]:
        refused = defaultdict(list)
        for send in self._refused:
            refused[send.phone].append(send)
        return [
            Phone(
                number,
                tuple(self._texts[sid] for sid in list(self._phones.get(number, ()))[-(last or 0) :]),
                tuple(refused[number]),
                self._blocks.of(number),
            )
            for number in numbers
        ]

    def owned(self) -> list[str]:
        """Return the numbers of the account."""
        return sorted(self.account_numbers or {*self.known_numbers, *self.numbers()})

    def numbers(self) -> list[str]:
        """Return the service's own numbers that have sent or received a text."""
        with self._changed:
            return list(self._numbers)

    @property
    def size(self) -> int:
        with self._changed:
            return len(self._texts)

    @property
    def version(self) -> int:
        """The number of changes."""
        with self._changed:
            return self._version

    def wait(self, after: int | None, seconds: float) -> int:
        """Wait for a change after a version, for at most `seconds`; return the current version."""
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

    def put_service(self, sid: str, service: Service) -> str | None:
        """Create or replace a Messaging Service, or return the number that is in another one."""
        with self._changed:
            return self._services.put(sid, service)

    def remove_service(self, sid: str) -> None:
        with self._changed:
            self._services.remove(sid)

    def service_of(self, number: str) -> str | None:
        """Return the Messaging Service of a number, or None."""
        with self._changed:
            return self._services.of(number)

    def service(self, sid: str) -> Service | None:
        with self._changed:
            return self._services.get(sid)

    def services(self) -> dict[str, object]:
        with self._changed:
            return self._services.as_json()

    def delay(self, phone: str) -> float:
        """Return how many seconds a send to this phone has to wait."""
        with self._changed:
            return self._faults.take_seconds(phone, "delay")

    def forget(self) -> None:
        """Remove all texts and phones, and what campaigns have sent, but no faults and services."""
        with self._changed:
            self._campaigns = Campaigns()
            for memory in (self._texts, self._phones, self._numbers, self._refused, self._blocks):
                memory.clear()
            self._touch()

    def close(self) -> None:
        """End all waiting calls."""
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


def _is_listed(text: Text) -> bool:
    """Return whether the API shows a text."""
    return not text.deleted and text.direction is not Direction.REPLY
