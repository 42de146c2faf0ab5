"""Kill a flow before and after each of its calls to AWS, as Lambda may at any time, and check the result.

for crash in every_crash():
    with crash:
        flow()

    flow()  # what follows a crash: the queue delivers the job again, the sweeper runs

    assert …
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from threading import Lock
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
    ended: int = 0
    struck: bool = False
    _counting: Lock = field(default_factory=Lock, repr=False)  # a flow makes some calls at the same time

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
        with self._counting:
            self.calls.append(name)
            if self.before:
                self._strike(len(self.calls))

    def end(self) -> None:
        """Count a call that has ended."""
        with self._counting:
            self.ended += 1
            if not self.before:
                self._strike(self.ended)

    def _strike(self, counted: int) -> None:
        if counted == self.call:
            self.struck = True
            raise Killed

    def _before_call(self, model: Any, **_: Any) -> None:
        self.start(model.name)

    def _after_call(self, **_: Any) -> None:
        self.end()


def every_crash(*, after: bool = True) -> Iterator[Crash]:
    """Yield a crash before and a crash after each call of a flow, until the flow ends without reaching its crash.

    Each crash starts from the current state of AWS. The last one never happens, so the complete flow is checked too.
    If a flow only calls AWS, a crash after one call has the same effect as a crash before the next: then
    `after=False` saves time.
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
    """Yield a list that gets the name of each call to AWS inside the block."""
    with Crash(0, before=True) as never:
        yield never.calls


class CrashableCarrier:
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
