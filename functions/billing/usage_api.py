"""GET /usage: a month's usage, cost, forecast and comparison of plans; and its charged texts as CSV."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import Annotated, Any
from urllib.parse import quote

from longcode.web import account_resolver
from longcode.web import resolver as web
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse
from msgspec import Struct, structs

from longcode import months
from longcode.accounts import store as accounts
from longcode.accounts.account import Account, AccountStatus, panel_message, plan_owed_in
from longcode.aws import clients
from longcode.aws.telemetry import logger
from longcode.billing import charged, notices, sheet
from longcode.billing.charged import Chunk
from longcode.billing.estimates import Comparison, Forecast, Included, compare_plans, forecast, included_units
from longcode.billing.invoice import compute_invoice
from longcode.clients import store as client_store
from longcode.errors import RequestError
from longcode.plans import store as price_list
from longcode.plans.plans import PastLimit, Plan
from longcode.usage import store as quotas
from longcode.usage.usage import MONTH_COUNTER, Usage, limits_at

_CSV = "text/csv; charset=utf-8"
_CSV_RESPONSES: "dict[int, OpenAPIResponse]" = {
    200: {"description": "A page of the list", "content": {"text/csv": {"schema": {"type": "string"}}}}
}

_CHUNKS = 10  # of 500 texts each: a page has about a megabyte, and takes 200 reads of a hundred items
_MOST_ROWS = 15_000  # of a file for people: two megabytes, of the six that Lambda returns

app = account_resolver.resolver()


class MonthUsage(web.Answer):
    """The texts sent and received in a month (in Chicago), their units, those that the plan includes, and the cost.

    `days` has every day that has begun. A month in which the account had no plan has neither plan nor amounts. The
    current month has a `forecast`, except on the studio's first two days and for a closed account. A month that is
    over has what it would have cost `on_each_plan`. `advice` is a sentence about a plan that suits the forecast
    better, while the account can still change to it for this month. Amounts are the sum of fee and units, in
    millionths of `currency`.
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


class Panel(web.Answer):
    """The two months of the Services panel (facts S28), or why the account has no texting (facts S33)."""

    enabled: bool
    message: str | None
    current: MonthUsage | None
    past: MonthUsage | None


@app.get("/usage")
def show_usage() -> Panel:
    """Show the current and the past month, or what the panel says to a studio without texting."""
    return panel_of(accounts.get(web.caller(app)), clients.now())


@app.get("/usage/<month>")
def show_month(month: str) -> MonthUsage:
    """Show a month: the current one, or any before it."""
    now = clients.now()
    return month_usage(accounts.get_or_raise(web.caller(app)), _check_month(month, now), now)


@app.get("/usage/<month>/texts", responses=_CSV_RESPONSES)
def list_texts(
    month: str, cursor: Annotated[str | None, Query(max_length=200, pattern=charged.CURSOR)] = None
) -> Response[Any]:
    """List the month's charged texts as CSV, in the order of acceptance; their units add up to the month's.

    A long list comes in pages: while there is a `Next-Cursor` header, ask again with its value as `cursor`, or follow
    the `Link` header. The pages, one after another, are one file in UTF-8 with a byte order
    mark, which spreadsheets open; its first line names the columns.
    """
    account = accounts.get_or_raise(web.caller(app))
    page, next_cursor = csv_page(account.id, _check_month(month, clients.now()), cursor)
    return Response(200, _CSV, page, headers=csv_headers(month, next_cursor))


def panel_of(account: Account | None, now: datetime) -> Panel:
    """Return the panel of an account, or of none; a closed account still sees its months."""
    message = panel_message(account)
    if account is None:
        return Panel(enabled=False, message=message, current=None, past=None)
    current = months.month_of(now)
    return Panel(
        enabled=message is None,
        message=message,
        current=month_usage(account, current, now),
        past=month_usage(account, months.previous(current), now),
    )


def month_usage(account: Account, month: str, now: datetime) -> MonthUsage:
    """Return an account's usage of a month."""
    by_day = quotas.by_day(account.id, month)
    total = sum(by_day.values(), Usage())
    name = plan_owed_in(account, month)
    plan = price_list.of_month(month)[name] if name else None
    is_over = month < months.month_of(now)
    has_forecast = not is_over and account.status is not AccountStatus.CLOSED
    ahead = _forecast(account, plan, by_day, now) if has_forecast and plan else None
    return MonthUsage(
        month=month,
        plan=name,
        used=total,
        days={day: by_day.get(day, Usage()) for day in months.days(month) if day <= months.day_of(now)},
        limit=_limit(account, month, plan, total, None if is_over else now) if plan else None,
        currency=plan.currency if plan else None,
        total_micros=compute_invoice(account.id, month, plan, total).total_micros if plan else None,
        forecast=ahead,
        advice=_advice(month, plan, ahead, now) if plan and ahead else None,
        on_each_plan=_on_each_plan(month, plan, total) if is_over and plan else None,
    )


def _limit(account: Account, month: str, plan: Plan, total: Usage, now: datetime | None) -> Included:
    reserved = None
    if now and plan.past_limit is PastLimit.STOP:
        reserved = quotas.reserved(limits_at(account, plan, now))[MONTH_COUNTER]
    return included_units(month, plan, total, reserved)


def _forecast(account: Account, plan: Plan, by_day: dict[str, Usage], now: datetime) -> Forecast | None:
    before = quotas.by_day(account.id, months.previous(months.month_of(now)))
    return forecast(plan, before | by_day, account.created_at, now)


def _advice(month: str, plan: Plan, ahead: Forecast, now: datetime) -> str | None:
    can_change = now <= months.plan_cutoff(month)
    return notices.advice(month, plan, ahead, price_list.of_month(month).values()) or None if can_change else None


def _on_each_plan(month: str, plan: Plan, total: Usage) -> Comparison:
    return compare_plans(month, plan, price_list.of_month(month).values(), total)


def _check_month(text: str, now: datetime) -> str:
    try:
        months.validate(text)
    except ValueError as error:
        raise RequestError(str(error), field="month") from None
    if text > months.month_of(now):
        raise RequestError(f"{text} has not begun yet.", field="month")
    return text


def csv_page(account: str, month: str, cursor: str | None, size: int = _CHUNKS) -> tuple[str, str | None]:
    """Return a page of rows and the cursor of the next page. The first page begins with a mark and the columns."""
    chunks = list(islice(charged.chunks(account, month, cursor), size))
    text = io.StringIO()
    writer = csv.writer(text)
    if cursor is None:
        text.write(sheet.MARK)
        writer.writerow(sheet.COLUMNS)
    writer.writerows(_rows(account, chunks))
    return text.getvalue(), chunks[-1].reached if chunks else None


class SheetFile(Struct, frozen=True, kw_only=True):
    """A file of a month's sheet: the texts that were accepted after the day `after`, up to the day `until`."""

    after: str | None
    until: str | None
    texts: int


def sheet_files(month: MonthUsage, *, most: int = _MOST_ROWS) -> list[SheetFile]:
    """Return the files that a month's sheet fills: one, unless it has very many texts.

    A file ends with a day, so that no text has to be read to say where. A text counts on the day on which it was sent
    and is in the file of the day on which it was accepted, so the numbers are about right.
    """
    files: list[SheetFile] = []
    after, texts = None, 0
    for day, usage in month.days.items():
        texts += usage.texts_sent + usage.texts_received
        if texts >= most:
            files.append(SheetFile(after=after, until=day, texts=texts))
            after, texts = day, 0
    return [*files, SheetFile(after=after, until=None, texts=texts)] if texts or not files else files


def sheet_csv(account: str, month: str, after: str | None, until: str | None) -> str:
    """Return a file of a month's sheet as CSV, with its head."""
    begin, end = (charged.place_after(day) if day else None for day in (after, until))
    chunks: list[Chunk] = []
    for chunk in charged.chunks(account, month, begin):
        is_last = end is not None and (chunk.reached is None or chunk.reached >= end)
        here = [text for text in chunk.messages if until is None or months.day_of(text.created_at) <= until]
        chunks.append(structs.replace(chunk, messages=here))
        if is_last:
            break
    return sheet.csv_text([sheet.COLUMNS, *_rows(account, chunks)])


def csv_headers(month: str, next_cursor: str | None) -> dict[str, str]:
    """Return the headers with the name of the file and the address of the next page."""
    headers = {"Content-Disposition": f'attachment; filename="longcode-texts-{month}.csv"'}
    if next_cursor is None:
        return headers
    cursor = quote(next_cursor, safe="")
    return headers | {"Next-Cursor": cursor, "Link": f'<texts?cursor={cursor}>; rel="next"'}


def _rows(account: str, chunks: Sequence[Chunk]) -> list[tuple[str, ...]]:
    client_ids = {text.client_id for chunk in chunks for text in chunk.messages if text.client_id}
    names = client_store.names(account, sorted(client_ids))
    rows: list[tuple[str, ...]] = []
    for chunk in chunks:
        rows += [sheet.text_row(text, names) for text in chunk.messages]
        rows += [sheet.unreadable_row(message_id) for message_id in chunk.unreadable]
    return rows


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
