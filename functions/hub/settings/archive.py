"""All data of a studio as one ZIP of CSV files, as far as a response holds it."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from io import BytesIO
from itertools import chain, islice
from time import monotonic
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from clients import export
from clients.export import Part
from hub import page
from hub.clients.exports import key_names
from hub.consent import list_export
from hub.settings.files import FILES, LONG, Row, all_message_rows, sheet
from longcode.accounts.account import Account
from longcode.billing.sheet import MARK
from longcode.months import time_zone

MOST_MESSAGES = 10_000
"""How many messages a ZIP of everything has: so many are read and written in some seconds."""

_MOST_BYTES = 4_000_000  # Base64 makes five and a half megabytes of these, and Lambda returns six
_SECONDS = 12.0  # of the twenty that the function of the hub may run
_AT_ONCE = 20  # rows: one of a broadcast can have the ids of thousands of clients
_EVERYBODY = Part(None, 10**9)


class TooMuch(Exception):
    """The data of a studio is more than one ZIP holds, or takes longer than a request may."""


def of(account: Account, now: datetime, *, whole: bool, seconds: float = _SECONDS) -> bytes:
    """Return the ZIP with everything, or without what has many rows: messages, clients, consents; or raise `TooMuch`.

    The rows are written as they are read, so only the compressed file is in memory.
    """
    files = chain(_long_files(account, now) if whole else (), _other_files(account, now))
    local = now.astimezone(time_zone(account.time_zone))
    return _zipped(((name, _texts(rows)) for name, rows in files), local, monotonic() + seconds)


def one(account: Account, name: str, rows: Iterable[Row], now: datetime, *, seconds: float = _SECONDS) -> str | bytes:
    """Return a CSV file, or a ZIP with it if it is more than a response holds; or raise `TooMuch`.

    No more of it is in memory than a response holds.
    """
    end, pieces, size, texts = monotonic() + seconds, list[str](), 0, _texts(rows)
    for text in texts:
        pieces.append(text)
        size += page.size_of(text)
        if monotonic() > end:
            raise TooMuch
        if size > page.MOST_BYTES:
            return _zipped([(name, chain(pieces, texts))], now.astimezone(time_zone(account.time_zone)), end)
    return "".join(pieces)


def _zipped(files: Iterable[tuple[str, Iterable[str]]], local: datetime, end: float) -> bytes:
    """Return the ZIP with some files, each in pieces; raise `TooMuch` if it is too large, or not done at `end`."""
    out = BytesIO()
    with ZipFile(out, "w") as archive:
        for name, texts in files:
            entry = ZipInfo(f"{name}.csv", local.timetuple()[:6])
            entry.compress_type = ZIP_DEFLATED
            with archive.open(entry, "w") as file:
                for text in texts:
                    file.write(text.encode())
                    if out.tell() > _MOST_BYTES or monotonic() > end:
                        raise TooMuch
    return out.getvalue()


def _long_files(account: Account, now: datetime) -> Iterator[tuple[str, Iterable[Row]]]:
    names = key_names(account)
    yield "clients", export.rows(account.id, _EVERYBODY, names, account.client_fields)
    yield "consents", export.consent_rows(account.id, _EVERYBODY, names, now)
    yield "messages", all_message_rows(account, now)
    yield from ((name, rows(account, now)) for name, (_, rows) in FILES.items() if name in LONG)


def _other_files(account: Account, now: datetime) -> Iterator[tuple[str, Iterable[Row]]]:
    yield "opt-outs", list_export.rows(account)
    yield from ((name, rows(account, now)) for name, (_, rows) in FILES.items() if name not in LONG)


def _texts(rows: Iterable[Row]) -> Iterator[str]:
    """Yield a CSV file in pieces of some rows."""
    remaining, mark = iter(rows), MARK
    while some := list(islice(remaining, _AT_ONCE)):
        yield mark + sheet(some).removeprefix(MARK)
        mark = ""
