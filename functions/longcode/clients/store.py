"""Clients under the studio's own ids, and which clients have a phone."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from boto3.dynamodb.conditions import Attr, ConditionBase
from msgspec import Struct, ValidationError

from longcode.aws.telemetry import count, logger
from longcode.clients.client import Audience, Client, audience_ids, may_be_texted
from longcode.optouts.store import pair_blocks
from longcode.table import keys, store
from longcode.table.writes import ABSENT, PRESENT, Attributes, Delete, Put, Update, Write, attributes, read

_MARK = "client:"
_LAST_PUT = "last_put"
_A_READ = 100
_TICK = timedelta(milliseconds=1)


def get(account: str, client_id: str) -> Client | None:
    """Read a client."""
    found = store.get(keys.client(account, client_id))
    return read(Client, found) if found else None


def page(account: str, after: str | None, limit: int) -> list[Client]:
    """List clients in the order of their ids."""
    start = keys.client(account, after) if after else None
    return [read(Client, item) for item in store.query(keys.client(account), after=start, limit=limit)]


class Seen(Struct, frozen=True):
    """A client that a walk came by: None for an id that nobody has, or a record that the code cannot read."""

    id: str
    client: Client | None
    is_there: bool = True


def of_audience(account: str, audience: Audience, after: str | None, page: int | None = None) -> Iterator[Seen]:
    """Walk an audience in the order of ids; `page` is how many clients a call reads.

    Whoever is not in it comes by as well, so that a walk can stop anywhere: `matches` tells.
    """
    if audience.client_ids:
        wanted = audience_ids(audience, after)
        for start in range(0, len(wanted), _A_READ):
            some = {keys.client(account, one): one for one in wanted[start : start + _A_READ]}
            items = store.get_many(some)
            yield from (_seen(client_id, items.get(key)) for key, client_id in some.items())
        return
    beginning = keys.client(account, after) if after else None
    for item in store.query(keys.client(account), after=beginning, page=page):
        yield _seen(str(item["id"]), item)


def _seen(client_id: str, item: Attributes | None) -> Seen:
    if item is None:
        return Seen(client_id, None, is_there=False)
    try:
        return Seen(client_id, read(Client, item))
    except ValidationError:
        count("UnreadableItems")
        logger.exception("left out of a broadcast")
        return Seen(client_id, None)


def put(client: Client) -> bool:
    """Write a client and the links of its phones; tells whether it is new.

    The opt-outs are read after the write, and a STOP looks for clients after its own: one of the two sees the other.
    """
    while True:
        old = get(client.account, client.id)
        if old:
            client = _later(client, old)
        try:
            store.transact(_writes(old, client))
        except store.ConditionFailed:
            continue
        hear_stops(client)
        return old is None


def creating(client: Client, last_put: str | None) -> list[Write]:
    """Make the writes of a client whose phone is nobody's yet; they fail if somebody has it meanwhile, or the id.

    They belong into the transaction of the text that makes the client; after it comes `hear_stops`. `last_put` is
    what was read where nobody was found.
    """
    unchanged = Attr(_LAST_PUT).eq(last_put) if last_put else Attr(_LAST_PUT).not_exists()
    return [_put(None, client), *(_link(client, phone.number, unchanged) for phone in client.phones)]


def hear_stops(client: Client) -> None:
    """Note on a client, once it is written, which of its phones said STOP or may have meant it."""
    found = pair_blocks((client.account, phone.number) for phone in client.phones)
    for account, number in found.blocked | found.asked:
        hear_stop(account, client.id, number)


def delete(account: str, client_id: str) -> bool:
    """Delete a client and the links of its phones; tells whether it was there."""
    while old := get(account, client_id):
        gone: list[Write] = [Delete(keys.client(account, client_id), when=_unchanged(old))]
        try:
            store.transact(gone + _links(old, None))
        except store.ConditionFailed:
            continue
        return True
    return False


def hear_stop(account: str, client_id: str, number: str) -> None:
    """Note on a client that a phone of theirs said STOP, or perhaps did, so that a send looks it up."""
    change = Update(keys.client(account, client_id), add={"heard_stop": {number}}, when=PRESENT)
    try:
        store.write(change)
    except store.ConditionFailed:
        return  # the client was deleted meanwhile


def with_phone(account: str, number: str) -> dict[str, bool]:
    """Find the clients of an account that have this phone, and whether each may be texted on it."""
    return having_phone(store.get(keys.clients_with_phone(number, account)))


def of_phones(account: str, phones: Sequence[str]) -> dict[str, list[Client]]:
    """Read an account's clients by phone, in two calls."""
    links = {phone: keys.clients_with_phone(phone, account) for phone in phones}
    found = store.get_many(links.values()) if links else {}
    wanted = {
        phone: [keys.client(account, one) for one in having_phone(found.get(link))] for phone, link in links.items()
    }
    every = [key for of_phone in wanted.values() for key in of_phone]
    items = store.get_many(every) if every else {}
    return {phone: [read(Client, items[key]) for key in of if key in items] for phone, of in wanted.items()}


def names(account: str, client_ids: Iterable[str]) -> dict[str, str]:
    """Read the names of those clients that there are, by id, a hundred in a call."""
    wanted = {keys.client(account, one): one for one in client_ids}
    found = store.get_many(wanted)
    return {
        wanted[key]: f"{one.get('first_name', '')} {one.get('last_name', '')}".strip() for key, one in found.items()
    }


def having_phone(item: dict[str, object] | None) -> dict[str, bool]:
    """Read who has a phone from its link item."""
    marks = (item or {}).items()
    return {name.removeprefix(_MARK): bool(may) for name, may in marks if name.startswith(_MARK)}


def last_put(item: dict[str, object] | None) -> str | None:
    """Read from a phone's link item which client was last written with it; another one each time."""
    return str(item[_LAST_PUT]) if item and _LAST_PUT in item else None


def everywhere_with_phone(number: str) -> Iterator[tuple[str, str]]:
    """List the clients of all accounts that have this phone, as account and client id."""
    for item in store.query(keys.clients_with_phone(number)):
        yield from ((str(item["account"]), client_id) for client_id in having_phone(item))


def _later(client: Client, old: Client) -> Client:
    """Date a record after the one it replaces: two of one instant could not be told apart by `_unchanged`."""
    at = max(client.updated_at, old.updated_at + _TICK)
    return replace(client, updated_at=at, heard_stop=old.heard_stop)


def _writes(old: Client | None, new: Client) -> list[Write]:
    return [_put(old, new), *_links(old, new)]


def _put(old: Client | None, new: Client) -> Put:
    item = {"type": "client", **attributes(new)}
    if new.heard_stop:
        item["heard_stop"] = set(new.heard_stop)  # a set, which `hear_stop` adds to
    return Put(keys.client(new.account, new.id), item, _unchanged(old) if old else ABSENT)


def _unchanged(old: Client) -> ConditionBase:
    return Attr("updated_at").eq(keys.instant(old.updated_at))


def _links(old: Client | None, new: Client | None) -> list[Write]:
    after = {phone.number for phone in new.phones} if new else set()
    gone = {phone.number for phone in old.phones} - after if old else set()
    links: list[Write] = []
    if new:
        links += [_link(new, number) for number in sorted(after)]
    if old:
        mark = (_MARK + old.id,)
        links += [Update(keys.clients_with_phone(number, old.account), remove=mark) for number in sorted(gone)]
    return links


def _link(client: Client, number: str, when: ConditionBase | None = None) -> Update:
    linked = {
        "type": "clients",
        "account": client.account,
        _MARK + client.id: may_be_texted(client, number),
        _LAST_PUT: f"{client.id} {keys.instant(client.updated_at)}",
    }
    return Update(keys.clients_with_phone(number, client.account), changes=linked, when=when)
