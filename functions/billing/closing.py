"""Closes an account's month: an invoice that is checked and issued, or parked with what is wrong."""

from collections.abc import Callable
from datetime import datetime

from billing import checking, drawing
from longcode.account import Account
from longcode.aws.telemetry import count, logger
from longcode.difference import Findings
from longcode.invoice import Invoice
from longcode.patience import HEALED_AFTER
from longcode.table import invoices
from longcode.table.invoices import Entry

_TRIES = 20


def close(account: Account, month: str, now: Callable[[], datetime]) -> Invoice | None:
    """Give the invoice of a month that has ended, issued now if it was not; None if there is none, or not yet."""
    entry = invoices.entry(account.id, month)
    if entry and (entry.invoice or _is_looked_at_later(entry, now())):
        return entry.invoice
    for _ in range(_TRIES):
        drawn = drawing.draw(account, month)
        if drawn is None:
            if entry:
                invoices.forget(account.id, month)
            return None
        try:
            findings = checking.check(account.id, drawn.invoice, drawn.counters)
            if findings:
                _put_aside(entry, account.id, month, findings, now())
                return None
            return invoices.issue(drawn.invoice, now() + HEALED_AFTER, *drawn.settling)
        except (checking.Moved, invoices.Overtaken):
            continue  # a text was counted meanwhile, or another invoice or a credit came first: all of it anew
    raise TimeoutError(f"{month} of {account.id} did not come to rest")


def _is_looked_at_later(entry: Entry, now: datetime) -> bool:
    return entry.look_again_at is not None and entry.look_again_at > now


def _put_aside(entry: Entry | None, account: str, month: str, findings: Findings, now: datetime) -> None:
    """Look once more, when an index that lags has caught up; what differs then too is the operator's to see."""
    if entry is None:
        invoices.doubt(account, month, findings, now + HEALED_AFTER)
        return
    if invoices.park(account, month, findings):
        count("ParkedInvoices")
        logger.error("parked", extra={"account": account, "month": month})
