"""Makes several calls to AWS at the same time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

_pool = ThreadPoolExecutor(64)


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Return the results of calls in their order, made in threads; raise what the first that fails raises.

    Calls may make further calls at once. Whoever waits makes the calls that no thread has begun, so a pool that is
    full of waiting threads delays nothing for ever.
    """
    first, *others = calls
    running = [(call, _pool.submit(call)) for call in others]
    return [first(), *(call() if future.cancel() else future.result() for call, future in running)]
