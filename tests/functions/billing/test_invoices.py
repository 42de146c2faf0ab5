"""A studio reads its invoices, and nobody else's."""

import json

import pytest

from billing import invoices as api
from longcode.invoice import draw_up
from longcode.table import invoices, price_list
from longcode.usage import Usage
from tests.fakes import NOW, Answered, LambdaContext, call, studio
from tests.functions.accounts.event import event

pytestmark = pytest.mark.usefixtures("aws")


def get(path: str, account: str = "10000001", **headers: str) -> Answered:
    return call(api, "GET", path, account=account, headers=headers)


def invoice(month: str, account: str = "10000001") -> None:
    invoices.issue(draw_up(account, month, price_list.of_month(month)["medium"], Usage(units_sent=1_100)), NOW)


def test_an_invoice_is_shown_as_json_and_to_a_browser_as_a_page() -> None:
    studio(name="<b>Foxglove</b> & Co")
    invoice("2026-11")

    document = get("/invoices/2026-11")
    page = get("/invoices/2026-11", accept="text/html,application/xhtml+xml")

    assert document.json["total_micros"] == 39_000_000
    assert [line["item"] for line in document.json["lines"]] == [
        "monthly_fee",
        "units_sent",
        "units_received",
        "units_sent_beyond",
    ]
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "&lt;b&gt;Foxglove&lt;/b&gt; &amp; Co, account 10000001" in page.text
    assert "<b>" not in page.text
    assert "<td>Units sent beyond the plan<td>100<td>$0.04<td>$4.00" in page.text.replace("<tr>", "")
    assert "$39.00" in page.text


def test_invoices_are_listed_oldest_first() -> None:
    studio()
    for month in ("2026-12", "2026-02", "2026-11"):
        invoice(month)

    listed = get("/invoices").json

    assert [one["month"] for one in listed["items"]] == ["2026-02", "2026-11", "2026-12"]
    assert listed["next_cursor"] is None


def test_a_month_without_an_invoice_is_absent() -> None:
    studio()

    answer = get("/invoices/2026-11")

    assert (answer.status, answer.json["detail"]) == (404, "There is no invoice for 2026-11.")


@pytest.mark.parametrize("month", ["2026-13", "2026-1", "11-2026", "2026-11-22", "usage"])
def test_what_is_no_month_is_refused(month: str) -> None:
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

    answer = api.handler(event("get_invoice"), LambdaContext())

    assert (answer["statusCode"], json.loads(answer["body"])["month"]) == (200, "2026-11")
