"""Each row of the tables in docs/billing.md is computed, so that the page stays true."""

import json
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from pathlib import Path

import pytest

from longcode import months
from longcode.accounts.account import Account, AccountStatus, StatusChange, plan_owed_in
from longcode.billing import adjustments, stripe_form
from longcode.billing.adjustments import Credit
from longcode.billing.estimates import compare_plans, forecast
from longcode.billing.invoice import InvoiceLine, compute_invoice, money
from longcode.billing.invoice_words import fine_print
from longcode.jobs import Product
from longcode.plans import plans
from longcode.plans.plans import PlanChange
from longcode.usage.usage import Usage

ROOT = Path(__file__).parents[2]
PLANS = plans.read_price_list((ROOT / "infra/plans.json").read_text()).of_month("2026-11")


def rows(first_column: str) -> list[list[str]]:
    """Return the rows of the page's table whose first column has this heading."""
    page = (ROOT / "docs/billing.md").read_text().splitlines()
    heading = next(at for at, line in enumerate(page) if line.startswith(f"| {first_column} |"))
    end = page.index("", heading)
    return [[cell.strip() for cell in line[1:-1].split("|")] for line in page[heading + 2 : end]]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(("month", "begins", "ends", "hours", "cutoff"), rows("Month"))
def test_bounds_of_months_are_as_on_the_page(month: str, begins: str, ends: str, hours: str, cutoff: str) -> None:
    start, end = months.bounds(month)

    assert (start, end) == (utc(begins), utc(ends))
    assert (end - start).total_seconds() == int(hours) * 3600
    assert months.plan_cutoff(month) == utc(cutoff)


@pytest.mark.parametrize(("versions", "month", "version", "on_offer"), rows("Versions of a plan"))
def test_terms_of_plans_are_as_on_the_page(versions: str, month: str, version: str, on_offer: str) -> None:
    terms = [
        {
            "version": int(one.split()[0]),
            "from_month": one.removesuffix(", withdrawn").split()[2],
            "title": "Small",
            "monthly_fee_micros": 1,
            "included_units": 1,
            "unit_price_micros": 1,
            "past_limit": "stop",
            "on_offer": "withdrawn" not in one,
        }
        for one in versions.split("; ")
    ]

    prices = plans.read_price_list(json.dumps({"currency": "USD", "plans": [{"name": "small", "versions": terms}]}))

    plan = prices.of_month(month)["small"]
    assert (plan.version, plan.on_offer) == (int(version), on_offer == "yes")


@pytest.mark.parametrize(("changed", "in_chicago", "counts_from", "_"), rows("Changed, UTC"))
def test_first_months_of_changes_are_as_on_the_page(changed: str, in_chicago: str, counts_from: str, _: str) -> None:
    at = utc(changed)
    there = at.astimezone(months.CHICAGO)

    assert f"{there.day} {there:%B, %H:%M:%S}" == in_chicago
    assert plans.first_month_of_change(at) == counts_from


@pytest.mark.parametrize(("changes", "month", "plan"), rows("Changes, UTC"))
def test_plans_of_months_are_as_on_the_page(changes: str, month: str, plan: str) -> None:
    history = [PlanChange(utc(at), name) for name, at in (change.split(" at ") for change in changes.split("; "))]

    assert (plans.plan_name_in(month, history) or "none") == plan


@pytest.mark.parametrize(("joined", "turns", "owes", "owes_not"), rows("Joined, UTC"))
def test_months_owed_by_a_closed_account_are_as_on_the_page(
    joined: str, turns: str, owes: str, owes_not: str
) -> None:
    history = [
        StatusChange(at=utc(at), to=AccountStatus(to))
        for to, at in (turn.split(" at ") for turn in turns.split("; "))
    ]
    account = Account(
        id="10000001",
        name="Foxglove Portraits",
        email="studio@studio.example",
        product=Product.SPECTRA,
        edition="standard",
        created_at=utc(joined),
        plan_changes=(PlanChange(utc(joined), "starter"),),
        status=history[-1].to,
        status_changes=tuple(history),
    )

    assert [plan_owed_in(account, month) for month in owes.split(", ")] == ["starter"] * len(owes.split(", "))
    assert [plan_owed_in(account, month) for month in owes_not.split(", ")] == [None] * len(owes_not.split(", "))


@pytest.mark.parametrize(
    ("plan", "used", "on_lines", "total"), [(row[0], row[1:3], row[3:6], row[6]) for row in rows("Plan")]
)
def test_invoices_are_as_on_the_page(plan: str, used: list[str], on_lines: list[str], total: str) -> None:
    sent, received = map(int, used)
    included, sent_beyond, received_beyond = map(int, on_lines)

    drawn = compute_invoice("10001", "2026-11", PLANS[plan], Usage(units_sent=sent, units_received=received))

    quantities = {line.item: line.quantity for line in drawn.lines}
    assert quantities["units_sent"] + quantities["units_received"] == included
    assert quantities.get("units_sent_beyond", 0) == sent_beyond
    assert quantities.get("units_received_beyond", 0) == received_beyond
    assert money(drawn.total_micros, drawn.currency) == total


@pytest.mark.parametrize(
    ("plan", "units", "lines", "amount"),
    [(row[0], row[1:5], row[5], row[6]) for row in rows("Plan of the late month")],
)
def test_late_units_are_as_on_the_page(plan: str, units: list[str], lines: str, amount: str) -> None:
    billed, counted = (Usage(units_sent=int(sent), units_received=int(received)) for sent, received in pairs(units))

    found = list(adjustments.late_lines("2026-10", PLANS[plan], billed, counted))

    assert "; ".join(f"{line.item.removeprefix('late_')} {line.quantity}" for line in found) == lines
    assert money(sum(line.amount_micros for line in found), "USD") == amount


@pytest.mark.parametrize("row", rows("Charges"))
def test_credits_are_as_on_the_page(row: list[str]) -> None:
    charged, brought, given, taken, carried, total = row
    charges = [InvoiceLine("monthly_fee", "Medium", 1, micros(charged), micros(charged))]
    credits_given = [
        Credit(
            account="1", id="c", month="2026-10", amount_micros=micros(given), reason="r", given_at=utc("2026-11-01")
        )
    ]

    lines = adjustments.credit_lines(charges, micros(brought), credits_given if micros(given) else [])

    comes_to = sum(line.amount_micros for line in (*charges, *lines))
    assert comes_to == micros(total)
    assert comes_to - micros(charged) == -micros(taken.removeprefix("-"))
    assert adjustments.carried_on(lines) == micros(carried)


def pairs(four: list[str]) -> list[tuple[str, str]]:
    return [(four[0], four[1]), (four[2], four[3])]


def micros(text: str) -> int:
    return int(text.removeprefix("$").replace(".", "")) * 10_000


def test_facts_of_an_invoice_are_as_on_the_page() -> None:
    drawn = compute_invoice("10000001", "2026-11", PLANS["medium"], Usage())

    page = dict(rows("Fact"))

    assert fine_print(drawn) == (
        f"Exactly: from {page['From']} until just before {page['Until just before']},"
        f" {page['Hours'].replace(', ', ' hours, ')}. The plan is medium, version 1, chosen by"
        f" {page['The last plan chosen by']} or on joining after that."
    )


def test_rounded_exports_are_as_on_the_page() -> None:
    given = InvoiceLine("credit", "Credit", 1, -2_500_000, -2_500_000)
    drawn = compute_invoice("10000001", "2026-11", PLANS["volume"], Usage(units_sent=10_003), others=[given])
    charged = [line for line in drawn.lines if line.amount_micros]
    sums = list(accumulate(line.amount_micros for line in charged))

    *lines, total = [row[1:] for row in rows("Line")]

    assert [exact for exact, *_ in lines] == [money(line.amount_micros, "USD") for line in charged]
    assert [so_far for _, so_far, *_ in lines] == [money(one, "USD") for one in sums]
    assert [rounded for *_, rounded, _ in lines] == [
        money(stripe_form.cents(one, "USD") * 10_000, "USD") for one in sums
    ]
    assert [int(item) for *_, item in lines] == [one for one in stripe_form.amounts(drawn) if one]
    assert total == [lines[-1][1], lines[-1][1], lines[-1][2], str(sum(int(item) for *_, item in lines))]


@pytest.mark.parametrize(("now", "a_day", "so_far", "looked_at", "expected"), rows("Now, UTC"))
def test_forecasts_are_as_on_the_page(now: str, a_day: str, so_far: str, looked_at: str, expected: str) -> None:
    today = date.fromisoformat(months.day_of(utc(now)))
    joined = date.fromisoformat(f"{months.previous(today.isoformat()[:7])}-04")
    days = [(joined + timedelta(days=day)).isoformat() for day in range(1, (today - joined).days)]
    used = {day: Usage(units_sent=int(a_day)) for day in days} | {today.isoformat(): Usage(units_sent=int(so_far))}

    found = forecast(PLANS["medium"], used, utc(f"{joined} 18:00:00"), utc(now))

    assert found
    assert (found.days_looked_at, found.units_sent) == (int(looked_at), int(expected))


@pytest.mark.parametrize(("sent", "received", "on_each", "cheapest", "saved"), rows("Sent"))
def test_comparisons_of_plans_are_as_on_the_page(
    sent: str, received: str, on_each: str, cheapest: str, saved: str
) -> None:
    used = Usage(units_sent=int(sent), units_received=int(received))

    found = compare_plans("2026-11", PLANS["medium"], PLANS.values(), used)

    spelled = [
        f"{one.plan} {'stops' if one.total_micros is None else money(one.total_micros, 'USD')}" for one in found.plans
    ]
    assert "; ".join(spelled) == on_each
    assert (found.cheapest, money(found.saved_micros, "USD")) == (cheapest, saved)
