"""The studio's general information: its name, country, time zone and statuses; a part of the page of the account."""

from collections.abc import Mapping
from typing import Any

from hub.settings import changes
from hub.settings.changes import WAS, changed, save
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.errors import RequestError
from longcode.table.store import ConditionFailed
from longcode.triggers.trigger import STATUSES, RecordKind

_FIELDS = ("name", "sender_name", "phone", "country_code", "time_zone")
_MAY_BE_EMPTY = ("sender_name", "phone")
_STATUS = "status_"
_OVERTAKEN = "Somebody else has changed statuses since you opened this page, so nothing was saved."
_SAVE_AGAIN = "What you wrote is still here: save again to have it in their place."
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


def form(account: Account, typed: Mapping[str, str], wrong: RequestError | None = None) -> dict[str, Any]:
    """Return what the form shows. After a refused status, it has what others wrote for the kinds left untouched."""
    current = {name: getattr(account, name) or "" for name in _FIELDS}
    if wrong and wrong.field == "statuses":
        current |= _own_statuses(accounts.get_or_raise(account.id))
        stale = [name for name in map(_field, KINDS) if name not in changed(typed, name)]
        typed = {name: value for name, value in typed.items() if name not in stale and f"{WAS}{_STATUS}" not in name}
        typed |= {name: current[name] for name in stale}
    else:
        current |= _own_statuses(account)
    values, was = changes.shown(current, typed)
    return {"values": values, "was": was, "kinds": KINDS, "usual": USUAL}


def write(account: Account, fields: Mapping[str, str]) -> None:
    """Write the fields that were changed; raise `RequestError` that names the field.

    Statuses of a kind that somebody else has changed since the page was opened are refused. If somebody changes them
    at the same instant, all is decided again.
    """
    settings: dict[str, Any] = changed(fields, *_FIELDS)
    settings |= {name: None for name in _MAY_BE_EMPTY if settings.get(name) == ""}
    statuses = changed(fields, *map(_field, KINDS))
    if not statuses:
        save(account, settings)
        return
    _check_same(account, fields, statuses)
    own = {name.removeprefix(_STATUS): _words(entered) for name, entered in statuses.items()}
    settings["statuses"] = {kind: list(words) for kind, words in (account.statuses | own).items() if words}
    try:
        save(account, settings, unless_changed=("statuses",))
    except ConditionFailed:
        write(accounts.get_or_raise(account.id), fields)


def _check_same(account: Account, fields: Mapping[str, str], statuses: Mapping[str, str]) -> None:
    """Raise `RequestError` if somebody else has written other statuses of one of these kinds."""
    overtaken = []
    for kind, words in KINDS.items():
        stored, name = account.statuses.get(kind, ()), _field(kind)
        if name in statuses and stored not in (_words(fields.get(f"{WAS}{name}", "")), _words(statuses[name])):
            overtaken.append(f"Those of {words} are now: {', '.join(stored) or 'the usual ones'}.")
    if overtaken:
        raise RequestError(" ".join([_OVERTAKEN, *overtaken, _SAVE_AGAIN]), field="statuses")


def _own_statuses(account: Account) -> dict[str, str]:
    return {_field(kind): "\n".join(account.statuses.get(kind, ())) for kind in KINDS}


def _field(kind: RecordKind) -> str:
    return f"{_STATUS}{kind}"


def _words(entered: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in entered.splitlines() if line.strip())
