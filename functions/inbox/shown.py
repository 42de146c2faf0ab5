"""What the API shows of a message."""

from dataclasses import asdict
from datetime import datetime

from pydantic import BaseModel

from longcode import retention
from longcode.message import Direction, Held, Kind, Message, Reference, State


class ShownMessage(BaseModel):
    """A message as a studio sees it; `phone` is the client's, `number` the one of ours."""

    id: str
    direction: Direction
    kind: Kind
    state: State
    phone: str
    number: str
    client_id: str | None
    record: Reference | None
    trigger: str | None
    template: str | None
    broadcast: str | None
    subject: str | None
    body: str
    body_expired: bool
    encoding: str
    units: int
    segments: int
    charged_units: int
    created_at: datetime
    send_at: datetime | None
    valid_until: datetime | None
    held: Held | None
    sent_at: datetime | None
    finished_at: datetime | None
    month: str | None
    error: str | None
    resent: bool
    read: bool
    keyword: str | None
    media: tuple[str, ...]
    answers: str | None
    rule: str | None


def shown(message: Message, retention_days: int | None, now: datetime) -> ShownMessage:
    """Show a message, without words that are older than its account keeps them."""
    return ShownMessage.model_validate(asdict(retention.hide(message, retention_days, now)))
