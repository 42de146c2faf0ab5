"""Plans, usage and invoices.

`make openapi` writes this module from docs/openapi.json.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from longcode_client.api.shared import PastLimit, Plan
from longcode_client.calls import Calls, in_path
from longcode_client.items import Items


class Comparison(TypedDict):
    """A month on the account's own plan and on each plan that was on offer, in the order of the price list.

    `cheapest` is the plan that would have sent all texts for the least; of equal ones, the account's own.
    """

    plans: list[PlanCost]
    cheapest: str
    saved_micros: int


class Forecast(TypedDict):
    """The usage and cost of a month at its end, if each day that is left has the mean usage of the last full days.

    `days_looked_at` is the number of those full days. `would_stop`: the plan stops sending before the month
    ends, and `total_micros` is what it charges until then. Scheduled texts are left out.
    """

    units_sent: int
    units_received: int
    days_looked_at: int
    would_stop: bool
    total_micros: int


class Included(TypedDict):
    """A plan's units of a month, and how many are used, left and beyond.

    On a plan that charges, texts and replies use units. On a plan that stops, only texts do: those sent and, in
    the current month, those on their way or scheduled in it, because units are reserved before a text is
    accepted. `percent` is rounded down, and None if the plan includes no units.
    """

    included: int
    past_limit: PastLimit
    used: int
    left: int
    beyond: int
    percent: int | None
    frees_at: str


class Invoice(TypedDict):
    """What one account owes for one month, complete in itself: plans and names may change later.

    `number` is the month and a sequence number, `2026-10-000123`; it is empty until the invoice is issued. The
    month is from `begins_at` until just before `ends_at`. `issued_on` is the 1st of the next month in Chicago,
    whatever day the close ran on. Units are those of this month; lines about other months name them.
    `unit_price_micros` is the price of a unit beyond the included ones. `credits_micros`, never above 0, is the
    sum of the credits, and of late units that reduce an earlier month. The lines add up to the total, never
    below 0. `due_on` is the last day to pay, in Chicago; `due_on` and `seller` are null on invoices of older
    releases.
    """

    account: str
    studio: str
    number: NotRequired[str]
    month: str
    begins_at: str
    ends_at: str
    issued_on: str
    plan: str
    plan_title: str
    plan_version: int
    currency: str
    past_limit: PastLimit
    lines: list[InvoiceLine]
    units_included: int
    units_sent: int
    units_received: int
    units_used: int
    units_beyond: int
    unit_price_micros: int
    credits_micros: int
    total_micros: int
    due_on: NotRequired[str | None]
    seller: NotRequired[Seller | None]


class InvoiceLine(TypedDict):
    """A quantity of an item at a price, in millionths of the currency. `month` is set if it is not the invoice's."""

    item: str
    description: str
    quantity: int
    price_micros: int
    amount_micros: int
    month: NotRequired[str | None]


class ListedInvoice(TypedDict):
    """An invoice in a list, with its current `state`. The invoice itself has no state, because it never changes."""

    month: str
    number: str
    state: Literal["issued", "paid"]
    issued_on: str
    due_on: str | None
    plan: str
    units_used: int
    currency: str
    total_micros: int


class MonthUsage(TypedDict):
    """The texts sent and received in a month (in Chicago), their units, those that the plan includes, and the
    cost.

    `days` has every day that has begun. A month in which the account had no plan has neither plan nor amounts.
    The current month has a `forecast`, except on the studio's first two days and for a closed account. A month
    that is over has what it would have cost `on_each_plan`. `advice` is a sentence about a plan that suits the
    forecast better, while the account can still change to it for this month. Amounts are the sum of fee and
    units, in millionths of `currency`.
    """

    month: str
    plan: str | None
    used: Usage
    days: dict[str, Usage]
    limit: Included | None
    currency: str | None
    total_micros: int | None
    forecast: Forecast | None
    advice: str | None
    on_each_plan: Comparison | None


class NoAccount(TypedDict, total=False):
    """The Services panel without an account."""

    enabled: bool
    message: str


class Panel(TypedDict):
    """The two months of the Services panel, or why the account has no texting."""

    enabled: bool
    message: str | None
    current: MonthUsage | None
    past: MonthUsage | None


class PlanCost(TypedDict):
    """What a month would have cost on a plan; no amount if the plan would have stopped sending before its end."""

    plan: str
    title: str
    is_own: bool
    would_have_stopped: bool
    total_micros: int | None


class Seller(TypedDict):
    """Who issued an invoice, and how to pay: the operator's settings when it was issued. What is not set is empty."""

    name: str
    address: str
    tax_number: str
    how_to_pay: str


class Usage(TypedDict, total=False):
    """Texts, the units that the studio pays for, and the segments that the carrier charges us for."""

    texts_sent: int
    units_sent: int
    segments_sent: int
    texts_received: int
    units_received: int
    segments_received: int


class BillingApi(Calls):
    """Plans, usage and invoices."""

    def list_invoices(self, *, limit: int | None = None, cursor: str | None = None) -> Items[ListedInvoice]:
        """List the invoices that are issued, oldest first."""
        return self._items("/invoices", {"limit": limit}, "cursor", cursor)

    def show_invoice(self, month: str) -> Invoice:
        """Show an invoice in the media type that `Accept` names first.

        JSON, `text/html` to print, or `application/pdf`.

        It exists once it is issued. The JSON and the PDF are the same bytes each time; the page also says
        whether the invoice is paid.
        """
        answer: Invoice = self._call("GET", f"/invoices/{in_path(month)}", repeatable=True).json()
        return answer

    def show_invoice_html(self, month: str) -> str:
        """Show an invoice in the media type that `Accept` names first.

        JSON, `text/html` to print, or `application/pdf`.

        It exists once it is issued. The JSON and the PDF are the same bytes each time; the page also says
        whether the invoice is paid.
        """
        answer: str = self._call("GET", f"/invoices/{in_path(month)}", accept="text/html", repeatable=True).text
        return answer

    def show_invoice_pdf(self, month: str) -> bytes:
        """Show an invoice in the media type that `Accept` names first.

        JSON, `text/html` to print, or `application/pdf`.

        It exists once it is issued. The JSON and the PDF are the same bytes each time; the page also says
        whether the invoice is paid.
        """
        answer: bytes = self._call(
            "GET", f"/invoices/{in_path(month)}", accept="application/pdf", repeatable=True
        ).data
        return answer

    def show_panel(self) -> NoAccount:
        """Show the Services panel without an account.

        With an account, use `GET /usage`.
        """
        answer: NoAccount = self._call("GET", "/panel", repeatable=True, with_password=False).json()
        return answer

    def list_plans(self) -> dict[str, list[Plan]]:
        """List the plans that a studio can choose."""
        answer: dict[str, list[Plan]] = self._call("GET", "/plans", repeatable=True, with_password=False).json()
        return answer

    def show_usage(self) -> Panel:
        """Show the current and the past month, or what the panel says to a studio without texting."""
        answer: Panel = self._call("GET", "/usage", repeatable=True).json()
        return answer

    def show_month(self, month: str) -> MonthUsage:
        """Show a month.

        The current one, or any before it.
        """
        answer: MonthUsage = self._call("GET", f"/usage/{in_path(month)}", repeatable=True).json()
        return answer

    def list_texts(self, month: str, *, cursor: str | None = None) -> Items[str]:
        """List the month's charged texts as CSV, in the order of acceptance.

        Their units add up to the month's.

        A long list comes in pages: while there is a `Next-Cursor` header, ask again with its value as `cursor`,
        or follow the `Link` header. The pages, one after another, are one file in UTF-8 with a byte order mark,
        which spreadsheets open; its first line names the columns.
        """
        return self._texts(f"/usage/{in_path(month)}/texts", {}, "cursor", cursor)
