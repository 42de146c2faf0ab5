"""Late units and credits are on the next invoice."""

from datetime import UTC, datetime
from typing import Any

import pytest

from billing import bill_worker
from longcode import months
from longcode.accounts.account import Account, AccountStatus, StatusChange
from longcode.billing import store as invoices
from longcode.billing.adjustments import Credit
from longcode.billing.invoice import Invoice
from longcode.jobs import Bill
from longcode.message import Message
from longcode.plans.plans import PlanChange
from longcode.table import keys, store
from longcode.table.writes import Update
from longcode.usage import store as quotas
from tests.support.aws_calls import meanwhile
from tests.support.billed_texts import reply, text
from tests.support.fakes import studio

pytestmark = pytest.mark.usefixtures("aws")

JOINED = datetime(2026, 8, 3, 15, 0, tzinfo=UTC)
LEFT = (StatusChange(at=datetime(2026, 10, 12, 12, 0, tzinfo=UTC), to=AccountStatus.CLOSED),)


def day(month: str) -> datetime:
    return months.bounds(month)[0].replace(day=12)


def joined(**changes: Any) -> Account:
    return studio(created_at=JOINED, established_at=JOINED, plan_changes=(PlanChange(JOINED, "medium"),), **changes)


def close(month: str) -> Invoice | None:
    over = months.bounds(months.following(month))[0]
    bill_worker.bill(Bill(account="10000001", month=month), lambda: over)
    return invoices.get("10000001", month)


def closed(month: str) -> Invoice:
    found = close(month)
    assert found
    return found


def credited(micros: int, credit_id: str = "c1", month: str = "2026-09") -> None:
    one = Credit(
        account="10000001", id=credit_id, month=month, amount_micros=micros, reason="Sent twice", given_at=JOINED
    )
    total = invoices.get("10000001", month)
    assert total
    invoices.give_credit(one, total.total_micros)


def uncount(message: Message) -> None:
    """Take a text back, as if it had never been charged."""
    less = Update(keys.message("10000001", message.id), changes={"charged_units": 0})
    store.transact([less, *quotas.count_writes(message, -1)])


def others(one: Invoice) -> list[tuple[str, int, int, str | None]]:
    own = ("monthly_fee", "units_sent", "units_received", "units_sent_beyond", "units_received_beyond")
    return [(line.item, line.quantity, line.amount_micros, line.month) for line in one.lines if line.item not in own]


def test_late_units_are_on_the_next_invoice_at_their_own_months_price() -> None:
    joined()
    text(990, at=day("2026-09"))
    closed("2026-09")

    text(15, at=day("2026-09"))
    october = closed("2026-10")

    assert others(october) == [
        ("late_units_sent", 10, 0, "2026-09"),
        ("late_units_sent_beyond", 5, 200_000, "2026-09"),
    ]
    assert (october.units_used, october.total_micros, october.credits_micros) == (0, 35_200_000, 0)


def test_late_units_are_on_one_invoice_only() -> None:
    joined()
    closed("2026-09")
    text(3, at=day("2026-09"))
    closed("2026-10")

    november = closed("2026-11")

    assert others(november) == []


def test_late_units_of_the_last_three_months_are_billed_and_no_older_ones() -> None:
    joined()
    for month in ("2026-08", "2026-09", "2026-10", "2026-11"):
        closed(month)
    for month in ("2026-08", "2026-09", "2026-11"):
        text(2, at=day(month))

    december = closed("2026-12")

    assert [(quantity, month) for _, quantity, _, month in others(december)] == [(2, "2026-09"), (2, "2026-11")]


def test_units_taken_back_reduce_the_next_invoice() -> None:
    joined()
    gone = text(1_010, at=day("2026-09"))
    closed("2026-09")

    uncount(gone)
    text(5, at=day("2026-09"))
    october = closed("2026-10")

    assert others(october) == [
        ("late_units_sent", -995, 0, "2026-09"),
        ("late_units_sent_beyond", -10, -400_000, "2026-09"),
    ]
    assert (october.credits_micros, october.total_micros) == (-400_000, 34_600_000)


def test_units_of_a_month_without_an_invoice_are_on_no_other_invoice() -> None:
    joined()
    text(7, at=day("2026-09"))

    october = closed("2026-10")
    september = closed("2026-09")
    text(2, at=day("2026-09"))
    november = closed("2026-11")

    assert (others(october), september.units_sent) == ([], 7)
    assert [(quantity, month) for _, quantity, _, month in others(november)] == [(2, "2026-09")]


def test_of_two_invoices_issued_in_parallel_one_has_the_late_units() -> None:
    joined()
    closed("2026-09")
    text(3, at=day("2026-09"))

    with meanwhile("TransactWriteItems", lambda: closed("2026-11")):
        october = closed("2026-10")

    november = invoices.get("10000001", "2026-11")
    assert november
    assert sorted([others(october), others(november)]) == [[], [("late_units_sent", 3, 0, "2026-09")]]


def test_a_credit_is_on_the_next_invoice_and_on_no_other() -> None:
    joined()
    closed("2026-09")
    credited(1_000_000)

    october, november = closed("2026-10"), closed("2026-11")

    assert others(october) == [("credit", 1, -1_000_000, "2026-09")]
    assert (october.credits_micros, october.total_micros) == (-1_000_000, 34_000_000)
    assert others(november) == []


def test_a_credit_larger_than_the_invoice_is_carried_on_until_it_is_used_up() -> None:
    joined()
    text(2_500, at=day("2026-09"))
    assert closed("2026-09").total_micros == 95_000_000
    credited(80_000_000)

    october, november, december = closed("2026-10"), closed("2026-11"), closed("2026-12")

    assert others(october) == [
        ("credit", 1, -80_000_000, "2026-09"),
        ("carried_on", 1, 45_000_000, None),
    ]
    assert others(november) == [("brought_forward", 1, -45_000_000, None), ("carried_on", 1, 10_000_000, None)]
    assert others(december) == [("brought_forward", 1, -10_000_000, None)]
    assert [one.total_micros for one in (october, november, december)] == [0, 0, 25_000_000]
    assert [one.credits_micros for one in (october, november, december)] == [-35_000_000, -35_000_000, -10_000_000]


def test_a_credit_given_while_an_invoice_is_computed_is_on_it_or_waits() -> None:
    joined()
    closed("2026-09")

    with meanwhile("TransactWriteItems", lambda: credited(1_000_000)):
        october = closed("2026-10")

    assert october.credits_micros == -1_000_000
    assert closed("2026-11").credits_micros == 0


@pytest.mark.long
def test_more_credits_than_an_invoice_takes_are_on_the_next() -> None:
    joined()
    closed("2026-09")
    for number in range(invoices.MOST_CREDITS + 2):
        credited(100, f"c{number}")

    october, november = closed("2026-10"), closed("2026-11")

    assert (october.credits_micros, november.credits_micros) == (-5_000, -200)


def test_a_closed_account_has_a_last_invoice_with_the_whole_fee() -> None:
    joined(status=AccountStatus.CLOSED, status_changes=LEFT)
    text(3, at=day("2026-10"))

    last, after = closed("2026-10"), close("2026-11")

    assert (last.units_used, last.total_micros) == (3, 35_000_000)
    assert after is None


def test_late_units_of_a_closed_account_have_an_invoice_without_a_fee() -> None:
    joined(status=AccountStatus.CLOSED, status_changes=LEFT)
    text(1_000, at=day("2026-10"))
    closed("2026-10")

    text(2, at=day("2026-10"))
    reply(1, at=day("2026-11"))
    november = closed("2026-11")

    assert others(november) == [("late_units_sent_beyond", 2, 80_000, "2026-10")]
    assert (november.units_received, november.total_micros) == (1, 80_000)
    assert close("2026-12") is None
