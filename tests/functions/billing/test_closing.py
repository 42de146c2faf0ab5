"""A month is closed only if its counters are the sum over its messages; a difference parks it, and is mended."""

from datetime import UTC, datetime, timedelta

import pytest

from billing import bill_worker
from longcode.accounts.account import AccountStatus, StatusChange
from longcode.billing import store as invoices
from longcode.billing.invoice import Invoice, InvoiceState
from longcode.billing.store import MonthEntry
from longcode.jobs import Bill
from longcode.plans.plans import PlanChange
from longcode.table import due, keys, store
from longcode.table.writes import Update
from longcode.usage import store as quotas
from longcode.usage.usage import Usage
from tests.support.aws_calls import meanwhile
from tests.support.billed_texts import reply, text, uncounted
from tests.support.fakes import studio
from tests.support.mails import mails_to

pytestmark = pytest.mark.usefixtures("aws")

FIRST = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
LATER = FIRST + timedelta(minutes=3)
LEFT = datetime(2026, 10, 12, 12, 0, tzinfo=UTC)


def bill(now: datetime = FIRST, month: str = "2026-11") -> Invoice | None:
    bill_worker.bill(Bill(account="10000001", month=month), lambda: now)
    return invoices.get("10000001", month)


def stands() -> MonthEntry:
    found = invoices.entry("10000001", "2026-11")
    assert found
    return found


def waiting(now: datetime) -> list[str]:
    return [item["account"] for item in due.by(now, 10)]


def test_a_difference_is_looked_at_once_more_before_the_invoice_is_parked() -> None:
    studio()
    uncounted(2)

    first = bill()
    doubted = stands()
    again = bill(LATER)

    assert (first, again) == (None, None)
    assert (doubted.state, stands().state) == (InvoiceState.DOUBTED, InvoiceState.PARKED)
    assert waiting(FIRST + timedelta(minutes=2)) == []
    assert waiting(FIRST + timedelta(days=9)) == []


def test_what_is_doubted_is_due_in_two_minutes_and_a_job_that_comes_before_does_nothing() -> None:
    studio()
    uncounted()
    bill()

    bill(FIRST + timedelta(minutes=1))

    assert stands().state is InvoiceState.DOUBTED
    assert waiting(FIRST + timedelta(minutes=2, seconds=1)) == ["10000001"]


def test_the_two_minutes_begin_when_the_walk_is_over_however_long_it_took() -> None:
    studio()
    uncounted()
    times = iter([FIRST, FIRST + timedelta(minutes=4)])

    bill_worker.bill(Bill(account="10000001", month="2026-11"), lambda: next(times))

    assert stands().look_again_at == FIRST + timedelta(minutes=6)
    assert waiting(FIRST + timedelta(minutes=5)) == []


def test_a_parked_invoice_tells_what_differs_has_no_number_and_is_not_mailed() -> None:
    studio()
    text(5)
    uncounted(2)

    bill()
    bill(LATER)

    found = stands().findings
    assert found
    assert [(one.count, one.counters, one.messages) for one in found.differences] == [
        ("texts_sent", 1, 2),
        ("units_sent", 5, 7),
        ("segments_sent", 5, 7),
    ]
    assert invoices.last_number("2026-11") == 0
    assert mails_to("10000001@studio.example") == []


def test_counters_that_say_more_than_the_messages_park_too() -> None:
    studio()
    store.write(quotas.adding("10000001", "2026-11-22", "m1", Usage(texts_received=1, units_received=1)))

    bill()
    bill(LATER)

    assert stands().state is InvoiceState.PARKED


def test_parking_raises_an_alarm(capsys: pytest.CaptureFixture[str]) -> None:
    studio()
    uncounted()

    bill()
    before = "ParkedInvoices" in capsys.readouterr().out
    bill(LATER)

    assert not before
    assert "ParkedInvoices" in capsys.readouterr().out


def test_what_the_index_did_not_have_yet_is_only_doubted() -> None:
    studio()
    late = uncounted(2)
    bill()
    store.transact(quotas.counting(late))  # as if the index had caught up

    issued = bill(LATER)

    assert issued
    assert (issued.units_used, stands().state, stands().findings) == (2, InvoiceState.ISSUED, None)


def test_a_parked_invoice_whose_difference_is_gone_is_drawn_up_anew_and_issued() -> None:
    studio()
    missed = uncounted(2)
    bill()
    bill(LATER)
    store.transact(quotas.counting(missed))
    text(3)

    issued = bill(FIRST + timedelta(days=2))

    assert issued
    assert (issued.number, issued.units_used) == ("2026-11-000001", 5)
    assert len(mails_to("10000001@studio.example")) == 1


def test_an_invoice_that_is_issued_is_not_parked_by_what_comes_later() -> None:
    studio()
    first = bill()

    uncounted(2)

    assert bill(LATER) == first
    assert stands().state is InvoiceState.ISSUED


def test_a_text_that_is_counted_during_the_walk_is_no_difference() -> None:
    studio()
    text(5)

    with meanwhile("BatchGetItem", lambda: text(2)), meanwhile("Query", lambda: reply(4)):
        issued = bill()

    assert issued
    assert issued.units_used == 11


def test_what_is_put_aside_and_then_owes_nothing_waits_for_nobody() -> None:
    studio(
        plan_changes=(PlanChange(LEFT - timedelta(days=90), "medium"),),
        status_changes=(StatusChange(at=LEFT, to=AccountStatus.CLOSED),),
    )
    store.write(quotas.adding("10000001", "2026-11-22", "m1", Usage(texts_received=1, units_received=1)))
    bill()
    doubted = invoices.entry("10000001", "2026-11")
    store.write(quotas.adding("10000001", "2026-11-22", "m1", Usage(texts_received=-1, units_received=-1)))

    bill(LATER)

    assert doubted
    assert invoices.entry("10000001", "2026-11") is None
    assert waiting(FIRST + timedelta(days=1)) == []


def test_nobody_is_woken_for_an_invoice_that_was_issued_meanwhile(capsys: pytest.CaptureFixture[str]) -> None:
    studio()
    missed = uncounted()
    bill()

    def mend() -> None:
        store.transact(quotas.counting(missed))
        bill(LATER)

    with meanwhile("PutItem", mend):
        bill(LATER)

    assert stands().state is InvoiceState.ISSUED
    assert "ParkedInvoices" not in capsys.readouterr().out


def test_a_message_that_cannot_be_read_parks_too() -> None:
    studio()
    broken = text()
    store.write(Update(keys.message(broken.account, broken.id), changes={"state": "sideways"}))

    bill()
    bill(LATER)

    found = stands()
    assert found.state is InvoiceState.PARKED
    assert found.findings
    assert found.findings.unreadable == (broken.id,)


def test_what_is_taken_back_or_not_charged_is_no_difference() -> None:
    studio()
    gone = text(3)
    store.write(Update(keys.message(gone.account, gone.id), changes={"charged_units": 0}))
    store.transact(quotas.counting(gone, -1))

    issued = bill()

    assert issued
    assert issued.units_used == 0
