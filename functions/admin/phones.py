"""Find a phone in the logs, which have only a hash of it."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta

from admin.order import Order
from longcode.messages import log


class HashPhone(Order, frozen=True, kw_only=True, tag="phones.hash"):
    """Compute the hash that stands for a phone, or for one of our numbers, in the logs."""

    phone: Annotated[str, Meta(pattern=r"^\+[0-9]{7,15}\Z")]


def hash_phone(order: HashPhone, _now: datetime) -> dict[str, Any]:
    """Return the hash of a phone, whether or not the logs have it."""
    return {"phone_hash": log.phone_hash(order.phone)}
