"""What staff are asked of a client's near miss: whether it meant STOP (47 CFR 64.1200(a)(10))."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from longcode.consent import Event, Means, of_account

_TICK = timedelta(milliseconds=1)


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


def of(near_miss: Event) -> Question:
    """Put the question that a near miss raises."""
    return Question(
        account=near_miss.account or "",
        phone=near_miss.phone,
        message_id=near_miss.id,
        words=near_miss.words,
        at=near_miss.at,
        number=near_miss.number,
    )


def answer(question: Question, *, opted_out: bool, by: str | None, now: datetime) -> Event:
    """Make the event that an answer is: it holds for the account alone, and is later than the question."""
    return Event(
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
