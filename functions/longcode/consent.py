"""Opt-outs: what STOP and START do to a phone, and which of two events counts."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

SHARED = "shared"
"""The scope of a STOP to a shared number: every sender on the shared numbers (facts S39)."""


def of_account(account: str) -> str:
    """Name the scope of an opt-out that one studio's staff recorded: no studio can block another's texts."""
    return f"account-{account}"


class Means(StrEnum):
    """How we learned of it."""

    TEXT = "text"
    CARRIER = "carrier"
    STAFF = "staff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One opt-out, or one taking back of it; kept for five years (facts §3). `words` are exact."""

    id: str
    phone: str
    scope: str
    out: bool
    at: datetime
    means: Means
    words: str
    number: str | None = None
    account: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOut:
    """Whether a phone is opted out in a scope, by its latest event; `turned_by` is the one a confirmation goes with.

    A repeated STOP is the latest event, and turns nothing.
    """

    phone: str
    scope: str
    out: bool
    at: datetime
    event_id: str
    turned_by: str | None = None


def apply(now: OptOut | None, event: Event) -> OptOut:
    """Give the state after an event: the same state when it already knows this event or a later one."""
    if now and (event.at, event.id) <= (now.at, now.event_id):
        return now
    turns = event.out != bool(now and now.out)
    return OptOut(
        phone=event.phone,
        scope=event.scope,
        out=event.out,
        at=event.at,
        event_id=event.id,
        turned_by=event.id if turns else (now.turned_by if now else None),
    )
