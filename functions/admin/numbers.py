"""Dedicate numbers to accounts and take them back, list blocked phones and parked numbers, hash a phone."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from admin.order import AccountId, Cursor, Order, PhoneNumber, ReadingOrder, Unchanged, account_or_raise
from longcode.aws.settings import settings
from longcode.aws.telemetry import logger
from longcode.clients import store as clients
from longcode.errors import BadPhone, NumberTaken
from longcode.numbers import store as numbers
from longcode.one_spelling import one_spelling
from longcode.phone import to_e164
from longcode.table import keyed_hash
from longcode.table.store import ConditionFailed


class Assign(Order, frozen=True, kw_only=True, tag="numbers.assign"):
    """Dedicate a number to an account, in place of its earlier number; null only takes the earlier number back."""

    account: AccountId
    number: str | None


class ListBlocked(ReadingOrder, frozen=True, kw_only=True, tag="numbers.list_blocked"):
    """List the phones that the carrier blocks for some of our numbers although they texted START to another."""

    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Cursor | None = None


def list_blocked(order: ListBlocked, now: datetime) -> dict[str, Any]:
    """Return a page of the blocked phones, newest first. They are texted from the number of their START."""
    page, next_cursor = numbers.blocked_pairs_page(limit=order.limit, cursor=order.cursor)
    return {"items": msgspec.to_builtins(page), "next_cursor": next_cursor}


class ListParked(ReadingOrder, frozen=True, kw_only=True, tag="numbers.list_parked"):
    """List the numbers whose texts are held, because the carrier refused their registration."""


def list_parked(_order: ListParked, _now: datetime) -> dict[str, Any]:
    """Return the parked numbers, each with the carrier's code and when the text was sent that it refused."""
    return {"items": msgspec.to_builtins(numbers.all_parked())}


class HashPhone(ReadingOrder, frozen=True, kw_only=True, tag="phones.hash"):
    """Compute the hash that stands for a phone, or for one of our numbers, in the logs."""

    phone: PhoneNumber


def hash_phone(order: HashPhone, _now: datetime) -> dict[str, Any]:
    """Return the hash of a phone, whether or not the logs have it."""
    return {"phone_hash": keyed_hash.of(one_spelling(order.phone))}


def assign(order: Assign, now: datetime) -> dict[str, Any]:
    """Set or take back an account's number, and return the number that it has now; a repeated order changes nothing.

    Raise `NotFound`, `BadPhone` or `NumberTaken`.
    """
    number = None if order.number is None else _not_shared(order.number)
    is_changed = False
    while (account := account_or_raise(order.account)).number != number:
        try:
            if not numbers.dedicate(account, number, now):
                raise NumberTaken(
                    "This number belongs to another account, or did so in the last thirty days.", field="number"
                )
        except ConditionFailed:
            continue  # the account's number was changed meanwhile
        is_changed = True
        logger.info("dedicated number set", extra={"account": order.account, "given": number is not None})
    if number:
        # A client can have had it as a phone before: each text looks that up now, and is refused when it is posted.
        for account_id, client_id in clients.with_phone_in_all_accounts(number):
            clients.mark_phone(account_id, client_id, number)
    return {"number": number} if is_changed else Unchanged(number=number)


def _not_shared(entered: str) -> str:
    if not entered.startswith("+"):
        raise BadPhone("Write the number in E.164: +, the country code, the number.", field="number")
    try:
        number = to_e164(entered, "1")
    except BadPhone as error:
        error.field = "number"
        raise
    if number in settings().shared_numbers:
        raise NumberTaken("This number is shared by all studios: see the parameter SharedNumbers.", field="number")
    return number
