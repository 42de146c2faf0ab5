"""GET and PUT /account/plan: which plan a studio has, and from when a change counts."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from longcode import months, plans
from longcode.account import Account, check_open, plan_in
from longcode.aws import clock, web
from longcode.aws.telemetry import logger
from longcode.errors import NotFound, UnknownPlan
from longcode.table import accounts, price_list
from longcode.table.store import ConditionFailed

app = web.resolver()


class ChosenPlan(web.Body):
    """The plan to change to."""

    plan: Annotated[str, Field(max_length=60)]


class PlanState(BaseModel):
    """This month's plan, next month's, and how that came about."""

    plan: plans.Plan | None
    next_month_plan: plans.Plan | None
    changes: list[plans.Change]
    counts_from: str
    changeable_until: datetime


@app.get("/account/plan")
def show_plan() -> PlanState:
    """Show the plan, and from when a change made now would count."""
    return plan_state(_account(), clock.now())


@app.put("/account/plan")
def change_plan(form: ChosenPlan) -> PlanState:
    """Change the plan. Made by 17:00 Central on the month's last day, it counts for the whole month (facts S16)."""
    now = clock.now()
    if form.plan not in price_list.of_month(plans.counts_from(now)):
        raise UnknownPlan(f"There is no plan {form.plan!r}.", field="plan")
    return changed(web.caller(app), form.plan, now)


def changed(account_id: str, plan: str, now: datetime) -> PlanState:
    """Add a change to an account's history, whatever else changes it meanwhile; the plan it has is no change."""
    while account := accounts.get(account_id):
        check_open(account)
        if _latest_plan(account, now) == plan:
            return plan_state(account, now)
        try:
            return plan_state(accounts.change_plan(account, plans.Change(now, plan)), now)
        except ConditionFailed:
            continue
    raise NotFound("There is no such account.")


def _latest_plan(account: Account, now: datetime) -> str | None:
    return plans.in_month(months.following(months.month_of(now)), account.plan_changes)


def plan_state(account: Account, now: datetime) -> PlanState:
    """Tell an account's plan."""
    month = months.month_of(now)
    return PlanState(
        plan=_plan_in(month, account),
        next_month_plan=_plan_in(months.following(month), account),
        changes=list(account.plan_changes),
        counts_from=plans.counts_from(now),
        changeable_until=months.plan_cutoff(plans.counts_from(now)),
    )


def _plan_in(month: str, account: Account) -> plans.Plan | None:
    name = plan_in(account, month)
    return price_list.of_month(month)[name] if name else None


def _account() -> Account:
    return accounts.need(web.caller(app))


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
