"""Writes the settings that a person has changed in a form, by the flow of PATCH /account."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from accounts import settings_api
from accounts.settings_forms import AccountSettings
from hub.site import actor
from longcode.accounts.account import Account
from longcode.aws import clients
from longcode.errors import RequestError, SettingsChanged, form_refusal

WAS = "was_"
_OVERTAKEN = (
    "Somebody else has changed the same settings since you opened this page, so nothing was saved. Theirs are: {}."
    " What you wrote is still here: save again to have it in their place."
)
NAMES = {
    "name": "name of the studio",
    "phone": "phone of the studio",
    "sender_name": "sender name",
    "country_code": "country code",
    "time_zone": "time zone",
    "statuses": "statuses",
    "units_a_day": "units a day",
    "texts_an_hour": "texts an hour",
    "retention_days": "days",
    "allowed_countries": "countries",
    "opening_hours": "opening hours",
    "away_text": "away text",
    "webhook_url": "address",
    "webhook_events": "events",
}
"""What people call the settings."""

_IN_WORDS = {
    "country_code": "Write the digits with which numbers of your country begin, such as 1 or 61.",
    "units_a_day": "Write a whole number from 1 to 10,000,000, or leave it empty.",
    "texts_an_hour": "Write a number from 1 to 20.",
    "retention_days": "Write a number of days from 1 to 3,650, or leave it empty.",
}


def shown(
    current: Mapping[str, str], typed: Mapping[str, str], wrong: RequestError | None = None
) -> tuple[dict[str, str], dict[str, str]]:
    """Return what the fields of a form show: what was typed, or else the settings; and what they showed at first.

    After `SettingsChanged`, they show the settings and what was changed in the form, which the next one may write.
    """
    if isinstance(wrong, SettingsChanged):
        return {**current, **{name: typed.get(name, "") for name in changed(typed, *current)}}, dict(current)
    was = {name: typed.get(f"{WAS}{name}", value) for name, value in current.items()}
    is_typed = any(name.startswith(WAS) for name in typed)
    return {name: typed.get(name, "" if is_typed else value) for name, value in current.items()}, was


def changed(fields: Mapping[str, str], *names: str) -> dict[str, str]:
    """Return the fields with another value than the page showed: two people may change different ones at once."""
    both = {name: (fields.get(name, ""), fields.get(f"{WAS}{name}", "")) for name in names}
    return {name: now.strip() for name, (now, was) in both.items() if _lines(now) != _lines(was)}


def check_unchanged(current: Mapping[str, str], fields: Mapping[str, str], names: Mapping[str, str] = NAMES) -> None:
    """Raise `SettingsChanged` if somebody else has changed a setting that a form changes since the form was shown.

    `current` are the settings as the form shows them, and `names` what people call them. Of what has two values, such
    as a box, two people never choose different ones.
    """
    theirs = []
    for name in changed(fields, *current):
        now, was, typed = (
            _lines(one) for one in (current[name], fields.get(f"{WAS}{name}", ""), fields.get(name, ""))
        )
        if now not in (was, typed):
            theirs.append(f"{names.get(name, name.capitalize())}: {', '.join(now) or 'empty'}")
    if theirs:
        raise SettingsChanged(_OVERTAKEN.format("; ".join(theirs)), field="changed")


def _lines(text: str) -> list[str]:
    """Return the lines of a field; browsers write their ends in two ways."""
    return text.strip().splitlines()


def save(account: Account, settings: Mapping[str, Any], unless_changed: tuple[str, ...] = ()) -> None:
    """Write settings as PATCH /account does. Raise `RequestError` that names the field, for people.

    `unless_changed` is as in `settings_api.change`.
    """
    try:
        form = AccountSettings(**settings)
    except ValidationError as error:
        refusal = form_refusal(error.errors()[0], NAMES)
        detail = _IN_WORDS.get(refusal.field or "", refusal.detail)
        raise RequestError(detail, field=refusal.field) from error
    settings_api.change(account, form, clients.now(), actor(), unless_changed)
