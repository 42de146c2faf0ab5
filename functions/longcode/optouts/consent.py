"""Opt-outs: what STOP, START and near misses do to a phone, and which of two events counts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from longcode.jobs import Means
from longcode.keywords import Keyword

SHARED = "shared"
"""The scope of a STOP to a shared number: every sender on the shared numbers (facts S39)."""


_ACCOUNT = "account-"

_STOP = "You get no more texts from the studios on this number. Reply START to get them again."
_START = "You get texts from your studio on this number again. Reply HELP for help, STOP to end them."

CONFIRMED_WITHIN = timedelta(minutes=5)
"""How soon after a STOP or START its confirmation must go; later it would be a text to somebody who opted out."""

_AN_HOUR_SECONDS = 3600
_MOST_AN_HOUR = 3

_TICK = timedelta(milliseconds=1)


def of_account(account: str) -> str:
    """Name the scope of an opt-out from one studio: its staff recorded it, or STOP was said to its own number."""
    return f"{_ACCOUNT}{account}"


def account_of(scope: str) -> str:
    """Tell which studio's a scope is."""
    return scope.removeprefix(_ACCOUNT)


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOutEvent:
    """One opt-out, or one taking back of it; kept for five years (docs/facts.md). `words` are exact.

    One that `asks` is a near miss: it turns nothing, and a person decides. `by` is who of the studio did.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOut:
    """Whether a phone is opted out in a scope, by its latest event; `turned_by` is the one a confirmation goes with.

    A repeated STOP is the latest event, and turns nothing: `since` is when the client was first out, or last said
    START. `asked` is the near miss that the staff of `account` are asked about; none is when a later event has told.
    """

    phone: str
    scope: str
    out: bool
    at: datetime | None = None
    event_id: str | None = None
    turned_by: str | None = None
    since: datetime | None = None
    asked: str | None = None
    asked_at: datetime | None = None
    account: str | None = None


def blocks(shared: OptOut | None, own: OptOut | None, left_at: datetime | None = None) -> bool:
    """Tell whether an account may not text a phone, by its opt-outs from the shared numbers and from that account.

    A STOP to the shared numbers says nothing of a number of the account's own, unless it was said before
    the account left the shared ones, `left_at`: then it was said to this account as well, until START is said to it.
    """
    if own and own.out:
        return True
    if shared is None or not shared.out:
        return False
    if left_at is None or shared.since is None:
        return True
    began_again = own is not None and own.since is not None and own.since > shared.since
    return shared.since < left_at and not began_again


def apply(now: OptOut | None, event: OptOutEvent) -> OptOut:
    """Give the state after an event: the same state when it already knows this event or a later one."""
    before = now or OptOut(phone=event.phone, scope=event.scope, out=False)
    told_since = tells_since(before, event.at, event.id) and not _overlooked(before, event)
    if told_since or (event.asks and asks_since(before, event.at, event.id)):
        return before
    if event.asks:
        return replace(before, asked=event.id, asked_at=event.at, account=event.account)
    told = replace(before, out=event.out, at=event.at, event_id=event.id)
    if event.out != before.out:
        told = replace(told, turned_by=event.id, since=event.at)
    elif not event.out and event.means is Means.TEXT:
        told = replace(told, since=event.at)
    return told if asks_since(told, event.at, event.id) else replace(told, asked=None, asked_at=None)


def _overlooked(state: OptOut, event: OptOutEvent) -> bool:
    """Tell whether an opt-out came late, and only staff have told since, whose "no" takes none back."""
    only_staff = not state.out and state.at != state.since
    return event.out and only_staff and (state.since is None or state.since < event.at)


def tells_since(state: OptOut, at: datetime | None, event_id: str | None) -> bool:
    """Tell whether a state was told by that event or a later one."""
    return not (state.at is None or at is None) and (at, event_id or "") <= (state.at, state.event_id or "")


def asks_since(state: OptOut, at: datetime, event_id: str) -> bool:
    """Tell whether staff are asked about that event or a later one."""
    return state.asked_at is not None and (at, event_id) <= (state.asked_at, state.asked or "")


def keyword_answer(keyword: Keyword, contact: str) -> str:
    """Word the answer to a keyword; `contact` is how people reach us."""
    match keyword:
        case Keyword.STOP:
            return _STOP
        case Keyword.START | Keyword.YES:
            return _START
        case Keyword.HELP:
            return (
                f"Longcode texts for photo studios. Help: {contact}. Msg & data rates may apply. Reply STOP to end."
            )


def after_one_more_answer(lately: Mapping[str, int], message_id: str, now: datetime) -> dict[str, int] | None:
    """Add an answer to those that a phone got in the last hour, by their epoch seconds; None when it got its most.

    One that is repeated is counted once.
    """
    second = int(now.timestamp())
    in_the_hour = {one: at for one, at in lately.items() if abs(second - at) < _AN_HOUR_SECONDS}
    if message_id not in in_the_hour and len(in_the_hour) >= _MOST_AN_HOUR:
        return None
    return {message_id: second, **in_the_hour}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A near miss, in its exact words. `opted_out` is what staff answered; nobody is asked when it is not `open`."""

    account: str
    phone: str
    message_id: str
    words: str
    at: datetime
    number: str | None = None
    open: bool = True
    opted_out: bool | None = None


def question_of(near_miss: OptOutEvent) -> Question:
    """Put the question that a near miss raises."""
    return Question(
        account=near_miss.account or "",
        phone=near_miss.phone,
        message_id=near_miss.id,
        words=near_miss.words,
        at=near_miss.at,
        number=near_miss.number,
    )


def answer_event(question: Question, *, opted_out: bool, by: str | None, now: datetime) -> OptOutEvent:
    """Make the event that an answer is: it holds for the account alone, and is later than the question."""
    return OptOutEvent(
        id=f"{question.message_id}-{'out' if opted_out else 'in'}",
        phone=question.phone,
        scope=of_account(question.account),
        out=opted_out,
        at=max(now, question.at + _TICK),
        means=Means.TEXT_AND_STAFF,
        words=question.words,
        number=question.number,
        account=question.account,
        by=by,
    )
