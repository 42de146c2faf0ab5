"""Adds an account's month up again for the operator, and sets its counters right where they are wrong."""

from collections.abc import Iterable
from typing import Any

import msgspec

from billing import checking
from longcode import invoice, late, months
from longcode.errors import RequestError
from longcode.table import invoices, usage
from longcode.usage import Usage


def recheck(account: str, month: str) -> dict[str, Any]:
    """Tell what differs; and, of a month that is billed, how many of its units are on no invoice yet."""
    counters, findings = checking.compare_at_rest(account, month)
    entry = invoices.entry(account, month)
    shown = {"account": account, "month": month, "state": entry.state if entry else None}
    found = msgspec.to_builtins(findings)
    if entry is None or entry.invoice is None:
        return {**shown, **found}
    billed = late.billed(month, invoices.everyone_of(account)) or Usage()
    found["wrong"] = invoice.wrong(entry.invoice)
    return {**shown, "number": entry.invoice.number, **found, "unbilled_units": counters.units - billed.units}


def recheck_some(ids: Iterable[str], month: str) -> list[dict[str, Any]]:
    """Check some accounts, and tell of those where something is wrong."""
    every = (recheck(account, month) for account in ids)
    return [one for one in every if one["differences"] or one["unreadable"] or one["wrong"]]


def repair(account: str, month: str) -> dict[str, Any]:
    """Set the counters of a month to the sum over its messages, on its last day, and check again."""
    last_day = months.days(month)[-1]
    corrected = usage.corrections(account, last_day)
    _, findings = checking.compare_at_rest(account, month)
    if findings.unreadable:
        raise RequestError("A message cannot be read, so nobody knows what the counters should be.", field="month")
    missing = Usage(**{one.count: one.messages - one.counters for one in findings.differences})
    if missing != Usage():
        usage.correct(account, last_day, missing, corrected)
    return recheck(account, month)
