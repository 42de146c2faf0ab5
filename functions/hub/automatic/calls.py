"""The page of calls: whom to call, why, and the text that could not be sent; a call is marked as made with a note."""

from datetime import datetime

from msgspec import Struct

from hub.site import Page, form_of_studio, go_to, name_of_person, page_of_studio, show, site
from longcode.accounts.account import Account
from longcode.aws import clients
from longcode.clients import store as client_store
from longcode.errors import RequestError
from longcode.phone import in_words
from longcode.triggers import call_tasks
from longcode.triggers.planning import Call
from triggers import staff_actions
from triggers.forms import LONGEST_NOTE

_ROWS = 40
_TOO_LONG = f"A note has at most {LONGEST_NOTE:,} characters."


class CallRow(Struct, frozen=True, kw_only=True):
    """A call task; `phones` are the numbers for a link that calls, and as people write them."""

    id: str
    client_id: str
    name: str
    phones: dict[str, str]
    why: str
    text: str
    at: datetime
    done_at: datetime | None
    done_by: str
    note: str


@site.get("/hub/calls")
@page_of_studio
def show_calls(account: Account) -> Page:
    """Show the calls to make, oldest first, or those that were made."""
    return _list(account, {})


@site.post("/hub/calls")
@form_of_studio
def finish(account: Account, fields: dict[str, str]) -> Page:
    """Mark a call as made; a second click changes nothing."""
    note = fields.get("note", "").strip()
    try:
        if len(note) > LONGEST_NOTE:
            raise RequestError(_TOO_LONG, field="note")
        staff_actions.finish_call(account.id, fields.get("call", ""), note, clients.now(), name_of_person())
    except RequestError as refusal:
        return _list(account, fields, refusal)
    return go_to("calls?finished=1")


def _list(account: Account, typed: dict[str, str], wrong: RequestError | None = None) -> Page:
    query, now = site.current_event.query_string_parameters or {}, clients.now()
    is_done, cursor = "done" in query, query.get("after") or None
    if is_done:
        calls, following = call_tasks.done_calls(account.id, now, limit=_ROWS, cursor=cursor)
    else:
        found = call_tasks.call_page(account.id, cursor, _ROWS + 1)
        calls, following = found[:_ROWS], found[_ROWS - 1].id if len(found) > _ROWS else None
    names = client_store.names(account.id, {call.client_id for call in calls}) if calls else {}
    return show(
        "automatic/calls",
        account,
        wrong.status if wrong else 200,
        rows=[_row(account, call, names.get(call.client_id, "")) for call in calls],
        is_done=is_done,
        following=following,
        is_first=cursor is None,
        finished="finished" in query and not wrong,
        typed=typed or query,
        wrong=wrong,
        now=now,
    )


def _row(account: Account, call: Call, name: str) -> CallRow:
    return CallRow(
        id=call.id,
        client_id=call.client_id,
        name=name or "Client without a name",
        phones={phone: in_words(phone, account.country_code) for phone in call.phones},
        why=_why(call),
        text=call.text,
        at=call.at,
        done_at=call.done_at,
        done_by=call.done_by or "",
        note=call.note or "",
    )


def _why(call: Call) -> str:
    """Return why somebody has to call: a broadcast did not arrive, or a trigger found no number for its text."""
    if call.trigger is None:
        return "A broadcast did not arrive:"
    named = f"{call.trigger.replace('-', ' ')}: {call.kind} {call.record_id}"
    return f"{named}. The client has no number for texts, so this was not texted:"
