"""Find a phone in the logs, which have only a hash of it."""

from datetime import datetime
from typing import Any

from admin.order import Order, PhoneNumber
from longcode.one_spelling import one_spelling
from longcode.table import keyed_hash


class HashPhone(Order, frozen=True, kw_only=True, tag="phones.hash"):
    """Compute the hash that stands for a phone, or for one of our numbers, in the logs."""

    phone: PhoneNumber


def hash_phone(order: HashPhone, _now: datetime) -> dict[str, Any]:
    """Return the hash of a phone, whether or not the logs have it."""
    return {"phone_hash": keyed_hash.of(one_spelling(order.phone))}
