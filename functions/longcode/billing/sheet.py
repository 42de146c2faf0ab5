"""The CSV list of a month's charged and credited texts: columns and rows, without bodies and with masked phones."""

import csv
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from io import StringIO

from longcode.carriers.refusals import meaning_of_error
from longcode.message import Message
from longcode.usage.usage import is_credited

COLUMNS = ("time", "direction", "phone", "units", "client_id", "client_name", "message_id", "not_charged")
MARK = "\ufeff"
"""The byte order mark at the beginning of a CSV file: without it, Excel on Windows reads UTF-8 as Windows-1252."""

UNREADABLE = "unreadable"

_SHOWN_DIGITS = 4
_LOCAL_DIGITS = 7  # the last digits of a phone, which suffice to call it locally
_NON_DIGITS = re.compile("[^0-9]+")
_BETWEEN_DIGITS = r"[^0-9A-Za-z]{0,3}"  # as in (212) 555-0123
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # OWASP, "CSV Injection"


def text_row(message: Message, names: Mapping[str, str]) -> tuple[str, ...]:
    """Return the row of a text. `names` are the names of clients by id, without those that were deleted.

    A credited text has no units, and the reason why it is not charged.
    """
    at, phone, client = message.sent_at or message.created_at, message.phone, message.client_id or ""
    cells = (_time(at), message.direction, masked(phone), str(message.charged_units))
    client_cells = (_mask_in(client, phone), _mask_in(names.get(client, ""), phone))
    not_charged = f"{meaning_of_error(message.error).words} ({message.error})" if is_credited(message) else ""
    return tuple(cell(text) for text in (*cells, *client_cells, message.id, not_charged))


def unreadable_row(message_id: str) -> tuple[str, ...]:
    """Return the row of a text that cannot be read: it has a row, but its units are unknown."""
    return ("", UNREADABLE, "", "", "", "", cell(message_id), "")


def masked(phone: str) -> str:
    """Return a phone with all digits but the last four replaced by asterisks."""
    digits = phone.removeprefix("+")
    return "*" * (len(digits) - _SHOWN_DIGITS) + digits[-_SHOWN_DIGITS:]


def _mask_in(text: str, phone: str) -> str:
    """Return a client's id or name with the phone masked: the id of a client created by a text has the number."""
    digits = phone.removeprefix("+")
    if digits[-_LOCAL_DIGITS:] not in _NON_DIGITS.sub("", text):
        return text
    ends = (digits[start:] for start in range(len(digits) - _LOCAL_DIGITS + 1))
    attempts = (re.sub(_BETWEEN_DIGITS.join(end), masked(end), text) for end in ends)
    return next((attempt for attempt in attempts if attempt != text), text)


def cell(text: str) -> str:
    """Return a cell's text, quoted if a spreadsheet would run it: a client can be named `=HYPERLINK(…)`."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def csv_text(rows: Iterable[Iterable[str]]) -> str:
    """Return rows as a CSV file for spreadsheets, with `MARK`; the cells that one would run are quoted."""
    out = StringIO()
    csv.writer(out).writerows(map(cell, row) for row in rows)
    return MARK + out.getvalue()


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
