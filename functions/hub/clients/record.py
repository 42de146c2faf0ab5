"""The pages of a client: the record, the texts with each phone and when it stopped them, and the deletion."""

import json
from datetime import datetime
from functools import partial
from itertools import zip_longest
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from msgspec import Struct
from pydantic import ValidationError

from clients import api, forms
from hub import conversations, words
from hub.consent import wording
from hub.site import Page, form_of_studio, go_to, name_of_person, page_of_studio, show, site
from longcode import errors, windows
from longcode.accounts import api_keys
from longcode.accounts.account import Account, QuietZone
from longcode.aws import clients as aws_clients
from longcode.aws.at_once import at_once
from longcode.clients import store as client_store
from longcode.clients.client import Client, consent_means, may_be_texted, ticked_numbers, unreachable_numbers
from longcode.clients.permission import Change, ConsentMeans, Permission, Via, Writer
from longcode.errors import NotFound, RequestError
from longcode.message import Message
from longcode.messages import folders
from longcode.messages.folders import Search
from longcode.months import local_day, time_zone
from longcode.phone import in_words
from longcode.quiet_hours.quiet_hours import likely_zones
from longcode.template import full_name
from optout import api as optouts

NEW = "new"
_MOST_LINES = 30  # more than a client may have phones
_FEWEST_LINES = 2  # of the form, with an empty one for a further number
_MOST_LAST = 3  # phones whose last message is shown
_MOST_ZONES = 3
_FIELDS = {"first_name": "first name", "last_name": "last name", "time_zone": "time zone", "consent": "consent"}
ZONES = (
    *(f"America/{city}" for city in ("New_York", "Chicago", "Denver", "Phoenix", "Los_Angeles", "Anchorage")),
    *("Pacific/Honolulu", "America/Puerto_Rico", "America/Toronto", "America/Winnipeg", "America/Edmonton"),
    *("America/Vancouver", "America/Halifax", "America/Mexico_City", "Europe/London", "Europe/Dublin"),
    *("Europe/Paris", "Europe/Berlin", "Europe/Madrid", "Europe/Rome", "Europe/Amsterdam", "Europe/Stockholm"),
    *("Europe/Athens", "Australia/Perth", "Australia/Adelaide", "Australia/Brisbane", "Australia/Sydney"),
    "Pacific/Auckland",
)
"""Time zones that a form suggests."""


class PhoneLine(Struct, frozen=True, kw_only=True):
    """A line of the form with a number."""

    number: str = ""
    label: str = ""
    sms: bool = True


class TextsOfPhone(Struct, frozen=True, kw_only=True):
    """The texts with one of a client's phones. `digits` opens the conversation; `history` are the stops and starts.

    `is_elsewhere` says that the phone has stopped the texts of all studios on the shared numbers by a text to
    another one, of which this studio learns no more.
    """

    digits: str
    phone: str
    label: str
    is_ticked: bool
    may_be_texted: bool
    is_out: bool
    is_unreachable: bool
    is_elsewhere: bool
    last: Message | None
    history: list[tuple[datetime, str]]


@site.get("/hub/clients/<client_id>")
@page_of_studio
def show_client(account: Account, client_id: str) -> Page:
    """Show a client's record, or an empty one."""
    client = None if client_id == NEW else _existing(account, client_id)
    query = site.current_event.query_string_parameters or {}
    if "number_0" in query:  # typed before the session ended
        return _record(account, client, query, _typed_lines(query))
    return _record(account, client, _values(client), _lines(client, query.get("number", "")))


@site.post("/hub/clients/<client_id>")
@form_of_studio
def save_client(account: Account, fields: dict[str, str], client_id: str) -> Page:
    """Write the record; if it is refused, show why beside what was typed."""
    lines = _typed_lines(fields)
    lines.sort(key=lambda line: not line.number)  # the refusal of a number tells its place among the numbers
    try:
        form = _form(account, fields, lines)
        new_id = f"hub-{fields.get('key') or uuid4().hex}" if client_id == NEW else client_id
        writer = Writer(via=Via.HUB, person=name_of_person())
        before = client_store.get(account.id, new_id) if fields.get("number") else None
        _, written = api.write(account, new_id, form, writer, aws_clients.now(), needs_consent=True)
    except RequestError as refusal:
        client = None if client_id == NEW else client_store.get(account.id, client_id)
        return _record(account, client, fields, lines, refusal)
    number = fields.get("number", "")  # of the conversation from which the record was opened
    if number not in {phone.number for phone in written.phones}:
        return go_to(f"clients/{quote(written.id)}?saved=1")
    if number not in {phone.number for phone in (before.phones if before else ())}:
        conversations.link(account, number, written.id, name_of_person())
    return go_to(f"messages/{number.removeprefix('+')}")


@site.get("/hub/clients/<client_id>/delete")
@page_of_studio
def ask_to_delete(account: Account, client_id: str) -> Page:
    """Ask whether a client shall be deleted, and say what stays."""
    client = _existing(account, client_id)
    return show("clients/delete", account, client_id=client_id, name=full_name(client.first_name, client.last_name))


@site.post("/hub/clients/<client_id>/delete")
@form_of_studio
def delete_client(account: Account, _fields: dict[str, str], client_id: str) -> Page:
    """Delete a client. One that is deleted already is no error: the form may have been sent twice."""
    api.delete(account.id, client_id, Writer(via=Via.HUB, person=name_of_person()), aws_clients.now())
    return go_to("clients?deleted=1")


def _existing(account: Account, client_id: str) -> Client:
    client = client_store.get(account.id, client_id)
    if client is None:
        raise NotFound("There is no such client.")
    return client


def _typed_lines(fields: dict[str, str]) -> list[PhoneLine]:
    return [
        PhoneLine(
            number=fields[f"number_{index}"].strip(),
            label=fields.get(f"label_{index}", "").strip(),
            sms=f"sms_{index}" in fields,
        )
        for index in range(_MOST_LINES)
        if f"number_{index}" in fields
    ]


def _form(account: Account, fields: dict[str, str], lines: list[PhoneLine]) -> forms.ClientForm:
    """Return the form that the API takes; raise `RequestError` that names the field."""
    phones = [{"number": line.number, "sms": line.sms, "label": line.label or None} for line in lines if line.number]
    values: dict[str, Any] = {name: fields.get(name, "") for name in ("first_name", "last_name")}
    values |= {"status": fields.get("status") or None, "time_zone": fields.get("time_zone") or None}
    values |= {"phones": phones, "allow_text_marketing": "allow_text_marketing" in fields}
    if values["allow_text_marketing"] and fields.get("means"):
        by = fields.get("taken_by", "").strip() or None
        values["consent"] = {"means": fields["means"], "given_on": fields.get("given_on") or None, "taken_by": by}
    values["tags"] = [tag for tag in map(str.strip, fields.get("tags", "").split(",")) if tag]
    values["fields"] = {name: fields[key] for name in account.client_fields if (key := _own(name)) in fields}
    try:
        return forms.ClientForm.model_validate_json(json.dumps(values))
    except ValidationError as error:
        place = error.errors()[0]["loc"]
        if place[0] == "fields":
            raise RequestError("Write at most 200 characters.", field=_own(str(place[1]))) from error
        raise errors.form_refusal(error.errors()[0], _FIELDS) from error


def _own(name: str) -> str:
    return f"fields.{name}"


def _values(client: Client | None) -> dict[str, str]:
    if client is None:
        return {"key": uuid4().hex}
    return {
        "first_name": client.first_name,
        "last_name": client.last_name,
        "tags": ", ".join(client.tags),
        "status": client.status or "",
        "time_zone": client.time_zone or "",
        **{_own(name): value for name, value in client.fields.items()},
        **({"allow_text_marketing": "on"} if client.allow_text_marketing else {}),
    }


def _lines(client: Client | None, number: str) -> list[PhoneLine]:
    """Return a line for each of a client's numbers, one for a further `number`, and empty ones."""
    phones = client.phones if client else ()
    known = [PhoneLine(number=phone.entered, label=phone.label or "", sms=phone.sms) for phone in phones]
    is_further = number and number not in {phone.number for phone in phones}
    further = [PhoneLine(number=number)] if is_further else []
    filled = known + further
    return filled + [PhoneLine()] * max(1, _FEWEST_LINES - len(filled))


def _record(
    account: Account,
    client: Client | None,
    values: dict[str, str],
    lines: list[PhoneLine],
    wrong: RequestError | None = None,
) -> Page:
    now = aws_clients.now()
    query = site.current_event.query_string_parameters or {}
    saved = query.get("saved")
    texts = _texts(account, client, now) if client and client.phones else []
    textable = (one for one in texts if one.may_be_texted and not one.is_out and not one.is_unreachable)
    return show(
        "clients/record",
        account,
        wrong.status if wrong else 200,
        client_id=client.id if client else NEW,
        is_new=client is None,
        values=values,
        lines=lines,
        texts=texts,
        to=next(textable, None),
        permission=_permission(account, client, now),
        changed=_changed(account, client, now),
        says_how=client is not None and consent_means(client) not in (None, ConsentMeans.UNKNOWN),
        means=wording.MEANS,
        me_name=name_of_person() or "",
        today=local_day(now, time_zone(account.time_zone)).isoformat(),
        zones=ZONES,
        own=sorted((label, _own(name)) for name, label in account.client_fields.items()),
        no_zone=_without_zone(account, client),
        name=full_name(values.get("first_name", ""), values.get("last_name", "")),
        wrong=wrong,
        saved=bool(saved) and wrong is None,
        from_number=values.get("number") or query.get("number", ""),
        now=now,
    )


def _texts(account: Account, client: Client, now: datetime) -> list[TextsOfPhone]:
    """Return the texts with each of a client's phones, as far as the studio may know of them."""
    ticked, gone = ticked_numbers(client), unreachable_numbers(client)
    labels = {phone.number: phone.label or "" for phone in reversed(client.phones)}
    phones = list(dict.fromkeys(phone.number for phone in client.phones))
    states, last = at_once(
        lambda: at_once(*(partial(optouts.state_of, phone, account.id) for phone in phones)),
        lambda: at_once(*(partial(_last_message, account, phone, now) for phone in phones[:_MOST_LAST])),
    )
    return [
        TextsOfPhone(
            digits=phone.removeprefix("+"),
            phone=in_words(phone, account.country_code),
            label=labels[phone],
            is_ticked=phone in ticked,
            may_be_texted=may_be_texted(client, phone),
            is_out=state.opted_out,
            is_unreachable=phone in gone,
            is_elsewhere=state.opted_out and not any(event.out and not event.asks for event in state.history),
            last=newest,
            history=[(event.at, words.happened(event)) for event in reversed(state.history)],
        )
        for phone, state, newest in zip_longest(phones, states, last)
    ]


def _last_message(account: Account, phone: str, now: datetime) -> Message | None:
    search = Search(phone=phone)
    found = folders.page(account.id, "all", limit=1, search=search, since=account.created_at).messages
    return windows.hide_old_body(found[0], account.retention_days, now) if found else None


def _permission(account: Account, client: Client | None, now: datetime) -> str:
    """Return when Allow Text Marketing was last changed and by whom, "" if it never was."""
    if client is None:
        return ""
    kept = client.permission
    if kept is None:
        return "Checked before December 2026; by whom was not kept then." if client.allow_text_marketing else ""
    when = _when(kept.since, now, account)
    said = f"{'Checked' if client.allow_text_marketing else 'Unchecked'} {when} {_by_whom(account, kept)}."
    means = consent_means(client)
    return f"{said} {wording.agreed(kept, means)}" if means else said


def _changed(account: Account, client: Client | None, now: datetime) -> str:
    """Return when the record was last changed and by whom, "" if that was not kept."""
    kept = client.changed if client else None
    return f"Last changed {_when(kept.at, now, account)} {_by_whom(account, kept)}." if kept else ""


def _when(at: datetime, now: datetime, account: Account) -> str:
    day = words.day(at, now, account.time_zone)
    return day.casefold() if day in ("Today", "Yesterday") else f"on {day}"


def _by_whom(account: Account, kept: Permission | Change) -> str:
    names = {key.id: key.name for key in api_keys.of_account(account.id)} if kept.key else {}
    who = f"by {kept.person}" if kept.person else ""
    if kept.key:
        known = names.get(kept.key)
        who = f"by your software (API key {known})" if known else "by your software, with an API key since deleted"
    elif kept.via is Via.API:
        who = "by your software"
    if kept.via is Via.JOIN_PAGE:
        return "by the client, on your join page"
    if kept.via is Via.IMPORT:
        return f"{who}, with an import" if who else "with an import"
    return who or "with the account's password"


def _without_zone(account: Account, client: Client | None) -> str:
    """Return which time zone counts for quiet hours if the record has none."""
    if account.quiet_zone is QuietZone.STUDIO:
        return f"Without one, your studio's counts: {account.time_zone}."
    phone = next(iter(ticked_numbers(client)), None) if client else None
    if phone is None:
        return "Such as America/Denver. Without one, the number decides."
    zones = likely_zones(phone)
    if not zones or len(zones) > _MOST_ZONES:
        return "Without one, all zones of the number's country count, as the number does not show which it is in."
    return f"Without one, the number decides: {' or '.join(zones)}."
