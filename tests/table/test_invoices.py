"""Invoices: the first one written stands, and is due until it is mailed."""

from dataclasses import replace
from datetime import timedelta

import pytest

from longcode.invoice import Invoice, draw_up
from longcode.table import due, invoices, price_list
from longcode.usage import Usage
from tests.fakes import NOW

pytestmark = pytest.mark.usefixtures("aws")


def drawn(units: int = 0, month: str = "2026-11", account: str = "10000001") -> Invoice:
    return draw_up(account, month, price_list.of_month(month)["medium"], Usage(units_sent=units))


def test_the_first_invoice_of_a_month_stands() -> None:
    first = invoices.write(drawn(10), NOW)

    second = invoices.write(drawn(5_000), NOW)

    assert second == first == invoices.get("10000001", "2026-11")


def test_an_invoice_is_due_until_it_is_mailed() -> None:
    later = NOW + timedelta(minutes=1)
    invoices.write(drawn(), NOW)
    assert [item["month"] for item in due.by(later, 10)] == ["2026-11"]
    assert invoices.take_to_mail("10000001", "2026-11", NOW, later)

    invoices.note_mailed("10000001", "2026-11", NOW)

    assert list(due.by(later, 10)) == []
    assert not invoices.take_to_mail("10000001", "2026-11", later + timedelta(days=1), later + timedelta(days=2))
    assert invoices.get("10000001", "2026-11") == drawn()


def test_an_invoice_is_mailed_by_one_at_a_time_and_by_another_when_that_one_died() -> None:
    invoices.write(drawn(), NOW)
    lease = NOW + timedelta(minutes=1)

    first = invoices.take_to_mail("10000001", "2026-11", NOW, lease)
    beside = invoices.take_to_mail("10000001", "2026-11", NOW + timedelta(seconds=30), lease)
    after = invoices.take_to_mail("10000001", "2026-11", NOW + timedelta(seconds=61), lease + timedelta(minutes=1))

    assert (first, beside, after) == (True, False, True)


def test_a_studios_invoices_are_its_own() -> None:
    mine, theirs = drawn(), replace(drawn(), account="100000010")
    invoices.write(theirs, NOW)
    invoices.write(mine, NOW)

    assert invoices.everyone_of("10000001") == [mine]
