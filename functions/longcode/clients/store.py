"""The table's clients, under the studio's own ids, and the links from each phone to the clients that have it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from boto3.dynamodb.conditions import Attr, ConditionBase
from msgspec import Struct, ValidationError
from msgspec.structs import replace

from longcode.aws.telemetry import count, logger
from longcode.clients import consents, lists
from longcode.clients.client import (
    Audience,
    Client,
    audience_ids,
    may_be_texted,
    ticked_numbers,
    unreachable_numbers,
)
from longcode.clients.permission import Change, Consent, Writer, change_by
from longcode.months import instant
from longcode.optouts import store as optouts
from longcode.optouts.store import pair_blocks
from longcode.table import keys, store
from longcode.table.writes import ABSENT, PRESENT, Attributes, Delete, Put, Update, Write, attributes, has_value, read

_CLIENT_PREFIX = "client:"
"""The prefix of a link's attributes that name a client; the value is whether the client may be texted there."""

_LAST_PUT = "last_put"
_DELETED = "deleted"
_IDS_PER_READ = 100
_TICK = timedelta(milliseconds=1)


class ClientEntry(Struct, frozen=True):
    """An id of an audience with its record; `client` is None if there is none, or if it is unreadable."""

    id: str
    client: Client | None
    exists: bool = True


def get(account: str, client_id: str) -> Client | None:
    """Return a client, or None."""
    item = store.get(keys.client(account, client_id))
    return read(Client, item) if item else None


def page(account: str, after: str | None, limit: int) -> list[Client]:
    """Return up to `limit` clients in the order of their ids, starting after an id."""
    start = keys.client(account, after) if after else None
    return [read(Client, item) for item in store.query(keys.client(account), after=start, limit=limit)]


def change_tags(
    client: Client, changed: Callable[[tuple[str, ...]], tuple[str, ...]], writer: Writer, now: datetime
) -> bool:
    """Write what `changed` makes of a client's tags; return False if that is the same, or the client is gone.

    `changed` is called again if somebody else writes the client meanwhile.
    """
    latest: Client | None = client
    while latest and (tags := changed(latest.tags)) != latest.tags:
        at = max(now, latest.updated_at + _TICK)
        by = attributes(change_by(writer, at))
        changes = {"updated_at": at, "changed": by} | ({"tags": tags} if tags else {})
        change = Update(
            keys.client(client.account, client.id), changes, remove=() if tags else ("tags",), when=_unchanged(latest)
        )
        if store.try_write(change):
            return True
        latest = get(client.account, client.id)
    return False


def names(account: str, client_ids: Iterable[str]) -> dict[str, str]:
    """Return the names of the clients that exist, by id; a hundred are read in a call."""
    wanted = {keys.client(account, client_id): client_id for client_id in client_ids}
    return {
        wanted[key]: f"{item.get('first_name', '')} {item.get('last_name', '')}".strip()
        for key, item in store.get_many(wanted, only=("first_name", "last_name")).items()
    }


def of_audience(
    account: str, audience: Audience, after: str | None, page: int | None = None
) -> Iterator[ClientEntry]:
    """Yield the clients that an audience may contain, by id, starting after an id; `page` is how many a call reads.

    Unless the audience names ids, all clients of the account are yielded, so that the caller can stop at any of them;
    the caller checks each with `is_in_audience`.
    """
    if audience.client_ids:
        ids = audience_ids(audience, after)
        for start in range(0, len(ids), _IDS_PER_READ):
            by_key = {keys.client(account, client_id): client_id for client_id in ids[start : start + _IDS_PER_READ]}
            items = store.get_many(by_key)
            yield from (_entry(client_id, items.get(key)) for key, client_id in by_key.items())
        return
    beginning = keys.client(account, after) if after else None
    for item in store.query(keys.client(account), after=beginning, page=page):
        yield _entry(str(item["id"]), item)


def _entry(client_id: str, item: Attributes | None) -> ClientEntry:
    if item is None:
        return ClientEntry(client_id, None, exists=False)
    try:
        return ClientEntry(client_id, read(Client, item))
    except ValidationError:
        count("UnreadableItems")
        logger.exception("left out of a broadcast")
        return ClientEntry(client_id, None)


def put(client: Client, take_room: Callable[[], None] | None = None) -> bool:
    """Write a client, as `change` does, in place of what was there; return whether it is new."""
    return bool(change(client.account, client.id, lambda _: client, take_room))


def change(
    account: str,
    client_id: str,
    changed: Callable[[Client | None], Client | None],
    take_room: Callable[[], None] | None = None,
    consent: Consent | None = None,
) -> bool | None:
    """Write what `changed` makes of a client, or of None, and the links of its phones; return whether it is new.

    The events of its consent are written with it; `consent` is what the writer says of how the client agreed.
    If `changed` makes None of it, nothing is written, and None is returned.
    `changed` is called again if somebody else writes the client meanwhile; `take_room` is called before a new client
    is written. Opt-outs are read after this write, and an opt-out looks for clients after its own write, so whichever
    comes later sees the other.
    """
    while True:
        old = get(account, client_id)
        client = changed(old)
        if client is None:
            return None
        if old:
            client = _dated_after(client, old)
        elif take_room:
            take_room()
            take_room = None
        try:
            events = consents.event_writes(old, client, consent)
            store.transact([_client_put(old, client), *_link_changes(old, client), *events])
        except store.ConditionFailed:
            continue
        mark_opt_outs(client)
        return old is None


def creation_writes(client: Client, last_put: str | None) -> list[Write]:
    """Return the writes that create a client with an unknown phone; they fail if the id or the phone is in use.

    They belong in the transaction of the text that creates the client. After it, call `mark_opt_outs`.
    `last_put` is what the phone's link contained when no client with the phone was found.
    """
    unchanged = has_value(_LAST_PUT, last_put)
    return [_client_put(None, client), *(_link(client, phone.number, unchanged) for phone in client.phones)]


def delete(account: str, client_id: str, by: Change | None = None) -> bool:
    """Delete a client and the links of its phones, and note `by` whom for each phone; return whether it existed."""
    while old := get(account, client_id):
        deletion: list[Write] = [Delete(keys.client(account, client_id), when=_unchanged(old))]
        try:
            store.transact(deletion + _link_changes(old, None, by))
        except store.ConditionFailed:
            continue
        return True
    return False


def last_deletion(account: str, phone: str) -> Change | None:
    """Return who deleted the last client with a phone, or None if that was not noted."""
    noted = (store.get(keys.clients_with_phone(phone, account)) or {}).get(_DELETED)
    return read(Change, noted) if noted else None


def mark_opt_outs(client: Client) -> None:
    """Mark on a client that was just written which of its phones are opted out or have an open question."""
    blocks = pair_blocks((client.account, phone.number) for phone in client.phones)
    for account, number in blocks.blocked | blocks.asked:
        mark_phone(account, client.id, number)
    for account, number in blocks.blocked:
        optouts.refresh_listed(account, number, client.updated_at)


def mark_phone(account: str, client_id: str, number: str) -> None:
    """Mark on a client that one of its phones may get no texts, as after a STOP, so that each send looks it up."""
    change = Update(keys.client(account, client_id), add={"heard_stop": {number}}, when=PRESENT)
    store.try_write(change)  # the client may have been deleted meanwhile


def mark_unreachable(account: str, number: str, message_id: str) -> None:
    """Note on an account's clients with this number that a text came back as for a landline or an unknown number."""
    for client_id in with_phone(account, number):
        client = get(account, client_id)
        if client and number not in unreachable_numbers(client):
            change = Update(
                keys.client(account, client_id), add={"unreachable": {f"{number} {message_id}"}}, when=PRESENT
            )
            store.try_write(change)


def with_phone(account: str, number: str) -> dict[str, bool]:
    """Return the ids of an account's clients that have this phone, and whether each may be texted on it."""
    return clients_in_link(store.get(keys.clients_with_phone(number, account)))


def ids_with_phones(account: str, phones: Iterable[str]) -> dict[str, list[str]]:
    """Return the ids of an account's clients by phone; a hundred phones are read in a call."""
    links = {keys.clients_with_phone(phone, account): phone for phone in phones}
    items = store.get_many(links) if links else {}
    return {links[key]: list(clients_in_link(item)) for key, item in items.items()}


def with_phone_in_all_accounts(number: str) -> Iterator[tuple[str, str]]:
    """Yield the account and id of each client, in all accounts, that has this phone."""
    for item in store.query(keys.clients_with_phone(number)):
        yield from ((str(item["account"]), client_id) for client_id in clients_in_link(item))


def of_phones(account: str, phones: Sequence[str]) -> dict[str, list[Client]]:
    """Return an account's clients by phone, read in two calls."""
    links = {phone: keys.clients_with_phone(phone, account) for phone in phones}
    link_items = store.get_many(links.values()) if links else {}
    wanted = {
        phone: [keys.client(account, client_id) for client_id in clients_in_link(link_items.get(link))]
        for phone, link in links.items()
    }
    client_keys = [key for keys_of_phone in wanted.values() for key in keys_of_phone]
    items = store.get_many(client_keys) if client_keys else {}
    return {
        phone: [read(Client, items[key]) for key in keys_of_phone if key in items]
        for phone, keys_of_phone in wanted.items()
    }


def clients_in_link(item: dict[str, object] | None) -> dict[str, bool]:
    """Return the client ids in a phone's link item, and whether each client may be texted on the phone."""
    link_attributes = (item or {}).items()
    return {
        name.removeprefix(_CLIENT_PREFIX): bool(is_allowed)
        for name, is_allowed in link_attributes
        if name.startswith(_CLIENT_PREFIX)
    }


def last_put(item: dict[str, object] | None) -> str | None:
    """Return the value of a phone's link item that changes each time a client with the phone is written."""
    return str(item[_LAST_PUT]) if item and _LAST_PUT in item else None


def _dated_after(client: Client, old: Client) -> Client:
    """Return a record whose `updated_at` is later than the old one's, since `_unchanged` compares only that."""
    at = max(client.updated_at, old.updated_at + _TICK)
    # A number that staff untick, or tick again, is tried anew.
    ticked = {*ticked_numbers(client)}.intersection(ticked_numbers(old))
    failed = frozenset(pair for pair in old.unreachable if pair.partition(" ")[0] in ticked)
    return replace(client, updated_at=at, heard_stop=old.heard_stop, unreachable=failed)


def _client_put(old: Client | None, new: Client) -> Put:
    item = {"type": "client", **attributes(new), **lists.listing(new)}
    if new.heard_stop:
        item["heard_stop"] = set(new.heard_stop)  # a set, so that an update can add to it
    if new.unreachable:
        item["unreachable"] = set(new.unreachable)
    return Put(keys.client(new.account, new.id), item, _unchanged(old) if old else ABSENT)


def _unchanged(old: Client) -> ConditionBase:
    return Attr("updated_at").eq(instant(old.updated_at))


def _link_changes(old: Client | None, new: Client | None, deleted_by: Change | None = None) -> list[Write]:
    linked = {phone.number for phone in new.phones} if new else set()
    unlinked = {phone.number for phone in old.phones} - linked if old else set()
    links: list[Write] = []
    if new:
        links += [_link(new, number) for number in sorted(linked)]
    if old:
        link_attribute = (_CLIENT_PREFIX + old.id,)
        note = {_DELETED: attributes(deleted_by)} if deleted_by else {}
        links += [
            Update(keys.clients_with_phone(number, old.account), note, remove=link_attribute)
            for number in sorted(unlinked)
        ]
    return links


def _link(client: Client, number: str, when: ConditionBase | None = None) -> Update:
    changes = {
        "type": "clients",
        "account": client.account,
        _CLIENT_PREFIX + client.id: may_be_texted(client, number),
        _LAST_PUT: f"{client.id} {instant(client.updated_at)}",
    }
    return Update(keys.clients_with_phone(number, client.account), changes=changes, when=when)
