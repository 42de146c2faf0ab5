"""Invoices: the first one issued for a month counts, has the next number, and is due until it is mailed."""

from datetime import timedelta

import msgspec
import pytest
from msgspec.structs import replace

from longcode.billing import store as invoices
from longcode.billing.invoice import Invoice, compute_invoice
from longcode.plans import store as price_list
from longcode.table import due
from longcode.usage.usage import Usage
from tests.support.aws_calls import meanwhile, parallel_calls
from tests.support.fakes import NOW

pytestmark = pytest.mark.usefixtures("aws")


def drawn(units: int = 0, month: str = "2026-11", account: str = "10000001") -> Invoice:
    return compute_invoice(account, month, price_list.of_month(month)["medium"], Usage(units_sent=units))


def test_the_first_invoice_of_a_month_stands() -> None:
    first = invoices.issue(drawn(10), NOW)

    second = invoices.issue(drawn(5_000), NOW)

    assert second == first == invoices.get("10000001", "2026-11")
    assert first == replace(drawn(10), number="2026-11-000001")


def test_numbers_have_no_gaps_and_begin_again_each_month() -> None:
    november = [invoices.issue(drawn(account=one), NOW).number for one in ("10000001", "10000002", "10000001")]
    again = invoices.issue(drawn(account="10000003"), NOW).number
    december = invoices.issue(drawn(month="2026-12"), NOW).number

    assert november == ["2026-11-000001", "2026-11-000002", "2026-11-000001"]
    assert (again, december) == ("2026-11-000003", "2026-12-000001")


def test_parallel_invoices_have_different_numbers_without_a_gap() -> None:
    with parallel_calls() as threads:
        issued = list(threads.map(lambda n: invoices.issue(drawn(account=f"1000000{n % 6}"), NOW), range(12)))

    assert {one.number for one in issued} == {f"2026-11-00000{n}" for n in range(1, 7)}


def test_a_number_taken_meanwhile_is_skipped() -> None:
    with meanwhile("TransactWriteItems", lambda: invoices.issue(drawn(account="10000002"), NOW)):
        mine = invoices.issue(drawn(), NOW)

    assert mine.number == "2026-11-000002"


def test_the_bytes_of_an_invoice_stay() -> None:
    issued = invoices.issue(drawn(10), NOW)
    before = msgspec.json.encode(invoices.get("10000001", "2026-11"))

    invoices.claim_mailing("10000001", "2026-11", NOW, NOW)
    invoices.mark_mailed("10000001", "2026-11", NOW)
    invoices.issue(drawn(5_000), NOW)

    assert msgspec.json.encode(invoices.get("10000001", "2026-11")) == before == msgspec.json.encode(issued)


def test_an_invoice_is_due_until_it_is_mailed() -> None:
    later = NOW + timedelta(minutes=1)
    invoices.issue(drawn(), NOW)
    assert [item["month"] for item in due.find(later, 10)] == ["2026-11"]
    assert invoices.claim_mailing("10000001", "2026-11", NOW, later)

    invoices.mark_mailed("10000001", "2026-11", NOW)

    assert list(due.find(later, 10)) == []
    assert not invoices.claim_mailing("10000001", "2026-11", later + timedelta(days=1), later + timedelta(days=2))
    assert invoices.get("10000001", "2026-11") == replace(drawn(), number="2026-11-000001")


def test_an_invoice_is_mailed_by_one_worker_and_by_another_after_its_lease() -> None:
    invoices.issue(drawn(), NOW)
    lease = NOW + timedelta(minutes=1)

    first = invoices.claim_mailing("10000001", "2026-11", NOW, lease)
    beside = invoices.claim_mailing("10000001", "2026-11", NOW + timedelta(seconds=30), lease)
    after = invoices.claim_mailing("10000001", "2026-11", NOW + timedelta(seconds=61), lease + timedelta(minutes=1))

    assert (first, beside, after) == (True, False, True)


def test_a_studios_invoices_are_its_own() -> None:
    mine, theirs = drawn(), replace(drawn(), account="100000010")
    invoices.issue(theirs, NOW)
    invoices.issue(mine, NOW)

    assert [one.account for one in invoices.all_of("10000001")] == ["10000001"]
