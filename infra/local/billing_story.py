"""The steps of the story that are about money: a limit, a month's close, the operator's books, a suspension."""

import csv
import json
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.local.telling import Telling
from infra.local.visitors import Studio, eventually

_PHONE = "+12125550101"


class BillingStory(Telling):
    """What a studio and the operator see of plans, usage and invoices."""

    def meet_the_limit(self, studio: Studio) -> None:
        """Change to a plan that is too small for a broadcast, read what would help, and do that."""
        self.title(f"{studio.name} changes to a plan that stops, and meets its limit")
        changed = studio.ask("PUT", "/account/plan", {"plan": "starter"}).json
        told = {name: changed[name] for name in ("counts_from", "changeable_until")}
        self.show("PUT /account/plan", {"plan": "starter"}, told)
        if changed["plan"]["name"] == "starter":
            self._too_small(studio)
        else:
            self._too_late(studio, changed)

    def _too_small(self, studio: Studio) -> None:
        order = {"audience": {"all": True}, "body": "a" * 1600, "dry_run": True}
        refused = studio.ask("POST", "/broadcasts", order).json
        self.say(f"   a broadcast of ten units each: {refused['reason']}")
        self.check(
            refused["code"] == "plan_limit_reached", "what the plan has no room for is refused before it is sent"
        )
        self.check("Small would allow it at once" not in refused["reason"], "a plan that is too small is not advised")
        studio.ask("PUT", "/account/plan", {"plan": "medium"})
        self.check(
            studio.ask("POST", "/broadcasts", order).json["code"] is None, "a bigger plan takes effect at once"
        )

    def _too_late(self, studio: Studio, changed: Any) -> None:
        """It is past 17:00 Central on a month's last day: that month's plan stays."""
        self.check(changed["plan"]["name"] == "medium", "after 17:00 on the last day the month's plan stays")
        self.check(changed["next_month_plan"]["name"] == "starter", "and the next month has the other")
        back = studio.ask("PUT", "/account/plan", {"plan": "medium"}).json
        self.check(back["next_month_plan"]["name"] == "medium", "which can be taken back")

    def count_what_was_used(self, studio: Studio) -> None:
        """Hold the usage of a month against its sheet, row by row."""
        self.title(f"{studio.name} looks at what it used")
        current = studio.ask("GET", "/usage").json["current"]
        shown = {name: current[name] for name in ("plan", "used", "limit", "total_micros", "forecast")}
        self.show("GET /usage", None, shown)
        sheet = studio.ask("GET", f"/usage/{current['month']}/texts", None, Accept="text/csv").text
        rows = list(csv.DictReader(sheet.splitlines()))
        self.say(f"   {len(rows)} rows, such as: {','.join(rows[-1].values())}")
        used = current["used"]["units_sent"] + current["used"]["units_received"]
        self.check(sum(int(row["units"]) for row in rows) == used, f"the sheet's units are the {used} of the usage")
        self.check(_PHONE not in sheet, "no phone is in it whole")

    def close_the_month(self, *studios: Studio) -> str:
        """Close the month with next month's schedule, and hold the invoices against the phones; gives the month."""
        self.title("The month closes")
        month: str = studios[0].ask("GET", "/usage").json["current"]["month"]
        year, number = int(month[:4]), int(month[5:])
        first = datetime(year + number // 12, number % 12 + 1, 1, 9, tzinfo=UTC)
        closed = self.stack.invoke(self.stack.close_month_function, {"time": first.isoformat()})
        self.show("close_month", {"time": first.isoformat()}, closed)
        sent, billed, numbers = self.sent_units(), 0, []
        for studio in studios:
            invoice = eventually(lambda s=studio: self.invoice(s, month), "the invoice")  # type: ignore[misc]
            mail = eventually(lambda s=studio: self.invoice_mail(s, month), "the invoice's mail")  # type: ignore[misc]
            self.say("   " + mail.replace("\n", "\n   "))
            added = sum(line["amount_micros"] for line in invoice["lines"])
            self.check(added == invoice["total_micros"], f"{studio.name}: the lines add up")
            billed += invoice["units_sent"]
            numbers.append(invoice["number"])
        self.check(billed == sent, f"the {billed} units sent on both invoices are what the phones received")
        self.check(len(set(numbers)) == len(numbers), f"their numbers are {' and '.join(sorted(numbers))}")
        again = self.stack.invoke(self.stack.close_month_function, {"time": first.isoformat()})
        self.check(again == closed, "closing again is answered alike")
        self.check(len(studios[0].everything("/invoices")) == 1, "and writes no second invoice")
        return month

    def keep_the_books(self, studio: Studio, month: str) -> None:
        """Check, credit and settle an invoice as the operator, and print it as the studio."""
        self.title("The operator keeps the books")
        named = {"month": month, "account": studio.account}
        checked = self._order(do="months.check", **named)
        self.check(checked["differences"] == [], "the counters are the sum over the messages")
        credit = {**named, "amount_micros": 500_000, "reason": "A text sent twice", "id": f"case-{self.run}"}
        self._order(do="invoices.credit", **credit)
        refused = self._order(do="invoices.credit", **{**credit, "amount_micros": 10**9, "id": f"more-{self.run}"})
        self.check(refused["code"] == "credit_too_large", "a credit larger than the invoice is refused")
        paid = self._order(
            do="invoices.mark_paid", on=(datetime.now(UTC) - timedelta(days=1)).date().isoformat(), **named
        )
        self.check(paid["state"] == "paid", "it is noted as paid")
        before = studio.ask("GET", f"/invoices/{month}").text
        page = studio.ask("GET", f"/invoices/{month}", None, Accept="text/html").text
        self.check(json.loads(before)["number"] in page, "the studio prints it as a page")
        pdf = studio.ask("GET", f"/invoices/{month}", None, Accept="application/pdf").text
        self.check(b64decode(pdf).startswith(b"%PDF-"), "or as PDF")  # the emulator leaves bytes in base64
        self.check(studio.ask("GET", f"/invoices/{month}").text == before, "and the document is what it was")

    def suspend_and_restore(self, studio: Studio, client: str) -> None:
        """Suspend a studio: it sends nothing, and still hears its clients."""
        self.title(f"The operator suspends {studio.name}, and restores it")
        self._order(do="accounts.suspend", account=studio.account, reason="The invoice is unpaid.")
        refused = studio.ask("POST", "/messages", {"client_id": client, "body": "Hello"})
        self.show("POST /messages", {"client_id": client, "body": "Hello"}, refused.json)
        self.check((refused.status, refused.json["code"]) == (403, "account_suspended"), "it sends nothing")
        self.check("The invoice is unpaid." in refused.json["detail"], "and is told why")
        self.replies(_PHONE, f"Are you there? {self.run}")
        self.reply_of(studio, f"Are you there? {self.run}")
        self.check(True, "a client's reply still arrives")
        self._order(do="accounts.restore", account=studio.account)
        self.check(self.refusal(studio, client) is None, "restored, it may send again")

    def _order(self, **order: Any) -> Any:
        answer = self.stack.invoke(self.stack.admin_function, order)
        self.show("admin", order, answer)
        return answer
