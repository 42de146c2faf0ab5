"""The sheet of a month's charged texts: its columns, with no words of a text and no whole phone."""

from collections.abc import Mapping
from datetime import UTC, datetime

from longcode.message import Message

COLUMNS = ("time", "direction", "phone", "units", "client_id", "client_name", "message_id")
UNREADABLE = "unreadable"

_SHOWN_DIGITS = 4
_BEGIN_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # OWASP, "CSV Injection"


def row(message: Message, names: Mapping[str, str]) -> tuple[str, ...]:
    """Give the row of a text; `names` are those of the clients that there are, by id."""
    client = message.client_id or ""
    at = message.sent_at or message.created_at
    cells = (
        _time(at),
        message.direction,
        masked(message.phone),
        message.charged_units,
        client,
        names.get(client, ""),
    )
    return tuple(cell(str(one)) for one in (*cells, message.id))


def unreadable(message_id: str) -> tuple[str, ...]:
    """Give the row of a text that the service cannot read: it is missing in no sheet, and its units in each."""
    return ("", UNREADABLE, "", "", "", "", cell(message_id))


def masked(phone: str) -> str:
    """Hide a phone but for its last four digits."""
    digits = phone.removeprefix("+")
    return "*" * (len(digits) - _SHOWN_DIGITS) + digits[-_SHOWN_DIGITS:]


def cell(text: str) -> str:
    """Write a cell so that no spreadsheet takes it for a formula: a client can be called `=HYPERLINK(…)`."""
    return f"'{text}" if text.startswith(_BEGIN_A_FORMULA) else text


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
