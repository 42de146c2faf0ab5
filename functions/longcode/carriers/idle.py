"""Connections to a carrier: one that was idle for too long is not used again for a send."""

import time
from collections.abc import Callable
from threading import Lock

IDLE_SECONDS = 30.0


class IdleConnections:
    """Closes the free connections of a pool that was not used for thirty seconds.

    While Lambda is frozen, carriers close connections unnoticed, and a text sent on one would become uncertain. A
    connection in use is not free, so its call is not interrupted.
    """

    def __init__(self, close: Callable[[], None], clock: Callable[[], float] = time.time) -> None:
        self._close, self._clock = close, clock
        self._used_at = clock()
        self._lock = Lock()

    def close_stale(self) -> None:
        """Close the free connections if they are stale; call this before each call to the carrier."""
        with self._lock:
            now = self._clock()
            if now - self._used_at > IDLE_SECONDS:
                self._close()
            self._used_at = now
