"""What the record of a change of settings says: old and new values, but of none that is long or may have a secret."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from longcode.accounts.account import Account
from longcode.aws.settings import settings
from longcode.changes.change import Detail, differences
from longcode.destinations import allowed_regions

_UNSHOWN = {"away_text", "opening_hours", "statuses", "client_fields"}


def details(account: Account, changed: Mapping[str, Any]) -> list[Detail]:
    """Return a detail for each setting that is changed to another value.

    Of a webhook address, it has the server; of one on the same server, only that it was changed.
    """
    before = {name: msgspec.to_builtins(getattr(account, name)) for name in changed}
    found = differences(_shown(before), _shown(changed), _UNSHOWN)
    is_named = any(detail.name == "webhook_url" for detail in found)
    is_moved = "webhook_url" in changed and changed["webhook_url"] != before["webhook_url"] and not is_named
    return [*found, Detail("webhook_url")] if is_moved else found


def _shown(values: Mapping[str, Any]) -> dict[str, Any]:
    shown = {name: _with_lists(value) for name, value in values.items()}
    if "allowed_countries" in shown:
        shown["allowed_countries"] = list(allowed_regions(shown["allowed_countries"], settings().allowed_countries))
    if shown.get("webhook_url"):
        shown["webhook_url"] = urlsplit(shown["webhook_url"]).hostname
    return shown


def _with_lists(value: Any) -> Any:
    """Return a value with lists in place of tuples: JSON has only those."""
    match value:
        case dict():
            return {name: _with_lists(part) for name, part in value.items()}
        case list() | tuple():
            return [_with_lists(part) for part in value]
        case _:
            return value
