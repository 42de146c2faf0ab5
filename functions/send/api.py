"""The messages API: send a text to a client or a number, preview one, cancel one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import uuid4

from longcode.web import account_resolver
from longcode.web import resolver as web
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path
from msgspec import Struct, structs
from pydantic import Field, model_validator

from longcode import segments, windows
from longcode.accounts import store as accounts
from longcode.accounts.account import NO_ACCOUNT, Account, check_may_send, own_merge_fields
from longcode.aws import clients
from longcode.aws.telemetry import logger
from longcode.clients import store as client_store
from longcode.clients.client import Client, client_merge_values, client_of_number, numbers_to_text
from longcode.errors import NotFound, RequestError, TooLate
from longcode.message import Message, MessageKind, MessageState, may_become
from longcode.messages import accept as messages_accept
from longcode.messages import compose, sending
from longcode.messages import store as messages
from longcode.numbers import choose as choose_number
from longcode.phone import to_stored
from longcode.plans import plans
from longcode.template import Template, check_values, fields, render
from longcode.usage import store as quotas
from longcode.usage.usage import limits_at
from longcode.webhooks.tell import end_unsent

app = account_resolver.resolver()


class AcceptedMessage(web.Answer, from_attributes=True):
    """A text that will be sent; GET /messages/{id} shows its state.

    `number` is null for an account without a number of its own: the text gets a shared one when it is sent.
    """

    id: str
    phone: str
    number: web.OurNumber
    client_id: str | None
    template: str | None
    body: str
    encoding: str
    units: int
    segments: int
    created_at: web.Instant
    send_at: web.Instant | None


class Accepted(web.Answer):
    """The messages that will be sent, one for each phone, and the phones that get none."""

    messages: list[AcceptedMessage]
    skipped: list[compose.Skipped]


class Preview(web.Answer):
    """What would be sent to whom, how long it is and what it costs beyond the plan; or why it may not be sent.

    `skipped` are phones without a text, `held` those whose text would wait; `frees_at` is when a limit allows it.
    """

    may_be_sent: bool
    code: str | None = None
    reason: str | None = None
    frees_at: web.Instant | None = None
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
    send_at: web.StoredInstant | None = None

    @model_validator(mode="after")
    def has_a_recipient_and_one_text(self) -> "NewMessage":
        """Raise `ValueError` unless there is a recipient, and either a body or a template."""
        if self.client_id is None and self.to is None:
            raise ValueError("needs client_id or to")
        web.check_one_text(self.body, self.template)
        return self


class Checked(Struct, frozen=True, kw_only=True):
    """A request that may be sent, with the text to each phone. `new_client` is to be created with the messages."""

    account: Account
    template: Template | None
    texts: Mapping[str, str]
    to: compose.Recipients
    send_at: datetime | None
    new_client: Client | None


@app.post("/messages", responses=web.responses({202: Accepted}))
def post_message(form: NewMessage, idempotency_key: web.IdempotencyKey = None) -> Response[Accepted]:
    """Accept a text; the same Idempotency-Key with the same body gets the same response."""
    return Response(202, web.JSON, accept(web.caller(app), form, idempotency_key or str(uuid4()), clients.now()))


@app.post("/messages/preview")
def preview_message(form: NewMessage) -> Preview:
    """Show what a request would do, and do nothing."""
    return preview(web.caller(app), form, clients.now())


@app.delete("/messages/<message_id>", responses=web.responses({204: None}))
def cancel_message(message_id: Annotated[str, Path(max_length=100)]) -> Response[str]:
    """Cancel a text that has not been sent yet, and release its units."""
    cancel(web.caller(app), message_id, clients.now())
    return Response(204, body="")


def accept(account_id: str, form: NewMessage, idempotency_key: str, now: datetime, by: str | None = None) -> Accepted:
    """Check and accept the texts of a request, all or none, and once for each idempotency key.

    `by` is the name of the person who wrote them in the hub.
    """
    try:
        return _accept(account_id, form, idempotency_key, now, by, create=True)
    except messages.RequestOvertaken:  # another client got this phone, or the new client's id, after we read them
        return _accept(account_id, form, idempotency_key, now, by, create=False)


def _accept(
    account_id: str, form: NewMessage, idempotency_key: str, now: datetime, by: str | None, *, create: bool
) -> Accepted:
    request_id = compose.request_id(account_id, idempotency_key)
    fingerprint = compose.fingerprint(form.model_dump(exclude_defaults=True))
    facts = read_facts(account_id, form, request_id, now)
    if facts.earlier:
        return _repeated(facts.earlier, request_id, fingerprint, facts.account, now)
    checked = check(form, facts, now, create=create)
    client = checked.new_client
    drafts = choose_number.with_own_number(checked.account, _drafts(checked, request_id, fingerprint, now, by))
    client_writes = client_store.creation_writes(client, facts.last_put) if client else ()
    try:
        accepted = messages_accept.write(checked.account, drafts, now, client_writes)
    except messages.AlreadyAccepted as before:
        return _repeated(before.first, request_id, fingerprint, facts.account, now)
    if client:
        client_store.mark_opt_outs(client)
    return _response(accepted)


def _drafts(
    checked: Checked, request_id: str, fingerprint: str, now: datetime, by: str | None = None
) -> list[Message]:
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
    shared: dict[str, Any] = {
        "client_id": checked.to.client_id,
        "template": checked.template.name if checked.template else None,
        "subject": checked.template.subject or None if checked.template else None,
        "fingerprint": fingerprint,
        "by": by,
        "of": len(drafts),
        "skipped": tuple((skipped.phone, skipped.code) for skipped in checked.to.skipped),
    }
    return [structs.replace(draft, **shared) for draft in drafts]


def _repeated(first: Message, request_id: str, fingerprint: str, account: Account | None, now: datetime) -> Accepted:
    """Return the response to a request that came before; raise `IdempotencyConflict` if that had another body."""
    compose.check_repeated(first.fingerprint, fingerprint)
    accepted = [first] if first.of == 1 else messages.of_request(first.account, request_id)
    days = account.retention_days if account else None
    return _response([windows.hide_old_body(message, days, now) for message in accepted])


def _response(accepted: list[Message]) -> Accepted:
    return Accepted(
        messages=[AcceptedMessage.model_validate(message) for message in accepted],
        skipped=[compose.skipped_phone(phone, code) for phone, code in accepted[0].skipped],
    )


def preview(account_id: str, form: NewMessage, now: datetime) -> Preview:
    """Make the checks of `accept`, and measure and price the text."""
    try:
        checked = check(form, read_facts(account_id, form, "preview", now), now, create=False)
    except RequestError as refusal:
        return Preview(may_be_sent=False, code=refusal.code, reason=refusal.detail, frees_at=refusal.frees_at)
    at = checked.send_at or now
    plan = messages_accept.plan_at(checked.account, at)
    limits = limits_at(checked.account, plan, at)
    measures = [segments.measure(text) for text in checked.texts.values()]
    units, used = sum(measure.units for measure in measures), quotas.of_month(account_id, limits.month).units
    reserved = quotas.reserved(limits)
    reached = limits.reached(reserved, units)
    at_limit = messages_accept.limit_reached(reserved, units, limits, plan, now) if reached else None
    why: dict[str, Any] = (
        {"code": at_limit.code, "reason": at_limit.detail, "frees_at": at_limit.frees_at} if at_limit else {}
    )
    return Preview(
        may_be_sent=at_limit is None,
        **why,
        subject=checked.template.subject or None if checked.template else None,
        text=checked.texts[checked.to.phones[0]],
        encoding=measures[0].encoding,
        forcing_ucs2=measures[0].forcing,
        segments=measures[0].segments,
        units=measures[0].units,
        phones=checked.to.phones,
        skipped=checked.to.skipped,
        held=_held(checked, now),
        price_micros=0 if at_limit else plans.price_of(units, plan, used),
    )


def _held(checked: Checked, now: datetime) -> tuple[compose.Skipped, ...]:
    """Return the phones whose texts would be held now; of scheduled texts, only those that staff are asked about."""
    if checked.send_at:
        return checked.to.held
    drafts = choose_number.with_own_number(checked.account, _drafts(checked, "preview", "", now))
    checks = sending.send_checks(drafts, now)
    reasons = ((draft.phone, checks.held(draft)) for draft in drafts)
    return tuple(compose.skipped_phone(phone, reason) for phone, reason in reasons if reason)


def cancel(account_id: str, message_id: str, now: datetime, by: str | None = None) -> None:
    """Cancel a text that no worker has claimed; do nothing if it is cancelled already.

    `by` is the name of the person who cancels it in the hub. Raise `NotFound` or `TooLate`.
    """
    while message := messages.get(account_id, message_id):
        if message.state is MessageState.CANCELLED:
            return
        if not may_become(message.state, MessageState.CANCELLED):
            raise TooLate(f"The message is {message.state}: it cannot be cancelled any more.", field="id")
        if end_unsent(message, MessageState.CANCELLED, now, by=by):
            return
    raise NotFound(f"There is no message {message_id!r}.")


def read_facts(account_id: str, form: NewMessage, request_id: str, now: datetime) -> sending.RequestFacts:
    """Return what a request refers to, read in one call; a number without its country code takes another call."""
    return sending.request_facts(
        account_id,
        client_id=form.client_id,
        template=form.template,
        phone=_phone(account_id, form.to) if form.to else None,
        request_id=request_id,
        now=now,
    )


def _phone(account_id: str, entered: str) -> str:
    account = None if entered.lstrip().startswith("+") else accounts.get(account_id)
    try:
        return to_stored(entered, account.country_code if account else "1")
    except RequestError as error:
        error.field = "to"
        raise


def check(form: NewMessage, facts: sending.RequestFacts, now: datetime, *, create: bool) -> Checked:
    """Return a request as it will be sent; raise `RequestError` with the reason if it may not be sent.

    With `create`, and if the account's settings say so, a client is created for a number that belongs to none.
    """
    account = facts.account
    if account is None:
        raise NotFound(NO_ACCOUNT)
    check_may_send(account)
    send_at = compose.check_time(form.send_at, now)
    to, last_texted = _recipients(form, facts, account, send_at or now)
    body = _rendered_body(form, facts, account, to)
    field = "template" if form.template else "body"
    texts = messages_accept.final_texts(body, account, to.phones, now, field=field, last_texted=last_texted)
    client = _new_client(form, facts, account, now) if create else None
    if client:
        to = structs.replace(to, client_id=client.id)
    return Checked(account=account, template=facts.template, texts=texts, to=to, send_at=send_at, new_client=client)


def _recipients(
    form: NewMessage, facts: sending.RequestFacts, account: Account, at: datetime
) -> tuple[compose.Recipients, Mapping[str, datetime]]:
    """Return whom to text at an instant, and when the account last texted each phone that begins a conversation."""
    if form.client_id is None and facts.phone:
        known = sending.phone_facts(facts, account, (facts.phone,), at)
        to = compose.recipients_of_number(
            facts.phone,
            facts.clients_with_phone,
            blocked=facts.blocked,
            destinations=choose_number.destinations_of(account, facts.dedicated),
            frees_at=known.crowded.get(facts.phone),
        )
        return compose.hold_for_question(to, {facts.phone} if facts.asked else set()), known.last_texted
    if facts.client is None:
        raise NotFound(f"There is no client {form.client_id!r}.", field="client_id")
    phones = [phone for phone in numbers_to_text(facts.client) if facts.phone in (None, phone)]
    known = sending.phone_facts(facts, account, phones, at)
    destinations = choose_number.destinations_of(account, known.dedicated | facts.dedicated)
    to = compose.recipients_of_client(facts.client, facts.phone, known.blocked, destinations, known.crowded)
    return compose.hold_for_question(to, known.asked), known.last_texted


def _rendered_body(form: NewMessage, facts: sending.RequestFacts, account: Account, to: compose.Recipients) -> str:
    if form.template is not None and facts.template is None:
        raise NotFound(f"There is no template {form.template!r}.", field="template")
    check_values(form.values, own_merge_fields(account))
    body = facts.template.body if facts.template else form.body or ""
    client = facts.client
    if client is None and to.client_id and fields(body):
        client = client_store.get(account.id, to.client_id)
    return render(body, client_merge_values(account, client) | form.values)


def _new_client(form: NewMessage, facts: sending.RequestFacts, account: Account, now: datetime) -> Client | None:
    if not account.create_clients or form.client_id or form.to is None or facts.clients_with_phone:
        return None
    return client_of_number(account.id, facts.phone, form.to, now) if facts.phone else None


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
