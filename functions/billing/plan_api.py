"""GET and PUT /account/plan: a studio's plan, and from when a change counts."""

from datetime import datetime
from typing import Annotated, Any

from longcode.web import account_resolver
from longcode.web import resolver as web
from longcode.web.actor import actor
from pydantic import Field

from longcode import months
from longcode.accounts import store as accounts
from longcode.accounts.account import Account, check_open, plan_owed_in
from longcode.aws import clients
from longcode.aws.telemetry import logger
from longcode.changes.change import Actor
from longcode.plans import plans
from longcode.plans import store as price_list
from longcode.table.store import ConditionFailed

app = account_resolver.resolver()


class ChosenPlan(web.Body):
    """The plan to change to."""

    plan: Annotated[str, Field(max_length=60)]


class PastChange(web.Answer):
    """A change of plan, and the month from which it counts. Of several for one month, the last one counts."""

    at: web.Instant
    plan: str
    counts_from: str


class PlanState(web.Answer):
    """This month's plan, next month's, and all changes of plan.

    A change made now counts from the month `counts_from`, whose plan can be changed until `changeable_until`.
    """

    plan: plans.Plan | None
    next_month_plan: plans.Plan | None
    changes: list[PastChange]
    counts_from: str
    changeable_until: web.Instant


@app.get("/account/plan")
def show_plan() -> PlanState:
    """Show the plan, and from when a change made now would count."""
    return plan_state(accounts.get_or_raise(web.caller(app)), clients.now())


@app.put("/account/plan")
def change_plan(form: ChosenPlan) -> PlanState:
    """Change the plan. Until 17:00 Central on a month's last day, a change counts for that whole month (facts S16).

    A change that does not count yet can be undone by another one, for example to the plan of this month.
    """
    return change(web.caller(app), form.plan, clients.now(), actor(app))


def change(account_id: str, plan: str, now: datetime, by: Actor) -> PlanState:
    """Change an account's plan, or do nothing if that is its newest plan already.

    It tries again if another change is written meanwhile.

    Raise `UnknownPlan`, `PlanNotOffered`, `TooManyChanges`, `AccountClosed` or `NotFound`.
    """
    while True:
        account = accounts.get_or_raise(account_id)
        check_open(account)
        prices = price_list.of_month(plans.first_month_of_change(plans.time_of_change(account.plan_changes, now)))
        new = plans.new_change(plan, account.plan_changes, prices, now)
        if new is None:
            return plan_state(account, now)
        try:
            return plan_state(accounts.change_plan(account, new, by), now)
        except ConditionFailed:
            continue


def plan_state(account: Account, now: datetime) -> PlanState:
    """Return the state of an account's plan."""
    month = months.month_of(now)
    history = account.plan_changes
    counts_from = plans.first_month_of_change(plans.time_of_change(history, now))
    return PlanState(
        plan=_plan_in(month, account),
        next_month_plan=_plan_in(months.following(month), account),
        changes=[
            PastChange(at=past.at, plan=past.plan, counts_from=first)
            for past, first in plans.changes_by_first_month(history)
        ],
        counts_from=counts_from,
        changeable_until=months.plan_cutoff(counts_from),
    )


def _plan_in(month: str, account: Account) -> plans.Plan | None:
    name = plan_owed_in(account, month)
    return price_list.of_month(month)[name] if name else None


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
