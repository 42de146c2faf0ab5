"""The lists of the templates, and of the canned replies with a form for a new one."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct

from accounts import templates
from accounts.templates import Users
from hub import words
from hub.site import Page, actor, form_of_studio, go_to, page_of_studio, show, site
from hub.templating import forms, preview
from longcode.accounts.account import Account
from longcode.aws import clients
from longcode.aws.at_once import at_once
from longcode.errors import RequestError
from longcode.months import local_day, time_zone
from longcode.template import Template
from longcode.templates import store as template_store

_ROWS = 100


class TemplateRow(Struct, frozen=True, kw_only=True):
    """A template in the list."""

    template: Template
    first_words: str
    used_by: list[str]


@site.get("/hub/templates")
@page_of_studio
def show_templates(account: Account) -> Page:
    """Show the templates by name, and where each is used."""
    query, now = site.current_event.query_string_parameters or {}, clients.now()
    after = query.get("after") or None
    found, users = at_once(
        lambda: template_store.template_page(account.id, after, _ROWS + 1), lambda: templates.users(account.id, now)
    )
    rows = [
        TemplateRow(
            template=template,
            first_words=preview.first_words(template),
            used_by=used_by(users.of_template(template.name), now, account),
        )
        for template in found[:_ROWS]
    ]
    return show(
        "templating/listed",
        account,
        rows=rows,
        more=urlencode({"after": rows[-1].template.name}) if len(found) > _ROWS else "",
        is_first=after is None,
        deleted="deleted" in query,
    )


@site.get("/hub/canned-replies")
@page_of_studio
def show_canned_replies(account: Account) -> Page:
    """Show the canned replies, and a form for a new one."""
    return _canned(account, site.current_event.query_string_parameters or {})


@site.post("/hub/canned-replies")
@form_of_studio
def add_canned_reply(account: Account, fields: dict[str, str]) -> Page:
    """Add a canned reply: a template that has the shortcut as its name, too."""
    try:
        form = forms.template_form(fields)
        if not form.shortcut:
            raise RequestError(forms.NO_SHORTCUT, field="shortcut")
        templates.write(account, form.shortcut, form, clients.now(), actor(), new=True)
    except RequestError as refusal:
        return _canned(account, fields, refusal)
    return go_to("canned-replies?sent=1")


def used_by(users: Users, now: datetime, account: Account) -> list[str]:
    """Return what uses a template, in words."""
    return [
        *(f"trigger {trigger.name}" for trigger in users.triggers),
        *(f"broadcast of {_day(each.send_at or each.created_at, now, account)}" for each in users.broadcasts),
        *(f"draft of {_day(each.changed_at, now, account)}" for each in users.drafts),
    ]


def _day(at: datetime, now: datetime, account: Account) -> str:
    zone = time_zone(account.time_zone)
    day = local_day(at, zone)
    return "today" if day == local_day(now, zone) else f"{day:%a} {day.day} {day:%b}"


def _canned(account: Account, typed: dict[str, Any], wrong: RequestError | None = None) -> Page:
    found = template_store.template_page(account.id, None, templates.MOST_TEMPLATES)
    replies = sorted((one for one in found if one.shortcut), key=lambda template: template.shortcut or "")
    return show(
        "templating/canned_replies",
        account,
        wrong.status if wrong else 200,
        replies=replies,
        typed=typed,
        wrong=wrong,
        why=words.refusal(wrong, account, clients.now()) if wrong else "",
        saved="sent" in typed and wrong is None,
    )
