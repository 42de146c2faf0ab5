"""Files of clients as spreadsheets and programs write them: CSV and JSON lines, row by row."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from longcode.errors import RequestError

_COLUMNS = {"id", "first_name", "last_name", "allow_text_marketing", "tags", "status", "time_zone"}
_ENDINGS = ("", "_2", "_3", "_4", "_5")
_YES = {"1", "true", "yes", "y", "x"}


def json_lines(text: str) -> Iterator[dict[str, Any] | None]:
    """Read JSON lines; None for a line that is no object."""
    for line in filter(str.strip, text.split("\n")):  # splitlines would part a string at U+2028
        try:
            fields = json.loads(line)
        except (ValueError, RecursionError):
            fields = None
        yield fields if isinstance(fields, dict) else None


def from_csv(text: str) -> Iterator[dict[str, Any]]:
    """Read the columns id, first_name, last_name, allow_text_marketing, tags, status, time_zone, and phone, sms…

    There may be phone_2, sms_2 and so on up to 5. Tags are parted by semicolons; a number whose SMS column is missing
    is ticked, one whose column is empty is not.
    """
    for row in _cells(text):
        cells = {name: (value or "").strip() for name, value in row.items() if name is not None}
        record: dict[str, Any] = {name: cells[name] for name in ("id", "first_name", "last_name") if name in cells}
        record["allow_text_marketing"] = _yes(cells.get("allow_text_marketing", ""))
        record["tags"] = [tag.strip() for tag in cells.get("tags", "").split(";") if tag.strip()]
        record["status"] = cells.get("status") or None
        record["time_zone"] = cells.get("time_zone") or None
        record["phones"] = [
            {"number": cells[f"phone{end}"], "sms": _yes(cells.get(f"sms{end}", "yes"))}
            for end in _ENDINGS
            if cells.get(f"phone{end}")
        ]
        yield record | ({"more cells than columns": True} if None in row else {})


def _cells(text: str) -> Iterator[dict[str | None, Any]]:
    try:
        reader = csv.DictReader(io.StringIO(text, newline=None), strict=True)
        reader.fieldnames = [name.strip().casefold() for name in reader.fieldnames or ()]
        known = _COLUMNS | {f"{name}{end}" for name in ("phone", "sms") for end in _ENDINGS}
        unknown = [name for name in reader.fieldnames if name not in known]
        if unknown:
            raise RequestError(f"Unknown columns: {', '.join(unknown)[:200]}.", field="body")
        yield from reader
    except csv.Error as error:
        raise RequestError(f"The file cannot be read as CSV: {error}.", field="body") from error


def _yes(cell: str) -> bool:
    return cell.casefold() in _YES
