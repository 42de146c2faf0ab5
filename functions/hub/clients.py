"""The pages of the clients: the list with its search, and a client's record."""

from typing import Any
from urllib.parse import quote
from uuid import uuid4

from msgspec import Struct
from pydantic import ValidationError

from clients import api, forms
from hub.site import Page, form_of_studio, go_to, page_of_studio, show, site
from longcode.accounts.account import Account
from longcode.aws import clients as aws_clients
from longcode.clients import store as client_store
from longcode.clients.client import Client, unreachable_numbers
from longcode.errors import NotFound, RequestError
from longcode.optouts import store as optouts
from longcode.phone import in_words
from longcode.template import full_name

_ROWS = 50
_MOST_LINES = 30  # more than a client may have phones
_SPARE_LINES = 2  # of the form, for further numbers
_NEW = "new"
_FIELDS = {"first_name": "first name", "last_name": "last name", "time_zone": "time zone"}


class ClientRow(Struct, frozen=True, kw_only=True):
    """A client in the list."""

    id: str
    name: str
    phones: list[str]
    may_be_texted: bool
    tags: tuple[str, ...]


class PhoneLine(Struct, frozen=True, kw_only=True):
    """A line of the form with a number. `note` says why it gets no texts, and `digits` opens its conversation."""

    number: str = ""
    label: str = ""
    sms: bool = True
    note: str = ""
    digits: str = ""


@site.get("/hub/clients")
@page_of_studio
def show_clients(account: Account) -> Page:
    """Show the clients that a search finds, or the first ones."""
    query = site.current_event.query_string_parameters or {}
    words, after = query.get("q", "").strip(), query.get("after")
    found = client_store.search(account.id, words, _ROWS + 1) if words else _page(account, after)
    rows = [_row(account, client) for client in found[:_ROWS]]
    return show("clients", account, rows=rows, q=words, more=len(found) > _ROWS, number=query.get("number", ""))


@site.get("/hub/clients/<client_id>")
@page_of_studio
def show_client(account: Account, client_id: str) -> Page:
    """Show a client's record, or an empty one."""
    client = None if client_id == _NEW else client_store.get(account.id, client_id)
    if client is None and client_id != _NEW:
        raise NotFound("There is no such client.")
    query = site.current_event.query_string_parameters or {}
    if "number_0" in query:  # typed before the session ended
        return _record(account, client_id, query, _typed_lines(query))
    return _record(account, client_id, _values(client), _lines(account, client, query.get("number", "")))


@site.post("/hub/clients/<client_id>")
@form_of_studio
def save_client(account: Account, fields: dict[str, str], client_id: str) -> Page:
    """Write the record; if it is refused, show why beside what was typed."""
    lines = _typed_lines(fields)
    lines.sort(key=lambda line: not line.number)  # the refusal of a number tells its place among the numbers
    try:
        form = _form(fields, lines)
        new_id = f"hub-{fields.get('key') or uuid4().hex}" if client_id == _NEW else client_id
        _, written = api.write(account, new_id, form, aws_clients.now())
    except RequestError as refusal:
        return _record(account, client_id, fields, lines, refusal)
    return go_to(f"clients/{quote(written.id)}?saved=1")


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


def _page(account: Account, after: str | None) -> list[Client]:
    return client_store.page(account.id, after, _ROWS + 1)


def _row(account: Account, client: Client) -> ClientRow:
    return ClientRow(
        id=client.id,
        name=full_name(client.first_name, client.last_name) or "No name",
        phones=[in_words(phone.number, account.country_code) for phone in client.phones],
        may_be_texted=client.allow_text_marketing,
        tags=client.tags,
    )


def _form(fields: dict[str, str], lines: list[PhoneLine]) -> forms.ClientForm:
    """Return the form that the API takes; raise `RequestError` that names the field."""
    phones = [{"number": line.number, "sms": line.sms, "label": line.label or None} for line in lines if line.number]
    values: dict[str, Any] = {name: fields.get(name, "") for name in ("first_name", "last_name")}
    values |= {"status": fields.get("status") or None, "time_zone": fields.get("time_zone") or None}
    values |= {"phones": phones, "allow_text_marketing": "allow_text_marketing" in fields}
    values["tags"] = [tag for tag in map(str.strip, fields.get("tags", "").split(",")) if tag]
    try:
        return forms.ClientForm(**values)
    except ValidationError as error:
        fault = error.errors()[0]
        name = str(fault["loc"][0])
        message = str(fault["msg"]).removeprefix("Value error, ")
        raise RequestError(f"Please check the {_FIELDS.get(name, name)}: {message}.", field=name) from error


def _values(client: Client | None) -> dict[str, str]:
    if client is None:
        return {"key": uuid4().hex}
    return {
        "first_name": client.first_name,
        "last_name": client.last_name,
        "tags": ", ".join(client.tags),
        "status": client.status or "",
        "time_zone": client.time_zone or "",
        **({"allow_text_marketing": "on"} if client.allow_text_marketing else {}),
    }


def _lines(account: Account, client: Client | None, number: str) -> list[PhoneLine]:
    """Return a line for each of a client's numbers, one for a further `number`, and empty ones."""
    phones = client.phones if client else ()
    pairs = [(account.id, phone.number) for phone in phones]
    out = {phone for _, phone in optouts.blocked(pairs, account.number_since)} if pairs else set()
    gone = set(unreachable_numbers(client)) if client else set()
    known = [
        PhoneLine(
            number=phone.entered,
            label=phone.label or "",
            sms=phone.sms,
            note="asked us to stop"
            if phone.number in out
            else "cannot receive texts"
            if phone.number in gone
            else "",
            digits=phone.number.removeprefix("+"),
        )
        for phone in phones
    ]
    further = [PhoneLine(number=number)] if number else []
    return known + further + [PhoneLine()] * _SPARE_LINES


def _record(
    account: Account,
    client_id: str,
    values: dict[str, str],
    lines: list[PhoneLine],
    wrong: RequestError | None = None,
) -> Page:
    saved = (site.current_event.query_string_parameters or {}).get("saved")
    return show(
        "client",
        account,
        wrong.status if wrong else 200,
        client_id=client_id,
        is_new=client_id == _NEW,
        values=values,
        lines=lines,
        name=full_name(values.get("first_name", ""), values.get("last_name", "")),
        wrong=wrong,
        saved=bool(saved) and wrong is None,
    )
