"""Accepting texts: one write of them all with what they reserve of the account's limits, then the queue."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from longcode import jobs
from longcode.accounts.account import Account
from longcode.aws import queues
from longcode.errors import DayLimitReached, PlanLimitReached
from longcode.message import Message, MessageState
from longcode.messages import store as messages
from longcode.months import month_of
from longcode.plans import plans
from longcode.plans import store as price_list
from longcode.plans.plans import Plan
from longcode.table.writes import Attributes, Update, Write
from longcode.usage import store as quotas
from longcode.usage.usage import Limits, limit_refusal, limits_at
from longcode.windows import HEALED_AFTER


def write(account: Account, drafts: Sequence[Message], now: datetime, others: Sequence[Write] = ()) -> list[Message]:
    """Write the texts of one request, all or none, and once, and enqueue those that go now; gives them as they stand.

    Raises `messages.AlreadyAccepted` when the request came before, `PlanLimitReached` or `DayLimitReached`, and
    `messages.Overtaken` when `others`, to be written with the texts, cannot be.
    """
    at = drafts[0].send_at or now
    plan = plan_at(account, at)
    held = limits_at(account, plan, at, ahead=drafts[0].send_at is not None)
    made = [held.mark(draft) for draft in drafts]
    units, look_at = sum(one.units for one in made), now + HEALED_AFTER
    reservations = quotas.reserving(held, units, look_at) or quotas.watching(account, held.month, look_at)
    try:
        while (found := _in_the_way(made, reservations, others)) is not None:
            _check(held, plan, found, units, now)
            quotas.start(held, look_at)
    except messages.AlreadyAccepted as before:
        if before.first != made[0]:  # else it is our own write, which the SDK repeated
            raise
    with queues.best_effort(message_id=made[0].id):
        queues.send(*(jobs.for_message(one) for one in made if one.state is MessageState.ACCEPTED))
    return made


def plan_at(account: Account, at: datetime) -> Plan:
    """Tell the plan that an account has at an instant, as far as is known now."""
    month = month_of(at)
    name = plans.in_month(month, account.plan_changes)
    return price_list.of_month(month)[name or account.plan_changes[0].plan]


def limit_reached(
    used: Mapping[str, int], units: int, held: Limits, plan: Plan, now: datetime
) -> PlanLimitReached | DayLimitReached:
    """Word the refusal of units that would pass these limits."""

    first, terms = plans.counts_from(now), price_list.of_month(held.month)
    offered = (name for name, one in price_list.of_month(first).items() if one.on_offer and first <= held.month)
    return limit_refusal(held, plan, used, units, [terms[name] for name in offered])


def _in_the_way(
    made: Sequence[Message], reservations: Sequence[Update], others: Sequence[Write]
) -> Attributes | None:
    """Write texts with what they reserve; gives the allowance as it stands if that could not be."""
    try:
        messages.accept(made, reservations, others)
    except messages.NoAllowance as refused:
        return refused.found
    return None


def _check(held: Limits, plan: Plan, found: Attributes, units: int, now: datetime) -> None:
    """Refuse what would pass a limit, unless a counter does not have all yet that came before."""
    reached = held.reached(found, units)
    if reached and all(held.is_begun(found, name) for name in held.counters):
        quotas.look_soon(held, now)
        raise limit_reached(found, units, held, plan, now)
