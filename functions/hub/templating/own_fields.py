"""The page of the fields of a studio's own: declare one, give it another label, remove one."""

from accounts import templates
from hub import words
from hub.site import Page, actor, form_of_studio, go_to, page_of_studio, show, site
from hub.templating import forms
from longcode.accounts.account import Account
from longcode.aws import clients
from longcode.errors import RequestError
from longcode.template import own_field


@site.get("/hub/own-fields")
@page_of_studio
def show_own_fields(account: Account) -> Page:
    """Show the fields, and a form for another one."""
    return _page(account, site.current_event.query_string_parameters or {})


@site.post("/hub/own-fields")
@form_of_studio
def add_own_field(account: Account, fields: dict[str, str]) -> Page:
    """Add a field, or give one another label."""
    try:
        templates.change_own_fields(account, lambda known: forms.own_field(known, fields), clients.now(), actor())
    except RequestError as refusal:
        return _page(account, fields, refusal)
    return go_to("own-fields?saved=1")


@site.post("/hub/own-fields/<name>/remove")
@form_of_studio
def remove_own_field(account: Account, _fields: dict[str, str], name: str) -> Page:
    """Remove a field, unless something uses it. One that is removed already is no error."""
    try:
        templates.change_own_fields(
            account,
            lambda known: {field: label for field, label in known.items() if field != name},
            clients.now(),
            actor(),
        )
    except RequestError as refusal:
        return _page(account, {}, refusal)
    return go_to("own-fields?removed=1")


def _page(account: Account, typed: dict[str, str], wrong: RequestError | None = None) -> Page:
    own = sorted(account.client_fields.items(), key=lambda field: field[1].casefold())
    return show(
        "templating/own_fields",
        account,
        wrong.status if wrong else 200,
        own=[(name, label, f"{{{{{own_field(name)}}}}}") for name, label in own],
        typed=typed,
        wrong=wrong,
        why=words.refusal(wrong, account, clients.now()) if wrong else "",
        saved="saved" in typed and wrong is None,
        removed="removed" in typed and wrong is None,
    )
