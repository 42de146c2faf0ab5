"""Usage notices, when 80 or 100 % of a plan or of a daily limit are used: those that are due, and their texts."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from msgspec import Struct

from longcode.accounts.account import Account
from longcode.billing.estimates import Comparison, Forecast, compare_plans
from longcode.billing.invoice import money
from longcode.mails.content import Action, MailContent, because_of_account
from longcode.months import day_in_words, following, in_words, plan_cutoff, time_in_words
from longcode.plans.plans import PastLimit, Plan
from longcode.usage.usage import MONTH_COUNTER, Limits, Usage, plans_allowing

PERCENTS = (80, 100)
CHARGED = "charged"
"""The counter of a plan that charges: units sent and received, as its invoice counts them."""


class Notice(Struct, frozen=True, kw_only=True):
    """`percent` of a limit is used: of a month's limit or, with `day`, of that day's.

    A notice is sent once in a month. The limit is part of its name, so a new limit has notices of its own.
    `on_trial`: the operator has yet to approve the account.
    """

    counter: str
    month: str
    day: str | None
    percent: int
    used: int
    limit: int
    plan: Plan
    on_trial: bool = False

    @property
    def name(self) -> str:
        """Return the name under which the quota records that the notice was sent."""
        return f"{self.counter}_{self.percent}_of_{self.limit}"

    @property
    def goes_on(self) -> bool:
        """Return whether texts are still sent, and charged, when all units are used."""
        return self.counter == CHARGED


def limits_with_notices(limits: Limits, plan: Plan) -> dict[str, int]:
    """Return the counters that have notices, each with its limit."""
    included = {CHARGED: plan.included_units} if plan.past_limit is PastLimit.CHARGE and plan.included_units else {}
    return limits.counters | included


def due(limits: Limits, plan: Plan, used: Mapping[str, int]) -> list[Notice]:
    """Return the notices that the studio should have been sent by now."""
    return [
        Notice(
            counter=counter,
            month=limits.month,
            day=None if counter in (MONTH_COUNTER, CHARGED) else limits.day,
            percent=percent,
            used=used.get(counter, 0),
            limit=limit,
            plan=plan,
            on_trial=limits.on_trial,
        )
        for counter, limit in limits_with_notices(limits, plan).items()
        for percent in PERCENTS
        if used.get(counter, 0) * 100 >= limit * percent
    ]


def event_data(notice: Notice) -> dict[str, Any]:
    """Return the data of a notice's webhook event."""
    return {
        "month": notice.month,
        "day": notice.day,
        "percent": notice.percent,
        "used_units": notice.used,
        "limit_units": notice.limit,
        "plan": notice.plan.name,
        "goes_on": notice.goes_on,
    }


def content(account: Account, notice: Notice, advice: str = "", *, can_change: bool, url: str) -> MailContent:
    """Return the mail: how much is used, what happens next, and what the studio can do.

    `can_change`: a change of plan would still count for the month. `url` is the address of the API and of the hub.
    """
    limit = "daily limit" if notice.day else f"{notice.plan.title} plan"
    counted = "units, sent and received," if notice.goes_on else "units"
    used = (
        f"You have used {notice.used:,} of the {notice.limit:,} {counted} of your {limit} for {_when(notice)}"
        " (Central Time)."
    )
    what = "daily limit" if notice.day else "plan"
    return MailContent(
        subject=f"You have used {notice.percent}% of your {what} for {_when(notice)}",
        greeted=account.name,
        parts=(used, *filter(None, (_what_happens_next(notice, can_change), advice))),
        action=Action("See what you use", f"{url}/hub/usage"),
        why=because_of_account(account.id, ", and it says when 80% and 100% are used"),
    )


class BetterPlan(Struct, frozen=True):
    """A plan that suits a month's forecast better: it costs less, or it sends all texts where the own one stops."""

    plan: Plan
    saved_micros: int | None


def better_plan(month: str, own: Plan, ahead: Forecast, listed: Collection[Plan]) -> BetterPlan | None:
    """Return the plan that suits a month's forecast better, or None if none of those listed does."""
    expected = Usage(units_sent=ahead.units_sent, units_received=ahead.units_received)
    if not expected.units:
        return None
    if ahead.would_stop:
        allow = plans_allowing([plan for plan in listed if plan.on_offer], expected.units_sent)
        return BetterPlan(allow[0], None) if allow else None
    compared = compare_plans(month, own, listed, expected)
    [cheapest] = [plan for plan in (own, *listed) if plan.name == compared.cheapest][:1]
    return None if cheapest.name == own.name else BetterPlan(cheapest, compared.saved_micros)


def is_recommended(better: BetterPlan, last_month: Comparison | None) -> bool:
    """Return whether nothing speaks against a plan: last month, if there was one, or that the own plan stops."""
    return better.saved_micros is None or last_month is None or last_month.cheapest == better.plan.name


def advice(month: str, own: Plan, ahead: Forecast, listed: Collection[Plan]) -> str:
    """Return a paragraph about the plan that suits a month's forecast better, or "" if none of those listed does."""
    better = better_plan(month, own, ahead, listed)
    if better is None:
        return ""
    return (
        f"{pace(ahead)} {what_is_better(better)} If you change to it by 17:00 Central Time on the last day of the"
        " month, it counts for the whole month."
    )


def pace(ahead: Forecast) -> str:
    """Return the sentence that says how much a month will be, by its forecast."""
    return f"At this pace you will use about {ahead.units_sent + ahead.units_received:,} units this month."


def what_is_better(better: BetterPlan) -> str:
    """Return the sentence that says why a plan suits a month better."""
    if better.saved_micros is None:
        return f"The {better.plan.title} plan would send all of them."
    free = ", where replies are free," if better.plan.past_limit is PastLimit.STOP else ""
    return f"The {better.plan.title} plan{free} would cost {money(better.saved_micros, better.plan.currency)} less."


def _what_happens_next(notice: Notice, can_change: bool) -> str:
    all_used = notice.used >= notice.limit
    if notice.goes_on:
        texts = "All of them are used. Texts still" if all_used else "When all of them are used, texts still"
        price = money(notice.plan.unit_price_micros, notice.plan.currency)
        return f"{texts} go out, and each further unit, sent or received, costs {price}."
    refused = "All of them are used. We refuse" if all_used else "When all of them are used, we refuse"
    if notice.day:
        change = "You can change this limit in your settings (units_a_day)."
        approval = "The limit is higher once we have approved your account."
        return f"{refused} further texts until the next day. {approval if notice.on_trial else change}"
    until = time_in_words(plan_cutoff(notice.month))
    change = f" If you change to a bigger plan by {until}, it takes effect at once." if can_change else ""
    return (
        f"{refused} further texts until {in_words(following(notice.month))}. Replies still arrive, and they are free."
        f"{change}"
    )


def _when(notice: Notice) -> str:
    if notice.day is None:
        return in_words(notice.month)
    return day_in_words(date.fromisoformat(notice.day))
