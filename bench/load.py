"""A studio that texts new phones at a steady rate, on the local stack.

The load is an open loop: each text is posted at its own time, whether or not earlier requests were answered.
"""

import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import TypeVar

from bench.local_studio import local_studio
from infra.local.participants import CheckFailed, Phones, StudioSoftware, eventually
from infra.local.stack import Stack

_AT_ONCE, _REPLIES_AT_ONCE = 100, 6
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Text:
    """When a text was posted, how long its 202 took, and when it (and any copy) reached the phone."""

    posted_at: datetime
    accept_seconds: float
    came_at: tuple[datetime, ...]


@contextmanager
def busy_studio(stack: Stack) -> Iterator["Load"]:
    """Sign up a studio with a plan for many texts."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield Load(stack, local_studio(stack, "busy", "volume"), pool)


class Load:
    """A studio that texts a new phone each time."""

    def __init__(self, stack: Stack, studio: StudioSoftware, pool: ThreadPoolExecutor) -> None:
        self._stack, self._studio, self._pool = stack, studio, pool
        self._phones = Phones(stack.carrier_url)
        self._new = (f"+1212{number}" for number in count(2_000_000))
        self._texted: list[str] = []
        self._cursor = "0"  # of the inbox

    def _is_delivered(self, phone: str) -> bool:
        texts = self._phones.conversation(phone)
        return bool(texts) and texts[-1]["status"] == "delivered"

    def warm_up(self, most_callers: int) -> None:
        """Start as many workers of each function as `most_callers` at once need, and some for replies.

        The emulator starts a worker for each call that finds none idle. A start takes a second of CPU, half of it to
        unpack the code in the emulator's own process, which all other calls wait for. Callers who do not wait for an
        answer cause more starts than two cores can make, and each call that is late causes another. So each caller
        waits for its text to arrive, and only after that there are two callers more.
        """
        for callers in range(1, most_callers + 1, 2):
            phones = [next(self._new) for _ in range(callers)]
            waiting = [self._pool.submit(self._text_and_wait, *text) for text in enumerate(phones)]
            for text in waiting:
                text.result()
            self._texted += phones
        for replies in range(1, _REPLIES_AT_ONCE + 1):
            self.replies(replies, a_second=100)

    def _text_and_wait(self, caller: int, phone: str) -> None:
        # The authorizer's cache knows a header by its spelling, so each caller spells it in another way: then several
        # workers of the authorizer are warm when an entry of the cache ends, after a minute, in mid-measurement.
        scheme = "".join(letter.upper() if caller >> bit & 1 else letter for bit, letter in enumerate("basic"))
        credentials = b64encode(f"{self._studio.account}:{self._studio.password}".encode()).decode()
        self._post(phone, Authorization=f"{scheme} {credentials}")
        eventually(lambda: self._came_at(phone), "a text")

    def send(self, rate: int, seconds: int) -> list[Text]:
        """Post texts to new phones, and wait until all have arrived and have their last receipt, or no more do.

        The carrier posts four receipts or replies at once, so replies would wait for the receipts before them.
        """
        phones = [next(self._new) for _ in range(rate * seconds)]
        posted = self._each_at_its_time([partial(self._post, phone) for phone in phones], rate)
        self._texted += phones
        with suppress(CheckFailed):
            eventually(lambda: all(map(self._is_delivered, reversed(phones))), "the last receipt")
        return [Text(*post, self._came_at(phone)) for phone, post in zip(phones, posted, strict=True)]

    def _post(self, phone: str, **headers: str) -> tuple[datetime, float]:
        at, start = datetime.now(UTC), time.perf_counter()
        answer = self._studio.ask("POST", "/messages", {"to": phone, "body": "Your proofs are ready."}, **headers)
        if answer.status != 202:
            raise RuntimeError(f"not accepted: {answer}")
        return at, time.perf_counter() - start

    def _came_at(self, phone: str) -> tuple[datetime, ...]:
        return tuple(datetime.fromisoformat(text["at"]) for text in self._phones.conversation(phone))

    def replies(self, number: int, a_second: float) -> list[float]:
        """Reply from the phones texted last; return the seconds from each reply to its appearance in the inbox."""
        phones = self._texted[-number:]
        typed: dict[str, datetime] = {}
        seen: dict[str, datetime] = {}

        def look() -> bool:
            page = self._studio.ask("GET", f"/inbox?after={self._cursor}&limit=200").json
            now, self._cursor = datetime.now(UTC), page["next_cursor"]
            seen.update((reply["message"]["phone"], now) for reply in page["items"])
            return len(seen) == len(phones)

        def reply(phone: str) -> None:
            typed[phone] = datetime.now(UTC)
            self._phones.reply(phone, self._phones.texted_from(phone)[-1], "Yes")

        typing = self._pool.submit(self._each_at_its_time, [partial(reply, phone) for phone in phones], a_second)
        eventually(look, "the last reply")
        typing.result()
        return [(seen[phone] - at).total_seconds() for phone, at in typed.items()]

    def _each_at_its_time(self, acts: Sequence[Callable[[], T]], rate: float) -> list[T]:
        start = time.monotonic()
        running = []
        for index, act in enumerate(acts):
            time.sleep(max(0, start + index / rate - time.monotonic()))
            running.append(self._pool.submit(act))
        return [act.result() for act in running]

    def states(self) -> list[str]:
        """Return the states of all texts."""
        return [message["state"] for message in self._studio.all_items("/messages?folder=sent")]
