"""Kill a flow before and after each of its calls to AWS, as Lambda may at any time, and see what is left.

for crash in every_crash():
    with crash:
        flow()

    flow()  # whatever follows a crash: the queue brings the job again, the sweeper runs

    assert …
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any, Self

from longcode.aws.clients import client
from longcode.carriers.carrier import Carrier, CarrierText, SendResult, Text
from tests.support.local_aws import restore, snapshot

_SERVICES = ("dynamodb", "sqs", "sesv2")


class Killed(BaseException):
    """The process was killed: no `except Exception` of the code sees this."""


@dataclass
class Crash:
    """Kills what runs in its `with` block before or after the nth call; with 0 it only counts the calls."""

    call: int
    before: bool
    calls: list[str] = field(default_factory=list)
    struck: bool = False

    def __enter__(self) -> Self:
        for service in _SERVICES:
            client(service).meta.events.register_first("before-call", self._before_call)
            client(service).meta.events.register_first("after-call", self._after_call)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        for service in _SERVICES:
            client(service).meta.events.unregister("before-call", self._before_call)
            client(service).meta.events.unregister("after-call", self._after_call)
        return kind is not None and issubclass(kind, Killed)

    def start(self, name: str) -> None:
        """Count a call, or a call to something other than AWS that the crash may come before or after."""
        self.calls.append(name)
        if self.before:
            self._strike()

    def end(self) -> None:
        """Take note that the newest call is over."""
        if not self.before:
            self._strike()

    def _strike(self) -> None:
        if len(self.calls) == self.call:
            self.struck = True
            raise Killed

    def _before_call(self, model: Any, **_: Any) -> None:
        self.start(model.name)

    def _after_call(self, **_: Any) -> None:
        self.end()


def every_crash(*, after: bool = True) -> Iterator[Crash]:
    """Give a crash before and one after each call of a flow, until the flow ends before its crash.

    Each starts from what AWS holds now. The last crash of all never comes: the flow runs through, and is checked too.
    Where a flow does nothing but call AWS, a crash after one call leaves what a crash before the next leaves:
    `after=False` saves that time.
    """
    start = snapshot()
    for call in count(1):
        for before in (True, False) if after else (True,):
            restore(start)
            crash = Crash(call, before)
            yield crash
            if not crash.struck:
                assert call > 1, "the flow makes no call at all"
                return


@contextmanager
def recorded_calls() -> Iterator[list[str]]:
    """List the names of the calls to AWS that are made here."""
    with Crash(0, before=True) as never:
        yield never.calls


class MortalCarrier:
    """A carrier whose calls count as calls to AWS do: a crash may come before or after each."""

    def __init__(self, carrier: Carrier, crash: Crash) -> None:
        self.name = carrier.name
        self._carrier = carrier
        self._crash = crash

    def send(self, text: Text) -> SendResult:
        self._crash.start("send")
        answer = self._carrier.send(text)
        self._crash.end()
        return answer

    def find(self, to: str, origin: str, since: datetime) -> list[CarrierText] | None:
        self._crash.start("find")
        listed = self._carrier.find(to, origin, since)
        self._crash.end()
        return listed
