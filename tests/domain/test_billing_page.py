"""docs/billing.md is true: every row of its tables is worked out here."""

import json
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path

import pytest

from longcode import months
from longcode.accounts.account import Account, AccountStatus, StatusChange, plan_in
from longcode.billing import adjustments, stripe_form
from longcode.billing.adjustments import Credit
from longcode.billing.invoice import InvoiceLine, draw_up, how_cut, invoice_facts, money
from longcode.jobs import Product
from longcode.plans import plans
from longcode.plans.plans import PlanChange
from longcode.usage.usage import Usage

ROOT = Path(__file__).parents[2]
PLANS = plans.read_price_list((ROOT / "infra/plans.json").read_text()).of_month("2026-11")


def rows(first_column: str) -> list[list[str]]:
    """Read the table of the page whose heading begins so."""
    page = (ROOT / "docs/billing.md").read_text().splitlines()
    heading = next(at for at, line in enumerate(page) if line.startswith(f"| {first_column} |"))
    end = page.index("", heading)
    return [[cell.strip() for cell in line[1:-1].split("|")] for line in page[heading + 2 : end]]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(("month", "begins", "ends", "hours", "cutoff"), rows("Month"))
def test_a_month_is_cut_as_the_page_says(month: str, begins: str, ends: str, hours: str, cutoff: str) -> None:
    start, end = months.bounds(month)

    assert (start, end) == (utc(begins), utc(ends))
    assert (end - start).total_seconds() == int(hours) * 3600
    assert months.plan_cutoff(month) == utc(cutoff)


@pytest.mark.parametrize(("versions", "month", "version", "on_offer"), rows("Versions of a plan"))
def test_a_plan_is_in_a_month_what_the_page_says(versions: str, month: str, version: str, on_offer: str) -> None:
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
def test_a_change_counts_from_the_month_that_the_page_says(
    changed: str, in_chicago: str, counts_from: str, _: str
) -> None:
    at = utc(changed)
    there = at.astimezone(months.CHICAGO)

    assert f"{there.day} {there:%B, %H:%M:%S}" == in_chicago
    assert plans.counts_from(at) == counts_from


@pytest.mark.parametrize(("changes", "month", "plan"), rows("Changes, UTC"))
def test_a_month_has_the_plan_that_the_page_says(changes: str, month: str, plan: str) -> None:
    made = [PlanChange(utc(at), name) for name, at in (change.split(" at ") for change in changes.split("; "))]

    assert (plans.in_month(month, made) or "none") == plan


@pytest.mark.parametrize(("joined", "turns", "owes", "owes_not"), rows("Joined, UTC"))
def test_an_account_that_leaves_owes_for_the_months_that_the_page_says(
    joined: str, turns: str, owes: str, owes_not: str
) -> None:
    made = [
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
        status=made[-1].to,
        status_changes=tuple(made),
    )

    assert [plan_in(account, month) for month in owes.split(", ")] == ["starter"] * len(owes.split(", "))
    assert [plan_in(account, month) for month in owes_not.split(", ")] == [None] * len(owes_not.split(", "))


@pytest.mark.parametrize(
    ("plan", "used", "on_lines", "total"), [(row[0], row[1:3], row[3:6], row[6]) for row in rows("Plan")]
)
def test_an_invoice_comes_to_what_the_page_says(plan: str, used: list[str], on_lines: list[str], total: str) -> None:
    sent, received = map(int, used)
    included, sent_beyond, received_beyond = map(int, on_lines)

    drawn = draw_up("10001", "2026-11", PLANS[plan], Usage(units_sent=sent, units_received=received))

    quantities = {line.item: line.quantity for line in drawn.lines}
    assert quantities["units_sent"] + quantities["units_received"] == included
    assert quantities.get("units_sent_beyond", 0) == sent_beyond
    assert quantities.get("units_received_beyond", 0) == received_beyond
    assert money(drawn.total_micros, drawn.currency) == total


@pytest.mark.parametrize(
    ("plan", "units", "lines", "amount"), [(row[0], row[1:5], row[5], row[6]) for row in rows("Late on")]
)
def test_late_units_come_to_what_the_page_says(plan: str, units: list[str], lines: str, amount: str) -> None:
    billed, counted = (Usage(units_sent=int(sent), units_received=int(received)) for sent, received in pairs(units))

    found = list(adjustments.late_lines("2026-10", PLANS[plan], billed, counted))

    assert "; ".join(f"{line.item.removeprefix('late_')} {line.quantity}" for line in found) == lines
    assert money(sum(line.amount_micros for line in found), "USD") == amount


@pytest.mark.parametrize("row", rows("Charges"))
def test_credits_come_off_as_the_page_says(row: list[str]) -> None:
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


def test_every_form_of_an_invoice_tells_of_its_month_what_the_page_says() -> None:
    drawn = draw_up("10000001", "2026-11", PLANS["medium"], Usage())
    told = [*map(": ".join, invoice_facts(drawn)), how_cut(drawn)]

    page = dict(rows("Told"))

    assert [f"{name}: {page[name]}" in told for name in ("From", "Up to, and without")] == [True, True]
    assert f"This one has {page['Hours'].replace(', ', ' hours, ')}." in told[-1]
    assert f"the last one chosen by {page['The last plan chosen by']}, or" in told[-1]


def test_an_invoice_is_rounded_for_the_operators_books_as_the_page_says() -> None:
    given = InvoiceLine("credit", "Credit", 1, -2_500_000, -2_500_000)
    drawn = draw_up("10000001", "2026-11", PLANS["volume"], Usage(units_sent=10_003), others=[given])
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
