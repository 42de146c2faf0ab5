"""A month's invoices as the operator is shown them: those that are issued, and those that should be."""

from itertools import islice
from typing import Any

import msgspec

from billing.drawing import owes
from longcode.account import Account
from longcode.table import accounts, invoices, numbering
from longcode.table.invoices import Entry

_AT_ONCE = 100


def shown(entry: Entry) -> dict[str, Any]:
    """Show how an account's month stands."""
    invoice = entry.invoice
    issued = {"number": invoice.number, "total_micros": invoice.total_micros} if invoice else {}
    rest = msgspec.to_builtins(entry)
    told = ("account", "month", "state", "mailed_at", "paid_on", "credited_micros", "findings")
    return {**issued, **{name: rest[name] for name in told if rest[name]}}


def page(month: str, limit: int, cursor: str | None) -> dict[str, Any]:
    """List the issued invoices of a month in the order of their numbers; a cursor is the last number before."""
    numbers = list(numbering.numbers(month, after=cursor, limit=limit + 1))
    found = invoices.entries((account, month) for _, account in numbers[:limit])
    return {
        "items": [shown(one) for one in found],
        "next_cursor": numbers[limit - 1][0] if len(numbers) > limit else None,
        "issued": numbering.last_number(month),
    }


def open_ones(month: str, limit: int, after: str | None) -> dict[str, Any]:
    """List which of the next accounts have no invoice of a month and should have; a cursor is the last account.

    Nobody has billed those that are missing: their job has failed or waits.
    """
    ids = list(islice(accounts.everyone(after), limit + 1))
    items: list[dict[str, Any]] = []
    for start in range(0, len(ids[:limit]), _AT_ONCE):
        some = ids[:limit][start : start + _AT_ONCE]
        stand = {one.account: one for one in invoices.entries((account, month) for account in some)}
        without = [account for account in some if account not in stand or stand[account].invoice is None]
        items += [
            _open(one, month, stand.get(one.id))
            for one in accounts.some(without)
            if one.id in stand or owes(one, month)
        ]
    return {"items": items, "next_cursor": ids[limit - 1] if len(ids) > limit else None}


def _open(account: Account, month: str, entry: Entry | None) -> dict[str, Any]:
    return shown(entry) if entry else {"account": account.id, "month": month, "state": "missing"}
