"""POST /messages: accept a text to a client's phones or to one number; and its preview."""

from dataclasses import asdict, replace
from datetime import datetime
from typing import Annotated, Any
from uuid import uuid4

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel

from longcode import jobs, outgoing, plans, recipients, segments
from longcode.account import Account, allowance_period
from longcode.aws import clock, queues, web
from longcode.aws.settings import plan_list, settings
from longcode.aws.telemetry import logger
from longcode.errors import IdempotencyConflict, PlanLimitReached, RequestError
from longcode.message import Kind, Message
from longcode.months import following, month_of
from longcode.table import messages, usage
from send import requests

IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key", max_length=255, pattern=r"\S")]

app = web.resolver()


class AcceptedMessage(BaseModel):
    """A text that will go; GET /messages/{id} tells how far it is."""

    id: str
    phone: str
    number: str
    client_id: str | None
    template: str | None
    body: str
    encoding: str
    units: int
    segments: int
    created_at: datetime


class Accepted(BaseModel):
    """The messages that will go, one for each phone, and the phones that get none."""

    messages: list[AcceptedMessage]
    skipped: list[recipients.Skipped]


class Preview(BaseModel):
    """What would be sent to whom, how long it is and what it costs beyond the plan; or why it may not be sent."""

    may_be_sent: bool
    code: str | None = None
    reason: str | None = None
    text: str | None = None
    encoding: str | None = None
    forcing_ucs2: tuple[str, ...] = ()
    segments: int = 0
    units: int = 0
    phones: tuple[str, ...] = ()
    skipped: tuple[recipients.Skipped, ...] = ()
    price_micros: int = 0


@app.post("/messages", responses=web.told({202: Accepted}))
def post_message(form: requests.NewMessage, idempotency_key: IdempotencyKey = None) -> Response[Accepted]:
    """Accept a text; the same Idempotency-Key with the same body gives the same answer."""
    key = str(uuid4()) if idempotency_key is None else idempotency_key
    return Response(202, "application/json", accept(web.caller(app), form, key, clock.now()))


@app.post("/messages/preview")
def preview_message(form: requests.NewMessage) -> Preview:
    """Show what a request would do, and do nothing."""
    return preview(web.caller(app), form, clock.now())


def accept(account_id: str, form: requests.NewMessage, idempotency_key: str, now: datetime) -> Accepted:
    """Check, write and enqueue the texts of one request: all of them or none, and once."""
    request_id = outgoing.request_id(account_id, idempotency_key)
    fingerprint = outgoing.fingerprint(form.model_dump(exclude_defaults=True))
    known = requests.look_up(account_id, form, request_id)
    if known.earlier:
        return _again(known.earlier, request_id, fingerprint)
    checked = requests.check(form, known)
    plan = _plan(checked.account, now)
    limited = plan.past_limit is plans.PastLimit.STOP
    period = allowance_period(checked.account, month_of(now)) if limited else None
    drafts = [
        replace(draft, fingerprint=fingerprint, reserved_in=period) for draft in _drafts(checked, request_id, now)
    ]
    try:
        _write(drafts, plan, period, now)
    except messages.AlreadyAccepted as before:
        if before.first != drafts[0]:  # else it is our own write, which the SDK repeated
            return _again(before.first, request_id, fingerprint)
    _enqueue(drafts)
    return _accepted(drafts)


def preview(account_id: str, form: requests.NewMessage, now: datetime) -> Preview:
    """Make the checks of `accept` and measure the text."""
    try:
        checked = requests.check(form, requests.look_up(account_id, form, "preview"))
    except RequestError as refusal:
        return Preview(may_be_sent=False, code=refusal.code, reason=refusal.detail)
    measure = segments.measure(checked.text)
    plan = _plan(checked.account, now)
    units = measure.units * len(checked.to.phones)
    stops = plan.past_limit is plans.PastLimit.STOP
    used = usage.of_month(account_id, month_of(now))
    counted = used.units_sent if stops else used.units  # a limit is of sent texts; the price counts replies too
    beyond = max(0, min(units, counted + units - plan.included_units))
    limit = _limit_reached(plan, now) if beyond and stops else None
    return Preview(
        may_be_sent=limit is None,
        code=limit.code if limit else None,
        reason=limit.detail if limit else None,
        text=checked.text,
        encoding=measure.encoding,
        forcing_ucs2=measure.forcing,
        segments=measure.segments,
        units=measure.units,
        phones=checked.to.phones,
        skipped=checked.to.skipped,
        price_micros=0 if limit else beyond * plan.unit_price_micros,
    )


def _drafts(checked: requests.Checked, request_id: str, now: datetime) -> list[Message]:
    drafts = [
        outgoing.draft(
            account=checked.account.id,
            message_id=f"{request_id}-{index}",
            kind=Kind.INDIVIDUAL,
            phone=phone,
            number=settings().shared_number,
            body=checked.text,
            now=now,
        )
        for index, phone in enumerate(checked.to.phones)
    ]
    shared: dict[str, Any] = {"client_id": checked.to.client_id, "of": len(drafts)}
    shared["skipped"] = tuple(one.phone for one in checked.to.skipped)
    if checked.template:
        shared |= {"template": checked.template.name, "subject": checked.template.subject or None}
    return [replace(draft, **shared) for draft in drafts]


def _write(drafts: list[Message], plan: plans.Plan, period: str | None, now: datetime) -> None:
    if period is None:
        messages.accept(drafts)
        return
    account, units = drafts[0].account, sum(draft.units for draft in drafts)
    reservation = usage.reserving(account, period, units, plan.included_units)
    try:
        messages.accept(drafts, reservation)
    except messages.NoAllowance as refused:
        if refused.started:
            raise _limit_reached(plan, now) from None
        usage.start_allowance(account, period, month_of(now))
        _write(drafts, plan, period, now)


def _enqueue(drafts: list[Message]) -> None:
    sends = [jobs.Send(account=draft.account, message_id=draft.id) for draft in drafts]
    try:
        queues.put(settings().send_queue_url, sends, group=drafts[0].account)
    except (queues.NotHandedOver, BotoCoreError, ClientError):
        logger.exception("not enqueued: the sweeper will", extra={"message_id": drafts[0].id})


def _again(first: Message, request_id: str, fingerprint: str) -> Accepted:
    if first.fingerprint != fingerprint:
        raise IdempotencyConflict("This Idempotency-Key came before with another body.", field="Idempotency-Key")
    return _accepted([first] if first.of == 1 else messages.of_request(first.account, request_id))


def _accepted(made: list[Message]) -> Accepted:
    return Accepted(
        messages=[AcceptedMessage.model_validate(asdict(one)) for one in made],
        skipped=list(recipients.skipped(made[0].skipped)),
    )


def _plan(account: Account, now: datetime) -> plans.Plan:
    name = plans.in_month(month_of(now), account.plan_changes)
    return plan_list()[name or account.plan_changes[0].plan]


def _limit_reached(plan: plans.Plan, now: datetime) -> PlanLimitReached:
    bigger = [one.title for one in plan_list().values() if one.included_units > plan.included_units]
    advice = f" A bigger plan, such as {bigger[0]}, takes effect at once." if bigger else ""
    month = following(month_of(now))
    used_up = f"The {plan.included_units:,} units of the plan {plan.title} are used up until {month}."
    return PlanLimitReached(used_up + advice)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
