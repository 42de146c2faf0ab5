"""Exports an invoice of before exports were on, or one whose export has stopped; invoked by the operator."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from billing import exporting
from longcode import months
from longcode.aws import clock
from longcode.aws.settings import settings
from longcode.aws.telemetry import logger
from longcode.table import accounts, exports, invoices


class Order(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which invoice is to be exported."""

    account: str
    month: str

    def __post_init__(self) -> None:
        months.check(self.month)


def begin(order: Order, now: datetime, *, wanted: bool) -> dict[str, Any]:
    """Begin an export, or another round of one that has stopped; tells how far it is, or why it cannot be."""
    if not wanted:
        return {"code": "not_wanted", "detail": "Exports are off: see the parameter InvoiceExport.", "field": None}
    if accounts.get(order.account) is None:
        return {"code": "not_found", "detail": f"There is no account {order.account!r}.", "field": "account"}
    if invoices.get(order.account, order.month) is None:
        return {"code": "not_found", "detail": f"There is no invoice for {order.month}.", "field": "month"}
    before = exports.get(order.account, order.month)
    if before is None:
        exporting.begin(order.account, order.month, now)
    elif before.stopped:
        exporting.begin_again(before, now)
    return {"export": msgspec.to_builtins(exports.get(order.account, order.month))}


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return begin(msgspec.convert(event, Order), clock.now(), wanted=bool(settings().stripe_secret))
