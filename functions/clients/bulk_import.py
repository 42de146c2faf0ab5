"""The forms of a client's record, and the import of many records from a file with a report on each row."""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import chain
from operator import itemgetter
from time import monotonic
from typing import Annotated, Any, NamedTuple

from msgspec.structs import asdict
from pydantic import Field, TypeAdapter, ValidationError

from longcode.accounts.account import Account
from longcode.clients import store as clients
from longcode.clients.client import Client, Phone, unreachable_numbers
from longcode.errors import RequestError
from longcode.messages import compose
from longcode.numbers import choose as choose_number
from longcode.phone import to_stored
from longcode.plans.bounds import Bounded
from longcode.plans.room import Room
from longcode.web import fields as web_fields
from longcode.web import resolver as web

TYPES = ("text/csv", "application/x-ndjson")
MAX_ROWS = 1000
_SECONDS = 20.0  # API Gateway waits for 29
_AT_ONCE = 8
_ROOM_IN_A_CALL = 100
_ID: TypeAdapter[str] = TypeAdapter(web_fields.ClientId)
_COLUMNS = {"id", "first_name", "last_name", "allow_text_marketing", "tags", "status", "time_zone"}
_ENDINGS = ("", "_2", "_3", "_4", "_5")
_YES = {"1", "true", "yes", "y", "x"}

_Cells = dict[str, Any] | None
"""The fields of one row; None for a line of JSON that is not an object."""

_NumberedRow = tuple[int, _Cells]


class _Import(NamedTuple):
    """An import until `end`, by the monotonic clock, and the account's room for new clients."""

    account: Account
    now: datetime
    end: float
    room: Room


class PhoneForm(web.Body):
    """A phone number as it was typed, and whether its SMS box is ticked."""

    number: Annotated[str, Field(max_length=40)]
    sms: bool = True
    label: Annotated[str | None, Field(max_length=40)] = None


class ClientForm(web.Body):
    """A client's record."""

    first_name: Annotated[str, Field(max_length=100)] = ""
    last_name: Annotated[str, Field(max_length=100)] = ""
    phones: Annotated[list[PhoneForm], Field(max_length=20)] = []
    allow_text_marketing: bool = False
    tags: Annotated[list[Annotated[str, Field(min_length=1, max_length=50)]], Field(max_length=50)] = []
    status: Annotated[str | None, Field(max_length=50)] = None
    time_zone: web_fields.TimeZone | None = None


class ImportRow(ClientForm):
    """A client's record in a file, with its id."""

    id: web_fields.ClientId


class ShownClient(web.Answer):
    """A client's record as a studio sees it, with each number in E.164 and as it was entered.

    `unreachable` are the ticked numbers that staff should untick: two texts came back from the carrier, as the number
    is a landline or unknown. Broadcasts leave them out.
    """

    id: str
    first_name: str
    last_name: str
    phones: tuple[Phone, ...]
    allow_text_marketing: bool
    tags: tuple[str, ...]
    status: str | None
    time_zone: str | None
    updated_at: web.Instant
    unreachable: tuple[str, ...]


def check_id(client_id: str) -> str:
    """Return the id if it can be part of a URL's path; raise `RequestError` if not."""
    try:
        return _ID.validate_python(client_id)
    except ValidationError as error:
        raise RequestError(
            "A client's id may only have letters, digits and -._~!$&'()*+,:;=@.", field="id"
        ) from error


def client_of_form(account: Account, client_id: str, form: ClientForm, now: datetime) -> Client:
    """Return the client that a form describes; raise `RequestError` that names the field of a bad number."""
    phones = tuple(_phone(phone, account, index) for index, phone in enumerate(form.phones))
    ours = choose_number.ours_among(account, [phone.number for phone in phones], now)
    for index, phone in enumerate(phones):
        if phone.number in ours:
            raise compose.our_own_number(f"phones.{index}.number")
    return Client(
        account=account.id,
        id=client_id,
        updated_at=now,
        first_name=form.first_name,
        last_name=form.last_name,
        phones=phones,
        allow_text_marketing=form.allow_text_marketing,
        tags=tuple(dict.fromkeys(form.tags)),
        status=form.status,
        time_zone=form.time_zone,
    )


def _phone(form: PhoneForm, account: Account, index: int) -> Phone:
    try:
        number = to_stored(form.number, account.country_code)
    except RequestError as error:
        error.field = f"phones.{index}.number"
        raise
    return Phone(number=number, entered=form.number, sms=form.sms, label=form.label)


def shown(client: Client) -> ShownClient:
    """Return a client as the API shows it."""
    return ShownClient.model_validate(asdict(client) | {"unreachable": unreachable_numbers(client)})


def import_file(account: Account, content_type: str, text: str, now: datetime) -> dict[str, Any]:
    """Write the clients of a file and return a report; a refused row does not stop the others."""
    read = csv_rows if "csv" in content_type.casefold() else json_lines
    rows = list(enumerate(read(text.removeprefix("\ufeff")), start=1))
    if not rows:
        raise RequestError("The file has no rows.", field="body")
    if len(rows) > MAX_ROWS:
        raise RequestError(f"The file has {len(rows):,} rows; send at most {MAX_ROWS:,} at once.", field="body")
    room = Room(account.id, account.plan_changes, Bounded.CLIENTS, now, min(len(rows), _ROOM_IN_A_CALL))
    run = _Import(account, now, monotonic() + _SECONDS, room)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        reports = pool.map(
            lambda group: [_import_row(run, number, cells) for number, cells in group],
            _by_client(rows),
        )
    items = sorted(chain.from_iterable(reports), key=itemgetter("row"))
    room.give_back()
    written = sum(item["status"] in ("created", "updated") for item in items)
    return {"rows": len(items), "written": written, "refused": len(items) - written, "items": items}


def _by_client(rows: list[_NumberedRow]) -> list[list[_NumberedRow]]:
    """Return the rows in groups by client id. The rows of a group are written in order, so that the last one wins."""
    groups = defaultdict(list)
    for number, cells in rows:
        groups[str((cells or {}).get("id")).strip()].append((number, cells))
    return list(groups.values())


def _import_row(run: _Import, number: int, cells: _Cells) -> dict[str, Any]:
    client_id = (cells or {}).get("id")
    report: dict[str, Any] = {"row": number, "id": client_id[:100] if isinstance(client_id, str) else None}
    if cells is None:
        return report | {"status": "refused", "code": "malformed_json", "detail": "The row is not a JSON object."}
    if monotonic() > run.end:
        return report | {"status": "refused", "code": "out_of_time", "detail": "Time ran out; send this row again."}
    try:
        row = ImportRow.model_validate(cells)
        is_new = clients.put(client_of_form(run.account, row.id, row, run.now), run.room.take)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])[:100]
        detail = first["msg"].removeprefix("Value error, ")
        return report | {"status": "refused", "code": "invalid", "field": field, "detail": detail}
    except RequestError as error:
        return report | {"status": "refused", "code": error.code, "field": error.field, "detail": error.detail}
    return report | {"status": "created" if is_new else "updated"}


def json_lines(text: str) -> Iterator[_Cells]:
    """Yield the object of each line of JSON; None for a line that is no object."""
    for line in filter(str.strip, text.split("\n")):  # splitlines would split a string at U+2028
        try:
            fields = json.loads(line)
        except (ValueError, RecursionError):
            fields = None
        yield web.JsonObject(fields) if isinstance(fields, dict) else None


def csv_rows(text: str) -> Iterator[dict[str, Any]]:
    """Yield the record of each row of a CSV file.

    The columns are id, first_name, last_name, allow_text_marketing, tags, status, time_zone, phone and sms, and
    phone_2, sms_2 to phone_5, sms_5. Semicolons separate tags. A number whose SMS column is missing is ticked; if
    the column is empty, it is not.
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
        # `ImportRow` refuses this field as unknown, and the report then shows its name.
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
