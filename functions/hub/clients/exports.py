"""The page of an export, and its files."""

from clients import export
from clients.export import Part
from hub import page
from hub.site import Page, page_of_studio, show, site
from longcode.accounts import api_keys
from longcode.accounts.account import Account
from longcode.errors import NotFound

_MOST_DIGITS = 6


@site.get("/hub/clients/export/all")
@page_of_studio
def show_export(account: Account) -> Page:
    """Show the files that the clients fill: one, unless there are very many."""
    parts = export.parts(account.id, account.client_fields)
    return show("clients/export", account, parts=parts, total=sum(part.count for part in parts))


@site.get("/hub/clients/export/clients.csv")
@page_of_studio
def show_file(account: Account) -> Page:
    """Return a file of the export."""
    query = site.current_event.query_string_parameters or {}
    count = query.get("count", "")
    if not (count.isascii() and count.isdigit() and len(count) <= _MOST_DIGITS):
        raise NotFound("There is no such file.")
    key_names = {key.id: key.name for key in api_keys.of_account(account.id)}
    text = export.csv_file(account.id, Part(query.get("after") or None, int(count)), key_names, account.client_fields)
    return page.download(text, "clients.csv")
