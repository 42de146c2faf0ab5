"""Taking a broadcast in: checked as a whole, written once for its Idempotency-Key; or tried dry."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from longcode import outgoing, plans, segments, template
from longcode.account import Account, check_may_send, why_silent
from longcode.broadcast import Broadcast, State, added
from longcode.errors import EmptyAudience, NotFound
from longcode.outcome import Outcome
from longcode.patience import HEALED_AFTER
from longcode.table import accounts, broadcasts, templates, usage
from longcode.table.clients import Seen
from send import broadcast_shown, deciding, orders, planning, steps, timing


def take(account_id: str, form: orders.NewBroadcast, idempotency_key: str, now: datetime) -> Broadcast:
    """Write a broadcast and enqueue its first step; the same key with the same body gives the same broadcast."""
    broadcast_id = f"b{outgoing.request_id(account_id, idempotency_key)}"
    fingerprint = outgoing.fingerprint(form.model_dump(exclude_defaults=True))
    earlier = broadcasts.get(account_id, broadcast_id)
    if earlier:
        return _again(earlier, fingerprint)
    account = accounts.need(account_id)
    check_may_send(account)
    made = make(account, form, broadcast_id, fingerprint, now)
    if not any(one.is_there for one in deciding.everyone(account_id, orders.audience(form.audience))):
        raise EmptyAudience("No client is in this audience.", field="audience")
    try:
        broadcasts.create(made, orders.audience(form.audience))
    except broadcasts.AlreadyThere as before:
        return _again(before.first, fingerprint)
    if made.state is State.PLANNING:
        steps.enqueue(made)
    return made


def make(
    account: Account, form: orders.NewBroadcast, broadcast_id: str, fingerprint: str, now: datetime
) -> Broadcast:
    """Make a broadcast of a form; raises what is wrong with its words or its time."""
    send_at = outgoing.check_time(form.send_at, now)
    used = _template(account, form.template) if form.template else None
    return Broadcast(
        account=account.id,
        id=broadcast_id,
        state=State.SCHEDULED if send_at else State.PLANNING,
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


def try_dry(
    account_id: str, form: orders.NewBroadcast, start: int, limit: int, now: datetime
) -> broadcast_shown.DryRun:
    """Tell for every client and phone what a broadcast would do, and do nothing; items from a place on."""
    account = accounts.need(account_id)
    made = make(account, form, "dry-run", "", now)
    at = made.send_at or now
    words = deciding.wording(account, made, at)
    seen = planning.look(account_id, orders.audience(form.audience))
    outcomes = list(deciding.decide(words, seen, {}))
    needed = sum(one.units for one in outcomes)
    room = planning.room(account, at)
    budget = planning.fitting(form.limit, needed, room.left)
    refusal = why_silent(account) or (planning.reached(room, needed, now) if needed and budget == 0 else None)
    if budget is not None and budget < needed:
        outcomes = list(deciding.decide(words, seen, {}, budget))
    outcomes = _held(account, seen, outcomes, at)
    end = start + limit
    return broadcast_shown.DryRun(
        items=[broadcast_shown.would_get(one) for one in outcomes[start:end]],
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


def _totals(clients: int, needed: int, outcomes: Sequence[Outcome], room: planning.Room) -> broadcast_shown.Totals:
    units = sum(one.units for one in outcomes)
    used = usage.of_month(room.limits.account, room.limits.month).units
    return broadcast_shown.Totals(
        clients=clients,
        needed_units=needed,
        texts=sum(one.goes for one in outcomes),
        units=units,
        segments=sum(one.segments for one in outcomes),
        held=sum(bool(one.held_until or one.held) for one in outcomes),
        skipped=added({}, (one.code for one in outcomes if one.code)),
        price_micros=plans.price_of(units, room.plan, used),
    )


def _again(first: Broadcast, fingerprint: str) -> Broadcast:
    outgoing.check_repeated(first.fingerprint, fingerprint)
    return first


def _template(account: Account, name: str) -> template.Template:
    found = templates.get(account.id, name)
    if found is None:
        raise NotFound(f"There is no template {name!r}.", field="template")
    return found


def _words(words: str, form: orders.NewBroadcast) -> str:
    """Check what can be checked before it is merged for anybody; raises `BadTemplate` or what `check_length` does."""
    template.check_values(form.values)
    template.check(words)
    said = template.without_fields(words)
    if said == words or len(said) > segments.MAX_CHARACTERS:
        outgoing.check_length(said, "template" if form.template else "body")
    return words
