"""The limits that texts are held against before they are accepted: units of a month, and units of a day."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from longcode.account import Account
from longcode.message import Message
from longcode.months import day_of, month_of
from longcode.plans import PastLimit, Plan

MONTH = "used"
BEGUN = "changes"
_OF_A_DAY = re.compile(rf"{MONTH}_(\d{{4}}-\d\d-\d\d)")


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
        every = {MONTH: self.units_a_month, f"{MONTH}_{self.day}": self.units_a_day}
        return {name: limit for name, limit in every.items() if limit is not None}

    @property
    def kept(self) -> tuple[str, ...]:
        """Name the counters that a text's units are added to."""
        return tuple(dict.fromkeys([*([MONTH] if self.ahead else []), *self.counters]))

    def mark(self, message: Message) -> Message:
        """Note on a message where it reserves its units, for giving them back if it never goes."""
        return replace(message, reserved_in=self.month, reserved_of=self.kept) if self.kept else message

    def is_begun(self, used: Mapping[str, int], counter: str) -> bool:
        """Tell whether a counter has all that came before: the month's is begun anew after each change of plan."""
        return used.get(BEGUN, -1) >= self.changes if counter == MONTH else counter in used

    def reached(self, used: Mapping[str, int], units: int) -> set[str]:
        """Name the counters that these units would take past their limits."""
        return {name for name, limit in self.counters.items() if used.get(name, 0) + units > limit}


def of(account: Account, plan: Plan, at: datetime, *, ahead: bool = False) -> Limits:
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


def known_of(message: Message) -> int:
    """Tell how many units of a text its month's allowance has already, as they were reserved there."""
    reserved = message.reserved_in == message.month and MONTH in message.reserved_of
    return message.units if reserved else 0
