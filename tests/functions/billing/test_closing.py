"""An invoice is issued only if the counters equal the sum over the messages; else it is checked again and parked."""

from datetime import UTC, datetime, timedelta

import pytest

from billing import bill_worker
from longcode.accounts.account import AccountStatus, StatusChange
from longcode.billing import store as invoices
from longcode.billing.adjustments import MonthEntry
from longcode.billing.invoice import Invoice, InvoiceState
from longcode.jobs import Bill
from longcode.plans.plans import PlanChange
from longcode.table import due, keys, store
from longcode.table.writes import Update
from longcode.usage import store as quotas
from longcode.usage.usage import Usage
from tests.support.aws_calls import meanwhile
from tests.support.billed_texts import reply, text, write_uncounted_text
from tests.support.fakes import studio
from tests.support.mails import mails_to

pytestmark = pytest.mark.usefixtures("aws")

FIRST = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
LATER = FIRST + timedelta(minutes=3)
LEFT = datetime(2026, 10, 12, 12, 0, tzinfo=UTC)


def bill(now: datetime = FIRST, month: str = "2026-11") -> Invoice | None:
    bill_worker.bill(Bill(account="10000001", month=month), lambda: now)
    return invoices.get("10000001", month)


def month_entry() -> MonthEntry:
    found = invoices.entry("10000001", "2026-11")
    assert found
    return found


def waiting(now: datetime) -> list[str]:
    return [item["account"] for item in due.find(now, 10)]


def test_a_difference_is_checked_again_before_the_invoice_is_parked() -> None:
    studio()
    write_uncounted_text(2)

    first = bill()
    doubted = month_entry()
    again = bill(LATER)

    assert (first, again) == (None, None)
    assert (doubted.state, month_entry().state) == (InvoiceState.DOUBTED, InvoiceState.PARKED)
    assert waiting(FIRST + timedelta(minutes=2)) == []
    assert waiting(FIRST + timedelta(days=9)) == []


def test_a_doubted_month_is_due_in_two_minutes_and_an_earlier_job_does_nothing() -> None:
    studio()
    write_uncounted_text()
    bill()

    bill(FIRST + timedelta(minutes=1))

    assert month_entry().state is InvoiceState.DOUBTED
    assert waiting(FIRST + timedelta(minutes=2, seconds=1)) == ["10000001"]


def test_the_two_minutes_begin_at_the_end_of_the_check() -> None:
    studio()
    write_uncounted_text()
    times = iter([FIRST, FIRST + timedelta(minutes=4)])

    bill_worker.bill(Bill(account="10000001", month="2026-11"), lambda: next(times))

    assert month_entry().look_again_at == FIRST + timedelta(minutes=6)
    assert waiting(FIRST + timedelta(minutes=5)) == []


def test_a_parked_invoice_has_its_differences_and_no_number_and_is_not_mailed() -> None:
    studio()
    text(5)
    write_uncounted_text(2)

    bill()
    bill(LATER)

    found = month_entry().findings
    assert found
    assert [(one.count, one.counters, one.messages) for one in found.differences] == [
        ("texts_sent", 1, 2),
        ("units_sent", 5, 7),
        ("segments_sent", 5, 7),
    ]
    assert invoices.last_number("2026-11") == 0
    assert mails_to("10000001@studio.example") == []


def test_counters_above_the_sum_over_the_messages_park_the_invoice_too() -> None:
    studio()
    store.write(quotas.count_write("10000001", "2026-11-22", "m1", Usage(texts_received=1, units_received=1)))

    bill()
    bill(LATER)

    assert month_entry().state is InvoiceState.PARKED


def test_parking_raises_an_alarm(capsys: pytest.CaptureFixture[str]) -> None:
    studio()
    write_uncounted_text()

    bill()
    before = "ParkedInvoices" in capsys.readouterr().out
    bill(LATER)

    assert not before
    assert "ParkedInvoices" in capsys.readouterr().out


def test_a_text_that_the_index_has_later_is_only_doubted() -> None:
    studio()
    late = write_uncounted_text(2)
    bill()
    store.transact(quotas.count_writes(late))  # as if the index had caught up

    issued = bill(LATER)

    assert issued
    assert (issued.units_used, month_entry().state, month_entry().findings) == (2, InvoiceState.ISSUED, None)


def test_a_parked_invoice_without_a_difference_is_computed_again_and_issued() -> None:
    studio()
    missed = write_uncounted_text(2)
    bill()
    bill(LATER)
    store.transact(quotas.count_writes(missed))
    text(3)

    issued = bill(FIRST + timedelta(days=2))

    assert issued
    assert (issued.number, issued.units_used) == ("2026-11-000001", 5)
    assert len(mails_to("10000001@studio.example")) == 1


def test_an_issued_invoice_is_not_parked_by_a_later_difference() -> None:
    studio()
    first = bill()

    write_uncounted_text(2)

    assert bill(LATER) == first
    assert month_entry().state is InvoiceState.ISSUED


def test_a_text_counted_during_the_check_is_no_difference() -> None:
    studio()
    text(5)

    with meanwhile("BatchGetItem", lambda: text(2)), meanwhile("Query", lambda: reply(4)):
        issued = bill()

    assert issued
    assert issued.units_used == 11


def test_a_doubted_or_parked_month_that_owes_nothing_is_deleted() -> None:
    studio(
        plan_changes=(PlanChange(LEFT - timedelta(days=90), "medium"),),
        status_changes=(StatusChange(at=LEFT, to=AccountStatus.CLOSED),),
    )
    store.write(quotas.count_write("10000001", "2026-11-22", "m1", Usage(texts_received=1, units_received=1)))
    bill()
    doubted = invoices.entry("10000001", "2026-11")
    store.write(quotas.count_write("10000001", "2026-11-22", "m1", Usage(texts_received=-1, units_received=-1)))

    bill(LATER)

    assert doubted
    assert invoices.entry("10000001", "2026-11") is None
    assert waiting(FIRST + timedelta(days=1)) == []


def test_an_invoice_issued_meanwhile_raises_no_alarm(capsys: pytest.CaptureFixture[str]) -> None:
    studio()
    missed = write_uncounted_text()
    bill()

    def mend() -> None:
        store.transact(quotas.count_writes(missed))
        bill(LATER)

    with meanwhile("PutItem", mend):
        bill(LATER)

    assert month_entry().state is InvoiceState.ISSUED
    assert "ParkedInvoices" not in capsys.readouterr().out


def test_an_unreadable_message_parks_the_invoice_too() -> None:
    studio()
    broken = text()
    store.write(Update(keys.message(broken.account, broken.id), changes={"state": "sideways"}))

    bill()
    bill(LATER)

    found = month_entry()
    assert found.state is InvoiceState.PARKED
    assert found.findings
    assert found.findings.unreadable == (broken.id,)


def test_a_text_taken_back_or_not_charged_is_no_difference() -> None:
    studio()
    gone = text(3)
    store.write(Update(keys.message(gone.account, gone.id), changes={"charged_units": 0}))
    store.transact(quotas.count_writes(gone, -1))

    issued = bill()

    assert issued
    assert issued.units_used == 0
