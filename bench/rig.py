"""Shared by the benchmarks: a figure with its bar, the least of many runs, and event handlers on calls to AWS."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from os import devnull
from typing import Any

from longcode.aws.clients import client

_SAME = 0.99
_SETTLED_AFTER, _AT_MOST = 8, 100


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that must not be above its bar, if it has one, or not below it if the bar is the least."""

    name: str
    value: float
    unit: str
    bar: float | None
    is_least: bool = False

    @property
    def is_met(self) -> bool:
        """Whether the figure is not on the wrong side of its bar."""
        return self.bar is None or (self.value >= self.bar if self.is_least else self.value <= self.bar)

    def __str__(self) -> str:
        bar = "-" if self.bar is None else f"{'>=' if self.is_least else '<='}{self.bar:g}"
        return f"{self.name} {self.value:g} {self.unit} {bar}{'' if self.is_met else ' MISSED'}"


def least(
    runs: Mapping[str, Callable[[], float]], *, settled_after: int = _SETTLED_AFTER, at_most: int = _AT_MOST
) -> dict[str, float]:
    """Return the least result of each run, because a busy machine can only add to it.

    The runs take turns, so that a busy moment affects all of them. They stop after `at_most` rounds, or when no
    result has become less by 1 % for `settled_after` rounds.
    """
    results = {name: run() for name, run in runs.items()}
    settled = 0
    for _ in range(at_most - 1):
        if settled == settled_after:
            break
        again = {name: run() for name, run in runs.items()}
        settled = 0 if any(again[name] < _SAME * results[name] for name in runs) else settled + 1
        results = {name: min(results[name], again[name]) for name in runs}
    return results


@contextmanager
def watched(
    event: str, watcher: Callable[..., Any], services: tuple[str, ...], *, first: bool = False
) -> Iterator[None]:
    """Register a handler for a botocore event of these services, before others if `first`; unregister it after."""
    for service in services:
        events = client(service).meta.events
        register = events.register_first if first else events.register
        register(f"{event}.{service}", watcher)
    try:
        yield
    finally:
        for service in services:
            client(service).meta.events.unregister(f"{event}.{service}", watcher)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the functions' logs and metrics out of the output."""
    logging.disable()
    try:
        with open(devnull, "w") as nowhere, redirect_stdout(nowhere):
            yield
    finally:
        logging.disable(logging.NOTSET)
