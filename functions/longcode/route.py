"""To whom a reply belongs: which account, and which of its clients (design §6)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

_AN_HOUR_SECONDS = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The newest text of an account to a phone over one of our numbers."""

    account: str
    phone: str
    number: str
    message_id: str
    at: datetime
    client_id: str | None = None
    lately: dict[str, int] = field(default_factory=dict)


def after_text(before: Route | None, text: Route, most_an_hour: int) -> Route | None:
    """Give the route after one more text, or None when the phone had the account's most in the last hour.

    A text that is tried again is counted once. `lately` holds the texts of the last hour and their epoch seconds.
    """
    now = int(text.at.timestamp())
    known = before.lately if before else {}
    lately = {message_id: at for message_id, at in known.items() if abs(now - at) < _AN_HOUR_SECONDS}
    if text.message_id not in lately and len(lately) >= most_an_hour:
        return None
    return replace(text, lately=lately | {text.message_id: now})


class Rule(StrEnum):
    """Which rule attributed a reply."""

    CARRIER_REFERENCE = "carrier_reference"
    LAST_TEXTED = "last_texted"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The account that a reply goes to, by which rule, and which others it might have meant."""

    rule: Rule
    route: Route
    candidates: tuple[str, ...]


def attribute(routes: Iterable[Route], received_at: datetime, replies_to: str | None = None) -> Decision | None:
    """Decide whose reply it is, or None when nobody texted this phone over this number.

    A reply that is late in its queue answers no text that went out after it came. `replies_to` is the message that
    the carrier says is answered, where it says so.
    """
    newest_first = sorted(routes, key=lambda one: (one.at <= received_at, one.at, one.account), reverse=True)
    if not newest_first:
        return None
    answered = next((route for route in newest_first if replies_to and route.message_id == replies_to), None)
    chosen = answered or newest_first[0]
    return Decision(
        rule=Rule.CARRIER_REFERENCE if answered else Rule.LAST_TEXTED,
        route=chosen,
        candidates=tuple(route.account for route in newest_first if route is not chosen),
    )


def link(texted: str | None, with_phone: Mapping[str, bool]) -> str | None:
    """Decide which client a reply belongs to: the one texted, else the only one with the phone, else nobody."""
    if texted in with_phone:
        return texted
    return next(iter(with_phone)) if len(with_phone) == 1 else None
