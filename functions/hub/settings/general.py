"""The studio's general information: its name, country, time zone and statuses; a part of the page of the account."""

from collections.abc import Mapping
from typing import Any

from hub.settings import changes
from hub.settings.changes import changed, save
from longcode.accounts.account import Account
from longcode.triggers.trigger import STATUSES, RecordKind

_FIELDS = ("name", "sender_name", "phone", "country_code", "time_zone")
_MAY_BE_EMPTY = ("sender_name", "phone")
_STATUS = "status_"
KINDS = {
    RecordKind.SESSION: "sessions",
    RecordKind.APPOINTMENT: "appointments",
    RecordKind.PREPRODUCTION: "preproduction",
    RecordKind.PRODUCTION: "production",
    RecordKind.INVOICE: "invoices",
    RecordKind.CLIENT: "clients",
    RecordKind.TASK: "tasks",
}
"""The records that have a status, in words."""

USUAL = {kind: ", ".join(sorted(STATUSES[kind])).replace("_", " ") for kind in KINDS}
"""The statuses of a studio without statuses of its own, by kind of record."""


def form(account: Account, typed: Mapping[str, str]) -> dict[str, Any]:
    """Return what the form shows."""
    current = {name: getattr(account, name) or "" for name in _FIELDS}
    current |= {f"{_STATUS}{kind}": "\n".join(account.statuses.get(kind, ())) for kind in KINDS}
    values, was = changes.shown(current, typed)
    return {"values": values, "was": was, "kinds": KINDS, "usual": USUAL}


def write(account: Account, fields: Mapping[str, str]) -> None:
    """Write the fields that were changed; raise `RequestError` that names the field."""
    settings: dict[str, Any] = changed(fields, *_FIELDS)
    settings |= {name: None for name in _MAY_BE_EMPTY if settings.get(name) == ""}
    statuses = changed(fields, *(f"{_STATUS}{kind}" for kind in KINDS))
    if statuses:
        own = {name.removeprefix(_STATUS): _lines(entered) for name, entered in statuses.items()}
        settings["statuses"] = {kind: list(words) for kind, words in (account.statuses | own).items() if words}
    save(account, settings)


def _lines(entered: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in entered.splitlines() if line.strip())
