"""The second step of a broadcast: its words, with a preview for any client of its audience."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from msgspec import Struct

from broadcasts import api, draft_check, planning
from hub import form_data, words
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
from longcode.errors import DraftChanged, RequestError
from longcode.messages import compose
from longcode.phone import in_words
from longcode.segments import measure
from longcode.template import FIELDS, full_name
from longcode.templates import store as template_store

_MOST_PREVIEWED = 200  # clients, one after the other; a search finds the others
_LONGEST_TURN = 9  # digits


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
    """Keep the words of a draft and go on, or only show them with a template or for a client."""
    draft = wizard.existing(account, draft_id)
    if fields.get("use"):
        fields = texts.with_template(account, fields)
    step = wizard.step_after(fields, "check")
    try:
        draft = _keep(account, draft, fields, fields.get("theirs") or fields.get("seen", ""))
        if fields.get("use") or fields.get("preview"):
            return _step(account, draft, fields)
        if step != "whom":
            wizard.check_words(account, draft.body, draft.values)
    except RequestError as refusal:
        return _step(account, wizard.existing(account, draft_id), fields, refusal)
    return go_to(f"broadcasts/new/{draft_id}/{step}")


@site.post("/hub/broadcasts/new/<draft_id>/preview")
@form_of_studio
def show_preview(account: Account, fields: dict[str, str], draft_id: str) -> Page:
    """Keep the words that are being typed, and return what a client would get, for the script of the page."""
    draft = wizard.existing(account, draft_id)
    try:
        draft, not_kept = _keep(account, draft, fields, fields.get("seen", "")), ""
    except DraftChanged as refusal:
        not_kept = refusal.detail
    except RequestError:  # of which the preview says what is wrong
        not_kept = ""
    return show("broadcasts/preview", not_kept=not_kept, **_preview(account, draft, fields))


def _keep(account: Account, draft: BroadcastDraft, fields: dict[str, str], seen: str) -> BroadcastDraft:
    """Write the words of a form, fit to send or not, and return the draft after that; raise `DraftChanged`."""
    body, values = _body(fields), _values(fields)
    wizard.check_values(values)
    if len(body) > drafts.MOST_WORDS:
        raise RequestError(texts.TOO_LONG, field="body")
    if (draft.body, draft.values) == (body, values):
        return draft
    template = template_store.name_of_words(account.id, body) if body else None
    page, turn = form_data.key(fields), _turn(fields)
    _, after = wizard.change(
        account,
        draft.id,
        lambda stored: drafts.with_words(stored, body, template, values, seen=seen, page=page, turn=turn),
    )
    return after


def _turn(fields: dict[str, str]) -> int:
    """Return which request of its page a form is."""
    given = fields.get("turn", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) <= _LONGEST_TURN else 0


def _body(fields: dict[str, str]) -> str:
    """Return the words of a form, with line ends as templates have them: a browser sends two characters for each."""
    return fields.get("body", "").replace("\r\n", "\n").strip()


def _values(fields: dict[str, str]) -> dict[str, str]:
    given = {name.removeprefix("value_"): text.strip() for name, text in fields.items() if name.startswith("value_")}
    return {name: text for name, text in given.items() if text and name in FIELDS}


def _fields_of_values(values: dict[str, str]) -> dict[str, str]:
    return {f"value_{name}": text for name, text in values.items()}


def _step(account: Account, draft: BroadcastDraft, typed: dict[str, str], wrong: RequestError | None = None) -> Page:
    body, stored = typed.get("body", ""), drafts.marked(draft.body, draft.values)
    is_conflict = isinstance(wrong, DraftChanged)
    return wizard.show_step(
        "what",
        account,
        draft,
        wrong.status if wrong else 200,
        typed={"body": "", "who": ""} | typed,
        own=wizard.own_fields(body),
        templates=template_store.template_names(account.id),
        groups=picker(account, of_records=False),
        key=uuid4().hex,
        seen=typed.get("seen", "") if is_conflict else stored,
        theirs=stored if is_conflict else "",
        wrong=wrong,
        not_kept="",
        why=words.refusal(wrong, account, aws_clients.now()) if wrong else "",
        **(_preview(account, draft, typed) | ({"refused": ""} if wrong else {})),
    )


def _preview(account: Account, draft: BroadcastDraft, typed: dict[str, str]) -> dict[str, Any]:
    """Return the client that a form is previewed for, with the words; or why these are for nobody."""
    body, who, now = _body(typed), typed.get("who", "").strip(), aws_clients.now()
    nothing: dict[str, Any] = {"shown": None, "nobody": "", "refused": "", "who": who}
    if not body:
        return nothing
    try:
        values = _values(typed)
        wizard.check_values(values)
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
