"""The page of what the studio's texts may do: quiet hours, countries, limits, and how they are written."""

from collections.abc import Mapping
from typing import Any

from hub.settings import changes
from hub.settings.changes import changed, save
from hub.site import Page, form_of_owner, go_to, page_of_owner, show, site
from longcode.accounts.account import Account, OnUncertain, QuietZone
from longcode.aws import clients
from longcode.aws.settings import settings as service
from longcode.destinations import allowed_regions, countries_of
from longcode.errors import RequestError
from longcode.messages.timing import quiet_rules
from longcode.months import month_of
from longcode.plans import store as price_list
from longcode.plans.plans import PastLimit, plan_name_in
from longcode.quiet_hours.quiet_hours import Windows

_TICKED = ("quiet_hours", "smart_encoding", "create_clients")
_CHOSEN = ("quiet_zone", "on_uncertain")
_NUMBERS = ("units_a_day", "texts_an_hour", "retention_days")
_COUNTRY = "country_"
_COUNTRIES = {
    "AR": "Argentina",
    "AU": "Australia",
    "BR": "Brazil",
    "CA": "Canada",
    "CI": "Côte d'Ivoire",
    "DE": "Germany",
    "FR": "France",
    "GB": "United Kingdom",
    "IE": "Ireland",
    "MX": "Mexico",
    "NZ": "New Zealand",
    "PR": "Puerto Rico",
    "US": "United States",
}
ZONES = {QuietZone.LIKELY: "the place that the number suggests", QuietZone.STUDIO: "your studio's time zone"}
IF_UNCERTAIN = {OnUncertain.GIVE_UP: "give it up", OnUncertain.RESEND: "send it a second time, once"}


@site.get("/hub/sending")
@page_of_owner
def show_sending(account: Account) -> Page:
    """Show what the studio's texts may do."""
    return _page(account, site.current_event.query_string_parameters or {})


@site.post("/hub/sending")
@form_of_owner
def change_sending(account: Account, fields: dict[str, str]) -> Page:
    """Write what was changed."""
    offered = service().allowed_countries
    settings: dict[str, Any] = changed(fields, *_CHOSEN, *_NUMBERS)
    settings |= {name: None for name in _NUMBERS if settings.get(name) == ""}
    settings |= {name: bool(value) for name, value in changed(fields, *_TICKED).items()}
    countries = changed(fields, *map(_name_of, offered))
    if countries:
        allowed = dict.fromkeys(allowed_regions(account.allowed_countries, offered))
        kept = [country for country in allowed if _name_of(country) not in countries]
        settings["allowed_countries"] = kept + [
            name.removeprefix(_COUNTRY) for name, ticked in countries.items() if ticked
        ]
    try:
        changes.check_unchanged(_current(account), fields)
        save(account, settings)
    except RequestError as refusal:
        return _page(account, fields, refusal)
    return go_to("sending?saved=1")


def _name_of(country: str) -> str:
    return f"{_COUNTRY}{country}"


def _current(account: Account) -> dict[str, str]:
    """Return the settings as the form shows them; the account's own country is always allowed."""
    offered = service().allowed_countries
    own = countries_of(account.country_code, (), offered)
    allowed = allowed_regions(account.allowed_countries, offered)
    current = {name: _as_typed(getattr(account, name)) for name in (*_TICKED, *_CHOSEN, *_NUMBERS)}
    return current | {_name_of(country): _as_typed(country in allowed) for country in offered if country not in own}


def _page(account: Account, typed: Mapping[str, str], wrong: RequestError | None = None) -> Page:
    offered = service().allowed_countries
    own = countries_of(account.country_code, (), offered)
    values, was = changes.shown(_current(account), typed, wrong)
    month = month_of(clients.now())
    plan = plan_name_in(month, account.plan_changes)
    terms = price_list.of_month(month)[plan] if plan else None
    hours, narrower = _quiet_hours(own)
    return show(
        "settings/sending",
        account,
        wrong.status if wrong else 200,
        values=values,
        was=was,
        wrong=wrong,
        saved="saved" in typed and wrong is None,
        own=[_COUNTRIES.get(country, country) for country in sorted(own)],
        further={_name_of(one): _COUNTRIES.get(one, one) for one in sorted(offered) if one not in own},
        zones=ZONES,
        if_uncertain=IF_UNCERTAIN,
        plan=terms,
        stops=terms is not None and terms.past_limit is PastLimit.STOP,
        hours=hours,
        narrower=narrower,
    )


def _as_typed(value: object) -> str:
    """Return a setting as a form has it: a ticked box is "on", and no limit an empty field."""
    if isinstance(value, bool):
        return "on" if value else ""
    return "" if value is None else str(value)


def _quiet_hours(own: frozenset[str]) -> tuple[str, bool]:
    """Return when bulk and automatic texts may go in the studio's country, and whether a state of it has less."""
    rules = quiet_rules()
    week = rules.country(min(own, default=""))[-1].week
    return _in_words(week[0]), any(state.country in own for state in rules.states)


def _in_words(windows: Windows) -> str:
    return " and ".join(f"from {_clock(opens)} to {_clock(closes)}" for opens, closes in windows)


def _clock(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02}"
