"""Export an invoice that has no export yet, or whose export has stopped, or once more if the operator says so."""

from datetime import datetime
from typing import Any

import msgspec

from admin.order import AccountId, Month, Order, Unchanged, account_or_raise
from longcode.aws.settings import settings
from longcode.billing import exports
from longcode.billing import store as invoices
from longcode.errors import NotFound


class Export(Order, frozen=True, kw_only=True, tag="invoices.export"):
    """Export an invoice to the operator's books; `again`: also if it is exported already."""

    account: AccountId
    month: Month
    again: bool = False


def export(order: Export, now: datetime) -> dict[str, Any]:
    """Begin an export if this deployment has exports, and return its progress; raises `NotFound`."""
    return begin(order, now, enabled=bool(settings().stripe_secret))


def begin(order: Export, now: datetime, *, enabled: bool) -> dict[str, Any]:
    """Begin an export, or another round of one that has ended, and return its progress; raises `NotFound`.

    A finished export gets another round only with `again`, an unfinished one never.
    """
    if not enabled:
        return Unchanged(code="not_wanted", detail="Exports are off: see the parameter InvoiceExport.", field=None)
    account_or_raise(order.account)
    if invoices.get(order.account, order.month) is None:
        raise NotFound(f"There is no invoice for {order.month}.", field="month")
    before = exports.get(order.account, order.month)
    if before is None:
        exports.begin(order.account, order.month, now)
    elif before.stopped or (before.stripe_invoice and order.again):
        exports.begin_again(before, now)
    else:
        return Unchanged(export=msgspec.to_builtins(before))
    return {"export": msgspec.to_builtins(exports.get(order.account, order.month))}
