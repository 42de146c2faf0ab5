"""POST /messages: take a text to a client's phones or to one number; its preview; DELETE to cancel it."""

from dataclasses import asdict, replace
from datetime import datetime
from typing import Annotated, Any
from uuid import uuid4

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path
from pydantic import BaseModel

from longcode import limits, outgoing, plans, recipients, retention, segments
from longcode.account import Account
from longcode.aws import clock, web
from longcode.aws.telemetry import logger
from longcode.errors import NotFound, RequestError, TooLate
from longcode.message import Kind, Message, State, may_become
from longcode.table import allowances, clients, messages, usage
from send import acceptance, choosing, requests

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
    send_at: datetime | None


class Accepted(BaseModel):
    """The messages that will go, one for each phone, and the phones that get none."""

    messages: list[AcceptedMessage]
    skipped: list[recipients.Skipped]


class Preview(BaseModel):
    """What would be sent to whom, how long it is and what it costs beyond the plan; or why it may not be sent."""

    may_be_sent: bool
    code: str | None = None
    reason: str | None = None
    subject: str | None = None
    text: str | None = None
    encoding: str | None = None
    forcing_ucs2: tuple[str, ...] = ()
    segments: int = 0
    units: int = 0
    phones: tuple[str, ...] = ()
    skipped: tuple[recipients.Skipped, ...] = ()
    held: tuple[recipients.Skipped, ...] = ()
    price_micros: int = 0


@app.post("/messages", responses=web.told({202: Accepted}))
def post_message(form: requests.NewMessage, idempotency_key: web.IdempotencyKey = None) -> Response[Accepted]:
    """Accept a text; the same Idempotency-Key with the same body gives the same answer."""
    key = str(uuid4()) if idempotency_key is None else idempotency_key
    return Response(202, "application/json", accept(web.caller(app), form, key, clock.now()))


@app.post("/messages/preview")
def preview_message(form: requests.NewMessage) -> Preview:
    """Show what a request would do, and do nothing."""
    return preview(web.caller(app), form, clock.now())


@app.delete("/messages/<message_id>", responses=web.told({204: None}))
def cancel_message(message_id: Annotated[str, Path(max_length=100)]) -> Response[str]:
    """Cancel a text that has not gone yet; its units are free again."""
    cancel(web.caller(app), message_id, clock.now())
    return Response(204, body="")


def accept(account_id: str, form: requests.NewMessage, idempotency_key: str, now: datetime) -> Accepted:
    """Check and accept the texts of one request: all of them or none, and once."""
    try:
        return _accept(account_id, form, idempotency_key, now, create=True)
    except messages.Overtaken:  # somebody has the phone by now, or what would be the new client's id
        return _accept(account_id, form, idempotency_key, now, create=False)


def _accept(
    account_id: str, form: requests.NewMessage, idempotency_key: str, now: datetime, *, create: bool
) -> Accepted:
    request_id = outgoing.request_id(account_id, idempotency_key)
    fingerprint = outgoing.fingerprint(form.model_dump(exclude_defaults=True))
    known = requests.look_up(account_id, form, request_id)
    if known.earlier:
        return _again(known.earlier, request_id, fingerprint, known.account, now)
    checked = requests.check(form, known, now, create=create)
    new = checked.new_client
    drafts = [replace(draft, fingerprint=fingerprint) for draft in _drafts(checked, request_id, now)]
    try:
        chosen = choosing.over(checked.account, drafts)
        made = acceptance.write(checked.account, chosen, now, clients.creating(new, known.last_put) if new else ())
    except messages.AlreadyAccepted as before:
        return _again(before.first, request_id, fingerprint, known.account, now)
    if new:
        clients.hear_stops(new)
    return _accepted(made)


def preview(account_id: str, form: requests.NewMessage, now: datetime) -> Preview:
    """Make the checks of `accept` and measure the text."""
    try:
        checked = requests.check(form, requests.look_up(account_id, form, "preview"), now, create=False)
    except RequestError as refusal:
        return Preview(may_be_sent=False, code=refusal.code, reason=refusal.detail)
    at = checked.send_at or now
    plan = acceptance.plan_at(checked.account, at)
    held = limits.of(checked.account, plan, at)
    measures = [segments.measure(text) for text in checked.texts.values()]
    units = sum(measure.units for measure in measures)
    used = usage.of_month(account_id, held.month).units
    reserved = allowances.reserved(held)
    reached = held.reached(reserved, units)
    limit = acceptance.limit_reached(reserved, units, held, plan, now) if reached else None
    return Preview(
        may_be_sent=limit is None,
        code=limit.code if limit else None,
        reason=limit.detail if limit else None,
        subject=checked.template.subject or None if checked.template else None,
        text=checked.texts[checked.to.phones[0]],
        encoding=measures[0].encoding,
        forcing_ucs2=measures[0].forcing,
        segments=measures[0].segments,
        units=measures[0].units,
        phones=checked.to.phones,
        skipped=checked.to.skipped,
        held=checked.to.held,
        price_micros=0 if limit else plans.price_of(units, plan, used),
    )


def cancel(account_id: str, message_id: str, now: datetime) -> None:
    """End a text before a worker claims it; raises `NotFound` or `TooLate`."""
    while message := messages.get(account_id, message_id):
        if message.state is State.CANCELLED:
            return
        if not may_become(message.state, State.CANCELLED):
            raise TooLate(f"The message is {message.state}: it cannot be cancelled any more.", field="id")
        if messages.settle(message, State.CANCELLED, finished_at=now):
            return
    raise NotFound(f"There is no message {message_id!r}.")


def _drafts(checked: requests.Checked, request_id: str, now: datetime) -> list[Message]:
    drafts = [
        outgoing.draft(
            account=checked.account.id,
            message_id=f"{request_id}-{index}",
            kind=Kind.INDIVIDUAL,
            phone=phone,
            body=checked.texts[phone],
            now=now,
            send_at=checked.send_at,
        )
        for index, phone in enumerate(checked.to.phones)
    ]
    shared: dict[str, Any] = {"client_id": checked.to.client_id, "of": len(drafts)}
    shared["skipped"] = tuple((one.phone, one.code) for one in checked.to.skipped)
    if checked.template:
        shared |= {"template": checked.template.name, "subject": checked.template.subject or None}
    return [replace(draft, **shared) for draft in drafts]


def _again(first: Message, request_id: str, fingerprint: str, account: Account | None, now: datetime) -> Accepted:
    outgoing.check_repeated(first.fingerprint, fingerprint)
    made = [first] if first.of == 1 else messages.of_request(first.account, request_id)
    days = account.retention_days if account else None
    return _accepted([retention.hide(one, days, now) for one in made])


def _accepted(made: list[Message]) -> Accepted:
    return Accepted(
        messages=[AcceptedMessage.model_validate(asdict(one)) for one in made],
        skipped=[recipients.skipped(phone, code) for phone, code in made[0].skipped],
    )


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
