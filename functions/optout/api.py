"""The opt-out API: a phone's state and history, opt-outs that staff record, and questions about possible ones."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from uuid import uuid4

from longcode.web import account_resolver
from longcode.web import resolver as web
from longcode.web.actor import actor
from aws_lambda_powertools.event_handler.openapi.params import Path
from pydantic import Field

from longcode.aws import clients
from longcode.aws.telemetry import logger
from longcode.changes import store as changes
from longcode.changes.change import Actor, ChangeKind, end_of_phone
from longcode.clients import store as client_store
from longcode.clients.client import Client
from longcode.errors import BadPhone, NotFound, OnlyTheClient, RequestError
from longcode.jobs import Means
from longcode.numbers import store as numbers
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED, Channel, OptOut, OptOutEvent, Question, account_scope
from longcode.phone import to_stored
from longcode.table.writes import Write
from longcode.webhooks.tell import enqueue_opt_out
from optout import questions

_LATEST_ZONE = timedelta(hours=14)  # how far the day is ahead of UTC where it begins first

app = account_resolver.resolver()

Phone = Annotated[str, Path(pattern=r"^\+[0-9]{7,15}$")]
Person = Annotated[str | None, Field(min_length=1, max_length=100)]


class HistoryEntry(web.Answer):
    """One event of a phone's history.

    An event that `asks` is a possible opt-out: staff decide, and their answer is an event of its own. What staff
    recorded may have the `channel` by which the client asked, and on which day.
    """

    at: web.Instant
    out: bool
    asks: bool
    means: Means
    words: str
    number: str | None
    by: str | None
    channel: Channel | None
    asked_on: date | None


class OptOutState(web.Answer):
    """Whether a phone is opted out of this account's texts, and the events that concern this account."""

    phone: str
    opted_out: bool
    history: list[HistoryEntry]


class OptOutForm(web.Body):
    """An opt-out that staff record: how they learned of it, by which channel and on which day, and who records it."""

    opted_out: bool
    how: Annotated[str, Field(min_length=1, max_length=500)]
    by: Person = None
    channel: Channel | None = None
    asked_on: date | None = None


class ClientWithPhone(web.Answer):
    """A client whose record has the phone of a question."""

    id: str
    first_name: str
    last_name: str


class ShownQuestion(web.Answer):
    """A reply that may be an opt-out, in its exact words. The account's texts to the phone wait for the answer."""

    phone: str
    message_id: str
    words: str
    asked_at: web.Instant
    number: str | None
    clients: list[ClientWithPhone]


class QuestionAnswer(web.Body):
    """Whether the client opted out. With `message_id`, only if the question is about this message."""

    opted_out: bool
    message_id: Annotated[str | None, Field(max_length=100)] = None
    by: Person = None


@app.get("/optouts/<phone>")
def show_opt_out(phone: Phone) -> OptOutState:
    """Show whether a phone is opted out; only of a client, or of a phone that the studio has texted."""
    return known_state(_e164(phone), web.caller(app))


@app.put("/optouts/<phone>")
def record_opt_out(phone: Phone, form: OptOutForm) -> OptOutState:
    """Record an opt-out that staff learned of; only the client can end it."""
    return record(web.caller(app), _e164(phone), form, clients.now(), actor(app))


def known_state(number: str, account: str) -> OptOutState:
    """Return the state of a phone; raise `NotFound` for one that the account may know nothing of."""
    state, is_client = state_of(number, account), bool(client_store.with_phone(account, number))
    if account not in numbers.accounts_texting(number) and not is_client and not state.history:
        raise NotFound("None of your clients has this phone, and you have not texted it.", field="phone")
    return state


def record(
    account: str, number: str, form: OptOutForm, now: datetime, by: Actor, *, event_id: str | None = None
) -> OptOutState:
    """Record an opt-out that staff learned of, once if it has an id, and return the state of the phone."""
    if not form.opted_out:
        raise OnlyTheClient(questions.ONLY_THE_CLIENT, field="opted_out")
    if form.asked_on and form.asked_on > (now + _LATEST_ZONE).date():
        raise RequestError("The client cannot have asked on a day to come.", field="asked_on")
    scope = account_scope(account)
    if event_id and any(event.id == event_id for event in optouts.history(number, scope, now)):
        return state_of(number, account)
    event = OptOutEvent(
        id=event_id or uuid4().hex,
        phone=number,
        scope=scope,
        out=True,
        at=now,
        means=Means.STAFF,
        words=form.how,
        account=account,
        by=form.by,
        channel=form.channel,
        asked_on=form.asked_on,
    )
    made = changes.new(account, ChangeKind.OPT_OUT, now, by, about=end_of_phone(number))
    record_event(account, event, now, made)
    return state_of(number, account)


def record_event(account: str, event: OptOutEvent, now: datetime, *others: Write) -> OptOut:
    """Record an opt-out of an account, with other writes, and what follows; return the state. It may be repeated."""
    before = optouts.get(event.phone, event.scope)
    state = optouts.record(event, *others)
    for client_id in client_store.with_phone(account, event.phone):
        client_store.mark_phone(account, client_id, event.phone)
    optouts.refresh_listed(account, event.phone, now)
    enqueue_opt_out([event], event.at, [account])
    if before and before.asked:
        questions.release_held(account, event.phone, event.at)
    return state


@app.get("/questions")
def list_questions(limit: web.Limit = 50, cursor: web.Cursor = None) -> web.Page[ShownQuestion]:
    """List the questions that staff have not answered: replies that may be opt-outs, oldest first."""
    account = web.caller(app)
    page, next_cursor = optouts.question_page(account, limit=limit, cursor=cursor)
    pairs = [(account, question.phone) for question in page]
    out = {phone for _, phone in optouts.blocked(pairs, numbers.dedicated_since(account))}
    people = client_store.of_phones(account, [question.phone for question in page])
    items = [_shown(question, people[question.phone]) for question in page if question.phone not in out]
    return web.Page(items=items, next_cursor=next_cursor)


@app.put("/questions/<phone>")
def answer_question(phone: Phone, form: QuestionAnswer) -> OptOutState:
    """Answer whether a reply was an opt-out from this studio's texts. If it was not, texts that waited are sent."""
    number, account = _e164(phone), web.caller(app)
    questions.answer(
        account,
        number,
        actor(app),
        opted_out=form.opted_out,
        message_id=form.message_id,
        by=form.by,
        now=clients.now(),
    )
    return state_of(number, account)


def state_of(phone: str, account: str) -> OptOutState:
    """Return the state of a phone, with the events that concern one account."""
    now = clients.now()
    events = [*optouts.history(phone, SHARED, now), *optouts.history(phone, account_scope(account), now)]
    # A START that ends the opt-outs of several scopes is an event in each of them.
    own = {event.id: event for event in events if event.account == account}
    in_order = sorted(own.values(), key=lambda event: event.at)
    return OptOutState(
        phone=phone,
        opted_out=bool(optouts.blocked([(account, phone)], numbers.dedicated_since(account))),
        history=[HistoryEntry.model_validate(event, from_attributes=True) for event in in_order],
    )


def _shown(question: Question, people: Sequence[Client]) -> ShownQuestion:
    return ShownQuestion(
        phone=question.phone,
        message_id=question.message_id,
        words=question.words,
        asked_at=question.at,
        number=question.number,
        clients=[ClientWithPhone.model_validate(client, from_attributes=True) for client in people],
    )


def _e164(phone: str) -> str:
    try:
        return to_stored(phone, "1")
    except BadPhone as error:
        error.field = "phone"
        raise


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
