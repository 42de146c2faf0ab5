"""The list of the clients: search, filters, and a tag for many of them."""

from collections import Counter
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct

from clients import forms, tagging
from clients.tagging import TagChange
from hub.site import Page, actor, form_of_studio, go_to, name_of_person, page_of_studio, show, site
from longcode.accounts.account import Account
from longcode.aws import clients as aws_clients
from longcode.clients import lists
from longcode.clients.client import Client
from longcode.clients.permission import Via, Writer
from longcode.clients.search import Wanted, find_all, find_by_name
from longcode.errors import RequestError
from longcode.phone import in_words
from longcode.template import full_name

_ROWS = 40
_MOST_CHIPS = 8
_MOST_DIGITS = 9
_SECONDS = 4.0
_AT_FIRST = 0.1  # seconds: how long the page waits for the survey of the clients that older releases wrote
_FILTERS = ("q", "tag", "status")


class ClientRow(Struct, frozen=True, kw_only=True):
    """A client in the list."""

    id: str
    name: str
    phones: list[str]
    may_be_texted: bool
    tags: tuple[str, ...]
    status: str


@site.get("/hub/clients")
@page_of_studio
def show_clients(account: Account) -> Page:
    """Show the clients that a search finds, or the first ones."""
    return _list(account, site.current_event.query_string_parameters or {})


@site.post("/hub/clients")
@form_of_studio
def change_tags(account: Account, fields: dict[str, str]) -> Page:
    """Add a tag to the chosen clients, or remove it; after some seconds, show how far that is.

    Or continue the survey of the clients that older releases wrote.
    """
    if fields.get("do") == "survey":
        return _list(account, fields, seconds=_SECONDS)
    ids = tuple(fields[f"id_{row}"] for row in range(_ROWS) if fields.get(f"id_{row}"))
    is_all = "all" in fields
    try:
        tag = forms.check_tag(fields.get("new_tag", ""))
        if not ids and not is_all:
            raise RequestError("Choose the clients first.", field="tag")
    except RequestError as refusal:
        return _list(account, fields, refusal)
    wanted = _wanted(fields)
    change = TagChange(
        tag=tag,
        adds=fields.get("do") != "remove",
        writer=Writer(via=Via.HUB, person=name_of_person()),
        client_ids=() if is_all else ids,
        wanted=wanted if is_all else Wanted(),
    )
    after = fields.get("cursor") or None
    done = tagging.change_recorded(account.id, change, forms.MOST_TAGS, aws_clients.now(), actor(), after=after)
    so_far = {name: _number(fields, name) + getattr(done, name) for name in ("looked_at", "changed", "full")}
    if done.cursor:
        total = _number(fields, "total") or sum(1 for _ in find_all(account.id, wanted))
        kept = {name: value for name, value in fields.items() if name != "token"}
        kept |= {"cursor": done.cursor, "total": str(total), **{name: str(count) for name, count in so_far.items()}}
        return show(
            "clients/tags", account, kept=kept, tag=tag, adds=change.adds, looked_at=so_far["looked_at"], total=total
        )
    said = {"tagged": tag, "do": "add" if change.adds else "remove", **so_far}
    return go_to(f"clients?{urlencode({**_filters(fields), **said})}")


def _list(
    account: Account, given: dict[str, str], wrong: RequestError | None = None, seconds: float = _AT_FIRST
) -> Page:
    wanted, filters, number = _wanted(given), _filters(given), given.get("number", "")
    kept = filters | ({"number": number} if number else {})
    is_done, looked_at = lists.survey(account.id, aws_clients.now(), seconds)
    if not is_done:
        return show("clients/survey", account, at="clients", kept=kept, looked_at=looked_at)
    after = given.get("after") or None
    found, following = (
        find_by_name(account.id, wanted, _ROWS, after) if filters else lists.page(account.id, _ROWS, after)
    )
    rows = [_row(account, client) for client in found]
    more = urlencode({**kept, "after": following}) if following else ""
    return show(
        "clients/listed",
        account,
        wrong.status if wrong else 200,
        rows=rows,
        wanted=wanted,
        without={name: urlencode({key: value for key, value in kept.items() if key != name}) for name in _FILTERS},
        more=more,
        number=number,
        is_first="after" not in given,
        tags=_most_common(tag for row in rows for tag in row.tags if tag != wanted.tag),
        statuses=_most_common(row.status for row in rows if row.status and not wanted.status),
        typed=given,
        wrong=wrong,
        deleted="deleted" in given,
        tagged=_tagged(given) if wrong is None else "",
    )


def _wanted(given: dict[str, str]) -> Wanted:
    return Wanted(
        text=given.get("q", "").strip(), tag=given.get("tag", "").strip(), status=given.get("status", "").strip()
    )


def _filters(given: dict[str, str]) -> dict[str, str]:
    return {name: given[name].strip() for name in _FILTERS if given.get(name, "").strip()}


def _most_common(words: Any) -> list[str]:
    return [word for word, _ in Counter(words).most_common(_MOST_CHIPS)]


def _number(fields: dict[str, str], name: str) -> int:
    value = fields.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) <= _MOST_DIGITS else 0


def _tagged(given: dict[str, str]) -> str:
    """Return what became of a change of tags, "" if there was none."""
    tag, changed, full = given.get("tagged", ""), _number(given, "changed"), _number(given, "full")
    if not tag:
        return ""
    clients = "1 client" if changed == 1 else f"{changed:,} clients"
    said = f"The tag “{tag}” was {'removed from' if given.get('do') == 'remove' else 'added to'} {clients}."
    rest = _number(given, "looked_at") - changed - full
    if rest > 0:
        said += f" {rest:,} {'did not have it' if given.get('do') == 'remove' else 'had it already'}."
    if full:
        said += f" {full:,} have {forms.MOST_TAGS} tags already, which is the most."
    return said


def _row(account: Account, client: Client) -> ClientRow:
    return ClientRow(
        id=client.id,
        name=full_name(client.first_name, client.last_name) or "No name",
        phones=[in_words(phone.number, account.country_code) for phone in client.phones],
        may_be_texted=client.allow_text_marketing,
        tags=client.tags,
        status=client.status or "",
    )
