"""GET and PUT /optouts/{phone}: the state, its history, and what staff learned in another way."""

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import unquote
from uuid import uuid4

from aws_lambda_powertools.event_handler.openapi.params import Path
from pydantic import BaseModel, Field

from longcode.aws import clock, web
from longcode.aws.telemetry import logger
from longcode.consent import SHARED, Event, Means, of_account
from longcode.errors import BadPhone, OnlyTheClient
from longcode.phone import to_e164
from longcode.table import clients, opt_outs

app = web.resolver()

Phone = Annotated[str, Path(pattern=r"^(\+|%2[Bb])[0-9]{7,15}$")]


class Happened(BaseModel):
    """One event of the history, of those that concern the account that asks."""

    at: datetime
    out: bool
    means: Means
    words: str


class OptOutState(BaseModel):
    """Whether a phone gets texts from the account that asks, and how that came about."""

    phone: str
    opted_out: bool
    history: list[Happened]


class Learned(web.Body):
    """An opt-out that staff learned of, and how."""

    opted_out: bool
    how: Annotated[str, Field(min_length=1, max_length=500)]


@app.get("/optouts/<phone>")
def show_opt_out(phone: Phone) -> OptOutState:
    """Show whether a phone is opted out."""
    return state_of(_e164(phone), web.caller(app))


@app.put("/optouts/<phone>")
def record_opt_out(phone: Phone, form: Learned) -> OptOutState:
    """Record an opt-out that staff learned of; only the client can take one back (facts §3)."""
    if not form.opted_out:
        raise OnlyTheClient("Only the client can take an opt-out back, by replying START.", field="opted_out")
    number, account = _e164(phone), web.caller(app)
    event = Event(
        id=uuid4().hex,
        phone=number,
        scope=of_account(account),
        out=True,
        at=clock.now(),
        means=Means.STAFF,
        words=form.how,
        account=account,
    )
    opt_outs.record(event)
    for client_id in clients.with_phone(account, number):
        clients.hear_stop(account, client_id, number)
    return state_of(number, account)


def state_of(phone: str, account: str) -> OptOutState:
    """Tell the state of a phone as one account may see it."""
    events = [*opt_outs.history(phone, SHARED), *opt_outs.history(phone, of_account(account))]
    own = {event.id: event for event in events if event.account == account}  # a START may open several scopes
    in_order = sorted(own.values(), key=lambda event: event.at)
    return OptOutState(
        phone=phone,
        opted_out=bool(opt_outs.blocked([(account, phone)])),
        history=[Happened(at=one.at, out=one.out, means=one.means, words=one.words) for one in in_order],
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
