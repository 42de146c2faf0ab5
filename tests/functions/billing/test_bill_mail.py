"""The mail with an invoice has every figure, in its text and as PDF."""

import pytest
from msgspec.structs import replace

from billing import pdf
from billing.bill_worker import mail_invoice
from longcode.billing.closing import with_terms
from longcode.billing.invoice import Invoice, compute_invoice
from longcode.plans.plans import PastLimit, Plan
from longcode.usage.usage import Usage
from tests.support.fakes import NOW, studio
from tests.support.mails import Mail, mails_to

pytestmark = pytest.mark.usefixtures("aws")

MEDIUM = Plan("medium", "Medium", 35_000_000, 1_000, 40_000, PastLimit.CHARGE, version=3)


def invoice(name: str = "Foxglove Portraits") -> Invoice:
    drawn = compute_invoice("10000001", "2026-11", MEDIUM, Usage(units_sent=1_100, units_received=20), studio=name)
    return with_terms(replace(drawn, number="2026-11-000123"), NOW)


def mailed() -> Mail:
    [mail] = mails_to("10000001@studio.example")
    return mail


def test_the_mail_has_every_figure_and_the_pdf() -> None:
    mail_invoice(invoice(), studio())

    assert mailed().subject == "Your Longcode invoice 2026-11-000123 for November 2026"
    assert mailed().files == (("invoice-2026-11-000123.pdf", pdf.draw(invoice())),)
    assert mailed().body == (
        "Hello Foxglove Portraits,\n"
        "\n"
        "Here is your Longcode invoice 2026-11-000123 for November 2026. Its total is $39.80.\n"
        "\n"
        "Please pay $39.80 by 31 December 2026. By bank transfer to account 000123456789, with the invoice's"
        " number.\n"
        "\n"
        "Number: 2026-11-000123\n"
        "Issued on: 1 December 2026\n"
        "Due on: 31 December 2026\n"
        "Seller: Longcode LLC, 12 Main Street, Chicago, IL 60601\n"
        "Tax number of the seller: EIN 12-3456789\n"
        "Studio: Foxglove Portraits, account 10000001\n"
        "Month: November 2026\n"
        "Plan: Medium, 1,000 units a month; then $0.04 a unit\n"
        "Used: 1,120 units (1,100 sent, 20 received), 120 of them beyond the plan\n"
        "\n"
        "Medium: monthly fee: 1 x $35.00 = $35.00\n"
        "Units sent, included: 1,000 x $0.00 = $0.00\n"
        "Units received, included: 0 x $0.00 = $0.00\n"
        "Units sent beyond the plan: 100 x $0.04 = $4.00\n"
        "Units received beyond the plan: 20 x $0.04 = $0.80\n"
        "\n"
        "Total: $39.80\n"
        "\n"
        "See what each line means:\n"
        "https://longcode.example/hub/invoices/2026-11\n"
        "\n"
        "A unit is a text of up to 160 characters. A longer text counts as two units or more.\n"
        "\n"
        "November 2026 is the month by Chicago's clocks (Central Time). A text counts in the month in which it was"
        " handed to the carrier, a reply in the month in which it came in. The plan is the last one chosen by 5:00 pm"
        " on the last day of the month, or the one that you joined with.\n"
        "\n"
        "Exactly: from 1 November 2026, 00:00:00 -05:00 (2026-11-01T05:00:00Z) until just before 1 December 2026,"
        " 00:00:00 -06:00 (2026-12-01T06:00:00Z), 721 hours, as the clocks went back within it. The plan is medium,"
        " version 3, chosen by 30 November 2026, 17:00:00 -06:00 (2026-11-30T23:00:00Z) or on joining after that."
    )


@pytest.mark.parametrize("name", ["株式会社 Łódź 🦊", "Fox\r\nBcc: all@studio.example", "." * 2_000])
def test_no_studio_name_adds_headers_to_the_mail(name: str) -> None:
    mail_invoice(invoice(name), studio())

    assert mailed().subject == "Your Longcode invoice 2026-11-000123 for November 2026"
    assert mails_to("all@studio.example") == []
    assert name.replace("\r\n", "\n") in mailed().text


def test_the_mail_is_sent_without_a_pdf_that_cannot_be_drawn() -> None:
    def broken(_invoice: Invoice) -> bytes:
        raise ZeroDivisionError

    mail_invoice(invoice(), studio(), broken)

    assert "Total: $39.80" in mailed().text
    assert mailed().files == ()
