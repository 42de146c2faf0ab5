"""The studio's general information: its name, country, time zone and statuses; a part of the page of the account."""

from collections.abc import Mapping
from typing import Any

from hub.settings import changes
from hub.settings.changes import changed, save
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.errors import RequestError, SettingsChanged
from longcode.table.store import ConditionFailed
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

_NAMES = {**changes.NAMES, **{f"{_STATUS}{kind}": f"statuses of {words}" for kind, words in KINDS.items()}}


def form(account: Account, typed: Mapping[str, str], wrong: RequestError | None = None) -> dict[str, Any]:
    """Return what the form shows."""
    if isinstance(wrong, SettingsChanged):  # perhaps at the same instant
        account = accounts.get_or_raise(account.id)
    values, was = changes.shown(_current(account), typed, wrong)
    return {"values": values, "was": was, "kinds": KINDS, "usual": USUAL}


def write(account: Account, fields: Mapping[str, str]) -> None:
    """Write the fields that were changed; raise `RequestError` that names the field.

    If somebody changes statuses at the same instant, all is decided again.
    """
    changes.check_unchanged(_current(account), fields, _NAMES)
    settings: dict[str, Any] = changed(fields, *_FIELDS)
    settings |= {name: None for name in _MAY_BE_EMPTY if settings.get(name) == ""}
    statuses = changed(fields, *map(_field, KINDS))
    if not statuses:
        save(account, settings)
        return
    own = {name.removeprefix(_STATUS): _words(entered) for name, entered in statuses.items()}
    settings["statuses"] = {kind: list(words) for kind, words in (account.statuses | own).items() if words}
    try:
        save(account, settings, unless_changed=("statuses",))
    except ConditionFailed:
        write(accounts.get_or_raise(account.id), fields)


def _current(account: Account) -> dict[str, str]:
    """Return the settings as the form shows them."""
    statuses = {_field(kind): "\n".join(account.statuses.get(kind, ())) for kind in KINDS}
    return {name: getattr(account, name) or "" for name in _FIELDS} | statuses


def _field(kind: RecordKind) -> str:
    return f"{_STATUS}{kind}"


def _words(entered: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in entered.splitlines() if line.strip())
