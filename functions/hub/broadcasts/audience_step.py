"""The first step of a broadcast: its audience, with the number of clients found; and the deletion of a draft."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from msgspec import Struct
from msgspec.structs import replace
from pydantic import ValidationError

from broadcasts import forms
from hub import form_data, words
from hub.broadcasts import wizard
from hub.site import Page, form_of_studio, go_to, name_of_person, page_of_studio, show, site
from longcode.accounts.account import Account
from longcode.aws import clients as aws_clients
from longcode.broadcasts import drafts
from longcode.broadcasts.drafts import BroadcastDraft
from longcode.clients.client import MOST_CLIENTS, MOST_IDS, Audience, is_in_audience
from longcode.clients.search import count_audience, of_ids, sample
from longcode.errors import RequestError

_SAMPLE = 300  # clients, whose tags and statuses are offered
_MOST_OFFERED = 12
_BETWEEN_TAGS, _BETWEEN_IDS = re.compile(r"[;,\n]"), re.compile(r"[;,\s]+")
_FIELDS = ("whom", "tags", "status", "q", "ids", "except_tags", "except_ids")


class Found(Struct, frozen=True, kw_only=True):
    """The number of clients of an audience, or what is wrong with the form."""

    clients: int = 0
    unknown: tuple[str, ...] = ()
    wrong: str = ""
    unchecked: int = 0

    @property
    def is_too_large(self) -> bool:
        """Return whether a broadcast may not have so many clients."""
        return self.clients > MOST_CLIENTS


@site.get("/hub/broadcasts/new")
@page_of_studio
def begin(account: Account) -> Page:
    """Ask whom a new broadcast is for; an address may name a tag, a status, a search or ids."""
    return _step(account, None, _given(site.current_event.query_string_parameters or {}))


@site.post("/hub/broadcasts/new")
@form_of_studio
def take_new(account: Account, fields: dict[str, str]) -> Page:
    """Keep a new draft and go on to its words."""
    now, by = aws_clients.now(), name_of_person()
    try:
        audience = _audience(fields)
        if fields.get("count"):
            return _step(account, None, fields, _found(account, audience))
        _check_found(_found(account, audience))
        draft_id = form_data.key(fields)
        draft = BroadcastDraft(
            account=account.id, id=draft_id, at=now, changed_at=now, by=by, changed_by=by, audience=audience
        )
        drafts.begin(draft)
    except RequestError as refusal:
        return _step(account, None, fields, wrong=refusal)
    return go_to(f"broadcasts/new/{draft_id}/what")


@site.get("/hub/broadcasts/new/<draft_id>/whom")
@page_of_studio
def show_whom(account: Account, draft_id: str) -> Page:
    """Show whom a draft is for."""
    draft = wizard.existing(account, draft_id)
    typed = site.current_event.query_string_parameters or {}
    return _step(account, draft, _given(typed) if "whom" in typed else _fields(draft.audience))


@site.post("/hub/broadcasts/new/<draft_id>/whom")
@form_of_studio
def take_whom(account: Account, fields: dict[str, str], draft_id: str) -> Page:
    """Change whom a draft is for, and go on to its words or to another step."""
    draft = wizard.existing(account, draft_id)
    try:
        audience = _audience(fields)
        found = _found(account, audience, draft)
        if fields.get("count"):
            return _step(account, draft, fields, found)
        _check_found(found)
        wizard.change(account, draft_id, lambda stored: _with_audience(stored, audience, fields.get("seen", "")))
    except RequestError as refusal:
        return _step(account, wizard.existing(account, draft_id), fields, wrong=refusal)
    return go_to(f"broadcasts/new/{draft_id}/{wizard.step_after(fields, 'what')}")


@site.post("/hub/broadcasts/found")
@form_of_studio
def show_found(account: Account, fields: dict[str, str]) -> Page:
    """Return how many clients a form finds, for the script of the page."""
    draft_id = fields.get("draft", "")
    draft = drafts.get(account.id, draft_id, aws_clients.now()) if form_data.ID.fullmatch(draft_id) else None
    try:
        found = _found(account, _audience(fields), draft)
    except RequestError as refusal:
        found = Found(wrong=refusal.detail)
    return show("broadcasts/found", found=found)


@site.get("/hub/broadcasts/new/<draft_id>/delete")
@page_of_studio
def ask_to_delete(account: Account, draft_id: str) -> Page:
    """Ask whether to delete a draft."""
    return show("broadcasts/delete", account, draft=wizard.existing(account, draft_id), now=aws_clients.now())


@site.post("/hub/broadcasts/new/<draft_id>/delete")
@form_of_studio
def delete(account: Account, _fields: dict[str, str], draft_id: str) -> Page:
    """Delete a draft."""
    if form_data.ID.fullmatch(draft_id):
        drafts.delete(account.id, draft_id)
    return go_to("broadcasts?deleted=1")


def _with_audience(draft: BroadcastDraft, audience: Audience, seen: str) -> BroadcastDraft:
    if draft.audience == audience:
        return draft
    drafts.check_unchanged(seen, drafts.marked(draft.audience), draft)
    return _checked_together(draft, audience)


def _checked_together(draft: BroadcastDraft, audience: Audience) -> BroadcastDraft:
    """Return a draft with another audience; clients that were taken out by hand stay out. Raise `RequestError`."""
    changed = replace(draft, audience=audience)
    drafts.check_left_out(changed, "except_ids")
    return changed


def _audience(fields: dict[str, str]) -> Audience:
    """Return the audience that a form describes; raise `RequestError` for one that describes none."""
    whom = fields.get("whom", "")
    chosen, excluded = _tags(fields, "tag"), _tags(fields, "except_tag")
    described: dict[str, Any] = {"tags": chosen, "status": fields.get("status", "").strip() or None}
    described["search"] = fields.get("q", "").strip() or None
    if whom == "some" and not any(described.values()):
        raise RequestError("Choose a tag, a status or a name first.", field="tags")
    if whom == "ids" and not _ids(fields, "ids"):
        raise RequestError("Paste the ids of the clients first.", field="ids")
    ways: dict[str, dict[str, Any]] = {
        "some": described,
        "ids": {"client_ids": _ids(fields, "ids")},
        "all": {"all": True},
    }
    if whom not in ways:
        raise RequestError("Choose whom the text is for first.", field="whom")
    left_out = {"except_tags": excluded, "except_client_ids": _ids(fields, "except_ids")}
    try:
        form = forms.AudienceForm.model_validate({**ways[whom], **left_out})
    except ValidationError as error:
        raise _refusal(error) from error
    return forms.audience_of_form(form)


def _refusal(error: ValidationError) -> RequestError:
    place = str((error.errors()[0]["loc"] or ("whom",))[0])
    too_many = f"At most {MOST_IDS:,} ids, of 100 characters each. Give these clients a tag, and use that."
    tags = "At most 50 tags, of 50 characters each."
    said = {
        "client_ids": ("ids", too_many),
        "except_client_ids": ("except_ids", too_many),
        "tags": ("tags", tags),
        "except_tags": ("except_tags", tags),
        "status": ("status", "A status has at most 50 characters."),
        "search": ("q", "Write a part of a name, of at most 100 characters."),
    }
    field, sentence = said.get(place, ("whom", too_many))
    return RequestError(sentence, field=field)


def _found(account: Account, audience: Audience, draft: BroadcastDraft | None = None) -> Found:
    unchecked = len(draft.unchecked) if draft else 0
    if not audience.client_ids:
        return Found(clients=count_audience(account.id, audience), unchecked=unchecked)
    clients = {client.id: client for client in of_ids(account.id, audience.client_ids)}
    return Found(
        clients=sum(is_in_audience(audience, client) for client in clients.values()),
        unknown=tuple(client_id for client_id in audience.client_ids if client_id not in clients),
        unchecked=unchecked,
    )


def _check_found(found: Found) -> None:
    if not found.clients:
        raise RequestError("No client is found this way, so nobody would get the text.", field="whom")
    if found.is_too_large:
        most = f"{MOST_CLIENTS:,}"
        raise RequestError(f"One broadcast is for at most {most} clients. Choose fewer, by a tag.", field="whom")


def _tags(fields: dict[str, str], name: str) -> list[str]:
    """Return the tags that are ticked, and those that are written in the field beside them."""
    ticked = [value for field, value in fields.items() if re.fullmatch(rf"{name}_[0-9]+", field)]
    written = [tag.strip() for tag in _BETWEEN_TAGS.split(fields.get(f"{name}s", ""))]
    return list(dict.fromkeys(tag for tag in (*ticked, *written) if tag))


def _ids(fields: dict[str, str], name: str) -> list[str]:
    """Return the ids that are written one below the other, or with spaces or commas between them."""
    return list(dict.fromkeys(one for one in _BETWEEN_IDS.split(fields.get(name, "")) if one))


def _fields(audience: Audience) -> dict[str, str]:
    """Return an audience as the fields of the form."""
    fields = {
        "whom": "all" if audience.everyone else "ids" if audience.client_ids else "some",
        "status": audience.status or "",
        "q": audience.search or "",
        "ids": "\n".join(audience.client_ids),
        "except_ids": "\n".join(audience.except_client_ids),
    }
    fields |= {f"tag_{place}": tag for place, tag in enumerate(audience.tags)}
    return fields | {f"except_tag_{place}": tag for place, tag in enumerate(audience.except_tags)}


def _given(query: dict[str, str]) -> dict[str, str]:
    """Return the fields of the form from an address: an audience, or what was typed before the session ended."""
    given = {"whom": "some" if any(map(query.get, ("tags", "status", "q"))) else "ids" if query.get("ids") else ""}
    return given | {"whom": given["whom"] or "all"} | query


def _step(
    account: Account,
    draft: BroadcastDraft | None,
    typed: dict[str, str],
    found: Found | None = None,
    wrong: RequestError | None = None,
) -> Page:
    chosen, excluded = _tags(typed, "tag"), _tags(typed, "except_tag")
    if found is None and wrong is None:
        try:
            found = _found(account, _audience(typed), draft)
        except RequestError:
            found = None
    some = sample(account.id, _SAMPLE)  # after the count, which knows where in the list to look
    tags = _common(tag for client in some for tag in client.tags)
    return wizard.show_step(
        "whom",
        account,
        draft,
        wrong.status if wrong else 200,
        key=typed.get("key") or uuid4().hex,
        typed=dict.fromkeys(_FIELDS, "") | typed,
        offered=list(dict.fromkeys((*chosen, *tags)))[: max(_MOST_OFFERED, len(chosen))],
        chosen=chosen,
        offered_out=list(dict.fromkeys((*excluded, *tags)))[: max(_MOST_OFFERED, len(excluded))],
        excluded=excluded,
        statuses=_common(client.status for client in some if client.status),
        found=found,
        wrong=wrong,
        why=words.refusal(wrong, account, aws_clients.now()) if wrong else "",
        seen=wizard.seen(typed, wrong, drafts.marked(draft.audience)) if draft else "",
        has_clients=bool(some),
    )


def _common(some: Iterable[str]) -> list[str]:
    return [word for word, _ in Counter(some).most_common(_MOST_OFFERED)]
