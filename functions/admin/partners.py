"""Make, list and end the keys with which hosted products open accounts for their studios."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, to_builtins

from admin.order import Order, ReadingOrder, Unchanged
from longcode.accounts import passwords
from longcode.aws.telemetry import logger
from longcode.errors import NotFound
from longcode.partners import store as partners
from longcode.partners.store import PartnerKey

PartnerName = Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,40}\Z")]

ShownName = Annotated[str, Meta(pattern=r"^\S[^\x00-\x1f\x7f]*\Z", max_length=60)]


class MakeKey(Order, frozen=True, kw_only=True, tag="partners.make_key"):
    """Make a key of a partner. `partner` is your short name of it, `name` the one that its studios read in mails."""

    partner: PartnerName
    name: ShownName


class ListKeys(ReadingOrder, frozen=True, kw_only=True, tag="partners.list_keys"):
    """List the keys of all partners, the oldest first, also those that have ended."""


class EndKey(Order, frozen=True, kw_only=True, tag="partners.end_key"):
    """End a key, at once. The accounts that were opened with it, and their API keys, stay."""

    key_id: Annotated[str, Meta(min_length=1, max_length=100)]


def make_key(order: MakeKey, now: datetime) -> dict[str, Any]:
    """Make a key and return it, this once; a repeated order makes another one."""
    key_id, secret = passwords.generate_key(passwords.KeyKind.PARTNER)
    key = PartnerKey(id=key_id, partner=order.partner, name=order.name, created_at=now, by=order.by)
    partners.create(key, passwords.hash_of(secret))
    logger.info("partner key made", extra={"partner": key.partner, "key_id": key_id, "by": order.by})
    return {**_shown(key), "key": secret}


def list_keys(_order: ListKeys, _now: datetime) -> dict[str, Any]:
    """Return all keys without their secrets."""
    return {"items": [_shown(key) for key in partners.keys_of_all()]}


def end_key(order: EndKey, now: datetime) -> dict[str, Any]:
    """End a key and return it; a repeated order changes nothing. Raises `NotFound`."""
    key = partners.end(order.key_id, now)
    if key is None:
        raise NotFound(f"There is no partner key {order.key_id!r}.", field="key_id")
    if key.ended_at != now:
        return Unchanged(_shown(key))
    logger.info("partner key ended", extra={"partner": key.partner, "key_id": key.id, "by": order.by})
    return _shown(key)


def _shown(key: PartnerKey) -> dict[str, Any]:
    return {name: to_builtins(getattr(key, name)) for name in PartnerKey.__struct_fields__}
