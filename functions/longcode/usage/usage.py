"""Usage and limits: what a text counts, how much an account may send, and the refusal when a limit is reached."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec import Struct
from msgspec.structs import astuple, replace

from longcode import months
from longcode.accounts.account import Account, daily_limit
from longcode.errors import DayLimitReached, PlanLimitReached
from longcode.message import Direction, Message
from longcode.months import day_of, month_of
from longcode.plans.plans import PastLimit, Plan
from longcode.shown import Shown

MONTH_COUNTER = "used"
"""The counter of a month's units; the names of the counters of its days begin with it."""

BEGUN = "changes"
"""The attribute of a quota with the account's number of changes of plan when the month's counter was begun."""

_DAY_COUNTER = re.compile(rf"{MONTH_COUNTER}_(\d{{4}}-\d\d-\d\d)")


class Usage(Shown, frozen=True):
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

    def __neg__(self) -> "Usage":
        return Usage(*(-count for count in astuple(self)))

    @property
    def units(self) -> int:
        """Return the units that count towards the plan: sent and received."""
        return self.units_sent + self.units_received


class Limits(Struct, frozen=True, kw_only=True):
    """How many units an account may send in a month and on a day (in Chicago); None is no limit.

    `changes` is the number of the account's changes of plan: a month's counter that was begun at a smaller number has
    to be begun again. `ahead` is set for a text that is sent later: the month counts its units even without a limit,
    because the studio may change to a plan with a limit until then. `on_trial`: the operator has yet to approve it.
    """

    account: str
    month: str
    changes: int
    day: str
    units_a_month: int | None
    units_a_day: int | None
    ahead: bool = False
    on_trial: bool = False

    @property
    def counters(self) -> dict[str, int]:
        """Return the counters that have a limit, each with the limit."""
        limits = {MONTH_COUNTER: self.units_a_month, f"{MONTH_COUNTER}_{self.day}": self.units_a_day}
        return {name: limit for name, limit in limits.items() if limit is not None}

    @property
    def reserving(self) -> tuple[str, ...]:
        """Return the counters on which a text's units are reserved."""
        return tuple(dict.fromkeys([*([MONTH_COUNTER] if self.ahead else []), *self.counters]))

    def with_reservation(self, message: Message) -> Message:
        """Return a message that says where its units are reserved, so that they can be released if it is not sent."""
        return replace(message, reserved_in=self.month, reserved_of=self.reserving) if self.reserving else message

    def is_begun(self, used: Mapping[str, int], counter: str) -> bool:
        """Return whether a counter has all earlier units. A month's counter is begun again after a change of plan."""
        return used.get(BEGUN, -1) >= self.changes if counter == MONTH_COUNTER else counter in used

    def reached(self, used: Mapping[str, int], units: int) -> set[str]:
        """Return the counters that these units would take past their limits."""
        return {name for name, limit in self.counters.items() if used.get(name, 0) + units > limit}


def is_counted(message: Message) -> bool:
    """Return whether a month's counters count a text.

    They do not count texts that were not sent or that the carrier refused later. Of replies, they do not count STOP,
    START and HELP, those to a closed account, and those without attribution that the operator assigned.
    """
    return message.month is not None and message.charged_units == message.units


def is_credited(message: Message) -> bool:
    """Return whether a text was with the carrier and is not charged, because the carrier did not deliver it."""
    return message.direction is Direction.OUT and message.month is not None and message.charged_units == 0


def usage_of(message: Message) -> Usage:
    """Return what a text adds to the counters of its month: nothing if it is not counted."""
    if not is_counted(message):
        return Usage()
    if message.direction is Direction.OUT:
        return Usage(texts_sent=1, units_sent=message.charged_units, segments_sent=message.segments)
    return Usage(texts_received=1, units_received=message.charged_units, segments_received=message.segments)


def usage_day(message: Message) -> str:
    """Return the day of a text in Chicago: when a worker claimed it for the carrier, or when it arrived."""
    return day_of(message.sent_at or message.created_at)


def already_reserved(message: Message) -> int:
    """Return how many of a text's units its month's counter includes already, because they were reserved there."""
    reserved = message.reserved_in == message.month and MONTH_COUNTER in message.reserved_of
    return message.units if reserved else 0


def limits_at(account: Account, plan: Plan, at: datetime, *, ahead: bool = False) -> Limits:
    """Return the limits of a text that is sent at an instant."""
    return Limits(
        account=account.id,
        month=month_of(at),
        changes=len(account.plan_changes),
        day=day_of(at),
        units_a_month=plan.included_units if plan.past_limit is PastLimit.STOP else None,
        units_a_day=daily_limit(account),
        on_trial=account.trial_units_a_day is not None,
        ahead=ahead,
    )


def names_of_past_days(names: Iterable[str], day: str) -> set[str]:
    """Return those names, of daily counters or of their notices, that belong to an earlier day than `day`."""
    return {name for name in names if (match := _DAY_COUNTER.match(name)) and match[1] < day}


def limit_refusal(
    limits: Limits, plan: Plan, used: Mapping[str, int], units: int, choosable: Iterable[Plan]
) -> PlanLimitReached | DayLimitReached:
    """Return the refusal of `units`; `choosable` are the plans that the studio can still choose for the month."""
    reached = limits.reached(used, units)
    if MONTH_COUNTER not in reached:
        return _day_refusal(limits, used, units)
    ends = months.bounds(limits.month)[1]
    fits = units <= plan.included_units
    allow = plans_allowing(choosable, used.get(MONTH_COUNTER, 0) + units) if reached == {MONTH_COUNTER} else []
    sentences = [
        f"This needs {units:,} of the {plan.included_units:,} units of the plan {plan.title} for"
        f" {months.in_words(limits.month)}, of which {_left(plan.included_units, used.get(MONTH_COUNTER, 0))}.",
        f"All are free again at {months.time_in_words(ends)}." if fits else "",
        f"The plan {allow[0].title} would allow it at once." if allow else "",
    ]
    names = tuple(allowing.name for allowing in allow)
    return PlanLimitReached(
        " ".join(filter(None, sentences)), frees_at=ends if fits else None, plans_that_allow=names
    )


def plans_allowing(choosable: Iterable[Plan], needed: int) -> list[Plan]:
    """Return the plans that allow so many units sent in a month, smallest first; one that charges allows any."""
    allow = [plan for plan in choosable if plan.past_limit is PastLimit.CHARGE or needed <= plan.included_units]
    return sorted(allow, key=lambda plan: (plan.included_units, plan.monthly_fee_micros))


def _day_refusal(limits: Limits, used: Mapping[str, int], units: int) -> DayLimitReached:
    limit = limits.units_a_day or 0
    ends = months.end_of_day(limits.day)
    fits = units <= limit
    sentences = [
        f"This needs {units:,} of the {limit:,} units that this account may send in a day, of which"
        f" {_left(limit, used.get(f'{MONTH_COUNTER}_{limits.day}', 0))} for {limits.day} (in Chicago).",
        f"All are free again at {months.time_in_words(ends)}." if fits else "",
        "It sends few texts until the operator has approved it." if limits.on_trial else "",
        "" if limits.on_trial else "The limit is units_a_day in the settings.",
    ]
    return DayLimitReached(" ".join(filter(None, sentences)), frees_at=ends if fits else None)


def _left(limit: int, used: int) -> str:
    left = max(0, limit - used)
    return "none is left" if left == 0 else "1 is left" if left == 1 else f"{left:,} are left"
