"""The third step of a broadcast: each client with what they would get, a box to leave them out, and the totals."""

from urllib.parse import urlencode

from msgspec import Struct
from msgspec.structs import replace

from broadcasts import draft_check, planning
from hub import words
from hub.broadcasts import totals, wizard, wording
from hub.site import Page, form_of_studio, go_to, page_of_studio, site
from longcode.accounts.account import Account
from longcode.aws import clients as aws_clients
from longcode.broadcasts import drafts
from longcode.broadcasts.drafts import BroadcastDraft, DraftCheck
from longcode.broadcasts.outcome import Outcome
from longcode.clients.client import Client
from longcode.clients.search import find_in_audience, of_ids
from longcode.clients.store import ClientEntry
from longcode.errors import RequestError
from longcode.messages import timing
from longcode.phone import in_words
from longcode.template import full_name

_ROWS = draft_check.PAGE


class PhoneOutcome(Struct, frozen=True, kw_only=True):
    """The outcome for one phone of a client: a text, perhaps later, or none and why."""

    phone: str
    text: str = ""
    units: int = 0
    why: str = ""
    waits: str = ""


class GridRow(Struct, frozen=True, kw_only=True):
    """A client in the grid; without `is_in`, somebody has taken it out."""

    id: str
    name: str
    is_in: bool
    gets: list[PhoneOutcome]


@site.get("/hub/broadcasts/new/<draft_id>/check")
@page_of_studio
def show_check(account: Account, draft_id: str) -> Page:
    """Show a page of the clients of a draft, and its totals."""
    return _step(account, wizard.existing(account, draft_id), site.current_event.query_string_parameters or {})


@site.post("/hub/broadcasts/new/<draft_id>/check")
@form_of_studio
def take_out(account: Account, fields: dict[str, str], draft_id: str) -> Page:
    """Leave out the clients of a page whose boxes are not ticked; show more clients, or another step."""
    ids, ticked = _shown(fields), _ticked(fields)
    try:
        before, after = wizard.change(
            account, draft_id, lambda stored: _without(stored, ids, ticked, fields.get("seen", ""))
        )
    except RequestError as refusal:
        return _step(account, wizard.existing(account, draft_id), fields, refusal)
    if before.unchecked != after.unchecked:
        draft_check.update(before, after, account, aws_clients.now())
    if fields.get("do") in wizard.STEPS:
        return go_to(f"broadcasts/new/{draft_id}/{fields['do']}")
    if fields.get("do") == "again" and wizard.is_written(account, after):
        draft_check.begin(after, aws_clients.now())
    shown = {"q": fields.get("shown_q", ""), "only": fields.get("only", "")}
    places = {"search": {"q": fields.get("q", "")}, "first": shown, "next": shown | {"after": fields.get("next", "")}}
    return _back(draft_id, places.get(fields.get("do", ""), shown | {"after": fields.get("after", "")}))


@site.post("/hub/broadcasts/new/<draft_id>/add-up")
@form_of_studio
def add_up(account: Account, fields: dict[str, str], draft_id: str) -> Page:
    """Compute the totals of a draft for some seconds; `do` is "again" to begin anew."""
    draft, now = wizard.existing(account, draft_id), aws_clients.now()
    if not wizard.is_written(account, draft):
        return go_to(f"broadcasts/new/{draft_id}/what")
    check = None if fields.get("do") == "again" else drafts.check_of(draft)
    draft_check.step(draft, check or draft_check.begin(draft, now), account, now)
    if fields.get("then") == "go":
        return go_to(f"broadcasts/new/{draft_id}/go")
    return _back(draft_id, {name: fields.get(name, "") for name in ("q", "only", "after")})


def _back(draft_id: str, place: dict[str, str]) -> Page:
    """Go to a page of the grid."""
    query = urlencode({name: value for name, value in place.items() if value})
    return go_to(f"broadcasts/new/{draft_id}/check{'?' if query else ''}{query}")


def _shown(fields: dict[str, str]) -> list[str]:
    """Return the clients of the page that a form was on."""
    return [fields[f"id_{row}"] for row in range(_ROWS) if fields.get(f"id_{row}")]


def _ticked(fields: dict[str, str]) -> set[str]:
    """Return those whose boxes are ticked."""
    return {fields[f"id_{row}"] for row in range(_ROWS) if fields.get(f"id_{row}") and f"in_{row}" in fields}


def _without(draft: BroadcastDraft, shown: list[str], ticked: set[str], seen: str) -> BroadcastDraft:
    """Return a draft without the clients that were shown and are not ticked."""
    changed = _with_boxes(draft, shown, ticked)
    if changed == draft:
        return draft
    drafts.check_unchanged(seen, _mark(draft, shown), draft)
    drafts.check_left_out(changed, "in")
    return changed


def _with_boxes(draft: BroadcastDraft, shown: list[str], ticked: set[str]) -> BroadcastDraft:
    return replace(draft, unchecked=tuple(sorted((set(draft.unchecked) - set(shown)) | (set(shown) - ticked))))


def _mark(draft: BroadcastDraft, shown: list[str]) -> str:
    """Return a hash of those among some clients that a draft leaves out."""
    return drafts.marked(sorted(set(draft.unchecked).intersection(shown)))


def _step(account: Account, draft: BroadcastDraft, given: dict[str, str], wrong: RequestError | None = None) -> Page:
    if not wizard.is_written(account, draft):
        return go_to(f"broadcasts/new/{draft.id}/what")
    now, q, after = aws_clients.now(), given.get("shown_q", given.get("q", "")).strip(), given.get("after") or None
    check = drafts.check_of(draft)
    added = totals.of(account, check, now, now) if check and check.done else None
    only = given.get("only", "") if added and check and check.without else ""
    if only and check:
        found = _without_text(account, check, after)
    else:
        found = find_in_audience(account.id, draft.audience, q, _ROWS + 1, after)
    clients = found[:_ROWS]
    shown = _with_boxes(draft, _shown(given), _ticked(given)) if wrong else draft
    rows = _rows(account, shown, clients, check, added)
    return wizard.show_step(
        "check",
        account,
        draft,
        wrong.status if wrong else 200,
        rows=rows,
        q=q,
        after=after or "",
        only=only,
        following=clients[-1].id if len(found) > _ROWS else "",
        check=check,
        totals=added,
        seen=_mark(draft, [client.id for client in clients]),
        wrong=wrong,
        why=words.refusal(wrong, account, now) if wrong else "",
    )


def _without_text(account: Account, check: DraftCheck, after: str | None) -> list[Client]:
    """Return the next clients with a number that gets no text."""
    ids = [client_id for client_id in check.without if client_id.encode() > (after or "").encode()]
    return of_ids(account.id, ids[: _ROWS + 1])


def _rows(
    account: Account,
    draft: BroadcastDraft,
    clients: list[Client],
    check: DraftCheck | None,
    added: totals.DraftTotals | None,
) -> list[GridRow]:
    now, unchecked = aws_clients.now(), set(draft.unchecked)
    content = planning.content_of(account, draft.body, draft.values, now)
    entries = [ClientEntry(client.id, client) for client in clients if client.id not in unchecked]
    found = list(draft_check.outcomes(content, draft.whom, entries)) if entries else []
    if check and added:
        found = draft_check.with_limit(found, check, added.fit.left)
    gets: dict[str, list[PhoneOutcome]] = {}
    for outcome in found:
        gets.setdefault(outcome.client_id, [])
    by_id = {client.id: client for client in clients}
    for outcome in found:
        gets[outcome.client_id].append(_gets(account, outcome, by_id[outcome.client_id]))
    return [
        GridRow(
            id=client.id,
            name=full_name(client.first_name, client.last_name) or "No name",
            is_in=client.id not in unchecked,
            gets=gets.get(client.id, []),
        )
        for client in clients
    ]


def _gets(account: Account, outcome: Outcome, client: Client) -> PhoneOutcome:
    now = aws_clients.now()
    phone = in_words(outcome.phone, account.country_code) if outcome.phone else ""
    if not outcome.has_text or outcome.phone is None:
        return PhoneOutcome(phone=phone, why=wording.why_no_text(outcome.code, outcome.detail))
    until = timing.held_until(outcome.phone, account, client, now)
    waits = f"waits until {words.ahead(until, now, account.time_zone)}: it is night there" if until else ""
    if outcome.held:
        waits = "waits for you: the last reply may mean “stop”"
    return PhoneOutcome(phone=phone, text=outcome.text or "", units=outcome.units, waits=waits)
