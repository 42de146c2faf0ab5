"""A studio's templates and the fields of its own: write, rename, delete, and where each is used."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Annotated

from longcode.web import fields
from longcode.web import resolver as web
from msgspec import Struct
from msgspec.structs import replace
from pydantic import AfterValidator, Field

from longcode.accounts import store as accounts
from longcode.accounts.account import Account, own_merge_fields
from longcode.aws.at_once import at_once
from longcode.broadcasts import drafts
from longcode.broadcasts import store as broadcasts
from longcode.broadcasts.broadcast import Broadcast
from longcode.broadcasts.drafts import BroadcastDraft
from longcode.changes import store as changes
from longcode.changes.change import Actor, ChangeKind, Detail, differences
from longcode.clients.columns import COLUMNS
from longcode.errors import NameTaken, NotFound, RequestError
from longcode.message import BroadcastState
from longcode.plans import room
from longcode.plans.bounds import Bounded
from longcode.plans.room import Room
from longcode.table.writes import Write
from longcode.template import Template, TemplateVersion, check, is_blank, own_field
from longcode.template import fields as merge_fields_of
from longcode.templates import store as template_store
from longcode.triggers import store as triggers
from longcode.triggers.trigger import Trigger

MOST_OWN_FIELDS = 20
"""How many fields of its own a studio may have."""

MOST_VERSIONS = 20
"""How many former words of a template are kept."""

MOST_TEMPLATES = 1_000
"""The most templates that any plan allows (infra/plan_bounds.json)."""

_UNSENT = {BroadcastState.SCHEDULED, BroadcastState.PLANNING, BroadcastState.SENDING}

Shortcut = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,19}$")]


class TemplateForm(web.Body):
    """A text that is used often. Its subject is shown in the hub and never sent (facts S7).

    With a `shortcut` it is a canned reply: in a conversation of the hub, `/` and the shortcut insert it. One that is
    left out stays as it is; null removes it.
    """

    subject: Annotated[str, Field(max_length=200), AfterValidator(lambda text: "" if is_blank(text) else text)] = ""
    body: Annotated[str, Field(min_length=1, max_length=1600)]
    shortcut: Shortcut | None = None


class NewName(web.Body):
    """The new name of a template."""

    name: fields.NewName


class Versions(web.Answer):
    """The former words of a template, the newest first."""

    items: list[TemplateVersion]


class Users(Struct, frozen=True, kw_only=True):
    """What can use a template or a field: an account's triggers, its broadcasts that are not sent yet, and drafts."""

    triggers: list[Trigger]
    broadcasts: list[Broadcast]
    drafts: list[BroadcastDraft]

    def of_template(self, name: str) -> "Users":
        """Return those that use a template.

        A broadcast keeps the words that the template had when it was created, a draft those of when it was written.
        """
        return Users(
            triggers=[each for each in self.triggers if each.template == name],
            broadcasts=[each for each in self.broadcasts if each.template == name],
            drafts=[each for each in self.drafts if each.template == name],
        )

    def of_field(self, name: str) -> "Users":
        """Return those whose own words have a field of the studio's own."""
        field = own_field(name)
        return Users(
            triggers=[each for each in self.triggers if field in merge_fields_of(each.body or "")],
            broadcasts=[each for each in self.broadcasts if field in merge_fields_of(each.body)],
            drafts=[each for each in self.drafts if field in merge_fields_of(each.body)],
        )


def users(account: str, now: datetime) -> Users:
    """Return what can use a template or a field."""
    rules, unsent, kept = at_once(
        lambda: triggers.of_account(account),
        lambda: broadcasts.in_states(account, _UNSENT),
        lambda: drafts.of_account(account, now),
    )
    return Users(triggers=[*rules.values()], broadcasts=unsent, drafts=kept)


def with_field(templates: Iterable[Template], name: str) -> list[Template]:
    """Return those of some templates whose words have a field of the studio's own."""
    return [template for template in templates if own_field(name) in merge_fields_of(template.body)]


def get_or_raise(account: str, name: str) -> Template:
    """Return a template; raise `NotFound` if there is none."""
    template = template_store.get_template(account, name)
    if template is None:
        raise NotFound(f"There is no template {name!r}.")
    return template


def write(
    account: Account, name: str, form: TemplateForm, now: datetime, by: Actor, *, new: bool = False
) -> Template:
    """Write a template, and keep the words that it had.

    With `new`, raise `NameTaken` if there is another one with the name. Writing the same words again changes nothing.
    """
    check(form.body, own_merge_fields(account))
    has_room = False
    while True:
        old = template_store.get_template(account.id, name)
        shortcut = form.shortcut if old is None or "shortcut" in form.model_fields_set else old.shortcut
        template = Template(account=account.id, name=name, subject=form.subject, body=form.body, shortcut=shortcut)
        if old and template == replace(old, changed_at=None, changed_by=None):
            return old
        if old and new:
            raise NameTaken(f"There is a template {name!r} already.", field="name")
        if shortcut and (old is None or shortcut != old.shortcut):
            _check_shortcut(template)
        if old is None and not has_room:
            Room(account.id, account.plan_changes, Bounded.TEMPLATES, now).take()
            has_room = True
        template = replace(template, changed_at=now, changed_by=by.name or None)
        details = differences(_recorded(old), _recorded(template), {"body"})
        record = changes.new(account.id, ChangeKind.TEMPLATE_WRITTEN, now, by, about=name, details=details)
        if template_store.change_template(old, template, _versions_after(old, template), record):
            return template


def rename(account: str, name: str, new_name: str, now: datetime, by: Actor) -> Template:
    """Rename a template, also in the triggers that use it; raise `NotFound` or `NameTaken`."""
    while True:
        old = get_or_raise(account, name)
        if new_name == name:
            return old
        if template_store.get_template(account, new_name):
            raise NameTaken(f"There is a template {new_name!r} already.", field="name")
        new = replace(old, name=new_name)
        using = [trigger for trigger in triggers.of_account(account).values() if trigger.template == name]
        details = [Detail("name", name, new_name)]
        record = changes.new(account, ChangeKind.TEMPLATE_RENAMED, now, by, about=name, details=details)
        others: list[Write] = [*(triggers.template_change(trigger, new_name) for trigger in using), record]
        if template_store.change_template(old, new, template_store.template_versions(account, name), *others):
            return new


def delete(account: str, name: str, now: datetime, by: Actor) -> None:
    """Delete a template, and make room for another; raise `NotFound` if there is none."""
    record = changes.new(account, ChangeKind.TEMPLATE_DELETED, now, by, about=name)
    if not template_store.delete_template(account, name, record):
        raise NotFound(f"There is no template {name!r}.")
    room.release(account, Bounded.TEMPLATES, 1)


def check_own_fields(names: Mapping[str, str] | None) -> Mapping[str, str] | None:
    """Return the fields of a studio; raise `ValueError` for a name that a column of a file of clients has.

    As in the headings of a file, `_` makes no difference.
    """
    taken = {column.replace("_", "") for column in COLUMNS}
    for name in names or ():
        if name.replace("_", "") in taken:
            raise ValueError(f"{name}: a file of clients has a column with this name already")
        taken.add(name.replace("_", ""))
    return names


def change_own_fields(
    account: Account, changed: Callable[[Mapping[str, str]], dict[str, str]], now: datetime, by: Actor
) -> None:
    """Write what `changed` makes of the labels of a studio's own fields.

    It is called again if somebody else changes them meanwhile. Raise `RequestError` if something uses one that it
    leaves out.
    """
    while True:
        labels = changed(account.client_fields)
        check_unused(account, set(account.client_fields) - set(labels), now)
        record = changes.new(account.id, ChangeKind.SETTINGS, now, by, details=[Detail("client_fields")])
        if labels == account.client_fields or accounts.change_own_fields(account, labels, record):
            return
        account = accounts.get_or_raise(account.id)


def check_unused(account: Account, names: Iterable[str], now: datetime) -> None:
    """Raise `RequestError` if something uses one of the fields, which are to be removed."""
    if not (removed := sorted(names)):
        return
    templates = template_store.template_page(account.id, None, MOST_TEMPLATES)
    of_account = users(account.id, now)
    for name in removed:
        using = of_account.of_field(name)
        by = [f"the template {each.name}" for each in with_field(templates, name)]
        by += [f"the trigger {each.name}" for each in using.triggers]
        by += [f"the broadcast {each.id}" for each in using.broadcasts]
        by += [f"a draft of {each.changed_by or 'a broadcast'}" for each in using.drafts]
        if by:
            raise RequestError(f"The field {name} is used by {', '.join(by)}.", field="client_fields")


def _recorded(template: Template | None) -> dict[str, str | None]:
    """Return what the record of a change compares of a template; of one that is new, nothing was there."""
    if template is None:
        return {}
    return {"subject": template.subject or None, "shortcut": template.shortcut, "body": template.body}


def _check_shortcut(template: Template) -> None:
    """Raise `NameTaken` if another template has the shortcut. Parallel requests may both pass: it is only a list."""
    for other in template_store.template_page(template.account, None, MOST_TEMPLATES):
        if other.shortcut == template.shortcut and other.name != template.name:
            detail = f"The template {other.name!r} has the shortcut {template.shortcut!r} already."
            raise NameTaken(detail, field="shortcut")


def _versions_after(old: Template | None, new: Template) -> list[TemplateVersion]:
    """Return the former words of a template that is written anew, [] if these stay as they are."""
    if old is None or (old.subject, old.body) == (new.subject, new.body):
        return []
    former = TemplateVersion(subject=old.subject, body=old.body, changed_at=old.changed_at, changed_by=old.changed_by)
    return [former, *template_store.template_versions(old.account, old.name)][:MOST_VERSIONS]
