"""The owner's page of the plan: what each would have cost, how to change it, and the limits."""

from datetime import datetime

from msgspec import Struct

from billing import plan_api
from billing.plan_api import PlanState
from billing.usage_api import MonthUsage, month_usage
from hub.plan import wording
from hub.plan.wording import central
from hub.site import Page, actor, form_of_owner, go_to, page_of_owner, show, site
from longcode import months
from longcode.accounts.account import Account
from longcode.aws import clients
from longcode.aws.at_once import at_once
from longcode.billing.estimates import PlanCost
from longcode.billing.invoice import money
from longcode.billing.notices import BetterPlan, better_plan, is_recommended, pace, what_is_better
from longcode.errors import RequestError, UnknownPlan
from longcode.plans import store as price_list
from longcode.plans.plans import PastLimit, Plan, plan_name_in

_NOT_SURE = "So we recommend no change yet."
_TOO_LATE = "Meanwhile it is too late for {}. Changed now, the plan counts from {}."


class PlanCard(Struct, frozen=True, kw_only=True):
    """A plan among the others: what last month would have cost on it, whether it is the present or the better one."""

    plan: Plan
    last_month: PlanCost | None
    is_present: bool
    is_better: bool


class Planned(Struct, frozen=True, kw_only=True):
    """A change of plan, from when it counts, and when it was made."""

    title: str
    month: str
    at: datetime


@site.get("/hub/plan")
@page_of_owner
def show_plan(account: Account) -> Page:
    """Show the plans side by side."""
    return _plans(account, (site.current_event.query_string_parameters or {}).get("changed", ""))


@site.get("/hub/plan/change")
@page_of_owner
def ask_for_change(account: Account) -> Page:
    """Show what a change of plan means, and ask for it."""
    query = site.current_event.query_string_parameters or {}
    return _question(account, query["plan"], clients.now()) if "plan" in query else go_to("plan")


@site.post("/hub/plan/change")
@form_of_owner
def change_plan(account: Account, fields: dict[str, str]) -> Page:
    """Change the plan as the page showed it; past the cut-off, ask again."""
    now, chosen, shown = clients.now(), fields.get("plan", ""), fields.get("counts_from", "")
    counts_from = plan_api.plan_state(account, now).counts_from
    if shown != counts_from:
        before = months.in_words(shown) if shown == months.previous(counts_from) else "the change that was shown"
        return _question(account, chosen, now, _TOO_LATE.format(before, months.in_words(counts_from)))
    try:
        plan_api.change(account.id, chosen, now, actor())
    except RequestError as refusal:
        return _plans(account, wrong=refusal)
    return go_to(f"plan?changed={counts_from}")


def _plans(account: Account, changed: str = "", wrong: RequestError | None = None) -> Page:
    now = clients.now()
    state, month = plan_api.plan_state(account, now), months.month_of(now)
    current, past = at_once(
        lambda: month_usage(account, month, now), lambda: month_usage(account, months.previous(month), now)
    )
    better = _better(current, state)
    is_sure = better is not None and is_recommended(better, past.on_each_plan)
    newest = plan_name_in(state.counts_from, account.plan_changes)
    return show(
        "plan/plans",
        account,
        wrong.status if wrong else 200,
        cards=_cards(state, past, better if is_sure else None),
        is_sure=is_sure,
        chosen=newest,
        state=state,
        past=past,
        advice=_advice(state, current, past, better),
        deadline=wording.deadline(state.counts_from, now),
        planned=_planned(state),
        earlier=_earlier(state, month),
        changed=changed if changed == state.counts_from else "",
        stops=state.plan is not None and state.plan.past_limit is PastLimit.STOP,
        wrong=wrong,
    )


def _question(account: Account, chosen: str, now: datetime, note: str = "") -> Page:
    state = plan_api.plan_state(account, now)
    plan = price_list.of_month(state.counts_from).get(chosen)
    if plan is None:
        return _plans(account, wrong=UnknownPlan("Choose one of the plans.", field="plan"))
    past = month_usage(account, months.previous(months.month_of(now)), now)
    newest = plan_name_in(state.counts_from, account.plan_changes)
    costs = {cost.plan: cost for cost in past.on_each_plan.plans} if past.on_each_plan else {}
    return show(
        "plan/change",
        account,
        plan=plan,
        present=state.plan,
        past=past,
        costs=costs,
        counts_from=state.counts_from,
        until=central(state.changeable_until),
        is_newest=chosen == newest,
        is_late=state.counts_from > months.month_of(now),
        note=note,
    )


def _cards(state: PlanState, past: MonthUsage, better: BetterPlan | None) -> list[PlanCard]:
    """Return the plans to choose from, and those that the account has, in the order of the price list."""
    own = {plan.name for plan in (state.plan, state.next_month_plan) if plan}
    costs = {cost.plan: cost for cost in past.on_each_plan.plans} if past.on_each_plan else {}
    return [
        PlanCard(
            plan=plan,
            last_month=costs.get(plan.name),
            is_present=state.plan is not None and plan.name == state.plan.name,
            is_better=better is not None and plan.name == better.plan.name,
        )
        for plan in price_list.of_month(state.counts_from).values()
        if plan.on_offer or plan.name in own
    ]


def _better(current: MonthUsage, state: PlanState) -> BetterPlan | None:
    """Return the plan that suits this month better; past the cut-off, it can be chosen for the next."""
    if state.plan is None or current.forecast is None:
        return None
    return better_plan(current.month, state.plan, current.forecast, price_list.of_month(current.month).values())


def _advice(state: PlanState, current: MonthUsage, past: MonthUsage, better: BetterPlan | None) -> str:
    """Return a recommendation for which both months speak, or what speaks against a change."""
    if state.plan is None:
        return ""
    own, before, ahead = state.plan.title, months.in_words(past.month), current.forecast
    if better and ahead:
        begin = f"{pace(ahead)} {what_is_better(better)}"
        if better.saved_micros is None:
            return f"{begin} {own} stops before the month ends."
        return f"{begin}{_also(past, better, before)}"
    if past.on_each_plan is None:
        return "You have had no full month yet. Once one is over, you see here what it would have cost on each plan."
    costs = {cost.plan: cost for cost in past.on_each_plan.plans}
    best, present = costs[past.on_each_plan.cheapest], costs.get(state.plan.name)
    if best.plan == state.plan.name:
        return f"{own} suits you: in {before}, no other plan would have sent all your texts for less."
    cost = "cost" if best.is_own else "would have cost"
    if present is None or present.total_micros is None or best.total_micros is None:
        return f"In {before}, {best.title} {cost} least of the plans that send all texts."
    saved = money(present.total_micros - best.total_micros, state.plan.currency)
    return f"In {before}, {best.title} {cost} {saved} less than your plan. {_this_month(current, own)}"


def _also(past: MonthUsage, better: BetterPlan, before: str) -> str:
    compared = past.on_each_plan
    if compared is None:
        return ""
    if compared.cheapest == better.plan.name:
        return f" It would have been the cheapest in {before} too."
    if any(cost.would_have_stopped for cost in compared.plans if cost.plan == better.plan.name):
        return f" But in {before} it would have stopped, as you sent {past.used.units_sent:,}. {_NOT_SURE}"
    return f" But in {before} it would not have been the cheapest. {_NOT_SURE}"


def _this_month(current: MonthUsage, own: str) -> str:
    if current.forecast is None:
        return "For this month it is too early to say."
    return (
        f"For this month it is different: at this pace, {own} costs no more than any other plan that sends all texts."
    )


def _planned(state: PlanState) -> Planned | None:
    """Return the change that does not count yet, unless it leads back to this month's plan."""
    plan = state.next_month_plan
    if plan is None or (state.plan and plan.name == state.plan.name):
        return None
    newest = state.changes[-1]
    return Planned(title=wording.fee(plan), month=newest.counts_from, at=newest.at)


def _earlier(state: PlanState, month: str) -> list[Planned]:
    """Return the changes of plan, newest first."""
    prices = price_list.of_month(month)
    return [
        Planned(
            title=prices[change.plan].title if change.plan in prices else change.plan,
            month=change.counts_from,
            at=change.at,
        )
        for change in reversed(state.changes)
    ]
