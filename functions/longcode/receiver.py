"""How a studio's hosted software takes what it is told: one that fails is given a rest, and harms nobody else."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from longcode.message import Instant

_LINES = 5  # workers that tell one receiver at a time
_LEASE = timedelta(seconds=50)  # longer than a worker tells for, and its last ten seconds
_PAUSES = (timedelta(minutes=1), timedelta(minutes=4), timedelta(minutes=15))


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """A studio's software at its address. `lines` are the workers that tell it now, each with the end of its lease.

    `version` is the number of the change that made it so.
    """

    account: str
    version: int = 0
    failures: int = 0
    paused_until: Instant | None = None
    lines: dict[str, Instant] = field(default_factory=dict)


def paused(now_is: Receiver, now: datetime) -> datetime | None:
    """Tell until when nothing is told, if that is so."""
    return now_is.paused_until if now_is.paused_until and now < now_is.paused_until else None


def begin(now_is: Receiver, worker: str, now: datetime) -> Receiver | None:
    """Give a worker a line; None when all are taken. A receiver that failed last is tried by one worker alone."""
    others = {name: until for name, until in now_is.lines.items() if until > now and name != worker}
    if len(others) >= (1 if now_is.failures else _LINES):
        return None
    return replace(now_is, version=now_is.version + 1, lines=others | {worker: now + _LEASE})


def end(now_is: Receiver, worker: str, now: datetime, jitter: float, *, took: bool) -> Receiver:
    """Give the line back. A failure begins a pause, which grows to a quarter of an hour; `jitter` is from 0 to 1."""
    others = {name: until for name, until in now_is.lines.items() if name != worker}
    then = replace(now_is, version=now_is.version + 1, lines=others)
    if took:
        return replace(then, failures=0, paused_until=None)
    failures = now_is.failures + 1
    pause = _PAUSES[min(failures, len(_PAUSES)) - 1] * (1 - jitter / 5)
    return replace(then, failures=failures, paused_until=now + pause)


def rested(now_is: Receiver) -> Receiver:
    """End the pause, because the studio says that its software takes webhooks again."""
    return replace(now_is, version=now_is.version + 1, paused_until=None)
