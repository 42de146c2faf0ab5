"""The lists of an account's clients in the folder index, in the order of their names: one for each means of consent.

The clients who have not agreed to texts are a further list, so all lists together are all clients.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from itertools import islice
from time import monotonic

from boto3.dynamodb.conditions import Attr

from longcode.aws.at_once import at_once
from longcode.clients.client import Client, consent_means, found_by
from longcode.clients.permission import ConsentMeans
from longcode.folded import fold
from longcode.months import instant
from longcode.optouts import store as optouts
from longcode.table import consent_keys, keys, store
from longcode.table.writes import PRESENT, Attributes, Put, Update, read
from longcode.template import full_name

FOUND_BY, PLACE = "found_by", "folder_at"
"""The attributes that a search looks in, and that has the client's place in its list."""

_STEP = 200  # clients that the survey looks at, at least


def listing(client: Client) -> Attributes:
    """Return the attributes that put a client on its list, and by which a search finds it."""
    name = fold(full_name(client.first_name, client.last_name))
    number = client.phones[0].number if client.phones else ""
    return {
        FOUND_BY: found_by(client),
        "folder": consent_keys.client_list(client.account, consent_means(client)),
        PLACE: consent_keys.client_place(name, number, client.id),
    }


def count(account: str, means: ConsentMeans) -> int:
    """Return how many clients of an account agreed to texts by these means."""
    return store.count_list(consent_keys.client_list(account, means))


def page_of_means(
    account: str, means: ConsentMeans, limit: int, cursor: str | None
) -> tuple[list[Client], str | None]:
    """Return a page of the clients who agreed by these means, by name, and the cursor of the next page."""
    clients, cursor = _page(account, [means], limit, cursor)
    return [client for client in clients if consent_means(client) is means], cursor


def page(account: str, limit: int, cursor: str | None) -> tuple[list[Client], str | None]:
    """Return a page of an account's clients, by name, and the cursor of the next page.

    A client is in the place that it had some milliseconds ago.
    """
    return _page(account, [*ConsentMeans, None], limit, cursor)


def _page(
    account: str, of: Iterable[ConsentMeans | None], limit: int, cursor: str | None
) -> tuple[list[Client], str | None]:
    folders = [consent_keys.client_list(account, means) for means in of]
    items, cursor = store.index_page(*folders, limit=limit, cursor=cursor)
    return [read(Client, item) for item in items], cursor


def survey(account: str, now: datetime, seconds: float) -> tuple[bool, int]:
    """Put clients that older releases wrote on the lists, for some seconds; return whether it is done, and how many.

    It is done once for each account: whatever writes a client now puts it on its list. It may be repeated.
    """
    place = consent_keys.client_survey(account)
    kept = store.get(place) or {}
    if kept.get("done"):
        return True, 0
    end, cursor, looked_at = monotonic() + seconds, kept.get("cursor"), int(kept.get("looked_at", 0))
    after = keys.client(account, str(cursor)) if cursor else None
    clients = store.query(keys.client(account), after=after, page=_STEP)
    while some := list(islice(clients, _STEP)):
        at_once(*(partial(_put_on_lists, item, now) for item in some))
        looked_at += len(some)
        if len(some) == _STEP and monotonic() >= end:
            changes = {"type": "client-survey", "cursor": str(some[-1]["id"]), "looked_at": looked_at}
            store.write(Update(place, changes=changes))
            return False, looked_at
    store.write(Put(place, {"type": "client-survey", "done": True, "looked_at": looked_at}))
    return True, looked_at


def _put_on_lists(item: Attributes, now: datetime) -> None:
    client = read(Client, item)
    listed = listing(client)
    if not listed.items() <= item.items():
        unchanged = PRESENT & Attr("updated_at").eq(instant(client.updated_at))
        store.try_write(Update(keys.client(client.account, client.id), changes=listed, when=unchanged))
    for number in sorted({phone.number for phone in client.phones} & client.heard_stop):
        optouts.refresh_listed(client.account, number, now)
