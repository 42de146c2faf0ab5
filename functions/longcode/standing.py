"""How an account stands: it may send, or the operator has suspended it, or it is closed; and since when, and why."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from longcode import months


class Standing(StrEnum):
    """Whether an account sends. One that is suspended stays a customer; one that is closed is none."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The operator has changed how an account stands; the studio is shown the reason."""

    at: datetime
    to: Standing
    reason: str | None = None
    by: str | None = None


NEXT: dict[Standing, set[Standing]] = {
    Standing.ACTIVE: {Standing.SUSPENDED, Standing.CLOSED},
    Standing.SUSPENDED: {Standing.ACTIVE, Standing.CLOSED},
    Standing.CLOSED: {Standing.ACTIVE},
}


def may_become(now: Standing, then: Standing) -> bool:
    """Tell whether `then` may follow `now`; a standing may not follow itself."""
    return then in NEXT[now]


def was_open_in(month: str, joined: datetime, turns: Iterable[Turn]) -> bool:
    """Tell whether an account was open, be it suspended or not, for any part of a month that it had joined by."""
    begins, ends = months.bounds(month)
    since, is_open = max(begins, months.utc(joined)), True
    for turn in turns:
        at = months.utc(turn.at)
        if at >= ends:
            break
        if is_open and at > since:
            return True
        since, is_open = max(since, at), turn.to is not Standing.CLOSED
    return is_open
