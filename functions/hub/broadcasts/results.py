"""After a broadcast: a file of the clients not reached, call tasks for them, the replies, and sending it again."""

from itertools import islice

from pydantic import ValidationError

from broadcasts import api, follow_up, forms
from hub import page
from hub.broadcasts import progress, wording
from hub.site import Page, form_of_studio, go_to, name_of_person, page_of_studio, show, site, taken_out
from longcode.accounts.account import Account
from longcode.aws import clients as aws_clients
from longcode.aws.at_once import at_once
from longcode.billing.sheet import csv_text
from longcode.broadcasts import counts
from longcode.broadcasts import store as broadcasts
from longcode.broadcasts.broadcast import Broadcast
from longcode.broadcasts.counts import Result
from longcode.broadcasts.outcome import LIMIT
from longcode.clients import store as client_store
from longcode.errors import EmptyAudience, IdempotencyConflict, RequestError
from longcode.message import NOT_REACHED
from longcode.messages import accept, replies
from longcode.segments import MAX_CHARACTERS

_ROWS = 40
_MOST_DIGITS = 12
_LOOKED_AT_UNASKED = 100  # texts that did not arrive: to look at a thousand of them takes half a second
_TOO_LONG = f"A text has at most {MAX_CHARACTERS:,} characters, and it cannot be empty."


@site.get("/hub/broadcasts/<broadcast_id>/not-reached.csv")
@page_of_studio
def show_file(account: Account, broadcast_id: str) -> Page:
    """Return a CSV file of the clients that a broadcast did not reach: name, phone and reason."""
    broadcast = api.broadcast_or_raise(account.id, broadcast_id)
    texts = counts.look(broadcast, aws_clients.now())
    start = _number("from")
    missed = list(islice(follow_up.missed(broadcast, texts), start, start + progress.MOST_ROWS))
    names = client_store.names(account.id, {one.client_id for one in missed if one.client_id})
    rows = [("name", "phone", "reason")]
    for one in missed:
        why = (
            wording.of_result(Result(one.state, one.code)) if one.state else wording.why_no_text(one.code, one.detail)
        )
        rows.append((names.get(one.client_id or "", ""), one.phone or "", why))
    return taken_out(account, "not-reached.csv", page.download(csv_text(rows), "not-reached.csv"))


@site.get("/hub/broadcasts/<broadcast_id>/calls")
@page_of_studio
def ask_to_call(account: Account, broadcast_id: str) -> Page:
    """Ask whether call tasks are to be made, and say for how many clients."""
    broadcast = api.broadcast_or_raise(account.id, broadcast_id)
    now = aws_clients.now()
    to_make, unread = at_once(
        lambda: follow_up.calls_to_make(broadcast, now), lambda: replies.unread_counts(account.id)
    )
    return show("broadcasts/calls", account, broadcast=broadcast, to_make=to_make, unread=unread)


@site.post("/hub/broadcasts/<broadcast_id>/calls")
@form_of_studio
def make_calls(account: Account, _fields: dict[str, str], broadcast_id: str) -> Page:
    """Write call tasks for the clients that a broadcast did not reach."""
    broadcast = api.broadcast_or_raise(account.id, broadcast_id)
    made = follow_up.make_calls(account, broadcast, name_of_person(), aws_clients.now())
    return go_to(f"broadcasts/{broadcast_id}?tasks={made}")


@site.get("/hub/broadcasts/<broadcast_id>/replies")
@page_of_studio
def show_replies(account: Account, broadcast_id: str) -> Page:
    """Show the replies to a broadcast, oldest first."""
    broadcast, now = api.broadcast_or_raise(account.id, broadcast_id), aws_clients.now()
    after = _number("after")
    found = progress.answers_to(account, broadcast, after, _ROWS + 1, now)
    return show(
        "broadcasts/replies",
        account,
        broadcast=broadcast,
        answers=progress.who_answered(account, found[:_ROWS]),
        more=found[_ROWS - 1][0] if len(found) > _ROWS else None,
        is_first=not after,
        now=now,
    )


@site.get("/hub/broadcasts/<broadcast_id>/again")
@page_of_studio
def ask_to_send_again(account: Account, broadcast_id: str) -> Page:
    """Show a preview of sending a broadcast again to the clients that it did not reach."""
    broadcast = api.broadcast_or_raise(account.id, broadcast_id)
    return _again(account, broadcast, {"body": broadcast.body})


@site.post("/hub/broadcasts/<broadcast_id>/again")
@form_of_studio
def send_again(account: Account, fields: dict[str, str], broadcast_id: str) -> Page:
    """Send a broadcast again, once, to the clients that it did not reach; or show a preview."""
    broadcast = api.broadcast_or_raise(account.id, broadcast_id)
    if fields.get("preview"):
        return _again(account, broadcast, fields)
    key = progress.key_of_again(broadcast)
    try:
        created = api.create_broadcast(account.id, _form(broadcast, fields), key, aws_clients.now(), name_of_person())
    except IdempotencyConflict:  # it was sent again before, in other words
        return go_to(f"broadcasts/{api.id_of_request(account.id, key)}?done=again")
    except RequestError as refusal:
        return _again(account, broadcast, fields, refusal)
    return go_to(f"broadcasts/{created.id}?done=again")


def _number(name: str) -> int:
    """Return a number in the address, 0 if it is none."""
    given = (site.current_event.query_string_parameters or {}).get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) <= _MOST_DIGITS else 0


def _form(broadcast: Broadcast, fields: dict[str, str], *, dry_run: bool = False) -> forms.NewBroadcast:
    """Return the form of sending a broadcast again; raise `RequestError` if the words are none."""
    audience, body = forms.AudienceForm(not_reached_by=broadcast.id), fields.get("body", "").strip()
    try:
        return forms.NewBroadcast(audience=audience, body=body, values=broadcast.values, dry_run=dry_run)
    except ValidationError as error:
        raise RequestError(_TOO_LONG, field="body") from error


def _many(broadcast: Broadcast) -> int:
    """Return how many texts a broadcast may send again, if so many that a person asks before they are looked at."""
    texts = counts.look(broadcast, aws_clients.now())
    count = texts.count(*NOT_REACHED) + broadcast.skipped.get(LIMIT, 0)
    return count if count > _LOOKED_AT_UNASKED else 0


def _again(account: Account, broadcast: Broadcast, fields: dict[str, str], wrong: RequestError | None = None) -> Page:
    before = broadcasts.get(account.id, api.id_of_request(account.id, progress.key_of_again(broadcast)))
    if before:
        return go_to(f"broadcasts/{before.id}?done=again")
    tried, nobody, many = None, False, _many(broadcast)
    if fields.get("preview") or wrong or not many:
        many = 0
        try:
            tried = api.dry_run(account.id, _form(broadcast, fields, dry_run=True), 0, 1, aws_clients.now())
        except EmptyAudience:
            nobody = True
        except RequestError as refusal:
            wrong = wrong or refusal
    return show(
        "broadcasts/again",
        account,
        wrong.status if wrong else 200,
        broadcast=broadcast,
        typed=fields,
        tried=tried,
        nobody=nobody,
        many=many,
        skipped=wording.of_codes(tried.totals.skipped) if tried else [],
        wrong=wrong,
        currency=accept.plan_at(account, aws_clients.now()).currency,
    )
