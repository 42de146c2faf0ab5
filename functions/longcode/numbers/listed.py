"""Our dedicated numbers as the operator lists them, and how long a text has to wait for a number's throughput."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from longcode.message import Instant
from longcode.numbers import store as numbers
from longcode.table import keys, store
from longcode.table.writes import read

_EPOCH = datetime.fromtimestamp(0, UTC)


class DedicatedNumber(Struct, frozen=True, kw_only=True):
    """A number that an account has since `at`, or that is kept until `kept_until` for the one that gave it up."""

    number: str
    account: str | None = None
    at: Instant | None = None
    kept_for: str | None = None
    kept_until: Instant | None = None


def dedicated_numbers() -> list[DedicatedNumber]:
    """Return the dedicated numbers, in the order of the numbers."""
    items = store.get_many(keys.dedicated(number) for number in numbers.all_dedicated())
    return sorted((read(DedicatedNumber, item) for item in items.values()), key=lambda one: one.number)


def waits(paces: Sequence[str], now: datetime) -> dict[str, timedelta]:
    """Return how far ahead the throughput of each number, or of all shared ones, is reserved at this time."""
    wanted = {keys.throughput(pace): pace for pace in paces}
    found = {wanted[key]: item for key, item in store.get_many(wanted).items()} if wanted else {}
    free_from = {pace: _EPOCH + timedelta(milliseconds=int(item["free_from"])) for pace, item in found.items()}
    ahead = {pace: max(free_from.get(pace, now), now) - now for pace in paces}
    return {pace: wait if wait <= numbers.MOST_AHEAD else timedelta() for pace, wait in ahead.items()}
