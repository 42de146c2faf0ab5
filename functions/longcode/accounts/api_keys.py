"""API keys: credentials of an account besides its password, each with a name, a scope and perhaps an end."""

from datetime import datetime, timedelta

from msgspec import Struct

from longcode.accounts.passwords import KeyScope
from longcode.table import credential_keys, store
from longcode.table.keys import Key
from longcode.table.writes import ABSENT, PRESENT, Attributes, Delete, Put, Update, Write, attributes, read

MOST_KEYS = 20
"""How many keys an account can have. Ended ones count until they are deleted."""

_USE_NOTED_EVERY = timedelta(hours=1)


class ApiKey(Struct, frozen=True, kw_only=True):
    """An API key, without its secret. `last_used_at` lags by up to an hour."""

    account: str
    id: str
    name: str
    scope: KeyScope
    created_at: datetime
    ends_at: datetime | None = None
    last_used_at: datetime | None = None

    def has_ended(self, now: datetime) -> bool:
        """Return whether the key's end has come."""
        return self.ends_at is not None and self.ends_at <= now


def create(key: ApiKey, hashed: str, *others: Write) -> None:
    """Write a new key with the hash of its secret, together with other writes."""
    store.transact([new(key, hashed), *others])


def new(key: ApiKey, hashed: str) -> Put:
    """Return the write of a new key with the hash of its secret."""
    item = {"type": "api-key", "hash": hashed, **attributes(key)}
    return Put(credential_keys.api_key(key.account, key.id), item, ABSENT)


def find(account: str, key_id: str) -> tuple[ApiKey, str] | None:
    """Return a key and the hash of its secret, or None."""
    item = store.get(credential_keys.api_key(account, key_id))
    return (read(ApiKey, item), str(item["hash"])) if item else None


def of_account(account: str) -> list[ApiKey]:
    """Return an account's keys, the oldest first."""
    items: list[Attributes] = list(store.query(credential_keys.api_key(account), limit=2 * MOST_KEYS))
    return sorted((read(ApiKey, item) for item in items), key=lambda key: (key.created_at, key.id))


def delete(account: str, key_id: str, *others: Write) -> bool:
    """Delete a key, together with other writes; return False if it does not exist."""
    return store.try_write(Delete(credential_keys.api_key(account, key_id), PRESENT), *others)


def note_use(key: ApiKey, now: datetime) -> None:
    """Write that a key was used, at most once an hour."""
    note_use_at(credential_keys.api_key(key.account, key.id), key.last_used_at, now)


def note_use_at(place: Key, last_used_at: datetime | None, now: datetime) -> None:
    """Write that the key at a place of the table was used, at most once an hour."""
    if last_used_at is None or now >= last_used_at + _USE_NOTED_EVERY:
        earlier = store.unset_or_before("last_used_at", now)
        store.try_write(Update(place, changes={"last_used_at": now}, when=PRESENT & earlier))
