"""The limits that texts are held against before they are accepted: units of a month, and units of a day."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from longcode.account import Account
from longcode.message import Message
from longcode.months import day_of, month_of
from longcode.plans import PastLimit, Plan

MONTH = "used"


NOTICED_PERCENTS = (80, 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """So much of a limit is used. Each is sent once: `name` tells it from all others of a period."""

    counter: str
    percent: int
    used: int
    limit: int

    @property
    def name(self) -> str:
        """Name it."""
        return f"{self.counter}_{self.percent}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many units an account may send in a period and on a day; None is no limit.

    A period is a month, begun anew with each change of plan. Days are Chicago's, as months are (facts §7).
    """

    account: str
    month: str
    period: str
    day: str
    units_a_month: int | None
    units_a_day: int | None

    @property
    def counters(self) -> dict[str, int]:
        """Name the counters of the period that a text is held against, each with its limit."""
        every = {MONTH: self.units_a_month, f"{MONTH}_{self.day}": self.units_a_day}
        return {name: limit for name, limit in every.items() if limit is not None}

    def mark(self, message: Message) -> Message:
        """Note on a message where it reserves its units, for giving them back if it never goes."""
        counters = tuple(self.counters)
        return replace(message, reserved_in=self.period, reserved_of=counters) if counters else message

    def notices(self, used: Mapping[str, int]) -> list[Notice]:
        """List what the studio should know: four fifths of a limit are used, or as good as all of it."""
        return [
            Notice(counter=name, percent=percent, used=used[name], limit=limit)
            for name, limit in self.counters.items()
            for percent in NOTICED_PERCENTS
            if used.get(name, 0) * 100 >= limit * percent
        ]

    def reached(self, used: Mapping[str, int], units: int) -> set[str]:
        """Name the counters that these units would take past their limits."""
        return {name for name, limit in self.counters.items() if used.get(name, 0) + units > limit}


def of(account: Account, plan: Plan, at: datetime) -> Limits:
    """Tell the limits of a text that goes at that instant."""
    month = month_of(at)
    return Limits(
        account=account.id,
        month=month,
        period=f"{month}.{len(account.plan_changes)}",
        day=day_of(at),
        units_a_month=plan.included_units if plan.past_limit is PastLimit.STOP else None,
        units_a_day=account.units_a_day,
    )
