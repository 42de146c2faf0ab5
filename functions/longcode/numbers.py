"""Which of our numbers a text goes over: an account's own, the only shared one, or its line with that phone."""

from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import blake2s

from longcode.account import Account


def ours(account: Account, shared: Sequence[str]) -> tuple[str, ...]:
    """List the numbers that texts come from, as far as one account knows."""
    return (*shared, account.number) if account.number else tuple(shared)


def settled(account: Account, shared: Sequence[str]) -> str | None:
    """Tell the number that all of an account's texts go over; None when each phone's line tells."""
    return account.number or (shared[0] if len(shared) == 1 else None)


def line(lines: Mapping[str, str], account: str, phone: str, shared: Sequence[str]) -> str:
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


def seeded(newest: Mapping[str, str], shared: Sequence[str]) -> dict[str, str]:
    """Give the lines of a phone that has none yet: `newest` is who last texted it over each of our numbers.

    While there was one shared number, nobody needed lines. Who talked last over it goes on there.
    """
    return {account: number for number, account in newest.items() if number in shared}


def _draw(account: str, phone: str, number: str) -> bytes:
    """Spread ties: accounts that text one phone at once try other numbers, and no number gets all the phones."""
    return blake2s(f"{account}\n{phone}\n{number}".encode(), digest_size=8).digest()
