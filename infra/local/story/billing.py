"""Billing: the limit of a plan, the close of a month, the operator's books, a suspension."""

import csv
import json
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.local.participants import StudioSoftware, eventually
from infra.local.story.stage import Stage
from infra.local.studio import mails_to

_PHONE = "+12125550101"


def reach_the_limit(stage: Stage, studio: StudioSoftware) -> None:
    """Change to a plan that is too small for a broadcast, and to a larger plan."""
    stage.title(f"{studio.name} changes to a plan with a limit, and reaches it")
    changed = studio.ask("PUT", "/account/plan", {"plan": "starter"}).json
    shown = {name: changed[name] for name in ("counts_from", "changeable_until")}
    stage.show("PUT /account/plan", {"plan": "starter"}, shown)
    if changed["plan"]["name"] == "starter":
        _too_small(stage, studio)
    else:
        _too_late(stage, studio, changed)


def _too_small(stage: Stage, studio: StudioSoftware) -> None:
    form = {"audience": {"all": True}, "body": "a" * 1600, "dry_run": True}
    refused = studio.ask("POST", "/broadcasts", form).json
    stage.say(f"   a broadcast of ten units each: {refused['reason']}")
    stage.check(refused["code"] == "plan_limit_reached", "a broadcast over the limit is refused before it is sent")
    stage.check("Small would allow it at once" not in refused["reason"], "a plan that is too small is not advised")
    studio.ask("PUT", "/account/plan", {"plan": "medium"})
    stage.check(studio.ask("POST", "/broadcasts", form).json["code"] is None, "a bigger plan takes effect at once")


def _too_late(stage: Stage, studio: StudioSoftware, changed: Any) -> None:
    """Check the plans after 17:00 Central Time on the last day of a month: that month's plan stays."""
    stage.check(changed["plan"]["name"] == "medium", "after 17:00 on the last day the month's plan stays")
    stage.check(changed["next_month_plan"]["name"] == "starter", "and the next month has the other plan")
    back = studio.ask("PUT", "/account/plan", {"plan": "medium"}).json
    stage.check(back["next_month_plan"]["name"] == "medium", "which can be changed back")


def compare_the_usage(stage: Stage, studio: StudioSoftware) -> None:
    """Compare the usage of a month with the rows of its sheet."""
    stage.title(f"{studio.name} looks at its usage")
    current = studio.ask("GET", "/usage").json["current"]
    shown = {name: current[name] for name in ("plan", "used", "limit", "total_micros", "forecast")}
    stage.show("GET /usage", None, shown)
    sheet = studio.ask("GET", f"/usage/{current['month']}/texts", None, Accept="text/csv").text
    rows = list(csv.DictReader(sheet.removeprefix("\ufeff").splitlines()))
    stage.say(f"   {len(rows)} rows, such as: {','.join(rows[-1].values())}")
    used = current["used"]["units_sent"] + current["used"]["units_received"]
    stage.check(sum(int(row["units"]) for row in rows) == used, f"the sheet has the {used} units of the usage")
    stage.check(_PHONE not in sheet, "it contains no complete phone number")


def close_the_month(stage: Stage, *studios: StudioSoftware) -> str:
    """Close the month, compare the invoices with the texts on the phones, and return the month."""
    stage.title("The month closes")
    month: str = studios[0].ask("GET", "/usage").json["current"]["month"]
    year, number = int(month[:4]), int(month[5:])
    first = datetime(year + number // 12, number % 12 + 1, 1, 9, tzinfo=UTC)
    closed = stage.stack.invoke(stage.stack.close_month_function, {"time": first.isoformat()})
    stage.show("close_month", {"time": first.isoformat()}, closed)
    sent, billed, numbers = _sent_units(stage), 0, []
    for studio in studios:
        invoice = eventually(lambda s=studio: _invoice(s, month), "the invoice")  # type: ignore[misc]
        mail = eventually(lambda s=studio: _invoice_mail(stage, s, month), "the invoice's mail")  # type: ignore[misc]
        stage.say("   " + mail.replace("\n", "\n   "))
        added = sum(line["amount_micros"] for line in invoice["lines"])
        stage.check(added == invoice["total_micros"], f"{studio.name}: the lines add up")
        billed += invoice["units_sent"]
        numbers.append(invoice["number"])
    stage.check(billed == sent, f"the {billed} units sent on both invoices are what the phones received")
    stage.check(len(set(numbers)) == len(numbers), f"their numbers are {' and '.join(sorted(numbers))}")
    again = stage.stack.invoke(stage.stack.close_month_function, {"time": first.isoformat()})
    stage.check(again == closed, "closing again has the same result")
    stage.check(len(studios[0].all_items("/invoices")) == 1, "and writes no second invoice")
    return month


def keep_the_books(stage: Stage, studio: StudioSoftware, month: str) -> None:
    """Check, credit and settle an invoice as the operator, and read it as the studio."""
    stage.title("The operator keeps the books")
    invoice = {"month": month, "account": studio.account}
    checked = _order(stage, do="months.check", **invoice)
    stage.check(checked["differences"] == [], "the counters are the sum over the messages")
    credit = {**invoice, "amount_micros": 500_000, "reason": "A text sent twice", "id": f"case-{stage.run}"}
    _order(stage, do="invoices.credit", **credit)
    refused = _order(stage, do="invoices.credit", **{**credit, "amount_micros": 10**9, "id": f"more-{stage.run}"})
    stage.check(refused["code"] == "credit_too_large", "a credit larger than the invoice is refused")
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    paid = _order(stage, do="invoices.mark_paid", on=yesterday, **invoice)
    stage.check(paid["state"] == "paid", "it is marked as paid")
    before = studio.ask("GET", f"/invoices/{month}").text
    page = studio.ask("GET", f"/invoices/{month}", None, Accept="text/html").text
    stage.check(json.loads(before)["number"] in page, "the studio reads it as a page")
    pdf = studio.ask("GET", f"/invoices/{month}", None, Accept="application/pdf").text
    stage.check(b64decode(pdf).startswith(b"%PDF-"), "or as PDF")  # the emulator does not decode base64
    stage.check(studio.ask("GET", f"/invoices/{month}").text == before, "and the document has not changed")


def suspend_and_restore(stage: Stage, studio: StudioSoftware, client: str) -> None:
    """Suspend a studio, which then sends no texts but still receives replies."""
    stage.title(f"The operator suspends {studio.name}, and restores it")
    _order(stage, do="accounts.suspend", account=studio.account, reason="The invoice is unpaid.")
    refused = studio.ask("POST", "/messages", {"client_id": client, "body": "Hello"})
    stage.show("POST /messages", {"client_id": client, "body": "Hello"}, refused.json)
    stage.check((refused.status, refused.json["code"]) == (403, "account_suspended"), "it sends no texts")
    stage.check("The invoice is unpaid." in refused.json["detail"], "and the error has the reason")
    stage.replies(_PHONE, f"Are you there? {stage.run}")
    stage.reply_of(studio, f"Are you there? {stage.run}")
    stage.check(True, "a client's reply still arrives")
    _order(stage, do="accounts.restore", account=studio.account)
    stage.check(stage.refusal(studio, client) is None, "after that, it may send again")


def _order(stage: Stage, **order: Any) -> Any:
    order["by"] = "Ann"
    answer = stage.stack.invoke(stage.stack.admin_function, order)
    stage.show("admin", order, answer)
    return answer


def _invoice(studio: StudioSoftware, month: str) -> Any:
    """Return a studio's invoice, or None."""
    answer = studio.ask("GET", f"/invoices/{month}")
    return answer.json if answer.status == 200 else None


def _invoice_mail(stage: Stage, studio: StudioSoftware, month: str) -> str | None:
    """Return the text of the mail with an invoice, or None."""
    address = studio.ask("GET", "/account").json["email"]
    texts = [str(mail["BodyText"]) for mail in mails_to(stage.stack, address)]
    return next((text.rstrip() for text in texts if f"invoice {month}-" in text), None)


def _sent_units(stage: Stage) -> int:
    """Return the units of the studios' new texts on all phones: one for every 160 characters begun."""
    service = ("You get no more texts", "You get texts from your studio", "Thank you! You get texts from")
    received = stage.phones.received(undelivered=False)
    new = [words for sid, (_, words) in received.items() if sid not in stage.earlier_texts]
    return sum(-(-len(words) // 160) for words in new if not words.startswith(service))
