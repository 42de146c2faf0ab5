"""To whom a reply belongs: which account, and which of its clients (design §6)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
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
    DEDICATED_NUMBER = "dedicated_number"
    LAST_TEXTED = "last_texted"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The account that a reply goes to, by which rule, and which others it might have meant.

    `answers` is the text of the account that it answers, `client_id` the client whom that text was for.
    """

    rule: Rule
    account: str
    answers: str | None
    client_id: str | None
    candidates: tuple[str, ...]


def attribute(
    routes: Iterable[Route], received_at: datetime, *, answered: Route | None = None, owner: str | None = None
) -> Decision | None:
    """Decide whose reply it is, or None when nobody is known to be texted by this phone over this number.

    The first that tells: `answered`, the text that the carrier says is answered; `owner`, whose the number alone is;
    who last texted this phone over this number. A reply that is late in its queue answers no text of after it came.
    """
    known = [_as_of(route, received_at) for route in routes]
    newest_first = sorted(known, key=lambda one: (one.at <= received_at, one.at, one.account), reverse=True)
    of_owner = next((route for route in newest_first if route.account == owner), None)
    chosen = answered or of_owner or (newest_first[0] if newest_first and not owner else None)
    account = chosen.account if chosen else owner
    if account is None:
        return None
    rule = Rule.CARRIER_REFERENCE if answered else Rule.DEDICATED_NUMBER if owner else Rule.LAST_TEXTED
    others = dict.fromkeys(route.account for route in newest_first if route.account != account)
    if owner and owner != account:
        others = {owner: None} | others
    return Decision(
        rule=rule,
        account=account,
        answers=chosen.message_id if chosen else None,
        client_id=chosen.client_id if chosen else None,
        candidates=tuple(others),
    )


def _as_of(route: Route, at: datetime) -> Route:
    """Give a route as it was at an instant, as far back as it knows its texts: whom that one was for is forgotten."""
    before = {one: epoch for one, epoch in route.lately.items() if epoch <= at.timestamp()}
    if route.at <= at or not before:
        return route
    message_id = max(before, key=lambda one: (before[one], one))
    sent_at = datetime.fromtimestamp(before[message_id], UTC)
    return replace(route, message_id=message_id, at=sent_at, client_id=None)


def link(texted: str | None, with_phone: Mapping[str, bool]) -> str | None:
    """Decide which client a reply belongs to: the one texted, else the only one with the phone, else nobody."""
    if texted in with_phone:
        return texted
    return next(iter(with_phone)) if len(with_phone) == 1 else None
