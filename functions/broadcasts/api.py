"""The broadcast API: a dry run; create, show, list, pause, resume and cancel broadcasts; list recipients."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import uuid4

from longcode.web import account_resolver
from longcode.web import resolver as web
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from msgspec.structs import replace

from broadcasts import follow_up, forms, planning, recipients, repeats
from longcode import segments
from longcode.accounts import store as accounts
from longcode.accounts.account import Account, check_may_send, own_merge_fields, send_refusal
from longcode.aws import clients as aws_clients
from longcode.aws.telemetry import logger
from longcode.broadcasts import counts
from longcode.broadcasts import store as broadcasts
from longcode.broadcasts.broadcast import Broadcast, add_counts, broadcast_may_become, may_have_unsent_texts
from longcode.broadcasts.outcome import Outcome
from longcode.clients.client import Audience
from longcode.clients.store import ClientEntry
from longcode.errors import NotFound, RequestError, TooLate
from longcode.message import BroadcastState
from longcode.messages import compose, replies, timing
from longcode.plans import plans
from longcode.template import Template, check, check_values, without_fields
from longcode.templates import store as template_store
from longcode.usage import store as quotas
from longcode.windows import SWEEP_AFTER, hide_old_body

BroadcastId = Annotated[str, Path(max_length=100)]

app = account_resolver.resolver()


@app.post("/broadcasts", responses=web.responses({200: forms.DryRun, 202: forms.ShownBroadcast}))
def post_broadcast(
    form: forms.NewBroadcast,
    idempotency_key: web.IdempotencyKey = None,
    limit: web.Limit = 50,
    cursor: Annotated[str, Query(pattern=r"^[0-9]{1,7}$")] = "0",
) -> Response[Any]:
    """Send one text to many clients; with `dry_run`, show what each of them would get, and change nothing.

    The same Idempotency-Key with the same body returns the same broadcast. `limit` and `cursor` page a dry run.
    """
    account, now = web.caller(app), aws_clients.now()
    if form.dry_run:
        return Response(200, web.JSON, dry_run(account, form, int(cursor), limit, now))
    key = idempotency_key or str(uuid4())
    created = create_broadcast(account, form, key, now)
    return Response(202, web.JSON, _shown([created], now)[0])


@app.get("/broadcasts")
def list_broadcasts(limit: web.Limit = 50, cursor: web.Cursor = None) -> web.Page[forms.ShownBroadcast]:
    """List broadcasts, newest first."""
    page, next_cursor = broadcasts.page(web.caller(app), limit=limit, cursor=cursor)
    return web.Page(items=_shown(page, aws_clients.now()), next_cursor=next_cursor)


@app.get("/broadcasts/<broadcast_id>")
def show_broadcast(broadcast_id: BroadcastId) -> forms.Progress:
    """Show a broadcast and its progress: the number of texts by state and of skipped clients by reason."""
    broadcast = broadcast_or_raise(web.caller(app), broadcast_id)
    [texts] = counts.all_now([broadcast], aws_clients.now())
    return forms.shown_progress(broadcast, broadcasts.audience(broadcast), texts)


@app.get("/broadcasts/<broadcast_id>/recipients")
def list_recipients(
    *,
    broadcast_id: BroadcastId,
    not_reached: bool = False,
    limit: web.Limit = 50,
    cursor: web.Cursor = None,
) -> web.Page[forms.Recipient]:
    """List the texts of a broadcast with their states, and then the clients who got none, with the reason.

    With `not_reached`, only the texts that did not arrive, and the clients who got none.
    """
    broadcast = broadcast_or_raise(web.caller(app), broadcast_id)
    texts = counts.look(broadcast, aws_clients.now()) if not_reached else None
    entries, next_cursor = recipients.page(broadcast, cursor, limit, unreached_of=texts)
    return web.Page(items=list(map(forms.shown_recipient, entries)), next_cursor=next_cursor)


@app.post("/broadcasts/<broadcast_id>/calls", responses=web.responses({200: forms.CallsMade}))
def make_calls(broadcast_id: BroadcastId) -> forms.CallsMade:
    """Make a call task, listed by GET /calls, for each client whom a broadcast did not reach, once.

    Clients who opted out or allow no texts get none. Clients without a number for texts do.
    """
    account, now = accounts.get_or_raise(web.caller(app)), aws_clients.now()
    broadcast = broadcast_or_raise(account.id, broadcast_id)
    left = follow_up.calls_to_make(broadcast, now).others
    return forms.CallsMade(made=follow_up.make_calls(account, broadcast, None, now), left=left)


@app.get("/broadcasts/<broadcast_id>/replies")
def list_replies(
    broadcast_id: BroadcastId,
    limit: web.Limit = 50,
    cursor: Annotated[str, Query(pattern=r"^[0-9]{1,12}$")] = "0",
) -> web.Page[forms.BroadcastReply]:
    """List the replies to a broadcast's texts, oldest first: those among the next 15,000 of the inbox."""
    account, now = accounts.get_or_raise(web.caller(app)), aws_clients.now()
    broadcast = broadcast_or_raise(account.id, broadcast_id)
    after = max(int(cursor), broadcast.replies_after)
    found, more = replies.to_broadcast(account.id, broadcast.id, after, limit)
    return web.Page(
        items=[forms.shown_reply(hide_old_body(reply, account.retention_days, now)) for _, reply in found],
        next_cursor=str(more) if more else None,
    )


@app.delete("/broadcasts/<broadcast_id>", responses=web.responses({204: None}))
def cancel_broadcast(broadcast_id: BroadcastId) -> Response[str]:
    """Cancel a broadcast's unsent texts and release their units. One whose texts have all gone is refused."""
    cancel(web.caller(app), broadcast_id, aws_clients.now())
    return Response(204, body="")


@app.put("/broadcasts/<broadcast_id>/paused", responses=web.responses({204: None}))
def pause_broadcast(broadcast_id: BroadcastId) -> Response[str]:
    """Pause a broadcast: none of its texts are sent until it is resumed. One whose texts have all gone is refused."""
    pause(web.caller(app), broadcast_id)
    return Response(204, body="")


@app.delete("/broadcasts/<broadcast_id>/paused", responses=web.responses({204: None}))
def resume_broadcast(broadcast_id: BroadcastId) -> Response[str]:
    """Resume a paused broadcast. A text that is too old by then is not sent; its state shows that."""
    resume(web.caller(app), broadcast_id, aws_clients.now())
    return Response(204, body="")


def _shown(some: Sequence[Broadcast], now: datetime) -> list[forms.ShownBroadcast]:
    unsettled = [broadcast for broadcast in some if may_have_unsent_texts(broadcast, now)]
    texts = dict(zip((one.id for one in unsettled), counts.all_now(unsettled, now), strict=True))
    return [forms.shown_broadcast(broadcast, texts.get(broadcast.id, counts.Counts())) for broadcast in some]


def id_of_request(account_id: str, idempotency_key: str) -> str:
    """Return the id of the broadcast that a request with a key creates."""
    return f"b{compose.request_id(account_id, idempotency_key)}"


def create_broadcast(
    account_id: str, form: forms.NewBroadcast, idempotency_key: str, now: datetime, by: str | None = None
) -> Broadcast:
    """Write a broadcast and enqueue its first step; the same key with the same body returns the same broadcast.

    `by` is the name of the person who made it in the hub.
    """
    broadcast_id = id_of_request(account_id, idempotency_key)
    # Whether a repetition is refused changes nothing about the broadcast.
    fingerprint = compose.fingerprint(form.model_dump(exclude_defaults=True, exclude={"refuse_repeat"}))
    earlier = broadcasts.get(account_id, broadcast_id)
    if earlier:
        return _repeated(earlier, fingerprint)
    account = accounts.get_or_raise(account_id)
    check_may_send(account)
    broadcast = replace(_new_broadcast(account, form, broadcast_id, fingerprint, now), by=by)
    audience = _audience(account_id, form.audience, now)
    planning.check_not_empty(planning.all_clients(account_id, audience))
    if form.refuse_repeat and (refusal := repeats.refusal(broadcast, audience, now)):
        raise refusal
    try:
        broadcasts.create(broadcast, audience)
    except broadcasts.AlreadyCreated as created:
        return _repeated(created.first, fingerprint)
    if broadcast.state is BroadcastState.PLANNING:
        broadcasts.enqueue_step(broadcast)
    return broadcast


def _repeated(first: Broadcast, fingerprint: str) -> Broadcast:
    compose.check_repeated(first.fingerprint, fingerprint)
    return first


def dry_run(account_id: str, form: forms.NewBroadcast, start: int, limit: int, now: datetime) -> forms.DryRun:
    """Return what a broadcast would do for every client and phone: a page of items from `start`. Write nothing."""
    account = accounts.get_or_raise(account_id)
    broadcast = _new_broadcast(account, form, "dry-run", "", now)
    at = broadcast.send_at or now
    content = planning.content_at(account, broadcast, at)
    audience = _audience(account_id, form.audience, now)
    entries = planning.read_audience(account_id, audience)
    outcomes = list(planning.decide_outcomes(content, entries, {}))
    needed = sum(outcome.units for outcome in outcomes)
    headroom = planning.read_headroom(account, at)
    budget = planning.units_to_reserve(form.limit, needed, headroom.left)
    repeated = repeats.refusal(broadcast, audience, now) if form.refuse_repeat else None
    refusal: RequestError | None = send_refusal(account) or repeated
    if refusal is None and needed and budget == 0:
        refusal = planning.limit_refusal(headroom, needed, now)
    if budget is not None and budget < needed:
        outcomes = list(planning.decide_outcomes(content, entries, {}, budget))
    outcomes = _with_holds(account, entries, outcomes, at)
    end = start + limit
    return forms.DryRun(
        items=[forms.shown_outcome(outcome) for outcome in outcomes[start:end]],
        next_cursor=str(end) if end < len(outcomes) else None,
        totals=_totals(len(entries), needed, outcomes, headroom),
        code=refusal.code if refusal else None,
        reason=refusal.detail if refusal else None,
    )


def _audience(account_id: str, form: forms.AudienceForm, now: datetime) -> Audience:
    audience = forms.audience_of_form(form)
    if form.not_reached_by is None:
        return audience
    try:
        earlier = broadcast_or_raise(account_id, form.not_reached_by)
    except NotFound as error:
        error.field = "audience.not_reached_by"
        raise
    return follow_up.audience_again(audience, earlier, now)


def _with_holds(
    account: Account, entries: Sequence[ClientEntry], outcomes: Sequence[Outcome], at: datetime
) -> list[Outcome]:
    """Return the outcomes, each text with the time until which quiet hours would hold it."""
    records = {entry.id: entry.client for entry in entries}

    def held_until(outcome: Outcome) -> datetime | None:
        client = records[outcome.client_id]
        if client is None or outcome.phone is None or not outcome.has_text:
            return None
        return timing.held_until(outcome.phone, account, client, at)

    return [replace(outcome, held_until=held_until(outcome)) for outcome in outcomes]


def _totals(clients: int, needed: int, outcomes: Sequence[Outcome], headroom: planning.Headroom) -> forms.Totals:
    units = sum(outcome.units for outcome in outcomes)
    used = quotas.of_month(headroom.limits.account, headroom.limits.month).units
    return forms.Totals(
        clients=clients,
        needed_units=needed,
        texts=sum(outcome.has_text for outcome in outcomes),
        units=units,
        segments=sum(outcome.segments for outcome in outcomes),
        held=sum(bool(outcome.held_until or outcome.held) for outcome in outcomes),
        skipped=add_counts({}, (outcome.code for outcome in outcomes if outcome.code)),
        price_micros=plans.price_of(units, headroom.plan, used),
    )


def _new_broadcast(
    account: Account, form: forms.NewBroadcast, broadcast_id: str, fingerprint: str, now: datetime
) -> Broadcast:
    """Return the broadcast that a form describes; raise `RequestError` for its text, values or time."""
    send_at = compose.check_time(form.send_at, now)
    template = _template(account, form.template) if form.template else None
    body = template.body if template else form.body or ""
    check_text(body, form.values, own_merge_fields(account), "template" if form.template else "body")
    return Broadcast(
        account=account.id,
        id=broadcast_id,
        state=BroadcastState.SCHEDULED if send_at else BroadcastState.PLANNING,
        created_at=now,
        fingerprint=fingerprint,
        seed=uuid4().hex,
        step=0,
        body=body,
        template=template.name if template else None,
        subject=template.subject or None if template else None,
        values=form.values,
        limit=form.limit,
        again_of=form.audience.not_reached_by,
        send_at=send_at,
        due_at=send_at or now + SWEEP_AFTER,
    )


def _template(account: Account, name: str) -> Template:
    template = template_store.get_template(account.id, name)
    if template is None:
        raise NotFound(f"There is no template {name!r}.", field="template")
    return template


def check_text(body: str, values: Mapping[str, str], own: Collection[str], field: str = "body") -> None:
    """Check the values, the merge fields and the fixed part of a text; raise `RequestError` if one is wrong.

    `own` are the merge fields of the studio's own fields.
    """
    check_values(values, own)
    check(body, own)
    fixed = without_fields(body)
    # A body of merge fields alone is not empty: they are filled for each client.
    if fixed == body or len(fixed) > segments.MAX_CHARACTERS:
        compose.check_length(fixed, field)


def broadcast_or_raise(account: str, broadcast_id: str) -> Broadcast:
    """Read a broadcast; raise `NotFound` if there is none."""
    broadcast = broadcasts.get(account, broadcast_id)
    if broadcast is None:
        raise NotFound(f"There is no broadcast {broadcast_id!r}.")
    return broadcast


def pause(account: str, broadcast_id: str, by: str | None = None) -> None:
    """Pause a broadcast; raise `NotFound` or `TooLate`."""
    broadcast = broadcast_or_raise(account, broadcast_id)
    if not broadcast.paused:
        _check_active(broadcast)
    if not broadcasts.pause(broadcast, by):
        _check_active(broadcast_or_raise(account, broadcast_id))


def resume(account: str, broadcast_id: str, now: datetime) -> None:
    """Resume a broadcast; do nothing if it is not paused. Raise `NotFound`, or why the account may not send."""
    broadcast_or_raise(account, broadcast_id)
    check_may_send(accounts.get_or_raise(account))
    while (broadcast := broadcast_or_raise(account, broadcast_id)).paused:
        if resumed := broadcasts.resume(broadcast, now):
            broadcasts.enqueue_step(resumed)
            return


def cancel(account: str, broadcast_id: str, now: datetime, by: str | None = None) -> None:
    """Cancel a broadcast and its unsent texts; raise `NotFound` or `TooLate`."""
    while (broadcast := broadcast_or_raise(account, broadcast_id)).state is not BroadcastState.CANCELLED:
        _check_active(broadcast)
        if cancelled := broadcasts.cancel(broadcast, now, by):
            broadcasts.enqueue_step(cancelled)
            return


def _check_active(broadcast: Broadcast) -> None:
    is_over = broadcast.state is BroadcastState.DONE and not broadcasts.has_unsent_texts(broadcast)
    if is_over or not broadcast_may_become(broadcast.state, BroadcastState.CANCELLED):
        raise TooLate(f"The broadcast is {broadcast.state}: there is nothing left to send.", field="id")


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
