"""A studio reads its own invoices, as JSON, page or PDF."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping

import pytest

from billing import invoices_api
from longcode.billing import store as invoices
from longcode.billing.invoice import InvoiceState, compute_invoice
from longcode.plans import store as price_list
from longcode.table import keys, store
from longcode.table.writes import Put, Update
from longcode.usage.usage import Usage
from tests.support.fakes import NOW, ApiResponse, LambdaContext, call, studio
from tests.support.readers import sample_event

pytestmark = pytest.mark.usefixtures("aws")


def get(path: str, account: str = "10000001", query: Mapping[str, str] | None = None, **headers: str) -> ApiResponse:
    return call(invoices_api, "GET", path, account=account, query=query, headers=headers)


def invoice(month: str, account: str = "10000001", studio: str = "Foxglove Portraits") -> None:
    plan = price_list.of_month(month)["medium"]
    invoices.issue(compute_invoice(account, month, plan, Usage(units_sent=1_100), studio=studio), NOW)


def test_an_invoice_is_shown_as_json_the_same_bytes_each_time() -> None:
    studio()
    invoice("2026-11")

    first = get("/invoices/2026-11")
    invoices.mark_mailed("10000001", "2026-11", NOW)
    second = get("/invoices/2026-11", accept="*/*")

    assert first.text == second.text
    assert first.json["number"] == "2026-11-000001"
    assert (first.json["studio"], first.json["total_micros"]) == ("Foxglove Portraits", 39_000_000)
    assert (first.json["begins_at"], first.json["ends_at"]) == ("2026-11-01T05:00:00Z", "2026-12-01T06:00:00Z")
    assert [line["item"] for line in first.json["lines"]] == [
        "monthly_fee",
        "units_sent",
        "units_received",
        "units_sent_beyond",
    ]
    assert "state" not in first.json


def test_an_invoice_is_a_page_to_print_that_loads_nothing() -> None:
    studio()
    invoice("2026-11", studio="<b>Foxglove</b> & Co")

    page = get("/invoices/2026-11", accept="text/html,application/xhtml+xml,application/pdf;q=0.9,*/*;q=0.8")

    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert "<dd>&lt;b&gt;Foxglove&lt;/b&gt; &amp; Co, account 10000001</dd>" in page.text
    assert "<b>" not in page.text
    assert '<th scope="row">Units sent beyond the plan<br><small>Texts that you sent beyond the 1,000' in page.text
    assert "</small></th><td>100</td><td>$0.04</td><td>$4.00</td>" in page.text
    assert '<th scope="row" colspan="3">Total</th><td>$39.00</td>' in page.text
    assert not re.search(r"src=|href=|url\(|<script| on[a-z]+=", page.text)
    assert "paid" not in page.text


def test_the_pages_security_policy_allows_its_style() -> None:
    studio()
    invoice("2026-11")

    page = get("/invoices/2026-11", accept="text/html")

    style = page.text.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in page.headers["Content-Security-Policy"]


def test_the_page_says_that_the_invoice_is_paid_and_the_document_does_not_change() -> None:
    studio()
    invoice("2026-11")
    before = get("/invoices/2026-11").text

    store.write(Update(keys.invoice("10000001", "2026-11"), changes={"state": InvoiceState.PAID}))

    assert "This invoice is paid." in get("/invoices/2026-11", accept="text/html").text
    assert get("/invoices/2026-11").text == before
    assert get("/invoices").json["items"][0]["state"] == "paid"


def test_an_invoice_is_a_pdf_the_same_bytes_each_time() -> None:
    studio()
    invoice("2026-11")

    answers = [get("/invoices/2026-11", accept="application/pdf") for _ in range(2)]

    assert answers[0].headers["Content-Type"] == "application/pdf"
    assert answers[0].headers["Content-Disposition"] == 'inline; filename="invoice-2026-11-000001.pdf"'
    assert answers[0].is_base64
    assert base64.b64decode(answers[0].text).startswith(b"%PDF-")
    assert answers[0].text == answers[1].text


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("image/png", "application/json"),
        ("application/json, application/pdf", "application/json"),
        ("Application/PDF", "application/pdf"),
        ("application/pdf;q=0.9, text/html", "application/pdf"),
        ("text/html, application/pdf", "text/html"),
        ("image/png, application/pdf", "application/json"),
        ("application/xhtml+xml,text/html;q=0.8", "text/html"),
    ],
)
def test_the_first_accepted_media_type_that_exists_is_used(accept: str, chosen: str) -> None:
    assert invoices_api.media_type(accept) == chosen


def test_invoices_are_listed_oldest_first_a_page_at_a_time() -> None:
    studio()
    for month in ("2026-12", "2026-02", "2026-11"):
        invoice(month)

    first = get("/invoices", query={"limit": "2"}).json
    second = get("/invoices", query={"limit": "2", "cursor": first["next_cursor"]}).json

    assert [one["month"] for one in first["items"]] == ["2026-02", "2026-11"]
    assert second == {
        "items": [
            {
                "month": "2026-12",
                "number": "2026-12-000001",
                "state": "issued",
                "issued_on": "2027-01-01",
                "due_on": None,
                "plan": "medium",
                "units_used": 1100,
                "currency": "USD",
                "total_micros": 39000000,
            }
        ],
        "next_cursor": None,
    }


def test_a_cursor_that_is_no_month_is_refused() -> None:
    studio()

    refused = get("/invoices", query={"cursor": "2026-13"})

    assert (refused.status, refused.json["code"]) == (422, "bad_cursor")


def test_a_doubted_invoice_is_not_shown() -> None:
    studio()
    invoice("2026-10")
    waiting = {"type": "invoice", "account": "10000001", "month": "2026-11", "state": InvoiceState.PARKED}
    store.write(Put(keys.invoice("10000001", "2026-11"), waiting))

    answers = [get("/invoices/2026-11", accept=form) for form in ("text/html", "application/pdf", "*/*")]

    assert [one.status for one in answers] == [404, 404, 404]
    assert [one["month"] for one in get("/invoices", query={"limit": "1"}).json["items"]] == ["2026-10"]


def test_a_month_without_an_invoice_is_absent() -> None:
    studio()

    answer = get("/invoices/2026-11")

    assert (answer.status, answer.json["detail"]) == (404, "There is no invoice for 2026-11.")


def test_a_cursor_that_is_not_a_month_is_refused() -> None:
    studio()

    answer = get("/invoices", query={"cursor": "2026-1x"})

    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "cursor")


@pytest.mark.parametrize("month", ["2026-13", "2026-1", "11-2026", "2026-11-22", "usage"])
def test_a_malformed_month_is_refused(month: str) -> None:
    studio()

    answer = get(f"/invoices/{month}")

    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "month")


def test_a_studio_sees_its_own_invoices_only() -> None:
    studio("10000001")
    studio("10000002")
    invoice("2026-11", "10000002")

    assert get("/invoices").json["items"] == []
    assert get("/invoices/2026-11").status == 404
    assert get("/invoices/2026-11").text == get("/invoices/2026-10").text.replace("2026-10", "2026-11")


def test_an_event_of_the_gateway_gets_the_invoice() -> None:
    studio()
    invoice("2026-11")

    answer = invoices_api.handler(sample_event("get_invoice"), LambdaContext())

    assert (answer["statusCode"], json.loads(answer["body"])["month"]) == (200, "2026-11")
