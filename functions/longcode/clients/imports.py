"""The imports of people in the hub, in the table: each is kept for a day, with its file and its progress."""

import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from msgspec import Struct

from longcode.clients.rows import EmptyCells
from longcode.table import hub_keys as keys
from longcode.table import store
from longcode.table.writes import ABSENT, PRESENT, Delete, Put, Update, Write, attributes, has_value, read

KEPT_FOR = timedelta(days=1)

_PART = 300_000  # characters; an item has at most 400 kB


class Phase(StrEnum):
    """Where an import is: its rows are checked, then a person decides, then they are written."""

    CHECK = "check"
    CHECKED = "checked"
    WRITE = "write"
    DONE = "done"


class KeptImport(Struct, frozen=True, kw_only=True):
    """An import of clients, or of opt-outs (`of`).

    The counts, the cursor and `reports` (how many parts it has) are of the phase, since `since`. `warned` are the
    rows with warnings. `by` is the person who uploaded the file, None for the account's password.
    """

    account: str
    id: str
    name: str
    size: int
    at: datetime
    since: datetime
    rows: int
    empty_cells: EmptyCells = EmptyCells.KEEP
    by: str | None = None
    of: str = "clients"
    phase: Phase = Phase.CHECK
    done: int = 0
    cursor: str | None = None
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    warned: int = 0
    reports: int = 0

    @property
    def writes(self) -> bool:
        """Return whether rows are being written, or were."""
        return self.phase in (Phase.WRITE, Phase.DONE)


def put(kept: KeptImport, file: bytes) -> bool:
    """Keep a new import with its file; return False if there is one with its id."""
    _put_parts(kept, "file", file)
    item = {"type": "import", **attributes(kept), **store.expires(kept.at + KEPT_FOR)}
    return store.try_write(Put(keys.kept_import(kept.account, kept.id), item, ABSENT))


def get(account: str, import_id: str, now: datetime) -> KeptImport | None:
    """Return an import, or None."""
    item = store.unexpired(store.get(keys.kept_import(account, import_id)), now)
    return read(KeptImport, item) if item else None


def of_account(account: str, now: datetime, of: str | None = None) -> list[KeptImport]:
    """Return the imports of an account, the newest first; if `of` is given, only those of clients or of opt-outs."""
    items = store.all_unexpired(store.query(keys.kept_import(account)), now)
    kept = [one for item in items if (one := read(KeptImport, item)).of == (of or one.of)]
    return sorted(kept, key=lambda one: one.at, reverse=True)


def file_of(kept: KeptImport) -> bytes:
    """Return the file of an import."""
    return _parts(kept, "file")


def report(kept: KeptImport) -> list[dict[str, Any]]:
    """Return what the phase has found wrong so far, by row: those that are refused, and those with warnings."""
    found: list[dict[str, Any]] = []
    for number in range(kept.reports):
        found += json.loads(_parts(kept, _report_name(kept, number)))
    return found


def lease(kept: KeptImport, now: datetime, *, until: datetime) -> bool:
    """Reserve an import for one step; return False if another call has it, or has made a step since it was read."""
    free = store.unset_or_before("busy_until", now)
    # A default is not stored.
    same_phase = has_value("phase", None if kept.phase is Phase.CHECK else kept.phase)
    same = same_phase & has_value("done", kept.done or None)
    change = Update(
        keys.kept_import(kept.account, kept.id), changes={"busy_until": until}, when=PRESENT & free & same
    )
    return store.try_write(change)


def record_step(before: KeptImport, after: KeptImport, found: Sequence[dict[str, Any]], *others: Write) -> None:
    """Write an import's progress after a step, with what the step found wrong and other writes; end the lease."""
    if after.reports > before.reports:
        _put_parts(after, _report_name(after, before.reports), json.dumps(found, ensure_ascii=False).encode())
    changes = {name: value for name, value in attributes(after).items() if name not in ("account", "id")}
    gone = tuple(set(attributes(before)) - set(changes) - {"account", "id"})
    progress = Update(keys.kept_import(after.account, after.id), changes, remove=(*gone, "busy_until"), when=PRESENT)
    store.try_write(progress, *others)


def discard(account: str, import_id: str) -> None:
    """Delete an import and its file."""
    for item in store.query(keys.import_part(account, import_id), only=("part",)):
        store.write(Delete(keys.import_part(account, import_id, str(item["part"]))))
    store.write(Delete(keys.kept_import(account, import_id)))


def _report_name(kept: KeptImport, number: int) -> str:
    return f"{'write' if kept.writes else 'check'}-{number:04d}"


def _put_parts(kept: KeptImport, name: str, content: bytes) -> None:
    text = b64encode(zlib.compress(content)).decode()
    for number, start in enumerate(range(0, len(text), _PART)):
        part = f"{name}-{number:04d}"
        item = {"type": "import-part", "part": part, "text": text[start : start + _PART]}
        expiry = store.expires(kept.at + KEPT_FOR)
        store.write(Put(keys.import_part(kept.account, kept.id, part), {**item, **expiry}))


def _parts(kept: KeptImport, name: str) -> bytes:
    items = store.query(keys.import_part(kept.account, kept.id, f"{name}-"))
    return zlib.decompress(b64decode("".join(str(item["text"]) for item in items)))
