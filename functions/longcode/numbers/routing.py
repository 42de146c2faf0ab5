"""The rules of our numbers: which number an account texts a phone from, and which account a reply belongs to."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import blake2s

from msgspec import Struct
from msgspec.structs import replace

from longcode.accounts.account import Account
from longcode.message import Message

_HOUR_SECONDS = 3600


class LastText(Struct, frozen=True, kw_only=True):
    """An account's last text to a phone from one of our numbers.

    `lately` has its texts of the last hour: by message id, the epoch seconds at which the text was sent.
    """

    account: str
    phone: str
    number: str
    message_id: str
    at: datetime
    client_id: str | None = None
    lately: dict[str, int] = {}


def last_text_of(text: Message, at: datetime) -> LastText:
    """Return a text as its account's last one to the phone, sent at `at`."""
    return LastText(
        account=text.account,
        phone=text.phone,
        number=text.number,
        message_id=text.id,
        client_id=text.client_id,
        at=at,
    )


class AttributionRule(StrEnum):
    """The rule that attributed a reply."""

    CARRIER_REFERENCE = "carrier_reference"
    DEDICATED_NUMBER = "dedicated_number"
    LAST_TEXTED = "last_texted"
    OPERATOR = "operator"


class Attribution(Struct, frozen=True, kw_only=True):
    """The account that a reply belongs to, the rule that decided, and the other accounts that it may be for.

    `answers` is the id of the text that the reply answers, `client_id` the client of that text.
    """

    rule: AttributionRule
    account: str
    answers: str | None
    client_id: str | None
    candidates: tuple[str, ...]


def our_numbers(account: Account, shared: Sequence[str]) -> tuple[str, ...]:
    """Return the numbers that an account must not text: the shared ones and its own, whose texts would come back."""
    return (*shared, account.number) if account.number else tuple(shared)


def fixed_number(account: Account, shared: Sequence[str]) -> str | None:
    """Return the number from which all of an account's texts are sent; None if it depends on the phone."""
    return account.number or (shared[0] if len(shared) == 1 else None)


def unblocked(shared: Sequence[str], blocked: Collection[str]) -> Sequence[str]:
    """Return the shared numbers that the carrier does not block for a phone; all of them if it blocks each."""
    return [number for number in shared if number not in blocked] or shared


def sticky_number(
    senders: Mapping[str, str], account: str, phone: str, shared: Sequence[str], opted_in_over: str | None = None
) -> str:
    """Return the number from which an account texts a phone, given every account's sticky sender for that phone.

    An account without a usable number takes the one that the phone texted START to (`opted_in_over`), if it is known.

    An account keeps its number for a phone. For its first text to the phone, it gets a number that no other account
    uses for that phone, or, if all are used, one that the fewest use. An account that shares its number with others
    moves when a number is free, because a reply to a number that several accounts use could be for any of them.
    """
    others = Counter(number for name, number in senders.items() if name != account)
    fewest = min(others[number] for number in shared)
    current = senders.get(account, "")
    if current in shared and (others[current] == 0 or fewest > 0):
        return current
    if opted_in_over in shared and opted_in_over is not None and current not in shared:
        return opted_in_over
    candidates = [number for number in shared if others[number] == fewest]
    return min(candidates, key=lambda number: _rank(account, phone, number))


def _rank(account: str, phone: str, number: str) -> bytes:
    """Return a number's rank among equals; it differs by account and phone, so that numbers are used evenly."""
    return blake2s(f"{account}\n{phone}\n{number}".encode(), digest_size=8).digest()


def initial_sticky_senders(newest: Mapping[str, str], shared: Sequence[str]) -> dict[str, str]:
    """Return the sticky senders of a phone that has none stored: `newest` is who last texted it from each number.

    While there was one shared number, no sticky senders were stored. The account that last texted a phone from that
    number keeps texting it from there.
    """
    return {account: number for number, account in newest.items() if number in shared}


def after_text(before: LastText | None, text: LastText, most_an_hour: int) -> LastText | None:
    """Return `text` with the account's texts of the last hour, or None if these would be more than `most_an_hour`.

    A text that is tried again is counted once.
    """
    now = int(text.at.timestamp())
    earlier = before.lately if before else {}
    lately = {message_id: at for message_id, at in earlier.items() if abs(now - at) < _HOUR_SECONDS}
    if text.message_id not in lately and len(lately) >= most_an_hour:
        return None
    return replace(text, lately=lately | {text.message_id: now})


def attribute(
    texts: Iterable[LastText],
    received_at: datetime,
    *,
    answered: LastText | None = None,
    owner: str | None = None,
) -> Attribution | None:
    """Return the account that a reply belongs to, or None.

    `texts` are the last texts of each account to the phone, from the number that it replied to. `answered` is the
    text that the reply answers according to the carrier, `owner` the account that the number is dedicated to.
    The reply belongs to the account of `answered`, or else to `owner`, or else to the account whose text was the last
    before the reply came.
    """
    known = [_as_of(text, received_at) for text in texts]
    newest_first = sorted(known, key=lambda text: (text.at <= received_at, text.at, text.account), reverse=True)
    owners_text = next((text for text in newest_first if text.account == owner), None)
    chosen = answered or owners_text or (newest_first[0] if newest_first and not owner else None)
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
    others = dict.fromkeys(text.account for text in newest_first if text.account != account)
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
    """Return the last text as of an instant, as far as `lately` reaches back; its client is then not known."""
    before = {message_id: epoch for message_id, epoch in last.lately.items() if epoch <= at.timestamp()}
    if last.at <= at or not before:
        return last
    message_id = max(before, key=lambda message_id: (before[message_id], message_id))
    sent_at = datetime.fromtimestamp(before[message_id], UTC)
    return replace(last, message_id=message_id, at=sent_at, client_id=None)


def client_of_reply(texted: str | None, with_phone: Mapping[str, bool]) -> str | None:
    """Return the client that a reply belongs to: the one who was texted, or the only one with the phone, or None."""
    if texted in with_phone:
        return texted
    return next(iter(with_phone)) if len(with_phone) == 1 else None
