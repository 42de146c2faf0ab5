"""How an account stands: it may send, or the operator has suspended it, or it is closed; and since when, and why."""

from collections.abc import Iterable, Mapping
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


REFUSALS: Mapping[str | None, str] = {
    Standing.SUSPENDED: "account_suspended",
    Standing.CLOSED: "account_closed",
}
"""The reason for which a text is refused, by how its account stands; the codes are those of longcode/errors.py."""


def was_closed(at: datetime, turns: Iterable[Turn]) -> bool:
    """Tell whether an account was closed at an instant."""
    before = [turn.to for turn in turns if turn.at <= at]
    return bool(before) and before[-1] is Standing.CLOSED


def was_open_in(month: str, turns: Iterable[Turn]) -> bool:
    """Tell whether an account was open, be it suspended or not, at any time of a month that it had joined by."""
    begins, ends = months.bounds(month)
    is_open = True
    for turn in turns:
        at = months.utc(turn.at)
        if at >= ends:
            break
        if is_open and at > begins:
            return True
        is_open = turn.to is not Standing.CLOSED
    return is_open
