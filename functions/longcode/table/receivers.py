"""Receivers: how a studio's hosted software takes what it is told, changed by several workers at once."""

from collections.abc import Callable
from datetime import datetime

from boto3.dynamodb.conditions import Attr

from longcode import receiver
from longcode.receiver import Receiver
from longcode.table import keys, store
from longcode.table.codec import attributes, read
from longcode.table.writes import ABSENT, Put


class Paused(Exception):
    """The receiver failed: nothing is told before `until`."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


class Busy(Exception):
    """As many workers tell the receiver as may at a time."""


def begin(found: Receiver, worker: str, now: datetime) -> Receiver:
    """Take a line of a receiver; raises `Paused` or `Busy`."""

    def taken(stands: Receiver) -> Receiver:
        if until := receiver.paused(stands, now):
            raise Paused(until)
        then = receiver.begin(stands, worker, now)
        if then is None:
            raise Busy
        return then

    return _swap(found, taken)


def end(found: Receiver, worker: str, now: datetime, jitter: float, *, took: bool) -> Receiver:
    """Give the line back, with what the receiver made of it."""
    return _swap(found, lambda stands: receiver.end(stands, worker, now, jitter, took=took))


def rest(account: str) -> None:
    """End the pause of a receiver, if there is one."""
    found = store.get(keys.receiver(account))
    if found:
        _swap(read(Receiver, found), receiver.rested)


def _swap(found: Receiver, change: Callable[[Receiver], Receiver]) -> Receiver:
    attempt = 0
    while True:
        then = change(found)
        unchanged = Attr("version").eq(found.version) if found.version else ABSENT
        item = {"type": "receiver", **attributes(then)}
        try:
            store.write(Put(keys.receiver(then.account), item, unchanged))
        except store.ConditionFailed as failed:
            found = read(Receiver, failed.found[0])
            store.pause(attempt)
            attempt += 1
        else:
            return then
