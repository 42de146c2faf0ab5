"""The last texts to a phone, and the account and client that a reply from it belongs to."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import blake2s

from longcode.accounts.account import Account

_AN_HOUR_SECONDS = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class LastText:
    """An account's last text to a phone over one of our numbers; `lately` has its texts of the last hour."""

    account: str
    phone: str
    number: str
    message_id: str
    at: datetime
    client_id: str | None = None
    lately: dict[str, int] = field(default_factory=dict)


def after_text(before: LastText | None, text: LastText, most_an_hour: int) -> LastText | None:
    """Return the last text after one more, or None if the phone had the account's most in the last hour.

    A text that is tried again is counted once. `lately` maps message ids to epoch seconds.
    """
    now = int(text.at.timestamp())
    known = before.lately if before else {}
    lately = {message_id: at for message_id, at in known.items() if abs(now - at) < _AN_HOUR_SECONDS}
    if text.message_id not in lately and len(lately) >= most_an_hour:
        return None
    return replace(text, lately=lately | {text.message_id: now})


class AttributionRule(StrEnum):
    """The rule that attributed a reply."""

    CARRIER_REFERENCE = "carrier_reference"
    DEDICATED_NUMBER = "dedicated_number"
    LAST_TEXTED = "last_texted"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """The account that a reply goes to, the rule that decided, and the accounts that it might have meant instead.

    `answers` is the id of the text that it answers, `client_id` the client of that text.
    """

    rule: AttributionRule
    account: str
    answers: str | None
    client_id: str | None
    candidates: tuple[str, ...]


def attribute(
    texts: Iterable[LastText],
    received_at: datetime,
    *,
    answered: LastText | None = None,
    owner: str | None = None,
) -> Attribution | None:
    """Return whose reply it is, or None if no account is known to have texted the phone over this number.

    The first of these decides: `answered`, the text that the carrier says is answered; `owner`, the account whose
    own number it is; the account that last texted the phone over this number before the reply was received.
    """
    known = [_as_of(one, received_at) for one in texts]
    newest_first = sorted(known, key=lambda one: (one.at <= received_at, one.at, one.account), reverse=True)
    of_owner = next((one for one in newest_first if one.account == owner), None)
    chosen = answered or of_owner or (newest_first[0] if newest_first and not owner else None)
    account = chosen.account if chosen else owner
    if account is None:
        return None
    rule = (
        AttributionRule.CARRIER_REFERENCE
        if answered
        else AttributionRule.DEDICATED_NUMBER
        if owner
        else AttributionRule.LAST_TEXTED
    )
    others = dict.fromkeys(one.account for one in newest_first if one.account != account)
    if owner and owner != account:
        others = {owner: None} | others
    return Attribution(
        rule=rule,
        account=account,
        answers=chosen.message_id if chosen else None,
        client_id=chosen.client_id if chosen else None,
        candidates=tuple(others),
    )


def _as_of(last: LastText, at: datetime) -> LastText:
    """Return the last text as of an instant, as far as `lately` reaches back; that text's client is not known."""
    before = {one: epoch for one, epoch in last.lately.items() if epoch <= at.timestamp()}
    if last.at <= at or not before:
        return last
    message_id = max(before, key=lambda one: (before[one], one))
    sent_at = datetime.fromtimestamp(before[message_id], UTC)
    return replace(last, message_id=message_id, at=sent_at, client_id=None)


def client_of_reply(texted: str | None, with_phone: Mapping[str, bool]) -> str | None:
    """Return the client a reply belongs to: the one texted, else the only one with the phone, else None."""
    if texted in with_phone:
        return texted
    return next(iter(with_phone)) if len(with_phone) == 1 else None


def our_numbers(account: Account, shared: Sequence[str]) -> tuple[str, ...]:
    """List the numbers that texts come from, as far as one account knows."""
    return (*shared, account.number) if account.number else tuple(shared)


def fixed_number(account: Account, shared: Sequence[str]) -> str | None:
    """Tell the number that all of an account's texts go over; None when each phone's line tells."""
    return account.number or (shared[0] if len(shared) == 1 else None)


def sticky_number(lines: Mapping[str, str], account: str, phone: str, shared: Sequence[str]) -> str:
    """Choose the number over which an account talks with a phone, given every account's line with it.

    It keeps the number that it has. A first text goes over a number that nobody else has with this phone; when all
    are taken, over one that the fewest have. An account that shares its number moves when one is free: replies on a
    number that several have could be for any of them.
    """
    others = Counter(number for name, number in lines.items() if name != account)
    fewest = min(others[number] for number in shared)
    now = lines.get(account, "")
    if now in shared and (others[now] == 0 or fewest > 0):
        return now
    return min((number for number in shared if others[number] == fewest), key=lambda one: _draw(account, phone, one))


def initial_sticky_senders(newest: Mapping[str, str], shared: Sequence[str]) -> dict[str, str]:
    """Give the lines of a phone that has none yet: `newest` is who last texted it over each of our numbers.

    While there was one shared number, nobody needed lines. Who talked last over it goes on there.
    """
    return {account: number for number, account in newest.items() if number in shared}


def _draw(account: str, phone: str, number: str) -> bytes:
    """Spread ties: accounts that text one phone at once try other numbers, and no number gets all the phones."""
    return blake2s(f"{account}\n{phone}\n{number}".encode(), digest_size=8).digest()
