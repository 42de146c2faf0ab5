"""An account has one invoice for a month, mailed, whatever happens on the way."""

from datetime import UTC, datetime, timedelta

import pytest

from billing import invoice
from longcode.invoice import Invoice
from longcode.jobs import Bill
from longcode.plans import Change
from longcode.table import due, invoices, store, usage
from longcode.usage import Usage
from tests.fakes import NOW, LambdaContext, sqs_event, studio
from tests.functions.accounts.calls import at_once, killed_before
from tests.functions.accounts.event import event
from tests.functions.accounts.mails import Mail, mails_to

pytestmark = pytest.mark.usefixtures("aws")

FIRST = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)


def mails(account: str = "10000001") -> list[Mail]:
    return mails_to(f"{account}@studio.example")


def use(units: int, account: str = "10000001") -> None:
    store.write(usage.adding(account, "2026-11-22", "m1", Usage(texts_sent=1, units_sent=units)))


def bill(account: str = "10000001", now: datetime = FIRST) -> Invoice | None:
    invoice.bill(Bill(account=account, month="2026-11"), now)
    return invoices.get(account, "2026-11")


def waiting(now: datetime) -> list[str]:
    return [item["account"] for item in due.by(now, 10)]


def test_a_months_usage_becomes_an_invoice_and_a_mail() -> None:
    studio()
    use(1_100)

    answer = invoice.handler(event("sqs_bill"), LambdaContext())

    written = invoices.get("10000001", "2026-11")
    assert answer == {"batchItemFailures": []}
    assert written
    assert (written.plan, written.units_used, written.units_beyond) == ("medium", 1_100, 100)
    assert written.total_micros == 39_000_000
    [mail] = mails()
    assert mail.subject == "Your Longcode invoice 2026-11-000001 for 2026-11"
    assert "\n  Units sent beyond the plan: 100 x $0.04 = $4.00\n" in mail.text
    assert "\nTotal: $39.00\n" in mail.text
    assert [name for name, _ in mail.files] == ["invoice-2026-11-000001.pdf"]


def test_billing_again_changes_nothing_and_mails_nothing() -> None:
    studio()
    use(10)
    first = bill()

    use(5_000)
    again = bill(now=FIRST + timedelta(days=3))

    assert first == again
    assert len(mails()) == 1
    assert waiting(FIRST + timedelta(days=4)) == []


def test_bills_at_once_write_one_invoice() -> None:
    studio()
    use(10)

    with at_once() as threads:
        written = list(threads.map(lambda _: bill(), range(4)))

    assert [one == written[0] for one in written] == [True] * 4
    assert len({mail.text for mail in mails()}) == 1
    assert waiting(FIRST + timedelta(days=1)) == []


def test_killed_anywhere_the_next_delivery_ends_in_one_invoice_that_is_mailed() -> None:
    for call in range(1, 8):
        number = f"2000000{call}"
        studio(number)
        use(10, number)

        with killed_before(call):
            bill(number)
        use(1_000, number)
        bill(number, FIRST + timedelta(minutes=2))

        assert len({mail.text for mail in mails(number)}) == 1
        assert waiting(FIRST + timedelta(days=1)) == []


def test_an_invoice_whose_mail_was_lost_is_due() -> None:
    studio()

    with killed_before(5):
        bill()

    assert invoices.get("10000001", "2026-11")
    assert mails() == []
    assert waiting(FIRST + timedelta(minutes=1)) == []
    assert waiting(FIRST + timedelta(minutes=2, milliseconds=1)) == ["10000001"]


def test_a_studio_that_joined_later_owes_nothing() -> None:
    studio(plan_changes=(Change(datetime(2026, 12, 1, 6, 0, tzinfo=UTC), "large"),))

    assert bill() is None
    assert mails() == []


def test_a_studio_that_joined_on_the_last_evening_owes_for_the_month() -> None:
    studio(plan_changes=(Change(datetime(2026, 12, 1, 5, 59, tzinfo=UTC), "large"),))

    written = bill()

    assert written
    assert written.plan == "large"


def test_a_studio_that_never_got_its_credentials_owes_nothing() -> None:
    studio(established_at=None)

    assert bill() is None
    assert mails() == []


def test_a_record_that_cannot_be_read_fails_alone() -> None:
    studio()
    good = event("sqs_bill")["Records"][0]["body"]
    nobody = '{"account":"10000009","month":"2026-11"}'
    no_month = '{"account":"10000001","month":"November"}'

    answer = invoice.handler(sqs_event("{", nobody, no_month, good), LambdaContext())

    assert answer == {"batchItemFailures": [{"itemIdentifier": f"m{number}"} for number in range(3)]}
    assert invoices.get("10000001", "2026-11")


def test_no_log_shows_a_mail(capsys: pytest.CaptureFixture[str]) -> None:
    studio()

    invoice.handler(event("sqs_bill"), LambdaContext())

    assert "Foxglove" not in "".join(capsys.readouterr())
    assert NOW < FIRST
