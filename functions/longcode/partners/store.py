"""Partners: hosted products that open accounts for their studios; their keys, and the account of each studio."""

from datetime import datetime, timedelta

from boto3.dynamodb.conditions import Attr
from msgspec import Struct

from longcode.accounts import api_keys, passwords
from longcode.table import credential_keys, hourly, store
from longcode.table.writes import ABSENT, PRESENT, Put, Update, attributes, read

SHOWN_FOR = timedelta(hours=24)
"""How long a repeated request is answered with the API key again, after the account was opened."""

MOST_OPENED = 60
"""How many accounts a partner can open in an hour."""


class PartnerKey(Struct, frozen=True, kw_only=True):
    """A key of a partner, without its secret.

    `partner` is the operator's short name of the partner, whose keys all see the same studios; studios see `name`.
    """

    id: str
    partner: str
    name: str
    created_at: datetime
    by: str | None = None
    ended_at: datetime | None = None
    last_used_at: datetime | None = None


class PartnerStudio(Struct, frozen=True, kw_only=True):
    """A studio of a partner. `fingerprint` is of the request that opened its account, `email` the address to confirm.

    `key_id` and `salt` are of the partner key that was used: with its secret, they make the studio's first API key.
    """

    partner: str
    studio_id: str
    account: str
    fingerprint: str
    email: str
    key_id: str
    salt: str
    opened_at: datetime


def create(key: PartnerKey, hashed: str) -> None:
    """Write a new key with the hash of its secret."""
    item = {"type": "partner-key", "hash": hashed, **attributes(key)}
    store.write(Put(credential_keys.partner_key(key.id), item, ABSENT))


def with_secret(secret: str, now: datetime) -> PartnerKey | None:
    """Return the key with a secret, unless it has ended, and note its use; None if there is none."""
    key_id = passwords.key_id_of(secret, passwords.KeyKind.PARTNER)
    item = store.get(credential_keys.partner_key(key_id)) if key_id else None
    if not passwords.matches(secret, str(item["hash"]) if item else None) or item is None:
        return None
    key = read(PartnerKey, item)
    if key.ended_at:
        return None
    api_keys.note_use_at(credential_keys.partner_key(key.id), key.last_used_at, now)
    return key


def keys_of_all() -> list[PartnerKey]:
    """Return all keys, also those that have ended, the oldest first."""
    found = [read(PartnerKey, item) for item in store.query(credential_keys.partner_key())]
    return sorted(found, key=lambda key: (key.created_at, key.id))


def end(key_id: str, now: datetime) -> PartnerKey | None:
    """End a key; return it, or None if it does not exist. One that has ended stays as it is."""
    place = credential_keys.partner_key(key_id)
    store.try_write(Update(place, changes={"ended_at": now}, when=PRESENT & Attr("ended_at").not_exists()))
    item = store.get(place)
    return read(PartnerKey, item) if item else None


def count_opened(partner: str, now: datetime) -> bool:
    """Count an account that a partner opens; return False if it has opened too many within the hour."""
    return hourly.count(f"partner {partner}", MOST_OPENED, now)


def find(partner: str, studio_id: str) -> PartnerStudio | None:
    """Return a studio of a partner, or None."""
    item = store.get(credential_keys.partner_studio(partner, studio_id))
    return read(PartnerStudio, item) if item else None


def new_studio(studio: PartnerStudio) -> Put:
    """Return the write of a new studio; it fails if the partner has one with this id."""
    item = {"type": "partner-studio", **attributes(studio)}
    return Put(credential_keys.partner_studio(studio.partner, studio.studio_id), item, ABSENT)


def set_email(studio: PartnerStudio, email: str) -> None:
    """Write another address to confirm."""
    place = credential_keys.partner_studio(studio.partner, studio.studio_id)
    store.try_write(Update(place, changes={"email": email}, when=PRESENT))
