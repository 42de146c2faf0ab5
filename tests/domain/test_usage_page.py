"""What docs/billing.md says of usage is true: every row of its tables is worked out here."""

from datetime import date, timedelta

import pytest

from longcode import months
from longcode.billing.estimates import compare_plans, forecast
from longcode.billing.invoice import money
from longcode.usage.usage import Usage
from tests.domain.test_billing_page import PLANS, rows, utc


@pytest.mark.parametrize(("now", "a_day", "so_far", "looked_at", "expected"), rows("Now, UTC"))
def test_a_forecast_comes_to_what_the_page_says(
    now: str, a_day: str, so_far: str, looked_at: str, expected: str
) -> None:
    today = date.fromisoformat(months.day_of(utc(now)))
    joined = date.fromisoformat(f"{months.previous(today.isoformat()[:7])}-04")
    days = [(joined + timedelta(days=day)).isoformat() for day in range(1, (today - joined).days)]
    used = {day: Usage(units_sent=int(a_day)) for day in days} | {today.isoformat(): Usage(units_sent=int(so_far))}

    found = forecast(PLANS["medium"], used, utc(f"{joined} 18:00:00"), utc(now))

    assert found
    assert (found.days_looked_at, found.units_sent) == (int(looked_at), int(expected))


@pytest.mark.parametrize(("sent", "received", "on_each", "cheapest", "saved"), rows("Sent"))
def test_a_month_would_have_cost_what_the_page_says(
    sent: str, received: str, on_each: str, cheapest: str, saved: str
) -> None:
    used = Usage(units_sent=int(sent), units_received=int(received))

    found = compare_plans("2026-11", PLANS["medium"], PLANS.values(), used)

    spelled = [
        f"{one.plan} {'stops' if one.total_micros is None else money(one.total_micros, 'USD')}" for one in found.plans
    ]
    assert "; ".join(spelled) == on_each
    assert (found.cheapest, money(found.saved_micros, "USD")) == (cheapest, saved)
