"""Opt-outs from a list of another service: a CSV file with the columns phone, date and means, written in steps."""

import hashlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from operator import itemgetter
from time import monotonic
from typing import Any

from msgspec import Struct

from longcode.accounts.account import Account
from longcode.clients.imports import KeptImport
from longcode.clients.permission import Writer
from longcode.clients.spreadsheet import SheetRow, decode, read_sheet
from longcode.clients.words import one_line
from longcode.errors import RequestError
from longcode.jobs import Means
from longcode.optouts.consent import Channel, OptOutEvent, account_scope
from longcode.optouts.listed import those_out
from longcode.phone import to_stored
from optout import api

MOST_ROWS = 10_000
COLUMNS = ("phone", "date", "means")
FOR_READING = ("client", "words", "stops", "recorded_by")
"""The columns that our own list has for people to read, and that an import leaves aside."""

_KNOWN = {name: name for name in COLUMNS} | {"number": "phone"} | dict.fromkeys((*FOR_READING, "line", "problem"), "")
_AT_ONCE = 8
_ROWS_IN_A_STEP = 100
_LONGEST_MEANS = 200
_EARLIEST = date(2000, 1, 1)
_NOON = time(12, tzinfo=UTC)
_CHANNELS = {
    **dict.fromkeys(("phone", "call", "phone call"), Channel.PHONE),
    **dict.fromkeys(("email", "e-mail", "mail"), Channel.EMAIL),
    **dict.fromkeys(("in person", "in_person"), Channel.IN_PERSON),
    "letter": Channel.LETTER,
}


class _Listed(Struct, frozen=True):
    """A row that can be recorded: its phone, the day if it has one, and the means in the words of the list."""

    phone: str
    day: date | None
    means: str


def run(
    kept: KeptImport, account: Account, file: bytes, *, writer: Writer, now: datetime, seconds: float
) -> dict[str, Any]:
    """Check or write the rows of a list for up to `seconds`; return a report as that of an import of clients.

    A row whose phone is opted out already is unchanged. An opt-out counts from its day on, so that a later START of
    the client still ends it; each has an id of its own, so that the list can be brought again.
    """
    end, digest = monotonic() + seconds, hashlib.sha256(file).hexdigest()[:16]
    rows = rows_of(decode(file, None))
    done = int((kept.cursor or "0").partition(".")[0])
    items: list[dict[str, Any]] = []
    while done < len(rows) and (not items or monotonic() < end):
        step = list(enumerate(rows[done : done + _ROWS_IN_A_STEP], start=done + 1))
        items += _step(kept, account, step, writer, now)
        done += len(step)
    counts = Counter(item["status"] for item in items)
    return {
        "rows": len(rows),
        "unchanged": counts["unchanged"],
        "refused": counts["refused"],
        "next_cursor": f"{done}.{digest}" if done < len(rows) else None,
        "items": items,
    }


def rows_of(text: str) -> list[SheetRow]:
    """Return the rows of a list; raise `RequestError` if it has no column phone, no rows, or too many."""
    sheet = read_sheet(text, _KNOWN)
    if sheet.rows and "phone" not in sheet.headings:
        raise RequestError("The list has no column phone.", field="body")
    if not sheet.rows:
        raise RequestError("The list has no rows.", field="body")
    if len(sheet.rows) > MOST_ROWS:
        raise RequestError(
            f"The list has {len(sheet.rows):,} rows; bring at most {MOST_ROWS:,} at once.", field="body"
        )
    return sheet.rows


def columns_of(text: str) -> tuple[list[str], list[list[str]]]:
    """Return the headings of a list, as the file spells them, and the cells of each row."""
    sheet = read_sheet(text, _KNOWN)
    return list(sheet.headings.values()), [[row.cells[column] for column in sheet.headings] for row in sheet.rows]


def _step(
    kept: KeptImport, account: Account, step: list[tuple[int, SheetRow]], writer: Writer, now: datetime
) -> list[dict[str, Any]]:
    refused: list[dict[str, Any]] = []
    good: dict[str, tuple[dict[str, Any], _Listed]] = {}
    again: list[dict[str, Any]] = []
    for number, row in step:
        report: dict[str, Any] = {"row": number, "id": row.cells["phone"][:100], "line": row.line}
        try:
            listed = _read(account, row, now)
        except RequestError as error:
            fault = {"status": "refused", "code": error.code, "column": error.field, "detail": error.detail}
            refused.append(report | fault)
            continue
        if listed.phone in good:
            again.append(report | {"status": "unchanged"})
        else:
            good[listed.phone] = (report, listed)
    out = those_out(account.id, good, account.number_since) if good else set()

    def write(report: dict[str, Any], listed: _Listed) -> dict[str, Any]:
        if listed.phone in out:
            return report | {"status": "unchanged"}
        if not kept.writes:
            return report | {"status": "created"}
        state = api.record_event(account.id, _event(kept, account, listed, writer, now), now)
        return report | {"status": "created" if state.out else "unchanged"}

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        written = list(pool.map(lambda pair: write(*pair), good.values()))
    return sorted([*refused, *again, *written], key=itemgetter("row"))


def _read(account: Account, row: SheetRow, now: datetime) -> _Listed:
    try:
        phone = to_stored(row.cells["phone"], account.country_code)
    except RequestError as error:
        error.field = "phone"
        raise
    means = one_line(row.cells.get("means", ""))[:_LONGEST_MEANS]
    return _Listed(phone, _day(row.cells.get("date", ""), now), means)


def _day(cell: str, now: datetime) -> date | None:
    if not cell:
        return None
    try:
        day = date.fromisoformat(cell[:10])
    except ValueError as error:
        raise RequestError(f"{cell[:40]!r} is no day; write it as 2026-11-03.", field="date") from error
    if not _EARLIEST <= day <= (now + timedelta(hours=14)).date():
        raise RequestError(f"{day} cannot be right: it is to come, or before 2000.", field="date")
    return day


def _event(kept: KeptImport, account: Account, listed: _Listed, writer: Writer, now: datetime) -> OptOutEvent:
    return OptOutEvent(
        id=f"list-{listed.day or now.date()}",
        phone=listed.phone,
        scope=account_scope(account.id),
        out=True,
        at=min(now, datetime.combine(listed.day, _NOON)) if listed.day else now,
        means=Means.STAFF,
        words=listed.means or kept.name,
        account=account.id,
        by=writer.person,
        channel=_CHANNELS.get(listed.means.casefold(), Channel.LIST),
        asked_on=listed.day,
    )
