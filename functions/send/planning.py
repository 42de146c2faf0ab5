"""The first step of a broadcast: add up what it would send, and reserve that, or the part of it that fits."""

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from longcode import limits
from longcode.account import Account, check_may_send
from longcode.audience import MOST_CLIENTS, Audience
from longcode.broadcast import Broadcast, Limit, State
from longcode.errors import AudienceTooLarge, EmptyAudience, RequestError
from longcode.limits import Limits
from longcode.patience import HEALED_AFTER
from longcode.plans import Plan
from longcode.table import accounts, allowances, broadcasts
from longcode.table.clients import Seen
from longcode.table.store import ConditionFailed
from send import acceptance, deciding


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The limits that a broadcast is held against, and how many units are left of the narrowest; None is no limit."""

    limits: Limits
    plan: Plan
    used: dict[str, int]

    @property
    def left(self) -> int | None:
        """Tell how many units are left."""
        lefts = [limit - self.used.get(name, 0) for name, limit in self.limits.counters.items()]
        return max(0, min(lefts)) if lefts else None


def begin(taken: Broadcast, now: datetime) -> bool:
    """Begin on a broadcast whose time has come; False when somebody has changed it meanwhile."""
    return broadcasts.commit_step(taken, replace(taken, state=State.PLANNING, due_at=now + HEALED_AFTER))


def plan(taken: Broadcast, now: datetime) -> bool:
    """Add up a broadcast and reserve its units; False when somebody has changed it meanwhile.

    Nothing is written before the end, so a plan that was interrupted is made anew.
    """
    account = accounts.need(taken.account)
    try:
        check_may_send(account)
        seen = look(account.id, broadcasts.audience(taken))
    except RequestError as refusal:
        return _refuse(taken, refusal, now)
    outcomes = list(deciding.decide(deciding.wording(account, taken, now), seen, {}))
    planned = replace(
        taken,
        state=State.SENDING,
        planned_clients=len(seen),
        planned_texts=sum(one.goes for one in outcomes),
        planned_units=sum(one.units for one in outcomes),
        started_at=now,
        due_at=now + HEALED_AFTER,
    )
    return _reserve(taken, planned, account, now)


def look(account: str, audience: Audience) -> list[Seen]:
    """Read the clients of an audience; raises `EmptyAudience` or `AudienceTooLarge`."""
    seen = list(islice(deciding.everyone(account, audience), MOST_CLIENTS + 1))
    if not any(one.is_there for one in seen):
        raise EmptyAudience("No client is in this audience.", field="audience")
    if len(seen) > MOST_CLIENTS:
        raise AudienceTooLarge(f"A broadcast is for at most {MOST_CLIENTS:,} clients.", field="audience")
    return seen


def room(account: Account, now: datetime) -> Room:
    """Tell what is left of an account's limits."""
    plan = acceptance.plan_at(account, now)
    held = limits.of(account, plan, now, ahead=True)
    return Room(limits=held, plan=plan, used=allowances.reserved(held) if held.counters else {})


def fitting(broadcast_limit: Limit, needed: int, left: int | None) -> int | None:
    """Tell how many of the needed units are reserved: all or a part; None when there is no limit."""
    if left is None or needed <= left:
        return None if left is None else needed
    return left if broadcast_limit is Limit.PART else 0


def _reserve(taken: Broadcast, planned: Broadcast, account: Account, now: datetime) -> bool:
    while True:
        found = room(account, now)
        units = fitting(taken.limit, planned.planned_units, found.left)
        if not planned.planned_units:
            return broadcasts.commit_step(taken, planned)
        if units == 0:
            return _refuse(taken, reached(found, planned.planned_units, now), now)
        held = replace(
            planned,
            reserved=planned.planned_units if units is None else units,
            reserved_in=found.limits.month,
            reserved_of=found.limits.kept,
            booked=units is None,
        )
        look_at = now + HEALED_AFTER
        try:
            return broadcasts.commit_step(taken, held, *allowances.reserving(found.limits, held.reserved, look_at))
        except ConditionFailed:  # somebody else has used what was left, or a counter was not begun yet
            allowances.start(found.limits, look_at)


def reached(found: Room, units: int, now: datetime) -> RequestError:
    """Word the refusal of a broadcast that does not fit."""
    return acceptance.limit_reached(found.used, units, found.limits, found.plan, now)


def _refuse(taken: Broadcast, why: RequestError, now: datetime) -> bool:
    refused = replace(taken, state=State.REFUSED, error=why.code, detail=why.detail, due_at=None, finished_at=now)
    return broadcasts.commit_step(taken, refused)
