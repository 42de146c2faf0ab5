"""What the API shows of a broadcast: how far it is, who gets what, and what a dry run tells."""

from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel

from longcode.audience import Audience
from longcode.aws import web
from longcode.broadcast import Broadcast, Limit, State
from longcode.message import Message
from longcode.message import State as MessageState
from longcode.outcome import Outcome
from send.orders import AudienceForm


class ShownBroadcast(BaseModel):
    """A broadcast. `planned_*` is what it was to send when it started, `reserved_units` what it holds of the limits.

    `texts`, `units`, `segments` and `skipped` (by reason) are of the clients that it has come to so far.
    """

    id: str
    state: State
    paused: bool
    body: str
    template: str | None
    subject: str | None
    values: dict[str, str]
    limit: Limit
    created_at: datetime
    send_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    planned_clients: int
    planned_texts: int
    planned_units: int
    reserved_units: int | None
    texts: int
    units: int
    segments: int
    skipped: dict[str, int]
    code: str | None
    reason: str | None


class Progress(ShownBroadcast):
    """A broadcast, whom it is for, and how many of its texts are in which state."""

    audience: AudienceForm
    progress: dict[MessageState, int]


class Recipient(BaseModel):
    """A client and phone of a broadcast: the text that it got and how far that is, or why it got none."""

    client_id: str | None
    phone: str | None
    message_id: str | None = None
    state: MessageState | Literal["skipped"] = "skipped"
    units: int = 0
    code: str | None = None
    reason: str | None = None


class WouldGet(BaseModel):
    """What a client and phone would get: a text, perhaps held until quiet hours are over; or why none, or none now.

    One that `would_be_sent` and has the code `asked` waits until staff have answered: see GET /questions.
    """

    client_id: str
    phone: str | None
    would_be_sent: bool
    text: str | None
    encoding: str | None
    units: int
    segments: int
    held_until: datetime | None
    code: str | None
    reason: str | None


class Totals(BaseModel):
    """What a broadcast comes to, over its whole audience; the price is for units beyond the plan.

    `needed_units` is what it would come to without the account's limits.
    """

    clients: int
    needed_units: int
    texts: int
    units: int
    segments: int
    held: int
    skipped: dict[str, int]
    price_micros: int


class DryRun(web.Listed[WouldGet]):
    """What a broadcast would do; with `code`, why it would not start at all."""

    totals: Totals
    code: str | None = None
    reason: str | None = None


def _form(whom: Audience) -> AudienceForm:
    said = asdict(whom)
    return AudienceForm.model_validate({"all": said.pop("everyone"), **said})


def shown(broadcast: Broadcast) -> ShownBroadcast:
    """Show a broadcast."""
    return ShownBroadcast(**_fields(broadcast))


def progress(broadcast: Broadcast, whom: Audience, counts: dict[str, int]) -> Progress:
    """Show a broadcast with its progress."""
    states = {MessageState(state): count for state, count in counts.items()}
    return Progress(**_fields(broadcast), audience=_form(whom), progress=states)


def _fields(broadcast: Broadcast) -> dict[str, Any]:
    own = {name: getattr(broadcast, name) for name in ShownBroadcast.model_fields if hasattr(broadcast, name)}
    reserved = broadcast.reserved if broadcast.budget is not None else None
    return {**own, "reserved_units": reserved, "code": broadcast.error, "reason": broadcast.detail}


def texted(message: Message) -> Recipient:
    """Show a text as its recipient's."""
    return Recipient(
        client_id=message.client_id,
        phone=message.phone,
        message_id=message.id,
        state=message.state,
        units=message.units,
        code=message.error,
    )


def skipped(outcome: Outcome) -> Recipient:
    """Show who got none."""
    return Recipient(client_id=outcome.client_id, phone=outcome.phone, code=outcome.code, reason=outcome.detail)


def would_get(outcome: Outcome) -> WouldGet:
    """Show what a client and phone would get."""
    return WouldGet(
        client_id=outcome.client_id,
        phone=outcome.phone,
        would_be_sent=outcome.goes,
        text=outcome.text,
        encoding=outcome.encoding,
        units=outcome.units,
        segments=outcome.segments,
        held_until=outcome.held_until,
        code=why.code if (why := outcome.held) else outcome.code,
        reason=why.detail if why else outcome.detail,
    )
