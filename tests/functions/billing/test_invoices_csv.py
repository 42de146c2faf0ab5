"""The CSV of a month's invoices: a row each, amounts that add up, and no formulas."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin import invoke
from longcode.billing import invoices_csv
from longcode.billing import store as invoices
from longcode.billing.adjustments import Findings
from longcode.billing.invoice import InvoiceLine, compute_invoice
from longcode.plans.plans import PastLimit, Plan
from longcode.usage.usage import Usage
from tests.support.admin_orders import send_accepted_order
from tests.support.fakes import NOW

VOLUME = Plan("volume", "Volume", 250_000_000, 10_000, 27_500, PastLimit.CHARGE)
CREDIT = InvoiceLine("credit", "Credit: texts sent twice", 1, -2_500_000, -2_500_000)
HEADER = "\ufeffnumber,account,studio,month,issued_on,plan,units_used,charges,credits,total,currency,state,paid_on"


def issue(account: str, studio: str, *others: InvoiceLine, units: int = 0, month: str = "2026-11") -> None:
    drawn = compute_invoice(account, month, VOLUME, Usage(units_sent=units), studio=studio, others=others)
    invoices.issue(drawn, NOW)


def month_csv(month: str) -> str:
    return str(send_accepted_order("invoices.csv", month=month)["csv"])


@pytest.mark.usefixtures("aws")
def test_each_issued_invoice_of_a_month_is_a_row_in_the_order_of_the_numbers() -> None:
    issue("10000002", "Łódź, 株", CREDIT, units=10_003)
    issue("10000001", "Foxglove")
    issue("10000001", "Foxglove", month="2026-10")
    invoices.park("10000003", "2026-11", Findings(wrong="the lines do not add up to the total"))
    invoices.mark_paid("10000001", "2026-11", date(2026, 12, 9))

    rows = month_csv("2026-11").splitlines()

    assert rows == [
        HEADER,
        '2026-11-000001,10000002,"Łódź, 株",2026-11,2026-12-01,volume,10003,250.0825,-2.50,247.5825,USD,issued,',
        "2026-11-000002,10000001,Foxglove,2026-11,2026-12-01,volume,0,250.00,0.00,250.00,USD,paid,2026-12-09",
    ]


@pytest.mark.usefixtures("aws")
def test_a_studio_named_like_a_formula_is_written_as_text() -> None:
    issue("10000001", '=HYPERLINK("https://evil.example")')

    [_, row] = csv.reader(io.StringIO(month_csv("2026-11")))

    assert row[2] == '\'=HYPERLINK("https://evil.example")'


@pytest.mark.usefixtures("aws")
def test_a_month_without_invoices_has_only_the_names_of_the_columns() -> None:
    assert invoke.act({"do": "invoices.csv", "month": "2026-11"}, NOW) == {"csv": f"{HEADER}\r\n"}


@pytest.mark.parametrize(
    ("micros", "written"),
    [(0, "0.00"), (1, "0.000001"), (-2_500_000, "-2.50"), (-1, "-0.000001"), (1_234_567_890_100, "1234567.8901")],
)
def test_an_amount_is_written_in_units_without_a_symbol_or_separators(micros: int, written: str) -> None:
    assert invoices_csv.decimal(micros) == written


@given(st.integers(-(10**15), 10**15))
def test_no_amount_loses_a_millionth(micros: int) -> None:
    assert Decimal(invoices_csv.decimal(micros)) * 1_000_000 == micros
