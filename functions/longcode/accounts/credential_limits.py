"""Limits on wrong credentials in this process, by source address: no read, no hash and no write for them.

They stand before the counts in the table (attempts.py), which hold for all processes but cost a call each.
"""

import secrets
from collections import OrderedDict
from collections.abc import Hashable
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TypeVar

A_MINUTE = 60
"""How many different wrong credentials of an address are looked at in a minute."""

_WRONG_FOR = timedelta(seconds=60)
_RIGHT_FOR = timedelta(hours=1)
_MOST_KEPT = 10_000  # of each kind: some 2 MB

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class _Newest(OrderedDict[K, V]):
    """A dictionary of the newest entries only."""

    def keep(self, key: K, value: V) -> None:
        """Write an entry as the newest, and forget the oldest if there are too many."""
        self[key] = value
        self.move_to_end(key)
        if len(self) > _MOST_KEPT:
            self.popitem(last=False)


class CredentialLimits:
    """What a process remembers of the credentials that it has checked, as keyed hashes.

    Wrong credentials stay refused at their address for a minute: a program with an old password costs nothing.
    Credentials that were right within the hour are always checked: a studio goes on if it shares its address with a
    stranger. Nothing is counted by account, because a stranger's guesses would then close it to its owner.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(16)
        self._wrong: _Newest[bytes, datetime] = _Newest()
        self._right: _Newest[bytes, datetime] = _Newest()
        self._left: _Newest[str, tuple[float, datetime]] = _Newest()

    def refuses(self, authorization: str, source: str, now: datetime) -> bool:
        """Return whether credentials are refused unread: they were wrong just now, or too many others of `source`."""
        tag, tag_here = self._tag(authorization), self._tag(authorization, source)
        if tag_here in self._wrong and abs(now - self._wrong[tag_here]) < _WRONG_FOR:  # the clock may be set back
            return True
        if tag in self._right and now - self._right[tag] < _RIGHT_FOR:
            return False
        return self._tokens(source, now) < 1

    def note_right(self, authorization: str, now: datetime) -> None:
        """Remember credentials that were right."""
        self._right.keep(self._tag(authorization), now)

    def note_wrong(self, authorization: str, source: str, now: datetime) -> None:
        """Remember credentials that were wrong, and count them."""
        self._wrong.keep(self._tag(authorization, source), now)
        self._left.keep(source, (self._tokens(source, now) - 1, now))

    def clear(self) -> None:
        """Forget everything."""
        for memory in (self._wrong, self._right, self._left):
            memory.clear()

    def _tokens(self, source: str, now: datetime) -> float:
        """Return how many wrong credentials of a source may still be looked at; one more each second."""
        left, at = self._left.get(source, (float(A_MINUTE), now))
        return min(A_MINUTE, left + max(0.0, (now - at).total_seconds()) * A_MINUTE / 60)

    def _tag(self, authorization: str, address: str = "") -> bytes:
        return blake2b(f"{address}\0{authorization}".encode(), key=self._key, digest_size=16).digest()
