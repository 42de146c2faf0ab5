"""POST /messages: take a text to a client's phones or to one number; its preview; DELETE to cancel it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Annotated, Any
from uuid import uuid4

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path
from pydantic import BaseModel, Field, model_validator

from longcode import segments, windows
from longcode.accounts import store as accounts
from longcode.accounts.account import Account, check_may_send, countries
from longcode.aws import clients
from longcode.aws.settings import settings
from longcode.aws.telemetry import logger
from longcode.clients import store as client_store
from longcode.clients.client import Client, client_merge_values, client_of_number
from longcode.errors import BadPhone, NotFound, RequestError, TooLate
from longcode.message import Message, MessageKind, MessageState, may_become
from longcode.messages import accept as messages_accept
from longcode.messages import compose, sending, spelling
from longcode.messages import store as messages
from longcode.numbers import choose as choose_number
from longcode.numbers.routing import our_numbers
from longcode.optouts import store as optouts
from longcode.phone import to_e164
from longcode.plans import plans
from longcode.template import Template, check_values, fields, render
from longcode.usage import store as quotas
from longcode.usage.usage import limits_at
from longcode.web import resolver as web

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
    skipped: list[compose.Skipped]


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
    skipped: tuple[compose.Skipped, ...] = ()
    held: tuple[compose.Skipped, ...] = ()
    price_micros: int = 0


class NewMessage(web.Body):
    """One text to all ticked phones of a client, to one of them, or to a number."""

    client_id: Annotated[str | None, Field(min_length=1, max_length=100)] = None
    to: Annotated[str | None, Field(min_length=1, max_length=40)] = None
    body: Annotated[str | None, Field(max_length=20_000)] = None
    template: Annotated[str | None, Field(min_length=1, max_length=100)] = None
    values: Annotated[dict[str, Annotated[str, Field(max_length=200)]], Field(max_length=20)] = {}
    send_at: web.Instant | None = None

    @model_validator(mode="after")
    def has_a_text_and_somebody_to_send_it_to(self) -> "NewMessage":
        """Refuse a text to nobody, one without words, and two in one."""
        if self.client_id is None and self.to is None:
            raise ValueError("say client_id or to")
        if (self.body is None) == (self.template is None):
            raise ValueError("say either body or template")
        return self


@app.post("/messages", responses=web.responses({202: Accepted}))
def post_message(form: NewMessage, idempotency_key: web.IdempotencyKey = None) -> Response[Accepted]:
    """Accept a text; the same Idempotency-Key with the same body gives the same answer."""
    key = str(uuid4()) if idempotency_key is None else idempotency_key
    return Response(202, "application/json", accept(web.caller(app), form, key, clients.now()))


@app.post("/messages/preview")
def preview_message(form: NewMessage) -> Preview:
    """Show what a request would do, and do nothing."""
    return preview(web.caller(app), form, clients.now())


@app.delete("/messages/<message_id>", responses=web.responses({204: None}))
def cancel_message(message_id: Annotated[str, Path(max_length=100)]) -> Response[str]:
    """Cancel a text that has not gone yet; its units are free again."""
    cancel(web.caller(app), message_id, clients.now())
    return Response(204, body="")


def accept(account_id: str, form: NewMessage, idempotency_key: str, now: datetime) -> Accepted:
    """Check and accept the texts of one request: all of them or none, and once."""
    try:
        return _accept(account_id, form, idempotency_key, now, create=True)
    except messages.RequestOvertaken:  # somebody has the phone by now, or what would be the new client's id
        return _accept(account_id, form, idempotency_key, now, create=False)


def _accept(account_id: str, form: NewMessage, idempotency_key: str, now: datetime, *, create: bool) -> Accepted:
    request_id = compose.request_id(account_id, idempotency_key)
    fingerprint = compose.fingerprint(form.model_dump(exclude_defaults=True))
    known = look_up(account_id, form, request_id)
    if known.earlier:
        return _again(known.earlier, request_id, fingerprint, known.account, now)
    checked = check(form, known, now, create=create)
    new = checked.new_client
    drafts = [replace(draft, fingerprint=fingerprint) for draft in _drafts(checked, request_id, now)]
    try:
        chosen = choose_number.with_numbers(checked.account, drafts)
        made = messages_accept.write(
            checked.account, chosen, now, client_store.creating(new, known.last_put) if new else ()
        )
    except messages.AlreadyAccepted as before:
        return _again(before.first, request_id, fingerprint, known.account, now)
    if new:
        client_store.hear_stops(new)
    return _accepted(made)


def preview(account_id: str, form: NewMessage, now: datetime) -> Preview:
    """Make the checks of `accept` and measure the text."""
    try:
        checked = check(form, look_up(account_id, form, "preview"), now, create=False)
    except RequestError as refusal:
        return Preview(may_be_sent=False, code=refusal.code, reason=refusal.detail)
    at = checked.send_at or now
    plan = messages_accept.plan_at(checked.account, at)
    held = limits_at(checked.account, plan, at)
    measures = [segments.measure(text) for text in checked.texts.values()]
    units = sum(measure.units for measure in measures)
    used = quotas.of_month(account_id, held.month).units
    reserved = quotas.reserved(held)
    reached = held.reached(reserved, units)
    limit = messages_accept.limit_reached(reserved, units, held, plan, now) if reached else None
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
        if message.state is MessageState.CANCELLED:
            return
        if not may_become(message.state, MessageState.CANCELLED):
            raise TooLate(f"The message is {message.state}: it cannot be cancelled any more.", field="id")
        if messages.settle(message, MessageState.CANCELLED, finished_at=now):
            return
    raise NotFound(f"There is no message {message_id!r}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A request that may be sent: to whom, and what it says to each phone; `new_client` comes into being with it."""

    account: Account
    template: Template | None
    texts: Mapping[str, str]
    to: compose.Recipients
    send_at: datetime | None
    new_client: Client | None


def _drafts(checked: Checked, request_id: str, now: datetime) -> list[Message]:
    drafts = [
        compose.draft(
            account=checked.account.id,
            message_id=f"{request_id}-{index}",
            kind=MessageKind.INDIVIDUAL,
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
    compose.check_repeated(first.fingerprint, fingerprint)
    made = [first] if first.of == 1 else messages.of_request(first.account, request_id)
    days = account.retention_days if account else None
    return _accepted([windows.hide_old_body(one, days, now) for one in made])


def _accepted(made: list[Message]) -> Accepted:
    return Accepted(
        messages=[AcceptedMessage.model_validate(asdict(one)) for one in made],
        skipped=[compose.skipped_phone(phone, code) for phone, code in made[0].skipped],
    )


def look_up(account_id: str, form: NewMessage, request_id: str) -> sending.RequestFacts:
    """Read what a request names. Only a number in its domestic form takes a call more, for the country code."""
    return sending.look_up(
        account_id,
        client_id=form.client_id,
        template=form.template,
        phone=_number(account_id, form.to) if form.to else None,
        request_id=request_id,
    )


def check(form: NewMessage, known: sending.RequestFacts, now: datetime, *, create: bool) -> Checked:
    """Check a request against what it names; raises why it may not be sent.

    With `create`, a number that is nobody's becomes a client's, if the account wants that.
    """
    if known.account is None:
        raise NotFound("There is no such account.")
    check_may_send(known.account)
    if known.phone in our_numbers(known.account, settings().shared_numbers):
        raise BadPhone("This is a number that texts come from.", field="to")
    send_at = compose.check_time(form.send_at, now)
    to = _recipients(form, known, known.account)
    words = _words(form, known, known.account, to)
    texts = spelling.texts(words, known.account, to.phones, now, field="template" if form.template else "body")
    new = _new_client(form, known, known.account, now) if create else None
    if new:
        to = replace(to, client_id=new.id)
    return Checked(
        account=known.account, template=known.template, texts=texts, to=to, send_at=send_at, new_client=new
    )


def _number(account_id: str, entered: str) -> str:

    known = entered.lstrip().startswith("+")
    account = None if known else accounts.get(account_id)
    try:
        number = to_e164(entered, account.country_code if account else "1")
    except RequestError as error:
        error.field = "to"
        raise
    return number


def _recipients(form: NewMessage, known: sending.RequestFacts, account: Account) -> compose.Recipients:
    if form.client_id is None and known.phone:
        to = compose.recipients_of_number(
            known.phone, known.clients_with_phone, blocked=known.blocked, countries=countries(account)
        )
        return compose.held_for_question(to, {known.phone} if known.asked else set())
    if known.client is None:
        raise NotFound(f"There is no client {form.client_id!r}.", field="client_id")
    pairs = [(account.id, phone) for phone in known.client.heard_stop]
    heard = optouts.pair_blocks(pairs, account.number_since)
    blocked = {phone for _, phone in heard.blocked}
    to = compose.recipients_of_client(known.client, known.phone, blocked, countries(account))
    return compose.held_for_question(to, {phone for _, phone in heard.asked})


def _new_client(form: NewMessage, known: sending.RequestFacts, account: Account, now: datetime) -> Client | None:
    if not account.create_clients or form.client_id or form.to is None or known.clients_with_phone:
        return None
    return client_of_number(account.id, known.phone, form.to, now) if known.phone else None


def _words(form: NewMessage, known: sending.RequestFacts, account: Account, to: compose.Recipients) -> str:
    if form.template is not None and known.template is None:
        raise NotFound(f"There is no template {form.template!r}.", field="template")
    check_values(form.values)
    body = known.template.body if known.template else form.body or ""
    client = known.client
    if client is None and to.client_id and fields(body):
        client = client_store.get(account.id, to.client_id)
    return render(body, client_merge_values(account, client) | form.values)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
