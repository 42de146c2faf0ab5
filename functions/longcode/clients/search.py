"""The search for clients by name, number, id, tag and status, with filters of DynamoDB."""

from collections.abc import Iterable, Iterator
from functools import partial, reduce
from itertools import chain, islice, pairwise
from operator import and_

from boto3.dynamodb.conditions import Attr, ConditionBase
from msgspec import Struct

from longcode.aws.at_once import at_once
from longcode.clients.client import Client
from longcode.folded import fold
from longcode.table import keys, store
from longcode.table.writes import Attributes, read
from longcode.template import full_name

FOUND_BY = "found_by"
"""The attribute that a search looks in. A client that was written before December 2026 has none."""

_FIRST_PAGE = 500
_MOST_KEPT = 1_000  # accounts; each has a key for each megabyte of clients
_ends: dict[str, list[keys.Key]] = {}
"""Where the calls of an account's last search ended. The next one reads the parts between at the same time."""


class Wanted(Struct, frozen=True, kw_only=True):
    """Which clients are looked for: those with each word of `text` in a name, number or id, a tag, and a status."""

    text: str = ""
    tag: str = ""
    status: str = ""


def find(account: str, wanted: Wanted, limit: int, after: str | None = None, page: int | None = None) -> list[Client]:
    """Return up to `limit` clients that are wanted, in the order of their ids, starting after an id.

    One that was just written may be missing. `page` is how many clients a call reads after the first, None for as
    many as it can.
    """
    where = _condition(wanted)
    start = keys.client(account, after) if after else None
    # Most searches find enough at once. Otherwise the rest is read in the parts that the last search found.
    items, reached = store.query_part(
        keys.client(account), after=start, until=None, where=where, page=min(page or _FIRST_PAGE, _FIRST_PAGE)
    )
    found = list(islice(_matching(wanted, items), limit))
    if reached and len(found) < limit:
        bounds = [reached, *(end for end in _ends.get(account, []) if end > reached), None]
        parts = at_once(*(partial(_read_part, account, where, page, part) for part in pairwise(bounds)))
        found += islice(_matching(wanted, chain.from_iterable(items for items, _ in parts)), limit - len(found))
        _keep_ends(account, [end for _, ends in parts for end in ends])
    return found


def _keep_ends(account: str, ends: list[keys.Key]) -> None:
    _ends.pop(account, None)
    _ends[account] = ends
    if len(_ends) > _MOST_KEPT:
        del _ends[next(iter(_ends))]


def _read_part(
    account: str, where: ConditionBase | None, page: int | None, part: tuple[keys.Key | None, keys.Key | None]
) -> tuple[Iterator[Attributes], list[keys.Key]]:
    """Return what matches among the clients after one key and up to another, and where each call ended."""
    found: list[Iterator[Attributes]] = []
    ends: list[keys.Key] = []
    reached, until = part
    while reached:
        items, reached = store.query_part(keys.client(account), after=reached, until=until, where=where, page=page)
        found.append(items)
        ends += [reached] if reached else []
    return chain.from_iterable(found), [*ends, until] if until else ends


def find_all(account: str, wanted: Wanted, after: str | None = None) -> Iterator[Client]:
    """Yield the clients that are wanted, in the order of their ids, starting after an id; read strongly."""
    start = keys.client(account, after) if after else None
    return _matching(wanted, store.query(keys.client(account), after=start, where=_condition(wanted)))


def _condition(wanted: Wanted) -> ConditionBase | None:
    conditions = [Attr("tags").contains(wanted.tag)] if wanted.tag else []
    conditions += [Attr("status").eq(wanted.status)] if wanted.status else []
    has_words: list[ConditionBase] = [Attr(FOUND_BY).contains(word) for word in _searched(wanted.text)]
    if has_words:
        conditions.append(reduce(and_, has_words) | Attr(FOUND_BY).not_exists())
    return reduce(and_, conditions) if conditions else None


def _matching(wanted: Wanted, items: Iterable[Attributes]) -> Iterator[Client]:
    words = _searched(wanted.text)
    clients = (read(Client, item) for item in items)
    return (one for one in clients if all(word in found_by(one) for word in words))


def _searched(text: str) -> list[str]:
    """Return the words of a search; what looks like a number is one word of digits."""
    digits = "".join(filter(str.isdigit, text))
    return [digits] if digits and not any(map(str.isalpha, text)) else fold(text).split()


def found_by(client: Client) -> str:
    """Return the words by which a search finds a client."""
    phones = " ".join(phone.number for phone in client.phones)
    return f"{fold(full_name(client.first_name, client.last_name))} {fold(client.id)} {phones}"
