"""Sticky senders: over which of several shared numbers each account talks with a phone."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from boto3.dynamodb.conditions import Attr

from longcode import numbers
from longcode.table import keys, routes, store
from longcode.table.codec import Attributes
from longcode.table.writes import ABSENT, Put

_AT_ONCE = 16


def look(account: str, phones: Iterable[str], shared: Sequence[str]) -> dict[str, str]:
    """Return the number over which an account's next text to each phone would go, without keeping it."""
    asked = {phone: keys.lines(phone) for phone in phones}
    found = store.get_many(asked.values())
    return {phone: numbers.line(_numbers(found.get(key)), account, phone, shared) for phone, key in asked.items()}


def choose(account: str, phones: Iterable[str], shared: Sequence[str]) -> dict[str, str]:
    """Choose the number over which an account texts each phone, and keep it."""
    asked = {phone: keys.lines(phone) for phone in phones}
    found = store.get_many(asked.values())
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        chosen = pool.map(lambda phone: _keep(account, phone, shared, found.get(asked[phone])), asked)
        return dict(zip(asked, chosen, strict=True))


def _keep(account: str, phone: str, shared: Sequence[str], found: Attributes | None) -> str:
    """Write the number that an account keeps with a phone, only if nobody wrote the item since it was read.

    Of several accounts that text the phone at once, each sees the choices of the others.
    """
    # A phone without an item may have been texted while there was one shared number.
    known = _numbers(found) if found else numbers.seeded(routes.newest(phone), shared)
    while True:
        number = numbers.line(known, account, phone, shared)
        if found and known.get(account) == number:
            return number
        item = {"type": "lines", "phone": phone, "numbers": {**known, account: number}}
        unchanged = Attr("numbers").eq(known) if found else ABSENT
        try:
            store.write(Put(keys.lines(phone), item, when=unchanged))
        except store.ConditionFailed as failed:
            found = failed.found[0]
            known = _numbers(found)
        else:
            return number


def _numbers(item: Attributes | None) -> Mapping[str, str]:
    return item["numbers"] if item else {}
