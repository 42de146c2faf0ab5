"""Compare what is due in a restored table with the carrier's list, so that no text goes twice (docs/restore.md)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Annotated, Any

from msgspec import Meta, Struct
from msgspec.structs import replace

from admin.order import Cursor, Order, Unchanged
from longcode import windows
from longcode.accounts.account import SERVICE
from longcode.aws.settings import settings
from longcode.aws.telemetry import logger
from longcode.carriers.carrier import Carrier, CarrierText
from longcode.carriers.choose import look_up_carrier
from longcode.errors import RequestError
from longcode.message import Instant, Message, MessageKind, MessageState
from longcode.messages import folders, lookup
from longcode.messages import store as messages
from longcode.numbers import store as numbers
from longcode.numbers.choose import is_shared
from longcode.numbers.conversations import with_gone_text
from longcode.numbers.routing import last_text_of
from longcode.table import due

_FURTHEST = timedelta(days=2)  # a text that may have gone is due by then: no hold lasts longer than a day
_DECIDED_WITHIN = timedelta(days=1)  # from now, because the workers that look a text up may be held for hours
_ACCEPTED_BEFORE = timedelta(days=1)  # how long before it went another text to the phone can have been accepted
_NO_LIMIT = 1_000_000_000
_THREADS = 8
_CLAIMED = (MessageState.SENDING, MessageState.UNCERTAIN)
_UNSENT = (MessageState.SCHEDULED, MessageState.ACCEPTED, MessageState.QUEUED, *_CLAIMED)

_Lists = Mapping[str, list[CarrierText] | None]
"""The carrier's texts to a phone by our number, None where the carrier has not answered."""


class RestoreCheck(Order, frozen=True, kw_only=True, tag="texts.restore_check"):
    """Compare the texts to the next `limit` phones after `after`. The table is as it was at `restored_to`.

    `give_up`: texts for which the carrier has no list become uncertain, and are not sent.
    """

    restored_to: Instant
    after: Cursor | None = None
    limit: Annotated[int, Meta(ge=1, le=10_000)] = 2000
    give_up: bool = False


class _Found(Struct, frozen=True, kw_only=True):
    """A text of ours in the carrier's list, and the number that it came from."""

    number: str
    text: CarrierText


class _Run(Struct, frozen=True, kw_only=True):
    """An order that is carried out, with what its steps need."""

    order: RestoreCheck
    carrier: Carrier
    now: datetime


def restore_check(order: RestoreCheck, now: datetime) -> dict[str, Any]:
    """Make texts that the carrier already has uncertain; return how many texts are in which case, and `next_after`.

    Raise `RequestError` without a carrier, or if the instant is not past.
    """
    carrier = look_up_carrier()
    if carrier is None:
        raise RequestError("The carrier's secret has no account_sid.")
    if order.restored_to >= now:
        raise RequestError("This instant is not past.", field="restored_to")
    return check(order, carrier, now)


def check(order: RestoreCheck, carrier: Carrier, now: datetime) -> dict[str, Any]:
    """Do the order with a carrier. It may be stopped anywhere and repeated: a text that is uncertain stays so."""
    run = _Run(order=order, carrier=carrier, now=now)
    by_phone = _unsent_by_phone(run)
    phones = sorted(phone for phone in by_phone if order.after is None or phone > order.after)
    counts: Counter[str] = Counter()
    with ThreadPoolExecutor(_THREADS) as pool:
        for counted in pool.map(lambda phone: _check_phone(by_phone[phone], run), phones[: order.limit]):
            counts.update(counted)
    result = {name: counts[name] for name in ("found", "waiting", "given_up", "unanswered")}
    logger.info("restore check", extra=result)
    answer = {**result, "next_after": phones[order.limit - 1] if len(phones) > order.limit else None}
    return answer if counts["found"] or counts["given_up"] else Unchanged(answer)


def _unsent_by_phone(run: _Run) -> dict[str, list[Message]]:
    """Return the texts that are not recorded as sent and may have gone, by phone."""
    by_phone: dict[str, list[Message]] = defaultdict(list)
    for item in due.find_until(run.now + _FURTHEST):
        text = messages.try_read(item) if item.get("type") == "message" else None
        if text and text.state in _UNSENT and _earliest(text, run.order) <= run.now:
            by_phone[text.phone].append(text)
    return by_phone


def _earliest(text: Message, order: RestoreCheck) -> datetime:
    """Return the earliest time at which the carrier can have taken a text.

    A text of a broadcast or a trigger that was written since the restore may be there for the second time.
    """
    start = order.restored_to
    is_first = text.created_at < order.restored_to or text.kind is MessageKind.INDIVIDUAL
    if text.state in _CLAIMED:
        start = text.claimed_at or text.created_at
    elif text.send_at and is_first:
        start = max(start, text.send_at)
    return start - lookup.SKEW


def _check_phone(texts: Sequence[Message], run: _Run) -> Counter[str]:
    """Check the texts to one phone; return how many are in which case.

    Each listed text is taken for one of ours, of whichever account: of equal texts, as many are sent as had not gone.
    """
    unknown = [text for text in texts if not text.carrier_id]  # the others were found by an earlier order
    counts = Counter(found=len(texts) - len(unknown))
    if not unknown:
        return counts
    # Claimed ones first, because they are more likely to have gone.
    unknown.sort(key=lambda text: (text.state not in _CLAIMED, text.created_at, text.id))
    since = min(_earliest(text, run.order) for text in unknown)
    origins = sorted({number for text in unknown for number in _numbers(text, run.order)})
    lists = {number: run.carrier.find(unknown[0].phone, number, since) for number in origins}
    same = [_same_as(text, lists, run.order) for text in unknown]
    known = _known_ids(texts, since, run.now) if any(same) else set()
    by_id = {found.text.carrier_id: found for some in same for found in some if found.text.carrier_id not in known}
    gone = lookup.assign(
        [[found.text.carrier_id for found in some if found.text.carrier_id in by_id] for some in same]
    )
    for index, text in enumerate(unknown):
        for candidate in same[index]:
            if candidate.text.carrier_id in by_id:
                _record_last_sender(text, candidate)
        found = by_id[gone[index]] if index in gone else None
        counts[_note_found(text, found, run) if found else _note_missing(text, lists, run)] += 1
    return counts


def _known_ids(texts: Iterable[Message], since: datetime, now: datetime) -> set[str]:
    """Return the carrier's ids that are recorded on texts to the phone of `texts`, of whatever account."""
    [phone] = {text.phone for text in texts}
    accounts = {*numbers.accounts_texting(phone), SERVICE, *(text.account for text in texts)}
    sent = [
        text
        for account in sorted(accounts)
        for text in folders.sent_to(phone, account, since - _ACCEPTED_BEFORE, now)
    ]
    return {carrier_id for text in [*texts, *sent] for carrier_id in (text.carrier_id, *text.returned) if carrier_id}


def _numbers(text: Message, order: RestoreCheck) -> set[str]:
    """Return the numbers that a text may have gone from: every shared one, if it had no number yet at the restore."""
    is_open = not text.number or text.state is MessageState.SCHEDULED or text.created_at >= order.restored_to
    return {text.number, *settings().shared_numbers} - {""} if is_open else {text.number}


def _same_as(text: Message, lists: _Lists, order: RestoreCheck) -> list[_Found]:
    """Return the listed texts that may be this one, oldest first; none if a list is missing."""
    origins = _numbers(text, order)
    if any(lists[number] is None for number in origins):
        return []
    listed = [_Found(number=number, text=one) for number in origins for one in lists[number] or ()]
    earliest = _earliest(text, order)
    same = [found for found in listed if found.text.created_at >= earliest and _is_same(found.text.body, text, order)]
    return sorted(same, key=lambda found: found.text.created_at)


def _note_found(text: Message, found: _Found, run: _Run) -> str:
    """Make a text uncertain, with the id that it has in the carrier's list, by which it is looked up."""
    _make_uncertain(text, found.number, found.text.created_at, run, carrier_id=found.text.carrier_id)
    return "found"


def _note_missing(text: Message, lists: _Lists, run: _Run) -> str:
    is_listed = all(lists[number] is not None for number in _numbers(text, run.order))
    return "waiting" if is_listed else _check_unlisted(text, run)


def _is_same(listed: str, text: Message, order: RestoreCheck) -> bool:
    """Return whether the carrier's words are those of a text.

    One that was written again may have the studio's name before it, or have lost it (`compose.final_text`).
    """
    theirs, ours = lookup.words(listed), lookup.words(text.body)
    if theirs == ours:
        return True
    return text.created_at >= order.restored_to and (theirs.endswith(f": {ours}") or ours.endswith(f": {theirs}"))


def _check_unlisted(text: Message, run: _Run) -> str:
    """Return the case of a text about which the carrier does not answer; make it uncertain if the order gives up."""
    if not run.order.give_up:
        return "unanswered"
    if text.kind is MessageKind.INDIVIDUAL and text.created_at >= run.order.restored_to:
        return "waiting"  # a studio has asked for it since
    if not _is_given_up(text):
        _make_uncertain(text, text.number, _earliest(text, run.order) + lookup.SKEW, run)
    return "given_up"


def _is_given_up(text: Message) -> bool:
    """Return whether a text is looked up and is not sent again."""
    return text.state is MessageState.UNCERTAIN and text.resent


def _make_uncertain(text: Message, number: str, claimed_at: datetime, run: _Run, **changes: str) -> None:
    """Have a worker look a text up, as one that was claimed when the carrier got it, and never send it.

    `resent` rules out a second attempt, and the next attempt makes the jobs that wait in the queues stale.
    """
    deadline = max(windows.receipt_deadline(run.now, run.carrier.name), run.now + _DECIDED_WITHIN)
    current: Message | None = text
    while current and current.state in _UNSENT:
        if messages.reschedule(
            current,
            MessageState.UNCERTAIN,
            run.now,
            deadline=deadline,
            number=number,
            carrier=run.carrier.name,
            attempt=current.attempt + 1,
            claimed_at=claimed_at,
            resent=True,
            **changes,
        ):
            return
        current = messages.get(text.account, text.id)  # the sweeper has put it off meanwhile


def _record_last_sender(text: Message, found: _Found) -> None:
    """Record a text as its account's last one to the phone, so that a reply to it finds its studio.

    A listed text may be any of several accounts': then a person decides whom a reply to it is for.
    """
    if text.kind is MessageKind.SERVICE:
        return
    last = last_text_of(replace(text, number=found.number), found.text.created_at)
    while True:
        all_last = numbers.last_texts_to(text.phone, found.number)
        before = next((other for other in all_last if other.account == text.account), None)
        if before and before.at >= last.at:
            return
        if not is_shared(found.number):
            numbers.record_text(last, _NO_LIMIT, before)
            return
        known = numbers.conversations_with(text.phone)
        if numbers.try_change(known, with_gone_text(known, last)):
            return
