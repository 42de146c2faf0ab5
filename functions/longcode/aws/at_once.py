"""Makes several calls to AWS at the same time."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")

# Calls may make further calls at once, and then wait for them in a thread of this pool: there must be threads left.
_pool = ThreadPoolExecutor(64)


def at_once(calls: Iterable[Callable[[], T]]) -> list[T]:
    """Return the results of calls in their order, made in threads; raise what the first that fails raises."""
    first, *others = calls
    running = [_pool.submit(call) for call in others]
    return [first(), *(one.result() for one in running)]


def both(*calls: Callable[[], Any]) -> list[Any]:
    """Do the same for calls with results of different types."""
    return at_once(calls)
