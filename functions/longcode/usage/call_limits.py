"""The limit on the calls of an account, which each process counts, with few writes to the table.

A process lets an account make a few calls that no other process counts. For more, it takes a batch of calls from the
account's share of the present window, which is a counter in the table for all processes. So an account that calls now
and then costs no write, one that calls without end a tenth of a write for each call, and a refused call nothing.
"""

import math
import re
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from boto3.dynamodb.conditions import Attr
from msgspec import Struct

from longcode.aws.telemetry import count, logger
from longcode.errors import TooManyRequests
from longcode.table import credential_keys, store
from longcode.table.writes import Update

WINDOW_SECONDS = 5

MOST = 250
"""How many calls an account can make in a window, so fifty a second; a program that waits for answers makes fewer."""

ALONE = 10
"""How many calls of an account a process lets pass by itself, and again after `_RENEWED_SECONDS`."""

_RENEWED_SECONDS = 40  # so a page of the hub, which asks for news each five seconds, costs no write
_BATCH = 10
_MOST_KEPT = 10_000  # accounts that a process remembers: some 2 MB
# Calls that take seconds count as many: so an account makes one step of an import a second, or two of the others.
_COSTS = (
    (re.compile(r"POST ((/hub)?/clients/import(/[^/]+)?|/client-tags|/hub/clients)"), 50),
    (re.compile(r"POST /hub/(opt-outs/import(/[^/]+)?|consent|usage/[^/]+/count|broadcasts/new/[^/]+/add-up)"), 50),
    (re.compile(r"POST (/hub)?/triggers/[^/]+/plan"), 50),
    (re.compile(r"GET /hub/export/[^/]+\.zip"), 50),  # it may take ten seconds
    (re.compile(r"POST (/hub)?/webhooks/test"), 50),  # it ends the pause of an endpoint that hangs
    (re.compile(r"POST (/webhooks/deliveries/[^/]+/replay|/hub/webhooks/sent/[^/]+/again)"), 10),
    (re.compile(r"POST (/hub)?/broadcasts(/[^/]+/calls)?"), 25),
    (re.compile(r"POST /hub/broadcasts/(new/[^/]+/go|[^/]+/again)"), 25),
    (
        re.compile(
            r"GET ((/hub)?/usage/[^/]+/texts(\.csv)?|/hub/(clients/export|export|opt-outs/export)/[^/]+\.csv)"
        ),
        25,
    ),
    (re.compile(r"GET /hub/broadcasts/[^/]+/(not-reached\.csv|again|calls)"), 25),
    (re.compile(r"GET (/hub)?/changes"), 5),  # one of a person or a kind may look through a year
    # These read or count all clients, messages or texts of broadcasts, at the same time.
    (re.compile(r"GET /broadcasts(/[^/]+)?"), 5),
    (re.compile(r"(GET|POST) /hub/broadcasts/(new(/[^/]+/whom)?|found)"), 5),
    (re.compile(r"(GET|POST) /hub/broadcasts/new/[^/]+/check"), 10),
    (re.compile(r"GET /hub/(consent|export|upcoming/calendar|changes)"), 5),
    (re.compile(r"POST /hub/broadcasts/new/[^/]+/(what|preview)"), 5),  # a name is looked for in the whole audience
)

Take = Callable[[str, int, datetime], bool]


class _Left(Struct, frozen=True):
    """How many calls of an account a process lets pass without a write, as of an instant.

    `full_window` is the last window from which no batch could be taken, -1 if calls have passed since.
    """

    calls: float
    at: datetime
    full_window: int = -1


class CallLimits:
    """What a process knows of the calls of each account."""

    def __init__(self) -> None:
        self._left: OrderedDict[str, _Left] = OrderedDict()

    def check(self, account: str, cost: int, take: Take, now: datetime) -> None:
        """Count a call; raise `TooManyRequests` if the account has made too many.

        `take` takes a batch of calls from the account's share of the window, and returns False if fewer are left.
        The clock may be set back: no time has passed then.
        """
        known = self._left.pop(account, None) or _Left(ALONE, now)
        calls, window = known.calls, _window(now)
        if calls < ALONE:
            passed = max(0.0, (now - known.at).total_seconds())
            calls = min(float(ALONE), calls + passed * ALONE / _RENEWED_SECONDS)
        is_full = window == known.full_window
        if calls < cost and not is_full:
            batch = max(_BATCH, math.ceil(cost - calls))
            is_full = not take(account, batch, now)
            calls += 0 if is_full else batch
        passes = calls >= cost
        self._left[account] = _Left(calls - cost if passes else calls, now, window if is_full else -1)
        if len(self._left) > _MOST_KEPT:
            self._left.popitem(last=False)
        if not passes:
            raise TooManyRequests(_detail(seconds := _seconds_left(now)), retry_after_seconds=seconds)

    def clear(self) -> None:
        """Forget everything."""
        self._left.clear()


limits = CallLimits()


def check(account: str, method: str, path: str, now: datetime) -> None:
    """Count a call of an account in this process; raise `TooManyRequests` if the account has made too many."""
    limits.check(account, cost_of(method, path), take, now)


def cost_of(method: str, path: str) -> int:
    """Return as how many calls a call counts."""
    return next((cost for route, cost in _COSTS if route.fullmatch(f"{method} {path}")), 1)


def take(account: str, calls: int, now: datetime) -> bool:
    """Take calls from an account's share of the present window; return False if fewer are left.

    Each window has an item of its own, so a process whose clock is wrong uses up no other window.
    """
    window = _window(now)
    until = datetime.fromtimestamp((window + 1) * WINDOW_SECONDS, UTC) + timedelta(minutes=1)
    has_room = Attr("calls").not_exists() | Attr("calls").lte(MOST - calls)
    changes = {"type": "calls", "account": account, **store.expires(until)}
    place = credential_keys.calls(account, str(window))
    if store.try_write(Update(place, changes=changes, add={"calls": calls}, when=has_room)):
        return True
    count("TooManyCalls")
    logger.warning("too many calls", extra={"account": account})
    return False


def _window(now: datetime) -> int:
    return int(now.timestamp()) // WINDOW_SECONDS


def _seconds_left(now: datetime) -> int:
    return WINDOW_SECONDS - int(now.timestamp()) % WINDOW_SECONDS


def _detail(seconds: int) -> str:
    again = "a second" if seconds == 1 else f"{seconds} seconds"
    return f"This account made more than {MOST} calls in {WINDOW_SECONDS} seconds; try again in {again}."
