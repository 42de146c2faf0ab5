"""Exports of invoices to the operator's accounting: one per account and month, due until it is done or stopped."""

from datetime import datetime

from boto3.dynamodb.conditions import Attr

from longcode import jobs
from longcode.aws import queues
from longcode.billing.stripe_form import InvoiceExport
from longcode.table import keys, store
from longcode.table.writes import ABSENT, PRESENT, Attributes, Put, Update, read
from longcode.windows import SWEEP_AFTER

_AT_END = ("due_shard", "due_at", "exporting_until")  # removed from an export that is done or has stopped
_OPEN = Attr("stripe_invoice").not_exists() & Attr("stopped").not_exists()


def begin(account: str, month: str, now: datetime) -> None:
    """Begin an export, unless the month has one."""
    if write_new(account, month, now, now + SWEEP_AFTER):
        _enqueue(account, month)


def begin_again(ended: InvoiceExport, now: datetime) -> None:
    """Begin another round of an export that is done or has stopped, unless another call has just begun it."""
    change = Update(
        keys.export(ended.account, ended.month),
        changes=_next_round(ended, now, now + SWEEP_AFTER),
        remove=("stopped", "stripe_invoice", "exported_at", "gone_customer"),
        when=~_OPEN & Attr("round").eq(ended.round),
    )
    if store.try_write(change):
        _enqueue(ended.account, ended.month)


def begin_without_customer(export: InvoiceExport, gone: str, now: datetime) -> None:
    """Begin another round of a claimed export, due now, whose customer Stripe has no more."""
    change = Update(
        keys.export(export.account, export.month),
        changes={**_next_round(export, now, now), "gone_customer": gone},
        remove=("exporting_until",),
        when=_OPEN & Attr("round").eq(export.round),
    )
    store.try_write(change)


def _next_round(export: InvoiceExport, now: datetime, due_at: datetime) -> Attributes:
    due = keys.due(f"{export.account}{export.month}", due_at)
    return {"round": export.round + 1, "attempt": 0, "began_at": now, **due}


def write_new(account: str, month: str, now: datetime, due_at: datetime) -> bool:
    """Write an export without queueing it; return False if the month has one."""
    item = {"type": "export", "account": account, "month": month, "began_at": now, "round": 1, "attempt": 0}
    return store.try_write(
        Put(keys.export(account, month), {**item, **keys.due(f"{account}{month}", due_at)}, ABSENT)
    )


def _enqueue(account: str, month: str) -> None:
    with queues.best_effort(account=account):
        queues.send(jobs.ExportInvoice(account=account, month=month))


def get(account: str, month: str) -> InvoiceExport | None:
    """Return the export of a month's invoice, or None."""
    item = store.get(keys.export(account, month))
    return read(InvoiceExport, item) if item else None


def claim(account: str, month: str, now: datetime, until: datetime) -> InvoiceExport | None:
    """Lease an export that is neither done nor stopped; return None if another worker has it."""
    key = keys.export(account, month)
    free = store.unset_or_before("exporting_until", now)
    leased = Update(key, changes={"exporting_until": until}, add={"attempt": 1}, when=PRESENT & _OPEN & free)
    return get(account, month) if store.try_write(leased) else None


def record_done(export: InvoiceExport, stripe_invoice: str, now: datetime) -> None:
    """Record the id of Stripe's invoice, and take the export off the due index."""
    done = {"stripe_invoice": stripe_invoice, "exported_at": now}
    store.write(Update(keys.export(export.account, export.month), changes=done, remove=_AT_END, when=PRESENT))


def try_again(export: InvoiceExport, at: datetime) -> None:
    """Release the lease of an export, and make its next attempt due at `at`."""
    later = {"due_at": at}
    store.write(
        Update(keys.export(export.account, export.month), changes=later, remove=("exporting_until",), when=PRESENT)
    )


def stop(export: InvoiceExport, reason: str) -> None:
    """Record why an export has stopped; only the operator begins it again."""
    store.write(
        Update(keys.export(export.account, export.month), changes={"stopped": reason}, remove=_AT_END, when=PRESENT)
    )


def record_customer(account: str, customer: str, gone: str | None = None) -> bool:
    """Record a studio's customer at Stripe, unless it has one that is not `gone`: then return False."""
    none_or_gone = Attr("stripe_customer").not_exists() | Attr("stripe_customer").is_in([customer, gone or customer])
    return store.try_write(
        Update(keys.account(account), changes={"stripe_customer": customer}, when=PRESENT & none_or_gone)
    )
