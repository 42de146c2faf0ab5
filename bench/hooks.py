"""Listens to the calls that the functions' clients make to AWS."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from longcode.aws.clients import client


@contextmanager
def watched(
    event: str, watcher: Callable[..., Any], services: tuple[str, ...], *, first: bool = False
) -> Iterator[None]:
    """Have botocore call a watcher at an event of these services; `first` comes before whoever listens already."""
    for service in services:
        events = client(service).meta.events
        register = events.register_first if first else events.register
        register(f"{event}.{service}", watcher)
    try:
        yield
    finally:
        for service in services:
            client(service).meta.events.unregister(f"{event}.{service}", watcher)
