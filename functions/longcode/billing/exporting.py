"""Begins the export of an invoice to the operator's books; the sweeper queues what the queue did not take."""

from datetime import datetime

from longcode import jobs
from longcode.aws import queues
from longcode.export import Export
from longcode.patience import HEALED_AFTER
from longcode.table import exports


def begin(account: str, month: str, now: datetime) -> None:
    """Begin an export, unless the month has one."""
    if exports.begin(account, month, now, now + HEALED_AFTER):
        _enqueue(account, month)


def begin_again(stopped: Export, now: datetime) -> None:
    """Begin another round of an export that has stopped."""
    if exports.begin_again(stopped, now, now + HEALED_AFTER):
        _enqueue(stopped.account, stopped.month)


def _enqueue(account: str, month: str) -> None:
    with queues.best_effort(account=account):
        queues.send(jobs.Export(account=account, month=month))
