"""The page of a template: its words with a live preview, where it is used, its former words, and the deletion."""

from datetime import datetime
from urllib.parse import quote, urlencode

from accounts import templates
from hub.site import Page, actor, form_of_studio, go_to, page_of_studio, show, site
from hub.templating import forms, listed, preview
from hub.texting import recipients
from longcode.accounts.account import Account
from longcode.aws import clients as aws_clients
from longcode.aws.at_once import at_once
from longcode.clients import store as client_store
from longcode.clients.client import Client
from longcode.errors import NameTaken, NotFound, RequestError
from longcode.months import instant
from longcode.template import Template
from longcode.templates import store as template_store

_TYPED = ("name", "subject", "shortcut", "body")
_LONGEST_CHOICE = 300  # characters of a client's name with a number, or of an id


@site.get("/hub/new-template")
@page_of_studio
def show_new_template(account: Account) -> Page:
    """Show an empty template."""
    return _page(account, None, site.current_event.query_string_parameters or {})


@site.post("/hub/new-template")
@form_of_studio
def add_template(account: Account, fields: dict[str, str]) -> Page:
    """Write a new template; or show what a client would get."""
    if fields.get("preview"):
        return _page(account, None, fields)
    try:
        name, form = forms.name(fields), forms.template_form(fields)
        templates.write(account, name, form, aws_clients.now(), actor(), new=True)
    except RequestError as refusal:
        return _page(account, None, fields, refusal)
    return _show_saved(name, "new-template", fields)


@site.get("/hub/templates/<name>")
@page_of_studio
def show_template(account: Account, name: str) -> Page:
    """Show a template, or what was typed before the session ended."""
    query = site.current_event.query_string_parameters or {}
    return _page(account, _existing(account, name), query)


@site.post("/hub/templates/<name>")
@form_of_studio
def save_template(account: Account, fields: dict[str, str], name: str) -> Page:
    """Write a template, under another name if that has changed; or show what a client would get."""
    old = template_store.get_template(account.id, name)
    if fields.get("preview"):
        return _page(account, _existing(account, name), fields)
    try:
        new_name, form = forms.name(fields), forms.template_form(fields)
        if new_name == name or old:
            if new_name != name and template_store.get_template(account.id, new_name):
                raise NameTaken(f"There is a template {new_name!r} already.", field="name")
            templates.write(account, name, form, aws_clients.now(), actor())
            templates.rename(account.id, name, new_name, aws_clients.now(), actor())
        else:  # it was renamed before, as the form was sent twice
            _existing(account, new_name)
    except RequestError as refusal:
        if old is None:
            raise
        return _page(account, old, fields, refusal)
    return _show_saved(new_name, f"templates/{name}", fields)


@site.post("/hub/template-preview")
@form_of_studio
def show_preview(account: Account, fields: dict[str, str]) -> Page:
    """Return what a client would get, for the script of the page."""
    client = _client(account, fields)
    return show("templating/preview", shown=preview.of(account, fields.get("body", ""), client, aws_clients.now()))


@site.post("/hub/templates/<name>/restore")
@form_of_studio
def restore(account: Account, fields: dict[str, str], name: str) -> Page:
    """Make former words of a template its words again; those that it has are kept among the former ones."""
    template = _existing(account, name)
    at = fields.get("version", "")
    versions = {_place(version.changed_at): version for version in template_store.template_versions(account.id, name)}
    if at in versions:
        form = templates.TemplateForm(subject=versions[at].subject, body=versions[at].body)
        try:
            templates.write(account, name, form, aws_clients.now(), actor())
        except RequestError as refusal:
            return _page(account, template, {}, refusal)
    elif at != _place(template.changed_at):
        raise NotFound("These words are no longer kept.")
    return _show_saved(name, f"templates/{name}", fields)


@site.get("/hub/templates/<name>/delete")
@page_of_studio
def ask_to_delete(account: Account, name: str) -> Page:
    """Ask whether a template shall be deleted, and say what uses it."""
    template = _existing(account, name)
    users = templates.users(account.id, aws_clients.now()).of_template(name)
    return show("templating/delete", account, opened=template, users=users)


@site.post("/hub/templates/<name>/delete")
@form_of_studio
def delete(account: Account, _fields: dict[str, str], name: str) -> Page:
    """Delete a template. One that is deleted already is no error: the form may have been sent twice."""
    if template_store.get_template(account.id, name):
        templates.delete(account.id, name, aws_clients.now(), actor())
    return go_to("templates?deleted=1")


def _show_saved(name: str, typed_on: str, fields: dict[str, str]) -> Page:
    """Go to a template that was saved, with the client that was chosen for its preview on the page before."""
    chosen = {one: fields[one] for one in ("to", "client") if 0 < len(fields.get(one, "")) <= _LONGEST_CHOICE}
    return go_to(f"templates/{quote(name)}?{urlencode({'sent': quote(typed_on), **chosen})}")


def _existing(account: Account, name: str) -> Template:
    template = template_store.get_template(account.id, name)
    if template is None:
        raise NotFound("There is no template with this name.")
    return template


def _place(at: datetime | None) -> str:
    """Return what stands for former words in the form that restores them."""
    return instant(at) if at else "first"


def _client(account: Account, fields: dict[str, str]) -> Client | None:
    """Return the client whom the preview is for, or None if none was chosen."""
    if not fields.get("to", "").strip():
        return None
    try:
        to = recipients.of(account, fields)
    except RequestError:
        return None
    if to.phone is None:
        return client_store.get(account.id, to.client_id or "")
    return next(iter(client_store.of_phones(account.id, [to.phone])[to.phone]), None)


def _page(
    account: Account, template: Template | None, typed: dict[str, str], wrong: RequestError | None = None
) -> Page:
    now = aws_clients.now()
    stored = {name: str(getattr(template, name) or "") for name in _TYPED} if template else dict.fromkeys(_TYPED, "")
    values = stored | {name: typed[name] for name in _TYPED if name in typed}
    users, versions, client = at_once(
        lambda: templates.users(account.id, now) if template else None,
        lambda: template_store.template_versions(account.id, template.name) if template else [],
        lambda: _client(account, typed),
    )
    return show(
        "templating/editor",
        account,
        wrong.status if wrong else 200,
        opened=template,
        values=values,
        typed={"to": "", "client": ""} | typed,
        groups=preview.picker(account),
        users=users.of_template(template.name) if users and template else None,
        used_by=listed.used_by(users.of_template(template.name), now, account) if users and template else [],
        versions=[(_place(version.changed_at), version) for version in versions],
        shown=None if wrong and wrong.field == "body" else preview.of(account, values["body"], client, now),
        choices=[] if client else recipients.choices(account, typed.get("to", "")) if "preview" in typed else [],
        wrong=wrong,
        why=preview.why_refused(account, values["body"], wrong) if wrong else "",
        saved="sent" in typed and wrong is None,
        now=now,
    )
