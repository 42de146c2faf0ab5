"""Usage: what an account sent and received in a month or a day."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from longcode import months
from longcode.accounts.account import Account
from longcode.errors import DayLimitReached, PlanLimitReached
from longcode.message import Direction, Message
from longcode.months import day_of, month_of
from longcode.plans.plans import PastLimit, Plan

MONTH_COUNTER = "used"
BEGUN = "changes"
_OF_A_DAY = re.compile(rf"{MONTH_COUNTER}_(\d{{4}}-\d\d-\d\d)")


@dataclass(frozen=True, slots=True)
class Usage:
    """Texts, the units that the studio pays for, and the segments that the carrier charges us for."""

    texts_sent: int = 0
    units_sent: int = 0
    segments_sent: int = 0
    texts_received: int = 0
    units_received: int = 0
    segments_received: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            texts_sent=self.texts_sent + other.texts_sent,
            units_sent=self.units_sent + other.units_sent,
            segments_sent=self.segments_sent + other.segments_sent,
            texts_received=self.texts_received + other.texts_received,
            units_received=self.units_received + other.units_received,
            segments_received=self.segments_received + other.segments_received,
        )

    @property
    def units(self) -> int:
        """What counts towards the plan: replies are units too."""
        return self.units_sent + self.units_received


def is_counted(message: Message) -> bool:
    """Tell whether a month's counters count a text.

    They do not count what never went or was taken back, nor keywords, nor what the operator handed over.
    """
    return message.month is not None and message.charged_units == message.units


def usage_of(message: Message) -> Usage:
    """Give what one text adds to the counters of its month: nothing if it does not count."""
    if not is_counted(message):
        return Usage()
    if message.direction is Direction.OUT:
        return Usage(texts_sent=1, units_sent=message.charged_units, segments_sent=message.segments)
    return Usage(texts_received=1, units_received=message.charged_units, segments_received=message.segments)


def usage_day(message: Message) -> str:
    """Tell the day of a text, in Chicago: of its claim for the carrier, or of its arrival."""
    return day_of(message.sent_at or message.created_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many units an account may send in a month and on a day; None is no limit. Days are Chicago's.

    `changes` is how many changes of plan the account has made, by which a counter tells whether it was begun since
    the last. `ahead`: the text goes later, so its month counts it even without a limit: a plan to come may have one.
    """

    account: str
    month: str
    changes: int
    day: str
    units_a_month: int | None
    units_a_day: int | None
    ahead: bool = False

    @property
    def counters(self) -> dict[str, int]:
        """Name the counters of the month that a text is held against, each with its limit."""
        every = {MONTH_COUNTER: self.units_a_month, f"{MONTH_COUNTER}_{self.day}": self.units_a_day}
        return {name: limit for name, limit in every.items() if limit is not None}

    @property
    def kept(self) -> tuple[str, ...]:
        """Name the counters that a text's units are added to."""
        return tuple(dict.fromkeys([*([MONTH_COUNTER] if self.ahead else []), *self.counters]))

    def mark(self, message: Message) -> Message:
        """Note on a message where it reserves its units, for giving them back if it never goes."""
        return replace(message, reserved_in=self.month, reserved_of=self.kept) if self.kept else message

    def is_begun(self, used: Mapping[str, int], counter: str) -> bool:
        """Tell whether a counter has all that came before: the month's is begun anew after each change of plan."""
        return used.get(BEGUN, -1) >= self.changes if counter == MONTH_COUNTER else counter in used

    def reached(self, used: Mapping[str, int], units: int) -> set[str]:
        """Name the counters that these units would take past their limits."""
        return {name for name, limit in self.counters.items() if used.get(name, 0) + units > limit}


def limits_at(account: Account, plan: Plan, at: datetime, *, ahead: bool = False) -> Limits:
    """Tell the limits of a text that goes at that instant."""
    return Limits(
        account=account.id,
        month=month_of(at),
        changes=len(account.plan_changes),
        day=day_of(at),
        units_a_month=plan.included_units if plan.past_limit is PastLimit.STOP else None,
        units_a_day=account.units_a_day,
        ahead=ahead,
    )


def past_days(names: Iterable[str], day: str) -> set[str]:
    """Pick the names of counters, and of what is told of them, whose days are over."""
    return {name for name in names if (found := _OF_A_DAY.match(name)) and found[1] < day}


def already_reserved(message: Message) -> int:
    """Tell how many units of a text its month's allowance has already, as they were reserved there."""
    reserved = message.reserved_in == message.month and MONTH_COUNTER in message.reserved_of
    return message.units if reserved else 0


def limit_refusal(
    held: Limits, plan: Plan, used: Mapping[str, int], units: int, choosable: Iterable[Plan]
) -> PlanLimitReached | DayLimitReached:
    """Word the refusal of so many units; `choosable` are the plans that the studio can yet take for that month."""
    reached = held.reached(used, units)
    if MONTH_COUNTER not in reached:
        return _day(held, used, units)
    ends = months.bounds(held.month)[1]
    fits = units <= plan.included_units
    which = plans_allowing(choosable, used.get(MONTH_COUNTER, 0) + units) if reached == {MONTH_COUNTER} else []
    words = [
        f"This needs {units:,} of the {plan.included_units:,} units of the plan {plan.title} for"
        f" {months.named(held.month)}, of which {_left(plan.included_units, used.get(MONTH_COUNTER, 0))}.",
        f"All are free again at {months.spoken(ends)}." if fits else "",
        f"The plan {which[0].title} would allow it at once." if which else "",
    ]
    names = tuple(one.name for one in which)
    return PlanLimitReached(" ".join(filter(None, words)), frees_at=ends if fits else None, plans_that_allow=names)


def plans_allowing(choosable: Iterable[Plan], needed: int) -> list[Plan]:
    """List the plans that allow so many units sent in a month, the smallest first: one that charges always does."""
    allow = [one for one in choosable if one.past_limit is PastLimit.CHARGE or needed <= one.included_units]
    return sorted(allow, key=lambda one: (one.included_units, one.monthly_fee_micros))


def _day(held: Limits, used: Mapping[str, int], units: int) -> DayLimitReached:
    limit = held.units_a_day or 0
    ends = months.day_ends(held.day)
    fits = units <= limit
    words = [
        f"This needs {units:,} of the {limit:,} units that this account sends a day at most, of which"
        f" {_left(limit, used.get(f'{MONTH_COUNTER}_{held.day}', 0))} for {held.day} (in Chicago).",
        f"All are free again at {months.spoken(ends)}." if fits else "",
        "The limit is units_a_day in the settings.",
    ]
    return DayLimitReached(" ".join(filter(None, words)), frees_at=ends if fits else None)


def _left(limit: int, used: int) -> str:
    left = max(0, limit - used)
    return "none is left" if left == 0 else "1 is left" if left == 1 else f"{left:,} are left"
