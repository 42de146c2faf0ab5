"""The page of an export, and its files."""

from clients import export
from clients.export import Part
from hub import page
from hub.site import Page, page_of_studio, show, site, taken_out
from longcode.accounts import api_keys
from longcode.accounts.account import Account
from longcode.aws import clients as aws_clients
from longcode.billing.sheet import csv_text
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
    """Return a file of the clients."""
    text = export.csv_file(account.id, _part(), key_names(account), account.client_fields)
    return taken_out(account, "clients.csv", page.download(text, "clients.csv"))


@site.get("/hub/clients/export/consents.csv")
@page_of_studio
def show_consents(account: Account) -> Page:
    """Return a file of how the clients agreed to texts."""
    rows = export.consent_rows(account.id, _part(), key_names(account), aws_clients.now())
    return taken_out(account, "consents.csv", page.download(csv_text(rows), "consents.csv"))


def key_names(account: Account) -> dict[str, str]:
    """Return the names of an account's API keys by their ids."""
    return {key.id: key.name for key in api_keys.of_account(account.id)}


def _part() -> Part:
    query = site.current_event.query_string_parameters or {}
    count = query.get("count", "")
    if not (count.isascii() and count.isdigit() and len(count) <= _MOST_DIGITS):
        raise NotFound("There is no such file.")
    return Part(query.get("after") or None, int(count))
