"""Random months: every unit is on exactly one invoice, and statement, invoice, counters and texts agree.

Each world is five studios that live through ten months, on the service's own code and the emulator. A run has one;
`RANDOM_WORLDS=20` makes it a thousand months of a studio.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import pytest

from longcode.accounts import store as accounts
from longcode.billing import store as invoices
from longcode.billing.invoice import Invoice, InvoiceState
from longcode.message import Direction, Message
from longcode.plans import plans
from longcode.plans import store as price_list
from longcode.plans.plans import PastLimit, Plan, PlanChange
from longcode.table import keys, store
from longcode.table.writes import read
from longcode.usage import store as quotas
from longcode.usage.usage import Usage, usage_of
from tests.support.emulated_aws import emulated_aws
from tests.support.random_months import MONTHS, World

pytestmark = pytest.mark.stack  # tests/conftest.py: a world is lived through once

WORLDS = int(os.environ.get("RANDOM_WORLDS", "1"))
STUDIOS, TEXTS_A_MONTH = 5, 4
AWAY = ("credit", "brought_forward", "carried_on")


@dataclass
class Ledger:
    """A studio's invoices and, by month, its counters and the sum over its texts, as the table has them."""

    studio: str
    plan_changes: tuple[PlanChange, ...]
    invoices: list[Invoice]
    counters: dict[str, Usage]
    texts: dict[str, Usage]


def read_ledger(studio: str) -> Ledger:
    """Read a studio's ledger; its texts are read from the table itself, not through an index."""
    texts = dict.fromkeys(MONTHS, Usage())
    for item in store.query(keys.message(studio)):
        text = read(Message, item)
        if text.month in texts:
            texts[text.month] += usage_of(text)
    return Ledger(
        studio=studio,
        plan_changes=accounts.get_or_raise(studio).plan_changes,
        invoices=invoices.all_of(studio),
        counters={month: quotas.of_month(studio, month) for month in MONTHS},
        texts=texts,
    )


def ledger_errors(world: World) -> Iterator[str]:
    """List the errors in a world's ledgers: none if every unit is on exactly one invoice."""
    every = [read_ledger(studio) for studio in world.studios]
    for of in every:
        for month in MONTHS:
            yield from wrong_units(world, of, month)
            own = [one for one in of.invoices if one.month == month]
            yield from wrong_amounts(of, own[0]) if len(own) == 1 else [f"{of.studio} has {len(own)} for {month}"]
    for month in MONTHS:
        numbers = sorted(one.number for of in every for one in of.invoices if one.month == month)
        if numbers != [f"{month}-{place:06}" for place in range(1, len(world.studios) + 1)]:
            yield f"the numbers of {month} are {numbers}"
    yield from (f"{studio}'s {month} was changed after it was issued" for studio, month in world.rewritten)


def wrong_units(world: World, of: Ledger, month: str) -> Iterator[str]:
    """List where the expected units of a month, its counters, texts and invoices disagree."""
    booked = (world.booked[of.studio, month, Direction.OUT], world.booked[of.studio, month, Direction.IN])
    counters = of.counters[month]
    on_lines = (billed(of.invoices, month, "units_sent"), billed(of.invoices, month, "units_received"))
    if of.texts[month] != counters:
        yield f"{of.studio}'s texts of {month} add up to {of.texts[month]}, its counters to {counters}"
    if (counters.units_sent, counters.units_received) != booked:
        yield f"{of.studio} has used {booked} in {month}, and its counters say {counters}"
    if on_lines != booked:
        yield f"{of.studio} has used {booked} in {month}, and {on_lines} are on invoices"


def billed(every: list[Invoice], month: str, item: str) -> int:
    """Add up a month's units of a direction on all invoices: its own, and as late units on others."""
    own, late = (item, f"{item}_beyond"), (f"late_{item}", f"late_{item}_beyond")
    return sum(
        line.quantity
        for invoice in every
        for line in invoice.lines
        if (line.item in own and invoice.month == month) or (line.item in late and line.month == month)
    )


def wrong_amounts(of: Ledger, invoice: Invoice) -> Iterator[str]:
    """List wrong sums of an invoice, and when a month's cost on all invoices is not its plan's price of the units."""
    lines = [line for other in of.invoices for line in other.lines]
    if sum(line.quantity * line.price_micros for line in invoice.lines) != invoice.total_micros:
        yield f"the lines of {invoice.number} do not add up to {invoice.total_micros}"
    if invoice.total_micros < 0:
        yield f"{invoice.number} is below nothing: {invoice.total_micros}"
    if invoice.plan != plans.plan_name_in(invoice.month, of.plan_changes):
        yield f"{invoice.number} is on {invoice.plan}"
    own = sum(line.amount_micros for line in invoice.lines if line.month is None and line.item not in AWAY)
    late = sum(one.amount_micros for one in lines if one.month == invoice.month and one.item.startswith("late_"))
    terms = price_list.of_month(invoice.month)[invoice.plan]
    whole = price(terms, of.counters[invoice.month])
    if own + late != whole:
        yield f"{of.studio}'s {invoice.month} costs {whole}, and {own} and {late} are on invoices"


def price(plan: Plan, used: Usage) -> int:
    """Compute a month's price as in docs/billing.md: texts first, and replies are free on a plan that stops."""
    left = max(plan.included_units - used.units_sent, 0)
    sent = max(used.units_sent - plan.included_units, 0)
    received = max(used.units_received - left, 0) if plan.past_limit is PastLimit.CHARGE else 0
    return plan.monthly_fee_micros + (sent + received) * plan.unit_price_micros


@pytest.fixture(scope="module")
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """Return the world of a seed, with so many studios and texts a month, at the end of its months."""
    seed, studios, texts_a_month = request.param
    with emulated_aws():
        world = World(Random(seed))
        world.play(studios, texts_a_month)
        yield world


@pytest.mark.parametrize("world", [(seed, STUDIOS, TEXTS_A_MONTH) for seed in range(1, WORLDS + 1)], indirect=True)
def test_every_unit_of_random_months_is_on_exactly_one_invoice(world: World) -> None:
    entries = invoices.entries((studio, month) for studio in world.studios for month in MONTHS)
    assert len(entries) == 50
    assert {entry.state for entry in entries} == {InvoiceState.ISSUED}
    assert list(ledger_errors(world)) == []


@pytest.mark.parametrize("world", [(1, STUDIOS, TEXTS_A_MONTH)], indirect=True)
def test_the_random_months_contain_every_case(world: World) -> None:
    issued = [one for studio in world.studios for one in invoices.all_of(studio)]
    lines = [line for one in issued for line in one.lines]
    items = {line.item for line in lines}

    assert any(line.item.startswith("late_") and line.quantity < 0 for line in lines)
    assert {"late_units_sent", "late_units_received", "units_sent_beyond", "units_received_beyond"} <= items
    assert len({one.plan for one in issued}) == 5


@pytest.mark.parametrize("world", [(2, 2, 3)], indirect=True)
def test_a_text_on_no_invoice_and_a_wrong_counter_are_found(world: World) -> None:
    sound = list(ledger_errors(world))
    world.booked[world.studios[1], "2026-11", Direction.IN] += 1
    on_no_invoice = list(ledger_errors(world))
    world.booked[world.studios[1], "2026-11", Direction.IN] -= 1
    for day, units in (("2026-03-08", 1), ("2026-11-01", -1)):
        store.write(quotas.count_write(world.studios[0], day, "m", Usage(units_sent=units)))
    miscounted = list(ledger_errors(world))

    assert sound == []
    assert len(on_no_invoice) == 2
    assert [line for line in miscounted if "2026-03" in line]
    assert [line for line in miscounted if "2026-11" in line]
