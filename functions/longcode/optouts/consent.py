"""Opt-outs: how events change a phone's state, what that blocks, automatic replies, and questions to staff."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from longcode.jobs import Means
from longcode.keywords import Keyword

SHARED = "shared"
"""The scope of a STOP to a shared number: all studios that text from the shared numbers (facts S39)."""

CONFIRMED_WITHIN = timedelta(minutes=5)
"""How soon after a STOP or START its confirmation must be sent; later it would be a text to an opted-out phone."""

_ACCOUNT = "account-"

_HOW_TO_START = "Reply START to get them again."
_START_CONFIRMATION = "You get texts from your studio on this number again. Reply HELP for help, STOP to end them."

_LONGEST_NAME = 40  # characters of a studio's name, so that a reply stays one segment

_PHONE = r"\+[1-9]\d{6,14}"
# What Twilio writes in place of a withheld number: ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN and UNAVAILABLE on a
# keypad (https://www.twilio.com/en-us/changelog/upcoming-changes-to-withheld-caller-ids-behavior-for-dial-calls).
_NOBODY = {"+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253"}

_HOUR_SECONDS = 3600
_REPLIES_PER_HOUR = 3

_OLD_BLOCK = ", of a block that is older than START"

_TICK = timedelta(milliseconds=1)  # the precision of stored times


class Channel(StrEnum):
    """How a client asked staff for no more texts, or that staff know of it from a list of another service."""

    PHONE = "phone"
    EMAIL = "email"
    IN_PERSON = "in_person"
    LETTER = "letter"
    LIST = "list"
    OTHER = "other"


class OptOutEvent(Struct, frozen=True, kw_only=True):
    """An opt-out or opt-in in a phone's history, kept for five years (docs/facts.md). `words` are exact.

    An event that `asks` is a possible opt-out: it changes nothing by itself, staff decide. `by` is the member of
    staff who recorded the opt-out or decided. What staff record may have its `channel`, and the day when the client
    asked.
    """

    id: str
    phone: str
    scope: str
    out: bool
    at: datetime
    means: Means
    words: str
    number: str | None = None
    account: str | None = None
    asks: bool = False
    by: str | None = None
    channel: Channel | None = None
    asked_on: date | None = None


class PhoneEvent(Protocol):
    """What says what an event was: the event itself, or what the API shows of it."""

    @property
    def out(self) -> bool: ...
    @property
    def asks(self) -> bool: ...
    @property
    def means(self) -> Means: ...
    @property
    def words(self) -> str: ...
    @property
    def by(self) -> str | None: ...
    @property
    def channel(self) -> Channel | None: ...


class OptOut(Struct, frozen=True, kw_only=True):
    """Whether a phone is opted out in a scope, after its latest event: `event_id`, which happened `at`.

    `changed_by` is the event that last changed `out`: only it is confirmed. `since` is when `out` last changed,
    or when the client last texted START; a repeated STOP changes neither.
    `asked` is the possible opt-out that the staff of `account` are asked about, None once a later event decided.
    """

    phone: str
    scope: str
    out: bool
    at: datetime | None = None
    event_id: str | None = None
    changed_by: str | None = field(name="turned_by", default=None)
    since: datetime | None = None
    asked: str | None = None
    asked_at: datetime | None = None
    account: str | None = None


class Question(Struct, frozen=True, kw_only=True):
    """A possible opt-out, in its exact words, that staff are asked about while it is `open`.

    `opted_out` is their answer, None if the question was closed without one: by the client's STOP or START, or
    because the reply was moved to another account.
    """

    account: str
    phone: str
    message_id: str
    words: str
    at: datetime
    number: str | None = None
    open: bool = True
    opted_out: bool | None = None


def account_scope(account: str) -> str:
    """Return the scope of one studio: for what its staff record, and for a STOP to its own number."""
    return f"{_ACCOUNT}{account}"


def account_of_scope(scope: str) -> str:
    """Return the account of a studio's scope."""
    return scope.removeprefix(_ACCOUNT)


def blocks(shared: OptOut | None, own: OptOut | None, left_at: datetime | None = None) -> bool:
    """Return whether an account may not text a phone that is opted out of the shared numbers or of the account.

    `left_at` is when the account left the shared numbers. A later STOP to them does not concern the account. An
    earlier STOP still blocks its texts, until the client texts START to the account's own number.
    """
    if own and own.out:
        return True
    if shared is None or not shared.out:
        return False
    if left_at is None or shared.since is None:
        return True
    opted_in_since = own is not None and own.since is not None and own.since > shared.since
    return shared.since < left_at and not opted_in_since


def apply(state: OptOut | None, event: OptOutEvent) -> OptOut:
    """Return the state after an event; the same object if the state has this event, or a later one, already.

    It is the same object too if the event changes nothing.
    """
    before = state or OptOut(phone=event.phone, scope=event.scope, out=False)
    is_late = decided_since(before, event.at, event.id) and not _is_late_stop(before, event)
    if is_late or is_taken_back(event) or (event.asks and _asked_since(before, event.at, event.id)):
        return before
    if event.asks:
        return replace(before, asked=event.id, asked_at=event.at, account=event.account)
    after = replace(before, out=event.out, at=event.at, event_id=event.id)
    if event.out != before.out:
        after = replace(after, changed_by=event.id, since=event.at)
    elif not event.out and event.means is Means.TEXT:
        after = replace(after, since=event.at)
    return after if _asked_since(after, event.at, event.id) else replace(after, asked=None, asked_at=None)


def without_old_refusals(history: Iterable[OptOutEvent]) -> list[OptOutEvent]:
    """Return the events that count, oldest first: no questions, and no refusals by the carrier for an old block.

    A block is old if the phone had texted START since the STOP that it is of (see `start_since_block`).
    """
    counting: list[OptOutEvent] = []
    for event in sorted(history, key=lambda event: (event.at, _is_refusal(event), event.id)):
        if not event.asks and not (_is_refusal(event) and _start_since(counting, event.number)):
            counting.append(event)
    return counting


def _is_refusal(event: OptOutEvent) -> bool:
    return event.means is Means.CARRIER and event.out


def start_since_block(history: Iterable[OptOutEvent], number: str) -> str | None:
    """Return the number that the phone last texted START to, if the carrier's block of `number` is older than that.

    Twilio's default handling blocks each number by itself, and START to one of our numbers ends no block of another.
    A START to a shared number is preferred: a text can go from there in place of another shared number.
    Return None if we know of no STOP to the number, or if START to the number itself ended that block: then a block
    is news, and counts as a STOP.
    """
    return _start_since(without_old_refusals(history), number)


def _start_since(counting: Iterable[OptOutEvent], number: str | None) -> str | None:
    said_or_refused = [event for event in counting if event.means in (Means.TEXT, Means.CARRIER)]
    stops = [event.at for event in said_or_refused if event.out and event.number == number]
    opted_in = [event for event in said_or_refused if not event.out and event.means is Means.TEXT]
    starts = [event for event in opted_in if stops and event.at > max(stops)]
    if not starts or any(start.number == number for start in starts):
        return None
    return max(starts, key=lambda start: (start.scope == SHARED, start.at)).number


def taken_back(refusal: OptOutEvent) -> OptOutEvent:
    """Return a carrier's refusal as the history has it once it proved to be for an old block: it changes nothing."""
    return replace(refusal, out=False, words=f"{refusal.words}{_OLD_BLOCK}")


def is_taken_back(event: OptOutEvent) -> bool:
    """Return whether an event is a carrier's refusal that was taken back."""
    return event.means is Means.CARRIER and not event.out


def before_refusals(state: OptOut, counting: Sequence[OptOutEvent]) -> OptOut:
    """Return a state, which a refusal for an old block decided, as the phone's START left it.

    Return the same object if the last event that counts in its scope is no START.
    """
    in_scope = [event for event in counting if event.scope == state.scope]
    if not in_scope or in_scope[-1].out or in_scope[-1].means is not Means.TEXT:
        return state
    start = in_scope[-1]
    return replace(state, out=False, at=start.at, event_id=start.id, changed_by=start.id, since=start.at)


def decided_since(state: OptOut, at: datetime | None, event_id: str | None) -> bool:
    """Return whether this event, or a later one, decided the state."""
    return not (state.at is None or at is None) and (at, event_id or "") <= (state.at, state.event_id or "")


def _asked_since(state: OptOut, at: datetime, event_id: str) -> bool:
    """Return whether staff are asked about this event or a later one."""
    return state.asked_at is not None and (at, event_id) <= (state.asked_at, state.asked or "")


def _is_late_stop(state: OptOut, event: OptOutEvent) -> bool:
    """Return whether an opt-out counts although it is late.

    It does if only staff have decided since: their "no" to a question does not opt a phone in.
    """
    decided_by_staff = not state.out and state.at != state.since
    return event.out and decided_by_staff and (state.since is None or state.since < event.at)


def keyword_reply(keyword: Keyword, contact: str, studio: str | None = None) -> str:
    """Return the automatic reply to a keyword; `contact` is how people reach us.

    `studio` is the name of the studio that texted the phone last: a shared number does not tell who it was.
    """
    name = studio and studio.strip()[:_LONGEST_NAME].strip()
    match keyword:
        case Keyword.STOP if name:
            return f"You get no more texts from {name} or other studios on this number (Longcode). {_HOW_TO_START}"
        case Keyword.STOP:
            return f"You get no more texts from the studios on this number (Longcode). {_HOW_TO_START}"
        case Keyword.START | Keyword.YES:
            return _START_CONFIRMATION
        case Keyword.HELP:
            sender = f"{name} texts you through Longcode." if name else "Longcode texts for photo studios."
            return f"{sender} Help: {contact}. Msg & data rates may apply. Reply STOP to end."


def joined_reply(studio: str | None) -> str:
    """Return the automatic reply to the YES with which a client confirms the form of a join page."""
    name = (studio or "").strip()[:_LONGEST_NAME].strip() or "your studio"
    return f"Thank you! You get texts from {name} now. Msg & data rates may apply. Reply HELP for help, STOP to end."


def can_be_answered(phone: str) -> bool:
    """Return whether a sender is a phone: a short code, a name and a number that was withheld get no text from us."""
    return re.fullmatch(_PHONE, phone) is not None and phone not in _NOBODY


def with_reply(lately: Mapping[str, int], message_id: str, now: datetime) -> dict[str, int] | None:
    """Return the automatic replies to a phone in the last hour with one more, or None if there are three already.

    `lately` maps message ids to epoch seconds. A reply that is repeated counts once.
    """
    second = int(now.timestamp())
    in_the_hour = {reply: at for reply, at in lately.items() if abs(second - at) < _HOUR_SECONDS}
    if message_id not in in_the_hour and len(in_the_hour) >= _REPLIES_PER_HOUR:
        return None
    return {message_id: second, **in_the_hour}


def question_of(event: OptOutEvent) -> Question:
    """Return the question about a possible opt-out."""
    return Question(
        account=event.account or "",
        phone=event.phone,
        message_id=event.id,
        words=event.words,
        at=event.at,
        number=event.number,
    )


def answer_event(question: Question, *, opted_out: bool, by: str | None, now: datetime) -> OptOutEvent:
    """Return the event of an answer by staff: in the scope of their account, and later than the question."""
    return OptOutEvent(
        id=f"{question.message_id}-{'out' if opted_out else 'in'}",
        phone=question.phone,
        scope=account_scope(question.account),
        out=opted_out,
        at=max(now, question.at + _TICK),
        means=Means.TEXT_AND_STAFF,
        words=question.words,
        number=question.number,
        account=question.account,
        by=by,
    )
