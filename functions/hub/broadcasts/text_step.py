"""The second step of a broadcast: its words, with a preview for any client of its audience."""

from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from broadcasts import api, draft_check, planning
from hub import words
from hub.broadcasts import wizard, wording
from hub.site import Page, form_of_studio, go_to, page_of_studio, show, site
from hub.templating.preview import picker
from hub.texting import texts
from hub.texting.previews import length_of
from longcode.accounts.account import Account, own_merge_fields
from longcode.aws import clients as aws_clients
from longcode.billing.invoice import money
from longcode.broadcasts import drafts
from longcode.broadcasts.drafts import BroadcastDraft
from longcode.broadcasts.outcome import Outcome
from longcode.clients.search import find_in_audience
from longcode.clients.store import ClientEntry
from longcode.errors import RequestError
from longcode.messages import compose
from longcode.phone import in_words
from longcode.segments import measure
from longcode.template import CLIENT_AND_STUDIO_FIELDS, FIELDS, check_no_braces, full_name
from longcode.template import fields as fields_of
from longcode.templates import store as template_store

_MOST_PREVIEWED = 200  # clients, one after the other; a search finds the others
_LONGEST_VALUE = 200


class PhonePreview(Struct, frozen=True, kw_only=True):
    """The preview for one phone of a client: a text with its length, or none and why; and notes about it."""

    phone: str
    text: str = ""
    length: str = ""
    why: str = ""
    notes: list[str] = []


class PreviewedClient(Struct, frozen=True, kw_only=True):
    """A client with what each of its phones would get, and its place among those that are previewed."""

    name: str
    goes: list[PhonePreview]
    place: int
    has_next: bool


@site.get("/hub/broadcasts/new/<draft_id>/what")
@page_of_studio
def show_what(account: Account, draft_id: str) -> Page:
    """Show the words of a draft."""
    draft = wizard.existing(account, draft_id)
    typed = site.current_event.query_string_parameters or {}
    return _step(account, draft, {"body": draft.body, **_fields_of_values(draft.values)} | typed)


@site.post("/hub/broadcasts/new/<draft_id>/what")
@form_of_studio
def take_what(account: Account, fields: dict[str, str], draft_id: str) -> Page:
    """Change the words of a draft and go on, or only show them with a template or for a client."""
    draft = wizard.existing(account, draft_id)
    if fields.get("use"):
        return _step(account, draft, texts.with_template(account, fields))
    if fields.get("preview"):
        return _step(account, draft, fields)
    following = f"broadcasts/new/{draft_id}/{wizard.step_after(fields, 'check')}"
    if "do" in fields and not fields.get("body", "").strip():
        return go_to(following)
    try:
        body, values = fields.get("body", "").strip(), _values(fields)
        api.check_text(body, values, own_merge_fields(account))
        missing = [name for name in _own_fields(body) if not values.get(name) and not _has_default(body, name)]
        if missing:
            raise RequestError("Write what stands there for everybody.", field=f"value_{missing[0]}")
        template = _template_of(account, body)
        seen = fields.get("seen", "")
        wizard.change(account, draft_id, lambda stored: _with_words(stored, body, template, values, seen))
    except RequestError as refusal:
        return _step(account, wizard.existing(account, draft_id), fields, refusal)
    return go_to(following)


@site.post("/hub/broadcasts/new/<draft_id>/preview")
@form_of_studio
def show_preview(account: Account, fields: dict[str, str], draft_id: str) -> Page:
    """Return what a client would get, for the script of the page."""
    draft = wizard.existing(account, draft_id)
    return show("broadcasts/preview", **_preview(account, draft, fields))


def _with_words(
    draft: BroadcastDraft, body: str, template: str | None, values: dict[str, str], seen: str
) -> BroadcastDraft:
    if (draft.body, draft.values) == (body, values):
        return draft
    drafts.check_unchanged(seen, drafts.marked(draft.body, draft.values), draft)
    return replace(draft, body=body, template=template, values=values)


def _template_of(account: Account, body: str) -> str | None:
    """Return the name of the template that has these words, if there is one."""
    names = template_store.template_page(account.id, None, texts.MOST_TEMPLATES)
    return next((template.name for template in names if template.body.strip() == body), None)


def _own_fields(body: str) -> list[str]:
    """Return the merge fields that no client's record fills: people write what stands there for everybody."""
    return [name for name in fields_of(body) if name in FIELDS - CLIENT_AND_STUDIO_FIELDS]


def _has_default(body: str, name: str) -> bool:
    return f"{{{{{name}}}}}" not in body.replace(" ", "")


def _values(fields: dict[str, str]) -> dict[str, str]:
    given = {name.removeprefix("value_"): text.strip() for name, text in fields.items() if name.startswith("value_")}
    for name, text in given.items():
        try:
            check_no_braces(text)
        except ValueError as error:
            raise RequestError("Write it without braces.", field=f"value_{name}") from error
        if len(text) > _LONGEST_VALUE:
            raise RequestError(f"At most {_LONGEST_VALUE} characters.", field=f"value_{name}")
    return {name: text for name, text in given.items() if text and name in FIELDS}


def _fields_of_values(values: dict[str, str]) -> dict[str, str]:
    return {f"value_{name}": text for name, text in values.items()}


def _step(account: Account, draft: BroadcastDraft, typed: dict[str, str], wrong: RequestError | None = None) -> Page:
    body = typed.get("body", "")
    return wizard.show_step(
        "what",
        account,
        draft,
        wrong.status if wrong else 200,
        typed={"body": "", "who": ""} | typed,
        own=_own_fields(body),
        templates=[template.name for template in texts.templates_of(account)],
        groups=picker(account, of_records=False),
        seen=wizard.seen(typed, wrong, drafts.marked(draft.body, draft.values)),
        wrong=wrong,
        why=words.refusal(wrong, account, aws_clients.now()) if wrong else "",
        **(_preview(account, draft, typed) | ({"refused": ""} if wrong else {})),
    )


def _preview(account: Account, draft: BroadcastDraft, typed: dict[str, str]) -> dict[str, Any]:
    """Return the client that a form is previewed for, with the words; or why these are for nobody."""
    body, who, now = typed.get("body", "").strip(), typed.get("who", "").strip(), aws_clients.now()
    nothing: dict[str, Any] = {"shown": None, "nobody": "", "refused": "", "who": who}
    if not body:
        return nothing
    try:
        values = _values(typed)
        api.check_text(body, values, own_merge_fields(account))
    except RequestError as refusal:
        return nothing | {"refused": words.refusal(refusal, account, now)}
    place = _place(typed)
    found = find_in_audience(account.id, draft.whom, who, place + 2)
    if not found:
        return nothing | {"nobody": f"Nobody in this broadcast is called “{who}”." if who else "Nobody is found."}
    client = found[min(place, len(found) - 1)]
    content = planning.content_of(account, body, values, now)
    outcomes = draft_check.outcomes(content, draft.whom, [ClientEntry(client.id, client)])
    goes = [_goes(account, outcome, now) for outcome in outcomes]
    name = full_name(client.first_name, client.last_name) or client.id
    at = min(place, len(found) - 1)
    has_next = len(found) > at + 1 and at + 1 < _MOST_PREVIEWED
    return nothing | {"shown": PreviewedClient(name=name, goes=goes, place=at, has_next=has_next)}


def _place(typed: dict[str, str]) -> int:
    """Return which of the clients is previewed: 0 is the first."""
    asked = typed.get("preview", "")
    wanted = asked if asked.isascii() and asked.isdigit() and len(asked) <= len(str(_MOST_PREVIEWED)) else "0"
    return min(int(wanted), _MOST_PREVIEWED - 1)


def _goes(account: Account, outcome: Outcome, now: datetime) -> PhonePreview:
    phone = in_words(outcome.phone, account.country_code) if outcome.phone else ""
    if not outcome.has_text or outcome.text is None:
        return PhonePreview(phone=phone, why=wording.why_no_text(outcome.code, outcome.detail))
    note, fit = _prefix_note(account, outcome.text), draft_check.fit_of_units(account, outcome.units, now)
    price = money(fit.price_micros, fit.currency) if fit.price_micros else ""
    length = length_of(outcome.text, outcome.units, price=price)
    return PhonePreview(phone=phone, text=outcome.text, length=length, notes=[note] if note else [])


def _prefix_note(account: Account, text: str) -> str:
    """Return that the sender's name makes a text dearer, if it does."""
    begin = f"{compose.sender_prefix(account) or ''}: "
    if not text.startswith(begin) or measure(text.removeprefix(begin)).units == measure(text).units:
        return ""
    return f"Without the “{begin.strip()}” that begins a conversation, it would count as one text less."
