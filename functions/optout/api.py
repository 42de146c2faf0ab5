"""GET and PUT /optouts/{phone}: the state, its history, what staff learned; /questions: what staff are asked."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import unquote
from uuid import uuid4

from aws_lambda_powertools.event_handler.openapi.params import Path
from pydantic import BaseModel, Field

from longcode.aws import clients
from longcode.aws.telemetry import logger
from longcode.clients import store as client_store
from longcode.clients.client import Client
from longcode.errors import BadPhone, OnlyTheClient
from longcode.jobs import Means
from longcode.numbers import store as numbers
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED, OptOutEvent, Question, of_account
from longcode.phone import to_e164
from longcode.web import resolver as web
from longcode.webhooks.tell import tell_opt_out
from optout import questions

app = web.resolver()

Phone = Annotated[str, Path(pattern=r"^(\+|%2[Bb])[0-9]{7,15}$")]


class Happened(BaseModel):
    """One event of the history, of those that concern the account that asks.

    One that `asks` is a near miss: staff decide, and their answer is an event of its own.
    """

    at: datetime
    out: bool
    asks: bool
    means: Means
    words: str
    by: str | None


class OptOutState(BaseModel):
    """Whether a phone gets texts from the account that asks, and how that came about."""

    phone: str
    opted_out: bool
    history: list[Happened]


Person = Annotated[str | None, Field(min_length=1, max_length=100)]


class Learned(web.Body):
    """An opt-out that staff learned of, how, and who of them."""

    opted_out: bool
    how: Annotated[str, Field(min_length=1, max_length=500)]
    by: Person = None


class ClientWithPhone(BaseModel):
    """A client who has the phone."""

    id: str
    first_name: str
    last_name: str


class ShownQuestion(BaseModel):
    """A reply that may have asked for no more texts, in its exact words. The account's texts to the phone wait."""

    phone: str
    message_id: str
    words: str
    asked_at: datetime
    number: str | None
    clients: list[ClientWithPhone]


class QuestionAnswer(web.Body):
    """Whether the client asked for no more texts. With `message_id`, only if it is still asked about."""

    opted_out: bool
    message_id: Annotated[str | None, Field(max_length=100)] = None
    by: Person = None


@app.get("/optouts/<phone>")
def show_opt_out(phone: Phone) -> OptOutState:
    """Show whether a phone is opted out."""
    return state_of(_e164(phone), web.caller(app))


@app.put("/optouts/<phone>")
def record_opt_out(phone: Phone, form: Learned) -> OptOutState:
    """Record an opt-out that staff learned of; only the client can take one back."""
    if not form.opted_out:
        raise OnlyTheClient("Only the client can take an opt-out back, by replying START.", field="opted_out")
    number, account = _e164(phone), web.caller(app)
    event = OptOutEvent(
        id=uuid4().hex,
        phone=number,
        scope=of_account(account),
        out=True,
        at=clients.now(),
        means=Means.STAFF,
        words=form.how,
        account=account,
        by=form.by,
    )
    asked = optouts.get(number, event.scope)
    optouts.record(event)
    for client_id in client_store.with_phone(account, number):
        client_store.hear_stop(account, client_id, number)
    tell_opt_out([event], event.at, [account])
    if asked and asked.asked:
        questions.let_go_on(account, number, event.at)
    return state_of(number, account)


@app.get("/questions")
def list_questions(limit: web.Limit = 50, cursor: web.Cursor = None) -> web.Page[ShownQuestion]:
    """List the replies of which staff are to tell whether they meant STOP, oldest first."""
    account = web.caller(app)
    found, next_cursor = optouts.question_page(account, limit=limit, cursor=cursor)
    pairs = [(account, one.phone) for one in found]
    out = {phone for _, phone in optouts.blocked(pairs, numbers.dedicated_since(account))}
    people = client_store.of_phones(account, [one.phone for one in found])
    items = [_shown(one, people[one.phone]) for one in found if one.phone not in out]
    return web.Page(items=items, next_cursor=next_cursor)


@app.put("/questions/<phone>")
def answer_question(phone: Phone, form: QuestionAnswer) -> OptOutState:
    """Tell what a reply meant: it opted out of this studio's texts, or it did not, and texts that waited go on."""
    number, account = _e164(phone), web.caller(app)
    questions.answer(
        account, number, opted_out=form.opted_out, message_id=form.message_id, by=form.by, now=clients.now()
    )
    return state_of(number, account)


def state_of(phone: str, account: str) -> OptOutState:
    """Tell the state of a phone as one account may see it."""
    now = clients.now()
    events = [*optouts.history(phone, SHARED, now), *optouts.history(phone, of_account(account), now)]
    own = {event.id: event for event in events if event.account == account}  # a START may open several scopes
    in_order = sorted(own.values(), key=lambda event: event.at)
    return OptOutState(
        phone=phone,
        opted_out=bool(optouts.blocked([(account, phone)], numbers.dedicated_since(account))),
        history=[Happened.model_validate(one, from_attributes=True) for one in in_order],
    )


def _shown(question: Question, people: Sequence[Client]) -> ShownQuestion:
    return ShownQuestion(
        phone=question.phone,
        message_id=question.message_id,
        words=question.words,
        asked_at=question.at,
        number=question.number,
        clients=[ClientWithPhone.model_validate(one, from_attributes=True) for one in people],
    )


def _e164(phone: str) -> str:
    try:
        return to_e164(unquote(phone), "1")
    except BadPhone as error:
        error.field = "phone"
        raise


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
