"""Exports of invoices to the operator's books: one for an account and month, due until it is done or has stopped."""

from datetime import datetime

from boto3.dynamodb.conditions import Attr

from longcode import jobs
from longcode.aws import queues
from longcode.billing.stripe_form import InvoiceExport
from longcode.table import keys, store
from longcode.table.writes import ABSENT, PRESENT, Put, Update, read
from longcode.windows import HEALED_AFTER

_RESTS = ("due_shard", "due_at", "exporting_until")
_OPEN = Attr("stripe_invoice").not_exists() & Attr("stopped").not_exists()


def get(account: str, month: str) -> InvoiceExport | None:
    """Read how far an export is."""
    found = store.get(keys.export(account, month))
    return read(InvoiceExport, found) if found else None


def write_begun(account: str, month: str, now: datetime, due_at: datetime) -> bool:
    """Begin an export, unless the month has one; tells whether it did."""
    item = {"type": "export", "account": account, "month": month, "began_at": now, "round": 1, "attempt": 0}
    return store.try_write(
        Put(keys.export(account, month), {**item, **keys.due(f"{account}{month}", due_at)}, ABSENT)
    )


def write_begun_again(stopped: InvoiceExport, now: datetime, due_at: datetime) -> bool:
    """Begin another round of an export that has stopped; False when somebody else just did."""
    again = {"round": stopped.round + 1, "attempt": 0, "began_at": now}
    change = Update(
        keys.export(stopped.account, stopped.month),
        changes={**again, **keys.due(f"{stopped.account}{stopped.month}", due_at)},
        remove=("stopped",),
        when=Attr("stopped").exists() & Attr("round").eq(stopped.round),
    )
    return store.try_write(change)


def take(account: str, month: str, now: datetime, until: datetime) -> InvoiceExport | None:
    """Take an export that is neither done nor stopped, one at a time."""
    key = keys.export(account, month)
    free = Attr("exporting_until").not_exists() | Attr("exporting_until").lt(keys.instant(now))
    taking = Update(key, changes={"exporting_until": until}, add={"attempt": 1}, when=PRESENT & _OPEN & free)
    return get(account, month) if store.try_write(taking) else None


def note_done(export: InvoiceExport, stripe_invoice: str, now: datetime) -> None:
    """Note under which id Stripe has the invoice: nobody need look at it again."""
    done = {"stripe_invoice": stripe_invoice, "exported_at": now}
    store.write(Update(keys.export(export.account, export.month), changes=done, remove=_RESTS, when=PRESENT))


def try_again(export: InvoiceExport, at: datetime) -> None:
    """Let go of an export until then."""
    later = {"due_at": at}
    store.write(
        Update(keys.export(export.account, export.month), changes=later, remove=("exporting_until",), when=PRESENT)
    )


def stop(export: InvoiceExport, why: str) -> None:
    """Note why an export goes no further by itself."""
    store.write(
        Update(keys.export(export.account, export.month), changes={"stopped": why}, remove=_RESTS, when=PRESENT)
    )


def note_customer(account: str, customer: str) -> None:
    """Note which customer of Stripe's a studio is."""
    store.write(Update(keys.account(account), changes={"stripe_customer": customer}, when=PRESENT))


def begin(account: str, month: str, now: datetime) -> None:
    """Begin an export, unless the month has one."""
    if write_begun(account, month, now, now + HEALED_AFTER):
        _enqueue(account, month)


def begin_again(stopped: InvoiceExport, now: datetime) -> None:
    """Begin another round of an export that has stopped."""
    if write_begun_again(stopped, now, now + HEALED_AFTER):
        _enqueue(stopped.account, stopped.month)


def _enqueue(account: str, month: str) -> None:
    with queues.best_effort(account=account):
        queues.send(jobs.ExportInvoice(account=account, month=month))
