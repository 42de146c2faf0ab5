"""An account has one mailed invoice for a month, even after crashes and repetitions."""

from datetime import UTC, datetime, timedelta

import pytest

from billing import bill_worker
from longcode import months
from longcode.aws import clients
from longcode.billing import store as invoices
from longcode.billing.invoice import Invoice
from longcode.jobs import Bill
from longcode.plans.plans import PlanChange
from longcode.table import due
from tests.support.aws_calls import parallel_calls
from tests.support.billed_texts import text
from tests.support.crashes import Crash, every_crash
from tests.support.fakes import NOW, LambdaContext, sqs_event, studio
from tests.support.mails import Mail, mails_to

pytestmark = pytest.mark.usefixtures("aws")

CALLS = 32  # of a bill to AWS; the last notes that it is mailed
FIRST = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)


def mails(account: str = "10000001") -> list[Mail]:
    return mails_to(f"{account}@studio.example")


def bill(account: str = "10000001", now: datetime = FIRST) -> Invoice | None:
    bill_worker.bill(Bill(account=account, month="2026-11"), lambda: now)
    return invoices.get(account, "2026-11")


def waiting(now: datetime) -> list[str]:
    return [item["account"] for item in due.find(now, 10)]


def test_a_months_usage_becomes_an_invoice_and_a_mail() -> None:
    studio()
    text(1_100)

    written = bill()

    assert written
    assert (written.plan, written.units_used, written.units_beyond) == ("medium", 1_100, 100)
    assert written.total_micros == 39_000_000
    assert written.seller
    assert (written.seller.tax_number, str(written.due_on)) == ("EIN 12-3456789", "2026-12-31")
    [mail] = mails()
    assert mail.subject == "Your Longcode invoice 2026-11-000001 for November 2026"
    assert "\nUnits sent beyond the plan: 100 x $0.04 = $4.00\n" in mail.text
    assert "\nTotal: $39.00\n" in mail.text
    assert "\nPlease pay $39.00 by 31 December 2026. By bank transfer" in mail.text
    assert [name for name, _ in mail.files] == ["invoice-2026-11-000001.pdf"]


def test_billing_again_changes_nothing_and_mails_nothing() -> None:
    studio()
    text(10)
    first = bill()

    text(5_000)
    again = bill(now=FIRST + timedelta(days=3))

    assert first == again
    assert len(mails()) == 1
    assert waiting(FIRST + timedelta(days=4)) == []


def test_parallel_bills_write_one_invoice() -> None:
    studio()
    text(10)

    with parallel_calls() as threads:
        written = list(threads.map(lambda _: bill(), range(4)))

    assert [one == written[0] for one in written] == [True] * 4
    assert len({mail.text for mail in mails()}) == 1
    assert waiting(FIRST + timedelta(days=1)) == []


@pytest.mark.long
def test_a_bill_killed_anywhere_ends_in_one_mailed_invoice_without_a_gap_in_the_numbers() -> None:
    for number in ("20000001", "20000002"):
        studio(number)
        text(10, number)

    for crash in every_crash(after=False):
        with crash:
            bill("20000001")
        text(1_000, "20000001")
        for number in ("20000001", "20000002"):
            bill(number, FIRST + timedelta(minutes=2))

        assert len({mail.text for mail in mails("20000001")}) == 1
        assert waiting(FIRST + timedelta(days=1)) == []
        issued = [invoices.get(number, "2026-11") for number in ("20000001", "20000002")]
        assert [one.number for one in issued if one] == ["2026-11-000001", "2026-11-000002"]


def test_an_invoice_whose_mail_was_lost_is_due() -> None:
    studio()
    text()

    with Crash(CALLS - 1, before=True):
        bill()

    assert invoices.get("10000001", "2026-11")
    assert mails() == []
    assert waiting(FIRST + timedelta(minutes=1)) == []
    assert waiting(FIRST + timedelta(minutes=2, milliseconds=1)) == ["10000001"]


def test_an_invoice_that_took_minutes_to_compute_is_mailed_by_one_job() -> None:
    studio()
    text()
    times, drawn_up = iter([FIRST]), FIRST + timedelta(minutes=4)

    with Crash(CALLS - 1, before=True):
        bill_worker.bill(Bill(account="10000001", month="2026-11"), lambda: next(times, drawn_up))
    bill(now=drawn_up + timedelta(seconds=30))

    assert waiting(drawn_up + timedelta(minutes=2)) == []
    assert mails() == []
    bill(now=drawn_up + timedelta(minutes=2))
    assert len(mails()) == 1


@pytest.mark.long
def test_parallel_bills_of_many_accounts_are_numbered_without_a_gap() -> None:
    every = [studio(f"1000000{n}").id for n in range(8)]

    with parallel_calls() as threads:
        written = list(threads.map(bill, [*every, *every]))

    assert {one.number for one in written if one} == {f"2026-11-00000{n}" for n in range(1, 9)}
    assert invoices.last_number("2026-11") == 8


def test_a_month_that_has_not_ended_is_not_billed() -> None:
    studio()

    with pytest.raises(ValueError, match="2026-11 has not ended"):
        bill(now=datetime(2026, 12, 1, 5, 59, 59, tzinfo=UTC))

    assert bill(now=datetime(2026, 12, 1, 6, 0, tzinfo=UTC))


def test_a_late_close_bills_the_month_and_the_day_that_were_scheduled() -> None:
    studio()
    text(3)
    text(7, at=datetime(2026, 12, 2, 12, 0, tzinfo=UTC))

    written = bill(now=datetime(2026, 12, 3, 12, 0, tzinfo=UTC))

    assert written
    assert (written.month, written.units_used) == ("2026-11", 3)
    assert written.issued_on.isoformat() == "2026-12-01"


def test_a_studio_that_joined_later_owes_nothing() -> None:
    studio(plan_changes=(PlanChange(datetime(2026, 12, 1, 6, 0, tzinfo=UTC), "large"),))

    assert bill() is None
    assert mails() == []


def test_a_studio_that_joined_on_the_last_evening_owes_for_the_month() -> None:
    studio(plan_changes=(PlanChange(datetime(2026, 12, 1, 5, 59, tzinfo=UTC), "large"),))

    written = bill()

    assert written
    assert written.plan == "large"


def test_a_studio_that_never_got_its_credentials_owes_nothing() -> None:
    studio(established_at=None)

    assert bill() is None
    assert mails() == []


def test_an_unreadable_or_early_record_fails_alone() -> None:
    studio(plan_changes=(PlanChange(datetime(2024, 1, 1, tzinfo=UTC), "medium"),))
    month = months.previous(months.month_of(clients.now()))
    good = f'{{"account":"10000001","month":"{month}"}}'
    nobody = f'{{"account":"10000009","month":"{month}"}}'
    no_month = '{"account":"10000001","month":"November"}'
    not_over = f'{{"account":"10000001","month":"{months.following(month)}"}}'

    answer = bill_worker.handler(sqs_event("{", nobody, no_month, not_over, good), LambdaContext())

    assert answer == {"batchItemFailures": [{"itemIdentifier": f"m{number}"} for number in range(4)]}
    assert invoices.get("10000001", month)
    assert invoices.get("10000001", months.following(month)) is None


def test_no_log_shows_a_mail(capsys: pytest.CaptureFixture[str]) -> None:
    studio()

    bill()

    assert "Foxglove" not in "".join(capsys.readouterr())
    assert NOW < FIRST
