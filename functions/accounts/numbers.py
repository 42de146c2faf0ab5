"""Dedicates a number of ours to an account, or takes it back; invoked by the operator."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from longcode.aws import clock
from longcode.aws.settings import settings
from longcode.aws.telemetry import logger
from longcode.errors import BadPhone, NumberTaken, RequestError
from longcode.phone import to_e164
from longcode.table import accounts, dedicated
from longcode.table.store import ConditionFailed


class Order(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which number an account is to have; null takes it back."""

    account: str
    number: str | None


def dedicate(account_id: str, number: str | None, now: datetime) -> str | None:
    """Dedicate a number to an account, or none; gives the number that it has then. Repeated, it does nothing.

    Raises `NotFound`, `BadPhone` or `NumberTaken`.
    """
    if number is not None:
        number = _not_shared(number)
    while (account := accounts.need(account_id)).number != number:
        try:
            if not dedicated.give(account, number, now):
                raise NumberTaken("This number is another account's, or was within thirty days.", field="number")
        except ConditionFailed:
            continue  # somebody changed the account's number meanwhile
        logger.info("dedicated", extra={"account": account_id, "given": number is not None})
    return number


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


def answer(event: dict[str, Any], now: datetime) -> dict[str, str | None]:
    """Do what the operator asks for, or say why not and which field it is about.

    `msgspec.ValidationError` says what of it cannot be read.
    """
    order = msgspec.convert(event, Order)
    try:
        return {"number": dedicate(order.account, order.number, now)}
    except RequestError as refusal:  # without a field, it is the account that is not there
        return {"code": refusal.code, "detail": refusal.detail, "field": refusal.field or "account"}


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, str | None]:
    return answer(event, clock.now())
