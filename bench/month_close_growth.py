"""How much more CPU an account costs in the close of 10,000 accounts than in one of 1,000.

A close here is the list of accounts with its jobs, and for each account what a job does until its invoice is issued:
the walk through the month's messages, the check, the number. The mail with its PDF, which costs four times as much,
knows nothing of other accounts. It runs on `bench/quick_aws.py`, whose own CPU is taken off.

Jobs are timed in stretches. Of those of a close's second half, where growth would show, the least costly counts: a
busy machine can only add to it.
"""

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import msgspec

from bench.figure import Figure
from bench.quick_aws import Quick, quick_aws
from longcode.account import Account, Product
from longcode.aws.telemetry import logger
from longcode.billing import closing, month_end
from longcode.jobs import Bill
from longcode.message import Direction, Kind, Message, State
from longcode.plans import Change
from longcode.table import accounts, keys, messages, numbering, usage
from longcode.table.codec import attributes
from longcode.table.writes import whole
from longcode.usage import Usage

_SMALL, _LARGE, _TEXTS = 1_000, 10_000, 3
_STRETCH = 250
_MONTH = "2026-11"
_JOINED, _SENT = datetime(2026, 9, 2, 15, tzinfo=UTC), datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
_FIRST = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Cost:
    """What an account costs."""

    calls: float
    microseconds: float


def measure() -> Iterator[Figure]:
    """Compare the two."""
    logger.setLevel("WARNING")
    _cost(_STRETCH)  # what is made once, and kept
    first, large, last = _cost(_SMALL), _cost(_LARGE), _cost(_SMALL)
    small = min(first, last, key=lambda one: one.microseconds)
    yield Figure("month_close_growth", round(large.microseconds / small.microseconds, 3), "ratio", 1.1)
    yield Figure("month_close_cpu_per_account", round(large.microseconds), "us", None)
    yield Figure("month_close_calls_per_account", round(large.calls, 2), "calls", None)


def _cost(count: int) -> Cost:
    with quick_aws() as quick:
        _fill(quick, count)
        gc.collect()
        gc.freeze()  # or it would go through what stands in the table, which is no part of the functions' memory
        quick.calls = 0
        listed = _timed(quick, lambda: _list(count))
        jobs = [msgspec.json.decode(job, type=Bill) for job in quick.jobs.pop("bill")]
        billed = [_timed(quick, partial(_bill, some)) for some in _stretches(jobs)]
        calls = quick.calls
        gc.unfreeze()
        if (issued := numbering.last_number(_MONTH)) != count:
            raise RuntimeError(f"{issued} invoices for {count} accounts")
        seconds = listed / count + min(billed[len(billed) // 2 :]) / _STRETCH
        return Cost(calls / count, seconds * 1e6)


def _stretches(jobs: Sequence[Bill]) -> list[Sequence[Bill]]:
    return [jobs[start : start + _STRETCH] for start in range(0, len(jobs), _STRETCH)]


def _timed(quick: Quick, run: Callable[[], None]) -> float:
    start, apart = time.process_time(), quick.seconds
    run()
    return time.process_time() - start - (quick.seconds - apart)


def _list(count: int) -> None:
    if month_end.close(_MONTH, accounts.everyone(), _FIRST) != count:
        raise RuntimeError("an account has no job")


def _bill(jobs: Sequence[Bill]) -> None:
    for job in jobs:
        closing.close(accounts.need(job.account), job.month, lambda: _FIRST)


def _fill(quick: Quick, count: int) -> None:
    for index in range(count):
        account = Account(
            id=f"1{index:07}",
            name="Foxglove Portraits",
            email=f"1{index:07}@studio.example",
            product=Product.SPECTRA,
            edition="standard",
            created_at=_JOINED,
            established_at=_JOINED,
            plan_changes=(Change(_JOINED, "medium"),),
        )
        quick.put(whole(keys.account(account.id), {"type": "account", **attributes(account)}))
        quick.put(whole(keys.registered(account.id), {"type": "registered", "account": account.id}))
        texts = [_text(account.id, number) for number in range(_TEXTS)]
        for text in texts:
            quick.put(whole(keys.message(account.id, text.id), messages.item(text)))
        counted = usage.adding(account.id, "2026-11-22", "text", Usage(_TEXTS, _TEXTS, _TEXTS))
        quick.put(whole(counted.key, {**counted.changes, **counted.add}))


def _text(account: str, number: int) -> Message:
    return Message(
        account=account,
        id=f"text-{number}",
        direction=Direction.OUT,
        kind=Kind.INDIVIDUAL,
        state=State.DELIVERED,
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
