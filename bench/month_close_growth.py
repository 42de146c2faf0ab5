"""The CPU per account of closing a month for 2,000 accounts, divided by that for 200 accounts.

It includes listing the accounts and queueing their jobs, and each job until its invoice is issued: reading the
month's messages, the check, the invoice number. The mail with its PDF costs four times as much, but does not depend
on other accounts. The emulator is a separate process, so that only the CPU of this process counts.

Jobs are timed in groups. The least costly group of the second half counts: growth would show there, and a busy
machine can only add to the cost.
"""

import gc
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from bench.meter import counted_calls
from bench.rig import Figure
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.aws.settings import settings
from longcode.aws.telemetry import logger
from longcode.billing import closing, month_end
from longcode.billing import store as invoices
from longcode.jobs import Bill, Product
from longcode.message import Direction, Message, MessageKind, MessageState
from longcode.messages import store as messages
from longcode.plans.plans import PlanChange
from longcode.table import keys
from longcode.table.writes import attributes, wire_item
from longcode.usage import store as quotas
from longcode.usage.usage import Usage
from tests.support.emulated_aws import Wire, emulated_aws

_SMALL, _LARGE, _TEXTS = 200, 2_000, 3
_GROUP = 50
_MONTH = "2026-11"
_JOINED, _SENT = datetime(2026, 9, 2, 15, tzinfo=UTC), datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
_FIRST = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of an account."""

    calls: float
    microseconds: float


def measure() -> Iterator[Figure]:
    """Compare the two sizes."""
    logger.setLevel("WARNING")
    _cost(_GROUP)  # fills the caches
    first, large, last = _cost(_SMALL), _cost(_LARGE), _cost(_SMALL)
    small = min(first, last, key=lambda cost: cost.microseconds)
    growth = round(large.microseconds / small.microseconds, 3)
    yield Figure("month_close_growth", growth, f"x ({_LARGE} accounts over {_SMALL})", 1.1)
    yield Figure("month_close_cpu_per_account", round(large.microseconds), "us", None)
    yield Figure("month_close_calls_per_account", round(large.calls, 2), "calls", None)


def _cost(count: int) -> Cost:
    with emulated_aws() as outside:
        outside.put([item for index in range(count) for item in _items(f"1{index:07}")])
        gc.collect()
        with counted_calls("dynamodb", "sqs") as calls:
            listed = _timed(lambda: _list(count))
            jobs = [msgspec.json.decode(job, type=Bill) for job in outside.take(settings().bill_queue_url)]
            groups = [jobs[start : start + _GROUP] for start in range(0, len(jobs), _GROUP)]
            billed = [_timed(lambda some=some: _bill(some)) for some in groups]  # type: ignore[misc]
        if (issued := invoices.last_number(_MONTH)) != count:
            raise RuntimeError(f"{issued} invoices for {count} accounts")
        seconds = listed / count + min(billed[len(billed) // 2 :]) / _GROUP
        return Cost(len(calls) / count, seconds * 1e6)


def _timed(run: Callable[[], None]) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


def _list(count: int) -> None:
    if month_end.queue_bills(_MONTH, accounts.all_ids(), _FIRST) != count:
        raise RuntimeError("an account has no job")


def _bill(jobs: list[Bill]) -> None:
    for job in jobs:
        closing.close(accounts.get_or_raise(job.account), job.month, lambda: _FIRST)


def _items(account_id: str) -> Iterator[Wire]:
    """Yield the items of an account with a month's texts."""
    account = Account(
        id=account_id,
        name="Foxglove Portraits",
        email=f"{account_id}@studio.example",
        product=Product.SPECTRA,
        edition="standard",
        created_at=_JOINED,
        established_at=_JOINED,
        plan_changes=(PlanChange(_JOINED, "medium"),),
    )
    yield wire_item(keys.account(account_id), {"type": "account", **attributes(account)})
    yield wire_item(keys.registered(account_id), {"type": "registered", "account": account_id})
    for text in (_text(account_id, number) for number in range(_TEXTS)):
        yield wire_item(keys.message(account_id, text.id), messages.item(text))
    counted = quotas.count_write(account_id, "2026-11-22", "text", Usage(_TEXTS, _TEXTS, _TEXTS))
    yield wire_item(counted.key, {**counted.changes, **counted.add})


def _text(account: str, number: int) -> Message:
    return Message(
        account=account,
        id=f"text-{number}",
        direction=Direction.OUT,
        kind=MessageKind.INDIVIDUAL,
        state=MessageState.DELIVERED,
        phone="+12125550123",
        number="+15555550100",
        body="Your proofs are ready.",
        encoding="GSM-7",
        segments=1,
        units=1,
        created_at=_SENT,
        month=_MONTH,
        sent_at=_SENT,
        charged_units=1,
    )
