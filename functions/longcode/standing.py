"""An account's status: it may send, the operator has suspended it, or it is closed; with its history and reasons."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from longcode import months


class AccountStatus(StrEnum):
    """Whether an account may send. A suspended account stays a customer; a closed one does not."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChange:
    """A change of an account's status by the operator. The studio is shown the reason, but not who made it."""

    at: datetime
    to: AccountStatus
    reason: str | None = None
    by: str | None = None


REFUSALS: Mapping[str | None, str] = {
    AccountStatus.SUSPENDED: "account_suspended",
    AccountStatus.CLOSED: "account_closed",
}
"""The code with which a text is refused, by its account's status; they are codes of longcode/errors.py."""


def was_closed(at: datetime, changes: Iterable[StatusChange]) -> bool:
    """Return whether an account was closed at an instant."""
    before = [change.to for change in changes if change.at <= at]
    return bool(before) and before[-1] is AccountStatus.CLOSED


def was_open_in(month: str, changes: Iterable[StatusChange]) -> bool:
    """Return whether an account was open, suspended or not, at any time of a month that it had joined by."""
    begins, ends = months.bounds(month)
    is_open = True
    for change in changes:
        at = months.utc(change.at)
        if at >= ends:
            break
        if is_open and at > begins:
            return True
        is_open = change.to is not AccountStatus.CLOSED
    return is_open
