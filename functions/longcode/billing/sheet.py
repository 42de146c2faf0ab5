"""The sheet of a month's charged texts: its columns, with no words of a text and no whole phone."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from longcode.message import Message

COLUMNS = ("time", "direction", "phone", "units", "client_id", "client_name", "message_id")
UNREADABLE = "unreadable"

_SHOWN_DIGITS = 4
_A_NUMBER = 7  # digits of a phone that are one by themselves
_NO_DIGIT = re.compile("[^0-9]+")
_BETWEEN_DIGITS = r"[^0-9A-Za-z]{0,3}"  # as in (212) 555-0123
_BEGIN_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # OWASP, "CSV Injection"


def text_row(message: Message, names: Mapping[str, str]) -> tuple[str, ...]:
    """Give the row of a text; `names` are those of the clients that there are, by id."""
    at, phone, client = message.sent_at or message.created_at, message.phone, message.client_id or ""
    cells = (_time(at), message.direction, masked(phone), str(message.charged_units))
    whose = (_without(phone, client), _without(phone, names.get(client, "")))
    return tuple(cell(one) for one in (*cells, *whose, message.id))


def unreadable_row(message_id: str) -> tuple[str, ...]:
    """Give the row of a text that the service cannot read: it is missing in no sheet, and its units in each."""
    return ("", UNREADABLE, "", "", "", "", cell(message_id))


def masked(phone: str) -> str:
    """Hide a phone but for its last four digits."""
    digits = phone.removeprefix("+")
    return "*" * (len(digits) - _SHOWN_DIGITS) + digits[-_SHOWN_DIGITS:]


def _without(phone: str, text: str) -> str:
    """Hide the phone in what a client is called by: the id of one whom a text has made is the number itself."""
    digits = phone.removeprefix("+")
    if digits[-_A_NUMBER:] not in _NO_DIGIT.sub("", text):
        return text
    ends = (digits[start:] for start in range(len(digits) - _A_NUMBER + 1))
    hidden = (re.sub(_BETWEEN_DIGITS.join(end), masked(end), text) for end in ends)
    return next((one for one in hidden if one != text), text)


def cell(text: str) -> str:
    """Write a cell so that no spreadsheet takes it for a formula: a client can be called `=HYPERLINK(…)`."""
    return f"'{text}" if text.startswith(_BEGIN_A_FORMULA) else text


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
