"""POST /broadcasts and what can be done with one: look how far it is, pause, resume, cancel."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from uuid import uuid4

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from broadcasts import forms, planning
from longcode import segments
from longcode.accounts import store as accounts
from longcode.accounts.account import Account, check_may_send, why_silent
from longcode.aws import clients as aws_clients
from longcode.aws.telemetry import logger
from longcode.broadcasts import store as broadcasts
from longcode.broadcasts.broadcast import Broadcast, BroadcastState, add_counts, broadcast_may_become
from longcode.broadcasts.outcome import Outcome
from longcode.clients.store import Seen
from longcode.errors import EmptyAudience, NotFound, TooLate
from longcode.messages import compose, timing
from longcode.plans import plans
from longcode.template import Template, check, check_values, without_fields
from longcode.usage import store as quotas
from longcode.web import resolver as web
from longcode.windows import HEALED_AFTER

BroadcastId = Annotated[str, Path(max_length=100)]

app = web.resolver()


@app.post("/broadcasts", responses=web.responses({200: forms.DryRun, 202: forms.ShownBroadcast}))
def post_broadcast(
    form: forms.NewBroadcast,
    idempotency_key: web.IdempotencyKey = None,
    limit: web.Limit = 50,
    cursor: Annotated[str, Query(pattern=r"^[0-9]{1,7}$")] = "0",
) -> Response[Any]:
    """Send one text to many clients; or, with `dry_run`, tell for each of them what would happen, and do nothing.

    The same Idempotency-Key with the same body gives the same broadcast. `limit` and `cursor` are of a dry run.
    """
    account, now = web.caller(app), aws_clients.now()
    if form.dry_run:
        return Response(200, web.JSON, dry_run(account, form, int(cursor), limit, now))
    key = str(uuid4()) if idempotency_key is None else idempotency_key
    return Response(202, web.JSON, forms.shown_broadcast(create_broadcast(account, form, key, now)))


@app.get("/broadcasts")
def list_broadcasts(limit: web.Limit = 50, cursor: web.Cursor = None) -> web.Page[forms.ShownBroadcast]:
    """List broadcasts, newest first."""
    found, next_cursor = broadcasts.page(web.caller(app), limit=limit, cursor=cursor)
    return web.Page(items=[forms.shown_broadcast(one) for one in found], next_cursor=next_cursor)


@app.get("/broadcasts/<broadcast_id>")
def show_broadcast(broadcast_id: BroadcastId) -> forms.Progress:
    """Show a broadcast and its progress: how many texts are in which state, and how many clients got none and why."""
    found = need(web.caller(app), broadcast_id)
    return forms.shown_progress(found, broadcasts.audience(found), broadcasts.count_states(found))


@app.get("/broadcasts/<broadcast_id>/recipients")
def list_recipients(
    broadcast_id: BroadcastId,
    limit: web.Limit = 50,
    cursor: web.Cursor = None,
) -> web.Page[forms.Recipient]:
    """List who gets a broadcast's text and how far it is; and after them who got none, and why."""
    return forms.recipients_page(need(web.caller(app), broadcast_id), cursor, limit)


@app.delete("/broadcasts/<broadcast_id>", responses=web.responses({204: None}))
def cancel_broadcast(broadcast_id: BroadcastId) -> Response[str]:
    """Cancel what has not gone of a broadcast; its units are free again."""
    cancel(web.caller(app), broadcast_id, aws_clients.now())
    return Response(204, body="")


@app.put("/broadcasts/<broadcast_id>/paused", responses=web.responses({204: None}))
def pause_broadcast(broadcast_id: BroadcastId) -> Response[str]:
    """Pause a broadcast: nothing more of it is handed over until it is resumed."""
    pause(web.caller(app), broadcast_id)
    return Response(204, body="")


@app.delete("/broadcasts/<broadcast_id>/paused", responses=web.responses({204: None}))
def resume_broadcast(broadcast_id: BroadcastId) -> Response[str]:
    """Resume a paused broadcast. A text that is too old by then is dropped, and says so."""
    resume(web.caller(app), broadcast_id, aws_clients.now())
    return Response(204, body="")


def create_broadcast(account_id: str, form: forms.NewBroadcast, idempotency_key: str, now: datetime) -> Broadcast:
    """Write a broadcast and enqueue its first step; the same key with the same body gives the same broadcast."""
    broadcast_id = f"b{compose.request_id(account_id, idempotency_key)}"
    fingerprint = compose.fingerprint(form.model_dump(exclude_defaults=True))
    earlier = broadcasts.get(account_id, broadcast_id)
    if earlier:
        return _again(earlier, fingerprint)
    account = accounts.need(account_id)
    check_may_send(account)
    made = make_broadcast(account, form, broadcast_id, fingerprint, now)
    if not any(one.is_there for one in planning.all_clients(account_id, forms.audience(form.audience))):
        raise EmptyAudience("No client is in this audience.", field="audience")
    try:
        broadcasts.create(made, forms.audience(form.audience))
    except broadcasts.AlreadyThere as before:
        return _again(before.first, fingerprint)
    if made.state is BroadcastState.PLANNING:
        broadcasts.enqueue_step(made)
    return made


def make_broadcast(
    account: Account, form: forms.NewBroadcast, broadcast_id: str, fingerprint: str, now: datetime
) -> Broadcast:
    """Make a broadcast of a form; raises what is wrong with its words or its time."""
    send_at = compose.check_time(form.send_at, now)
    used = _template(account, form.template) if form.template else None
    return Broadcast(
        account=account.id,
        id=broadcast_id,
        state=BroadcastState.SCHEDULED if send_at else BroadcastState.PLANNING,
        created_at=now,
        fingerprint=fingerprint,
        seed=uuid4().hex,
        step=0,
        body=_words(used.body if used else form.body or "", form),
        template=used.name if used else None,
        subject=used.subject or None if used else None,
        values=form.values,
        limit=form.limit,
        send_at=send_at,
        due_at=send_at or now + HEALED_AFTER,
    )


def dry_run(account_id: str, form: forms.NewBroadcast, start: int, limit: int, now: datetime) -> forms.DryRun:
    """Tell for every client and phone what a broadcast would do, and do nothing; items from a place on."""
    account = accounts.need(account_id)
    made = make_broadcast(account, form, "dry-run", "", now)
    at = made.send_at or now
    words = planning.wording(account, made, at)
    seen = planning.look(account_id, forms.audience(form.audience))
    outcomes = list(planning.decide(words, seen, {}))
    needed = sum(one.units for one in outcomes)
    room = planning.room(account, at)
    budget = planning.fitting(form.limit, needed, room.left)
    refusal = why_silent(account) or (planning.reached(room, needed, now) if needed and budget == 0 else None)
    if budget is not None and budget < needed:
        outcomes = list(planning.decide(words, seen, {}, budget))
    outcomes = _held(account, seen, outcomes, at)
    end = start + limit
    return forms.DryRun(
        items=[forms.shown_would_get(one) for one in outcomes[start:end]],
        next_cursor=str(end) if end < len(outcomes) else None,
        totals=_totals(len(seen), needed, outcomes, room),
        code=refusal.code if refusal else None,
        reason=refusal.detail if refusal else None,
    )


def _held(account: Account, seen: Sequence[Seen], outcomes: Sequence[Outcome], at: datetime) -> list[Outcome]:
    """Tell until when each text would be held."""
    known = {one.id: one.client for one in seen}

    def until(one: Outcome) -> datetime | None:
        client = known[one.client_id]
        return timing.held_until(one.phone, account, client, at) if client and one.phone and one.goes else None

    return [replace(one, held_until=until(one)) for one in outcomes]


def _totals(clients: int, needed: int, outcomes: Sequence[Outcome], room: planning.Room) -> forms.Totals:
    units = sum(one.units for one in outcomes)
    used = quotas.of_month(room.limits.account, room.limits.month).units
    return forms.Totals(
        clients=clients,
        needed_units=needed,
        texts=sum(one.goes for one in outcomes),
        units=units,
        segments=sum(one.segments for one in outcomes),
        held=sum(bool(one.held_until or one.held) for one in outcomes),
        skipped=add_counts({}, (one.code for one in outcomes if one.code)),
        price_micros=plans.price_of(units, room.plan, used),
    )


def _again(first: Broadcast, fingerprint: str) -> Broadcast:
    compose.check_repeated(first.fingerprint, fingerprint)
    return first


def _template(account: Account, name: str) -> Template:
    found = accounts.get_template(account.id, name)
    if found is None:
        raise NotFound(f"There is no template {name!r}.", field="template")
    return found


def _words(words: str, form: forms.NewBroadcast) -> str:
    """Check what can be checked before it is merged for anybody; raises `BadTemplate` or what `check_length` does."""
    check_values(form.values)
    check(words)
    said = without_fields(words)
    if said == words or len(said) > segments.MAX_CHARACTERS:
        compose.check_length(said, "template" if form.template else "body")
    return words


def need(account: str, broadcast_id: str) -> Broadcast:
    """Read a broadcast that must be there; raises `NotFound`."""
    found = broadcasts.get(account, broadcast_id)
    if found is None:
        raise NotFound(f"There is no broadcast {broadcast_id!r}.")
    return found


def pause(account: str, broadcast_id: str) -> None:
    """Let nothing more of a broadcast be handed over; raises `NotFound` or `TooLate`."""
    if not broadcasts.pause(need(account, broadcast_id)):
        _check_going(need(account, broadcast_id))


def resume(account: str, broadcast_id: str, now: datetime) -> None:
    """Let a paused broadcast go on; raises `NotFound`, or why its account may not send."""
    need(account, broadcast_id)
    check_may_send(accounts.need(account))
    while (found := need(account, broadcast_id)).paused:
        if resumed := broadcasts.resume(found, now):
            broadcasts.enqueue_step(resumed)
            return


def cancel(account: str, broadcast_id: str, now: datetime) -> None:
    """End what has not gone of a broadcast; raises `NotFound` or `TooLate`."""
    while (found := need(account, broadcast_id)).state is not BroadcastState.CANCELLED:
        _check_going(found)
        if cancelled := broadcasts.cancel(found, now):
            broadcasts.enqueue_step(cancelled)
            return


def _check_going(found: Broadcast) -> None:
    if not broadcast_may_become(found.state, BroadcastState.CANCELLED):
        raise TooLate(f"The broadcast is {found.state}: nothing of it is to go.", field="id")


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
