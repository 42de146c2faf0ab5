"""The list of the clients, with its search."""

from msgspec import Struct

from hub.site import Page, page_of_studio, show, site
from longcode.accounts.account import Account
from longcode.clients import store as client_store
from longcode.clients.client import Client
from longcode.phone import in_words
from longcode.template import full_name

_ROWS = 50


class ClientRow(Struct, frozen=True, kw_only=True):
    """A client in the list."""

    id: str
    name: str
    phones: list[str]
    may_be_texted: bool
    tags: tuple[str, ...]


@site.get("/hub/clients")
@page_of_studio
def show_clients(account: Account) -> Page:
    """Show the clients that a search finds, or the first ones."""
    query = site.current_event.query_string_parameters or {}
    words, after = query.get("q", "").strip(), query.get("after")
    found = client_store.search(account.id, words, _ROWS + 1) if words else _page(account, after)
    rows = [_row(account, client) for client in found[:_ROWS]]
    return show(
        "clients",
        account,
        rows=rows,
        q=words,
        more=len(found) > _ROWS,
        number=query.get("number", ""),
        deleted="deleted" in query,
    )


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
