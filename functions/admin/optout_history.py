"""Export the history of opt-outs as JSON lines (who opted out or in, when, how, in which words), and import lines."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from admin.order import AccountId, ItemId, Order, PhoneNumber, ReadingOrder, Unchanged
from longcode.clients import store as clients
from longcode.errors import RequestError
from longcode.message import Instant
from longcode.months import instant
from longcode.one_spelling import one_spelling
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED, OptOutEvent, account_scope

_FIRST, _CLOCKS_DIFFER = datetime(2000, 1, 1, tzinfo=UTC), timedelta(hours=1)
_MOST = 400  # events of up to 1,600 characters; the response of a Lambda function has at most 6 MB


class ExportHistory(ReadingOrder, frozen=True, kw_only=True, tag="optouts.export"):
    """Export the history of one phone, or of all, page by page."""

    phone: PhoneNumber | None = None
    limit: Annotated[int, Meta(ge=1, le=_MOST)] = _MOST
    cursor: Annotated[str, Meta(max_length=400)] | None = None


class ImportHistory(Order, frozen=True, kw_only=True, tag="optouts.import"):
    """Record events that a restored table has lost, from lines of an export; `dry_run` only counts them."""

    lines: str
    dry_run: bool = False


class _Line(OptOutEvent, frozen=True, kw_only=True):
    """A line of an export. Its phone is in E.164, or a short code or a name: these text STOP too (decision 74)."""

    id: ItemId
    phone: Annotated[str, Meta(pattern=r"^(\+[0-9]{7,15}|[0-9]{1,8}|(?=.*[A-Za-z]).{1,50})\Z")]
    scope: Annotated[str, Meta(pattern=rf"^({SHARED}|{account_scope('[0-9]{1,100}')})\Z")]
    at: Instant
    words: Annotated[str, Meta(max_length=10_000)]
    number: Annotated[str, Meta(max_length=100)] | None = None
    account: AccountId | None = None
    by: Annotated[str, Meta(max_length=100)] | None = None


def export_history(order: ExportHistory, now: datetime) -> dict[str, Any]:
    """Return a line for each event, oldest first, and the cursor of the next page, None on the last."""
    if order.phone:
        events, next_cursor = _page_of_phone(one_spelling(order.phone), order, now)
    else:
        events, next_cursor = optouts.history_page(now, limit=order.limit, cursor=order.cursor)
    lines = b"".join(msgspec.json.encode(event) + b"\n" for event in events)
    return {"lines": lines.decode(), "next_cursor": next_cursor}


def _page_of_phone(phone: str, order: ExportHistory, now: datetime) -> tuple[list[OptOutEvent], str | None]:
    """Return a page of a phone's events, and its last place: a phone can text STOP and START without end."""
    events = sorted(optouts.phone_history(phone, now), key=_place)
    left = [event for event in events if _place(event) > (order.cursor or "")]
    page = left[: order.limit]
    return page, _place(page[-1]) if len(left) > order.limit else None


def _place(event: OptOutEvent) -> str:
    return f"{instant(event.at)}#{event.scope}#{event.id}"


def import_history(order: ImportHistory, now: datetime) -> dict[str, Any]:
    """Record the events that the history does not have, and return how many; a dry run returns how many it lacks.

    Raise `RequestError` for a bad line; then nothing is recorded. The latest event by time counts, as if they had
    come now. Possible opt-outs are left out: they change nothing.
    """
    events = sorted(_read_lines(order.lines, now), key=lambda event: event.at)
    if order.dry_run:
        return Unchanged(imported=0, missing=sum(not _is_known(event, now) for event in events))
    imported = 0
    for event in events:
        if not _is_known(event, now):
            optouts.record(event)
            imported += 1
        for account, client_id in clients.with_phone_in_all_accounts(event.phone) if event.out else ():
            if event.scope in (SHARED, account_scope(account)):
                clients.mark_phone(account, client_id, event.phone)
                optouts.refresh_listed(account, event.phone, now)
    return {"imported": imported} if imported else Unchanged(imported=0)


def _is_known(event: OptOutEvent, now: datetime) -> bool:
    return any(one.id == event.id and one.scope == event.scope for one in optouts.phone_history(event.phone, now))


def _read_lines(lines: str, now: datetime) -> list[OptOutEvent]:
    events: list[OptOutEvent] = []
    for number, line in enumerate(lines.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            event = msgspec.json.decode(line, type=_Line)
            if not _FIRST <= event.at <= now + _CLOCKS_DIFFER:
                raise ValueError(f"{event.at} cannot be right")
        except (msgspec.MsgspecError, ValueError) as error:
            raise RequestError(f"Line {number} is not one of an export: {error}.", field="lines") from None
        events.append(replace(event, phone=one_spelling(event.phone)))
    return [event for event in events if not event.asks]
