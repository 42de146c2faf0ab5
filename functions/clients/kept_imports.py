"""Imports that a person begins in the hub: the file is kept for a day, and checked and then written in steps."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from clients import bulk_import
from longcode.accounts.account import Account
from longcode.billing.sheet import csv_text
from longcode.changes import store as changes
from longcode.changes.change import Actor, ChangeKind, Detail, short
from longcode.clients import imports
from longcode.clients.imports import KeptImport, Phase
from longcode.clients.permission import Writer
from longcode.clients.spreadsheet import decode
from longcode.errors import RequestError

MOST_ROWS = bulk_import.MAX_ROWS
MOST_BYTES = 4_000_000
"""The largest file: Lambda takes 6 MB, and a file comes in Base64."""

MOST_KEPT = 20
"""How many imports of a day are kept."""

_TYPE = "text/csv"
_STEP_SECONDS = 5.0
_LEASE = timedelta(seconds=25)  # longer than the hub's function runs


def run_clients(
    kept: KeptImport, account: Account, file: bytes, *, writer: Writer, now: datetime, seconds: float
) -> dict[str, Any]:
    """Check or write clients for some seconds, and return the report."""
    return bulk_import.import_file(
        account,
        _TYPE,
        file,
        now,
        writer=writer,
        dry_run=not kept.writes,
        empty_cells=kept.empty_cells,
        cursor=kept.cursor,
        seconds=seconds,
    )


def begin(
    new: KeptImport,
    account: Account,
    file: bytes,
    writer: Writer,
    *,
    seconds: float = _STEP_SECONDS,
    run: Callable[..., dict[str, Any]] = run_clients,
) -> None:
    """Check the first rows of a file, and keep it; raise `RequestError` if it cannot be read.

    `run` checks and writes the rows of another kind of file than one of clients.

    An import that exists stays as it is: the form was sent twice.
    """
    if len(file) > MOST_BYTES:
        raise RequestError(f"The file has more than {MOST_BYTES // 1_000_000} MB.", field="body")
    if len(imports.of_account(account.id, new.at)) >= MOST_KEPT:
        raise RequestError(f"There are {MOST_KEPT} imports of the last day. Discard one first.", field="body")
    report = run(new, account, file, writer=writer, now=new.at, seconds=seconds)
    kept = replace(new, rows=report["rows"])
    if imports.put(kept, file):
        _record(kept, report)


def begin_writing(kept: KeptImport, now: datetime, by: Actor) -> KeptImport:
    """Begin to write the rows of a checked file, and return the import; nothing happens if that has begun."""
    if kept.phase is not Phase.CHECKED or not imports.lease(kept, now, until=now):
        return kept
    fresh = {"done": 0, "cursor": None, "reports": 0}
    counts = dict.fromkeys(("created", "updated", "unchanged", "refused", "warned"), 0)
    begun = replace(kept, phase=Phase.WRITE, since=now, **fresh, **counts)
    details = [Detail("of", after=kept.of), Detail("rows", after=short(kept.rows))]
    record = changes.new(kept.account, ChangeKind.IMPORT, now, by, about=kept.name, details=details)
    imports.record_step(kept, begun, [], record)
    return begun


def step(
    kept: KeptImport,
    account: Account,
    writer: Writer,
    now: datetime,
    *,
    seconds: float = _STEP_SECONDS,
    run: Callable[..., dict[str, Any]] = run_clients,
) -> KeptImport:
    """Check or write rows for some seconds, unless another call has the lease; return the import after that."""
    if kept.phase in (Phase.CHECKED, Phase.DONE) or not imports.lease(kept, now, until=now + _LEASE):
        return imports.get(kept.account, kept.id, now) or kept
    report = run(kept, account, imports.file_of(kept), writer=writer, now=now, seconds=seconds)
    return _record(kept, report)


def refused_rows(kept: KeptImport, read: Callable[[str], tuple[list[str], list[list[str]]]]) -> str:
    """Return the rows that were refused as a CSV file: as they were, with line and problem, to be corrected.

    `read` returns the columns and rows of the file's text.
    """
    columns, rows = read(decode(imports.file_of(kept), None))
    refused = [found for found in imports.report(kept) if found["status"] == "refused"]
    written = [[*rows[found["row"] - 1], str(found["line"]), " ".join(problems(found))] for found in refused]
    return csv_text([[*columns, "line", "problem"], *written])


def problems(found: dict[str, Any]) -> list[str]:
    """Return what is wrong in a row, or to be checked, in sentences that name the column."""
    parts = found.get("errors") or ([found] if found["status"] == "refused" else found.get("warnings", []))
    return [f"{part['column']}: {part['detail']}" if part.get("column") else str(part["detail"]) for part in parts]


def _record(kept: KeptImport, report: dict[str, Any]) -> KeptImport:
    """Write an import's progress after a step, and return it."""
    items, cursor = report["items"], report["next_cursor"]
    found = [item for item in items if item["status"] == "refused" or item.get("warnings")]
    end = Phase.DONE if kept.writes else Phase.CHECKED
    after = replace(
        kept,
        phase=kept.phase if cursor else end,
        done=kept.done + len(items),
        cursor=cursor,
        created=kept.created + sum(item["status"] == "created" for item in items),
        updated=kept.updated + sum(item["status"] == "updated" for item in items),
        unchanged=kept.unchanged + report["unchanged"],
        refused=kept.refused + report["refused"],
        warned=kept.warned + len(found) - report["refused"],
        reports=kept.reports + bool(found),
    )
    imports.record_step(kept, after, found)
    return after
