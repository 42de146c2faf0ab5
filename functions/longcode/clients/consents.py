"""Consents in the table: their events for each phone, kept five years, and lists of clients by how they agreed."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from time import monotonic

from boto3.dynamodb.conditions import Attr
from msgspec import Struct

from longcode.clients.client import Client, consent_means
from longcode.clients.permission import Consent, ConsentMeans, Permission, Via
from longcode.months import instant
from longcode.optouts import store as optouts
from longcode.table import consent_keys, keys, store
from longcode.table.writes import PRESENT, Attributes, Put, Update, attributes, read

_KEPT = timedelta(days=5 * 366)
_BEFORE = datetime(2000, 1, 1, tzinfo=UTC)  # where those whose permission has no time are in a list by time
_PAGE = 200  # clients that the backfill reads in a call


class ConsentEvent(Struct, frozen=True, kw_only=True):
    """A client with a phone agreed to texts, or no longer did: when, who wrote it, and how, as in `Permission`.

    `words` are what the client replied to the text of a join page.
    """

    account: str
    phone: str
    client_id: str
    at: datetime
    given: bool
    via: Via
    person: str | None = None
    key: str | None = None
    means: ConsentMeans | None = None
    given_on: date | None = None
    taken_by: str | None = None
    source: str | None = None
    words_version: int | None = None
    words: str = ""


def event_writes(old: Client | None, new: Client, consent: Consent | None = None) -> list[Put]:
    """Return the writes of the events that belong in the transaction which writes a client.

    There is one for each phone if Allow Text Marketing, or how the client agreed, has changed, and one for each
    further phone of a client who allows texts.
    """
    is_changed = new.permission != (old.permission if old else None)
    known = {phone.number for phone in old.phones} if old and not is_changed else set()
    if new.permission is None or not (is_changed or new.allow_text_marketing):
        return []
    numbers = sorted({phone.number for phone in new.phones} - known)
    return [_event_put(new, new.permission, number, consent) for number in numbers]


def of_phone(account: str, phone: str, now: datetime) -> list[ConsentEvent]:
    """Return the consents of an account's clients with a phone, oldest first."""
    items = store.all_unexpired(store.query(consent_keys.consent_event(phone, account)), now)
    return [read(ConsentEvent, item) for item in items]


def place_of(client: Client) -> Attributes:
    """Return the attributes that put a client on the list of those who agreed by the same means."""
    means = consent_means(client)
    if means is None:
        return {}
    since = client.permission.since if client.permission else _BEFORE
    return {
        "folder": consent_keys.consent_list(client.account, means),
        "folder_at": keys.folder_place(since, client.id),
    }


def count(account: str, means: ConsentMeans) -> int:
    """Return how many clients of an account agreed to texts by these means."""
    return store.count_list(consent_keys.consent_list(account, means))


def page(account: str, means: ConsentMeans, *, limit: int, cursor: str | None) -> tuple[list[Client], str | None]:
    """Return a page of the clients who agreed by these means, oldest first, and the cursor of the next page."""
    items, cursor = store.index_page(consent_keys.consent_list(account, means), limit=limit, cursor=cursor)
    clients = [read(Client, item) for item in items]
    return [client for client in clients if consent_means(client) is means], cursor


def backfill(account: str, now: datetime, seconds: float) -> tuple[bool, int]:
    """Put clients that older releases wrote on the lists, for some seconds; return whether it is done, and how many.

    It is done once for each account: whatever writes a client now puts it on its list. It may be repeated.
    """
    place = consent_keys.consent_survey(account)
    kept = store.get(place) or {}
    if kept.get("done"):
        return True, 0
    end, cursor, looked_at = monotonic() + seconds, kept.get("cursor"), int(kept.get("looked_at", 0))
    after = keys.client(account, str(cursor)) if cursor else None
    for item in store.query(keys.client(account), after=after, page=_PAGE):
        _put_on_lists(read(Client, item), "folder" in item, now)
        looked_at += 1
        if monotonic() >= end:
            changes = {"type": "consent-survey", "cursor": str(item["id"]), "looked_at": looked_at}
            store.write(Update(place, changes=changes))
            return False, looked_at
    store.write(Put(place, {"type": "consent-survey", "done": True, "looked_at": looked_at}))
    return True, looked_at


def _put_on_lists(client: Client, is_on_list: bool, now: datetime) -> None:
    where = place_of(client)
    if where and not is_on_list:
        unchanged = Attr("updated_at").eq(instant(client.updated_at)) & Attr("folder").not_exists()
        store.try_write(Update(keys.client(client.account, client.id), changes=where, when=PRESENT & unchanged))
    for phone in _phones_to_look_up(client):
        optouts.refresh_listed(client.account, phone, now)


def _phones_to_look_up(client: Client) -> Iterator[str]:
    return (number for number in sorted({phone.number for phone in client.phones}) if number in client.heard_stop)


def _event_put(client: Client, permission: Permission, number: str, consent: Consent | None) -> Put:
    event = ConsentEvent(
        account=client.account,
        phone=number,
        client_id=client.id,
        at=client.updated_at,
        given=client.allow_text_marketing,
        via=permission.via,
        person=permission.person,
        key=permission.key,
        means=consent_means(client),
        given_on=permission.given_on,
        taken_by=permission.taken_by,
        source=permission.source,
        words_version=permission.words_version,
        words=consent.words if consent else "",
    )
    place = consent_keys.consent_event(number, client.account, event.at, client.id)
    return Put(place, {"type": "consent-event", **store.expires(event.at + _KEPT), **attributes(event)})
