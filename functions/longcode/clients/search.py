"""The search for clients by name, number, id, tag and status, with filters of DynamoDB."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial, reduce
from heapq import nsmallest
from itertools import chain, islice, pairwise
from math import ceil
from operator import and_, or_

from boto3.dynamodb.conditions import Attr, ConditionBase
from msgspec import Struct
from msgspec.structs import replace

from longcode.aws.at_once import at_once
from longcode.clients.client import (
    MOST_CLIENTS,
    Audience,
    Client,
    audience_ids,
    is_found_by,
    is_in_audience,
    words_of_search,
)
from longcode.clients.lists import FOUND_BY, PLACE
from longcode.table import keys, ranges, store
from longcode.table.writes import Attributes, read

_FIRST_PAGE = 500
_MOST_IN_A_CALL = 2_000  # clients that a search by name passes over in a call


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
    return _find(
        account, _condition(wanted), lambda client: is_found_by(client, wanted.text), limit, after, page=page
    )


def find_by_name(account: str, wanted: Wanted, limit: int, cursor: str | None) -> tuple[list[Client], str | None]:
    """Return a page of the clients that are wanted, in the order of their names, and the cursor of the next page.

    All clients must be on the lists (see `lists.survey`). One that was just written may be missing.
    """
    conditions = [*_has_tag_and_status(wanted), *_contains_words(wanted.text), Attr(PLACE).gte(cursor or "0")]
    where = reduce(and_, conditions)
    found = ranges.find(keys.client(account), where, only=("id", PLACE), page=_MOST_IN_A_CALL).items
    first = nsmallest(limit + 1, ((item[PLACE], item["id"]) for item in found))
    clients = of_ids(account, [client_id for _, client_id in first[:limit]])
    following = first[limit][0] if len(first) > limit else None
    return [client for client in clients if _is_wanted(wanted, client)], following


def sample(account: str, limit: int) -> list[Client]:
    """Return about `limit` clients, in the order of their ids; after a count, some from each megabyte of the list."""
    starts = [None, *ranges.known_ends(keys.client(account))]
    page = ceil(limit / len(starts))
    parts = at_once(
        *(
            partial(ranges.query_part, keys.client(account), after=start, until=None, where=None, page=page)
            for start in starts
        )
    )
    return [read(Client, item) for items, _ in parts for item in items]


def find_in_audience(
    account: str, audience: Audience, text: str, limit: int, after: str | None = None
) -> list[Client]:
    """Return up to `limit` clients of an audience that a search finds, in the order of their ids, after an id."""

    def is_wanted(client: Client) -> bool:
        return is_in_audience(audience, client) and is_found_by(client, text)

    if audience.client_ids:
        clients = of_ids(account, audience_ids(audience, after))
        return list(islice(filter(is_wanted, clients), limit))
    return _find(account, _all(_of_audience(audience) + _has_words(text)), is_wanted, limit, after)


def count_audience(account: str, audience: Audience) -> int:
    """Return how many clients are in an audience without ids. DynamoDB counts them, so that few are read."""
    by_filter = replace(audience, search=None, except_client_ids=())
    conditions, has_words = _of_audience(by_filter), _contains_words(audience.search or "")
    counted, older, excluded = at_once(
        lambda: _count(account, _all(conditions + has_words)),
        lambda: _count_older(account, audience, conditions) if has_words else 0,
        lambda: of_ids(account, audience.except_client_ids),
    )
    otherwise_in = replace(audience, except_client_ids=())
    return int(counted + older) - sum(is_in_audience(otherwise_in, client) for client in excluded)


def _count(account: str, where: ConditionBase | None) -> int:
    bounds = [None, *ranges.known_ends(keys.client(account)), None]
    parts = at_once(*(partial(_count_of_part, account, where, part) for part in pairwise(bounds)))
    ranges.keep_ends(keys.client(account), [end for _, ends in parts for end in ends])
    return sum(count for count, _ in parts)


def _count_of_part(
    account: str, where: ConditionBase | None, part: tuple[keys.Key | None, keys.Key | None]
) -> tuple[int, list[keys.Key]]:
    """Return how many clients after one key and up to another match, and where each call ended."""
    total = 0
    ends: list[keys.Key] = []
    reached, until = part
    while True:
        count, reached = ranges.count_part(keys.client(account), after=reached, until=until, where=where)
        total += count
        if reached is None:
            return total, [*ends, until] if until else ends
        ends.append(reached)


def _count_older(account: str, audience: Audience, conditions: list[ConditionBase]) -> int:
    """Count the clients of an audience that must be read to know whether a search finds them."""
    otherwise_in = replace(audience, except_client_ids=())
    where = _all([*conditions, Attr(FOUND_BY).not_exists()])

    def is_wanted(client: Client) -> bool:
        return is_in_audience(otherwise_in, client)

    return len(_find(account, where, is_wanted, MOST_CLIENTS))


def of_ids(account: str, ids: Iterable[str]) -> list[Client]:
    """Return the clients that exist, in the order of the ids."""
    by_key = {keys.client(account, client_id): client_id for client_id in ids}
    items = store.get_many(by_key) if by_key else {}
    return [read(Client, items[key]) for key in by_key if key in items]


def _of_audience(audience: Audience) -> list[ConditionBase]:
    """Return the conditions of an audience without ids; a client may have to be read to know whether it is in it."""
    has_tags: list[ConditionBase] = [Attr("tags").contains(tag) for tag in audience.tags]
    conditions = [reduce(or_, has_tags)] if has_tags else []
    conditions += [Attr("status").eq(audience.status)] if audience.status else []
    conditions += [~Attr("tags").contains(tag) for tag in audience.except_tags]
    return conditions + _has_words(audience.search or "")


def _all(conditions: list[ConditionBase]) -> ConditionBase | None:
    return reduce(and_, conditions) if conditions else None


def _find(
    account: str,
    where: ConditionBase | None,
    is_wanted: Callable[[Client], bool],
    limit: int,
    after: str | None = None,
    *,
    page: int | None = None,
) -> list[Client]:
    start = keys.client(account, after) if after else None
    # Most searches find enough at once. Otherwise the rest is read in the parts that the last search found.
    items, reached = ranges.query_part(
        keys.client(account), after=start, until=None, where=where, page=min(page or _FIRST_PAGE, _FIRST_PAGE)
    )
    found = list(islice(_matching(is_wanted, items), limit))
    if reached and len(found) < limit:
        bounds = [reached, *(end for end in ranges.known_ends(keys.client(account)) if end > reached), None]
        parts = at_once(*(partial(_read_part, account, where, page, part) for part in pairwise(bounds)))
        rest = _matching(is_wanted, chain.from_iterable(items for items, _ in parts))
        found += islice(rest, limit - len(found))
        ranges.keep_ends(keys.client(account), [end for _, ends in parts for end in ends])
    return found


def _read_part(
    account: str, where: ConditionBase | None, page: int | None, part: tuple[keys.Key | None, keys.Key | None]
) -> tuple[Iterator[Attributes], list[keys.Key]]:
    """Return what matches among the clients after one key and up to another, and where each call ended."""
    found: list[Iterator[Attributes]] = []
    ends: list[keys.Key] = []
    reached, until = part
    while reached:
        items, reached = ranges.query_part(keys.client(account), after=reached, until=until, where=where, page=page)
        found.append(items)
        ends += [reached] if reached else []
    return chain.from_iterable(found), [*ends, until] if until else ends


def find_all(account: str, wanted: Wanted, after: str | None = None) -> Iterator[Client]:
    """Yield the clients that are wanted, in the order of their ids, starting after an id; read strongly."""
    start = keys.client(account, after) if after else None
    items = store.query(keys.client(account), after=start, where=_condition(wanted))
    return _matching(lambda client: is_found_by(client, wanted.text), items)


def _condition(wanted: Wanted) -> ConditionBase | None:
    return _all(_has_tag_and_status(wanted) + _has_words(wanted.text))


def _has_tag_and_status(wanted: Wanted) -> list[ConditionBase]:
    conditions: list[ConditionBase] = [Attr("tags").contains(wanted.tag)] if wanted.tag else []
    return conditions + ([Attr("status").eq(wanted.status)] if wanted.status else [])


def _is_wanted(wanted: Wanted, client: Client) -> bool:
    has_tag = not wanted.tag or wanted.tag in client.tags
    return has_tag and wanted.status in ("", client.status) and is_found_by(client, wanted.text)


def _contains_words(text: str) -> list[ConditionBase]:
    return [Attr(FOUND_BY).contains(word) for word in words_of_search(text)]


def _has_words(text: str) -> list[ConditionBase]:
    """Return the condition of a search, if it has words; a client that must be read to know meets it too.

    One that was written before December 2026, and is not on the lists yet, has no words to be found by.
    """
    has_words = _contains_words(text)
    return [reduce(and_, has_words) | Attr(FOUND_BY).not_exists()] if has_words else []


def _matching(is_wanted: Callable[[Client], bool], items: Iterable[Attributes]) -> Iterator[Client]:
    return filter(is_wanted, (read(Client, item) for item in items))
