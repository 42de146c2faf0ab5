"""Comes between the calls of a flow to AWS: does something else meanwhile, or lets several run at once."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock
from typing import Any

from longcode.aws.clients import client

_SERVICES = ("dynamodb", "sqs", "sesv2")


@contextmanager
def meanwhile(operation: str, act: Callable[[], object]) -> Iterator[None]:
    """Do something before the first call of a DynamoDB operation that is made here."""
    acted: list[bool] = []

    def once(**_: Any) -> None:
        if not acted:
            acted.append(True)
            act()

    with _hooked(f"before-call.dynamodb.{operation}", once):
        yield


@contextmanager
def at_once() -> Iterator[ThreadPoolExecutor]:
    """Give threads whose calls take turns in any order: moto's transactions are not made for two at one time."""
    turn = Lock()

    def begin(**_: Any) -> None:
        turn.acquire()

    def end(**_: Any) -> None:
        turn.release()

    with _hooked("before-call", begin), _hooked("after-call", end), ThreadPoolExecutor(4) as pool:
        yield pool


@contextmanager
def _hooked(event: str, hook: Callable[..., None]) -> Iterator[None]:
    for service in _SERVICES:
        client(service).meta.events.register(event, hook)
    try:
        yield
    finally:
        for service in _SERVICES:
            client(service).meta.events.unregister(event, hook)
