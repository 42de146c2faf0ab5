"""The rows of a studio's file, CSV or JSON lines, and the fields of a client that each of them names."""

import json
from collections.abc import Collection, Iterator
from enum import StrEnum
from typing import Any

from msgspec import Struct

from longcode.clients.columns import COLUMNS, CONSENT, ENDINGS, NAMES
from longcode.clients.phone_cells import LONGEST_NUMBER
from longcode.clients.spreadsheet import SheetRow, read_sheet
from longcode.clients.words import doubt_about_name, is_error, is_uncertain_id, one_line, plain_id, yes_or_no
from longcode.errors import RequestError

NO_ID = "The row has no id; write the client's id."
_LONGEST_SHOWN = 40


Fault = dict[str, str | None]
"""What is wrong in a row: `code`, `field`, `column` and `detail`."""

_NOT_AN_OBJECT: Fault = {"code": "malformed_json", "detail": "The row is not a JSON object."}


class EmptyCells(StrEnum):
    """Whether an empty cell of a CSV file keeps the client's value or clears it."""

    KEEP = "keep"
    CLEAR = "clear"


class PhoneText(Struct, frozen=True, kw_only=True):
    """What a row says about a phone: its number ("" removes it) and its SMS box; None if it does not say."""

    number: str | None
    sms: bool | None
    is_ticked_if_new: bool


class Row(Struct, frozen=True):
    """A row of a file: its number, its first line, the fields that it names, and what in it cannot be read.

    `phones` are the cells of a CSV file, by their place in the record; in JSON they are one of the fields.
    `is_consent_if_new`: its consent counts only if it newly allows texts, as a CSV file may be older than the record.
    """

    number: int
    line: int
    fields: dict[str, Any]
    phones: dict[int, PhoneText] = {}
    warnings: list[dict[str, str]] = []
    faults: list[Fault] = []
    is_consent_if_new: bool = False


def fault(code: str, field: str | None, detail: str, headings: dict[str, str]) -> Fault:
    """Return what is wrong in a row, with the heading of the column that it is in."""
    return {"code": code, "field": field, "detail": detail} | column_of(field, headings)


def json_lines(text: str) -> Iterator[Row]:
    """Yield the row of each line of JSON."""
    number = 0
    for line, content in enumerate(text.split("\n"), start=1):  # splitlines would split a string at U+2028
        if not content.strip():
            continue
        number += 1
        try:
            fields = json.loads(content)
        except (ValueError, RecursionError):
            fields = None
        if isinstance(fields, dict):
            yield Row(number, line, fields, warnings=_name_warnings(fields, {}))
        else:
            yield Row(number, line, {}, faults=[_NOT_AN_OBJECT])


def csv_rows(text: str, empty_cells: EmptyCells, own: Collection[str] = ()) -> tuple[dict[str, str], list[Row]]:
    """Return the headings of a CSV file by column, and its rows. `own` are the names of the studio's own fields.

    The columns are id, first_name, last_name, allow_text_marketing, tags, status, time_zone, phone and sms, and
    phone_2, sms_2 to phone_5, sms_5. Semicolons separate tags.
    """
    sheet = read_sheet(text, _columns(own))
    if sheet.rows and "id" not in sheet.headings:
        raise RequestError("The file has no column id, which is the client's id with the studio.", field="body")
    clears_empty = empty_cells is EmptyCells.CLEAR
    return sheet.headings, [
        _csv_row(n, row, sheet.headings, clears_empty, own) for n, row in enumerate(sheet.rows, start=1)
    ]


def columns_of(text: str, own: Collection[str] = ()) -> tuple[list[str], list[list[str]]]:
    """Return the headings of a CSV file that an import reads, as the file spells them, and the cells of each row."""
    sheet = read_sheet(text, _columns(own))
    return list(sheet.headings.values()), [[row.cells[column] for column in sheet.headings] for row in sheet.rows]


def _columns(own: Collection[str]) -> dict[str, str]:
    return COLUMNS | dict(zip(own, own, strict=True))


def _csv_row(number: int, row: SheetRow, headings: dict[str, str], clears_empty: bool, own: Collection[str]) -> Row:
    faults = [fault("invalid", field, detail, headings) for field, detail in _unreadable(row)]
    client_id = plain_id(row.cells["id"])
    fields = {"id": client_id, **_fields(row.cells, clears_empty, own)}
    warnings = _name_warnings(fields, headings)
    if client_id != row.cells["id"]:
        detail = f"{row.cells['id']!r} is read as {client_id}."
        warnings.append({"field": "id", "detail": detail, "column": headings["id"]})
    return Row(number, row.line, fields, _phones(row.cells, clears_empty), warnings, faults, is_consent_if_new=True)


def _unreadable(row: SheetRow) -> Iterator[tuple[str | None, str]]:
    """Yield the field of each cell that cannot be read, and a sentence that says what would be right."""
    client_id = row.cells["id"]
    if not client_id:
        yield "id", NO_ID
    elif is_uncertain_id(client_id):
        yield "id", f"A spreadsheet wrote the id as {client_id}; format the column as text."
    for column, cell in row.cells.items():
        field, is_box = _field(column), column == "allow_text_marketing" or column.startswith("sms")
        if is_error(cell):
            yield field, f"{cell} is an error of the spreadsheet; write the value itself."
        elif is_box and cell and yes_or_no(cell) is None:
            yield field, f"{cell[:_LONGEST_SHOWN]!r} is neither yes nor no; write yes or no."
        elif column.startswith("phone") and len(cell) > LONGEST_NUMBER:
            yield field, f"The cell has more than {LONGEST_NUMBER} characters; write one number."
    for column_number in row.without_heading:
        yield None, f"Column {column_number} has no heading; give it one, or empty the cell."


def _fields(cells: dict[str, str], clears_empty: bool, own: Collection[str]) -> dict[str, Any]:
    """Return the fields that a row names, without its id and phones."""
    named = {column: cell for column, cell in cells.items() if cell or clears_empty}
    fields: dict[str, Any] = {column: named[column] for column in NAMES if column in named}
    fields |= {column: named[column] or None for column in ("status", "time_zone") if column in named}
    if "tags" in named:
        fields["tags"] = [tag for tag in map(one_line, named["tags"].split(";")) if tag]
    if "allow_text_marketing" in named:
        fields["allow_text_marketing"] = bool(yes_or_no(named["allow_text_marketing"]))
    if fields.get("allow_text_marketing") and cells.get("text_marketing_means"):
        fields["consent"] = {name: cells[column] for column, name in CONSENT.items() if cells.get(column)}
    if own_cells := {name: named[name] for name in own if name in named}:
        fields["fields"] = own_cells
    return fields


def _phones(cells: dict[str, str], clears_empty: bool) -> dict[int, PhoneText]:
    phones = {}
    for index, end in enumerate(ENDINGS):
        number, sms = cells.get(f"phone{end}"), cells.get(f"sms{end}")
        words = PhoneText(
            number=number if number or clears_empty else None,
            sms=bool(yes_or_no(sms)) if sms or (sms is not None and clears_empty) else None,
            is_ticked_if_new=sms is None,
        )
        if words.number is not None or words.sms is not None:
            phones[index] = words
    return phones


def _name_warnings(fields: dict[str, Any], headings: dict[str, str]) -> list[dict[str, str]]:
    doubts = ((name, doubt_about_name(one_line(str(fields.get(name) or "")))) for name in NAMES)
    return [{"field": name, "detail": doubt} | column_of(name, headings) for name, doubt in doubts if doubt]


def _field(column: str) -> str:
    """Return the field of a column: that of `sms_2` is `phones.1.sms`."""
    name, _, place = column.partition("_")
    if name not in {"phone", "sms"}:
        return column
    return f"phones.{int(place or 1) - 1}.{'number' if name == 'phone' else 'sms'}"


def column_of(field: str | None, headings: dict[str, str]) -> dict[str, str]:
    """Return the heading, as the file spells it, of the column of a field such as `phones.1.number`."""
    name, *places = (field or "").split(".")
    if name == "fields" and places:
        name = places[0]
    if name == "consent" and places:
        name = f"text_marketing_{places[0]}"
    if name == "phones" and len(places) > 1:
        name = ("sms" if places[1] == "sms" else "phone") + ENDINGS[int(places[0])]
    return {"column": headings[name]} if name in headings else {}
