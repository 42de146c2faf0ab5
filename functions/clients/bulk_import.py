"""Import clients from a file: write the client of each row, and report on each row."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import chain
from operator import itemgetter
from time import monotonic
from typing import Any

from longcode.web import resolver as web
from msgspec import Struct
from msgspec.structs import replace
from pydantic import ValidationError

from clients.forms import BAD_ID, ImportRow, PhoneForm, check_numbers, consent_of_form, own_values, phone_of_form
from longcode.accounts.account import Account
from longcode.clients import store as clients
from longcode.clients.client import Client, Phone, with_writer
from longcode.clients.permission import Consent, Writer
from longcode.clients.phone_cells import PhoneChange, phones_after_row
from longcode.clients.rows import NO_ID, EmptyCells, Fault, Row, csv_rows, fault, json_lines
from longcode.clients.spreadsheet import decode
from longcode.errors import BadCursor, RequestError
from longcode.plans.bounds import Bounded
from longcode.plans.room import DryRunRoom, Room

TYPES = ("text/csv", "application/x-ndjson")
MAX_ROWS = 10_000
SECONDS = 20.0  # API Gateway waits for 29
_AT_ONCE = 8
_ROWS_IN_A_STEP = 100
_ROOM_IN_A_CALL = 100
_MOST_FAULTS = 20  # that are reported of a row


class _ImportRun(Struct, frozen=True):
    """An import, with the account's room for new clients.

    In a dry run, `written` has each client as it would be after the rows so far, and nothing is written.
    """

    account: Account
    writer: Writer
    now: datetime
    room: Room
    written: dict[str, Client] | None


def import_file(
    account: Account,
    content_type: str,
    file: bytes,
    now: datetime,
    *,
    writer: Writer,
    dry_run: bool = False,
    empty_cells: EmptyCells = EmptyCells.KEEP,
    cursor: str | None = None,
    seconds: float = SECONDS,
) -> dict[str, Any]:
    """Write the clients of a file for up to `seconds`; return a report. A refused row does not stop the others."""
    end = monotonic() + seconds
    digest = hashlib.sha256(file).hexdigest()[:16]
    text = decode(file, _charset(content_type))
    is_csv = "csv" in content_type.casefold()
    headings, rows = csv_rows(text, empty_cells, account.client_fields) if is_csv else ({}, list(json_lines(text)))
    if not rows:
        raise RequestError("The file has no rows.", field="body")
    if len(rows) > MAX_ROWS:
        raise RequestError(f"The file has {len(rows):,} rows; send at most {MAX_ROWS:,} at once.", field="body")
    done = _rows_done(cursor, digest, len(rows))
    room = (DryRunRoom if dry_run else Room)(
        account.id, account.plan_changes, Bounded.CLIENTS, now, min(len(rows) - done, _ROOM_IN_A_CALL)
    )
    run = _ImportRun(account, writer, now, room, {} if dry_run else None)
    items: list[dict[str, Any]] = []
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        while done < len(rows) and (not items or monotonic() < end):
            step = rows[done : done + _ROWS_IN_A_STEP]
            reports = pool.map(lambda group: [_import_row(run, row, headings) for row in group], _by_client(step))
            items += sorted(chain.from_iterable(reports), key=itemgetter("row"))
            done += len(step)
    room.give_back()
    counts = Counter(item["status"] for item in items)
    return {
        "rows": len(rows),
        "written": counts["created"] + counts["updated"],
        "unchanged": counts["unchanged"],
        "refused": counts["refused"],
        "dry_run": dry_run,
        "next_cursor": f"{done}.{digest}" if done < len(rows) else None,
        "items": items,
    }


def _charset(content_type: str) -> str | None:
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().casefold() == "charset":
            return value.strip().strip("\"'") or None
    return None


def _rows_done(cursor: str | None, digest: str, count: int) -> int:
    if cursor is None:
        return 0
    done, _, of = cursor.partition(".")
    if not (done.isascii() and done.isdigit() and int(done) < count and of == digest):
        raise BadCursor("The cursor is of another file. Send the file that it belongs to, or start without it.")
    return int(done)


def _by_client(rows: list[Row]) -> list[list[Row]]:
    """Return the rows in groups by client id. The rows of a group are written in order, so that the last one wins."""
    groups = defaultdict(list)
    for row in rows:
        groups[str(row.fields.get("id")).strip()].append(row)
    return list(groups.values())


def _import_row(run: _ImportRun, row: Row, headings: dict[str, str]) -> dict[str, Any]:
    client_id = row.fields.get("id")
    report: dict[str, Any] = {"row": row.number, "id": client_id[:100] if isinstance(client_id, str) else None}
    form, faults = _checked(row, headings)
    phones, bad_numbers = _read_phones(run, row, form, headings)
    faults += bad_numbers
    if form and not faults:
        try:
            status = _write(run, form.id, lambda old: _client_of_row(run, old, form, row, phones))
        except RequestError as error:
            faults = [fault(error.code, error.field, error.detail, headings)]
        else:
            warnings = {"line": row.line, "warnings": row.warnings} if row.warnings else {}
            return report | {"status": status} | warnings
    errors = {"errors": faults} if len(faults) > 1 else {}
    return report | {"line": row.line, "status": "refused"} | faults[0] | errors


def _checked(row: Row, headings: dict[str, str]) -> tuple[ImportRow | None, list[Fault]]:
    """Return a row's form, None if it is not valid, and the first fault of each field."""
    faults = list(row.faults)
    if not row.fields:
        return None, faults or [fault("invalid", "id", NO_ID, headings)]
    try:
        form = ImportRow.model_validate(web.JsonObject(row.fields))
    except ValidationError as error:
        found = {one.get("field") for one in faults}
        for each in error.errors():
            field = ".".join(str(part) for part in each["loc"])[:100]
            detail = BAD_ID if each["loc"] == ("id",) and "URL" in each["msg"] else each["msg"]
            if field not in found:
                faults.append(fault("invalid", field, detail.removeprefix("Value error, "), headings))
        return None, faults[:_MOST_FAULTS]
    return form, faults


def _read_phones(
    run: _ImportRun, row: Row, form: ImportRow | None, headings: dict[str, str]
) -> tuple[dict[int, Phone], list[Fault]]:
    """Return a row's valid phones by their place in the record, and the faults of the others."""
    bad = {one.get("field") for one in row.faults}
    forms = {
        index: PhoneForm(number=words.number, sms=words.is_ticked_if_new)
        for index, words in row.phones.items()
        if words.number and f"phones.{index}.number" not in bad
    }
    forms |= dict(enumerate(form.phones)) if form else {}
    phones: dict[int, Phone] = {}
    faults: list[Fault] = []
    for index, phone in forms.items():
        try:
            phones[index] = phone_of_form(phone, run.account, index)
        except RequestError as error:
            faults.append(fault(error.code, error.field, error.detail, headings))
    return phones, faults


def _write(run: _ImportRun, client_id: str, changed: Callable[[Client | None], Client | None]) -> str:
    """Write a client, unless this is a dry run; return whether it is `created`, `updated` or `unchanged`."""
    if run.written is None:
        is_new = clients.change(run.account.id, client_id, changed, run.room.take)
        return "unchanged" if is_new is None else "created" if is_new else "updated"
    old = run.written.get(client_id) or clients.get(run.account.id, client_id)
    client = changed(old)
    if client is None:
        return "unchanged"
    if old is None:
        run.room.take()
    run.written[client_id] = client
    return "updated" if old else "created"


def _client_of_row(
    run: _ImportRun, old: Client | None, form: ImportRow, row: Row, phones: dict[int, Phone]
) -> Client | None:
    """Return a client after a row, None if the row changes nothing: what it does not name stays as it is."""
    check_numbers(run.account, phones.items(), run.now)
    client = old or Client(account=run.account.id, id=form.id, updated_at=run.now)
    named: dict[str, Any] = {
        name: getattr(form, name) for name in form.model_fields_set - {"id", "phones", "consent"}
    }
    if "tags" in named:
        named["tags"] = tuple(dict.fromkeys(form.tags))
    if "status" in named:
        named["status"] = form.status or None
    if "phones" in form.model_fields_set:
        named["phones"] = _listed_phones(client, form, phones)
    elif row.phones:
        cells = {
            index: PhoneChange(phones.get(index, None if words.number is None else False), words.sms)
            for index, words in row.phones.items()
        }
        named["phones"] = phones_after_row(client.phones, cells)
    if "fields" in named:
        named["fields"] = own_values(run.account, old, form)
    is_by_text = client.made_by_text and "allow_text_marketing" not in named
    changed = replace(client, made_by_text=is_by_text, **named)
    consent = consent_of_form(form, run.now)
    if consent and row.is_consent_if_new:
        is_new = not (old and old.allow_text_marketing)
        consent = replace(consent, source=run.writer.file) if is_new else None
    if changed == old and (consent is None or _is_said_by(old, consent)):
        return None
    return with_writer(old, replace(changed, updated_at=run.now), run.writer, consent)


def _is_said_by(old: Client, consent: Consent) -> bool:
    """Return whether a client's record has a consent already."""
    kept = old.permission
    return kept is not None and all(
        getattr(kept, name) == getattr(consent, name) for name in ("means", "given_on", "taken_by")
    )


def _listed_phones(client: Client, form: ImportRow, phones: dict[int, Phone]) -> tuple[Phone, ...]:
    """Return the phones of a line of JSON, in place of the client's; boxes and labels that it does not name stay."""
    known = {phone.number: phone for phone in client.phones}
    listed = []
    for index, given in enumerate(form.phones):
        phone = phones[index]
        if old := known.get(phone.number):
            kept = {name: getattr(old, name) for name in ("sms", "label") if name not in given.model_fields_set}
            phone = replace(phone, **kept)
        listed.append(phone)
    return tuple(listed)
