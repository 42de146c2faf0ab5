"""What may be asked of POST /broadcasts, and what the API shows of a broadcast."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, Field, model_validator

from longcode.audience import MOST_IDS, Audience
from longcode.aws import web
from longcode.broadcast import Broadcast, Limit, State
from longcode.message import Message
from longcode.message import State as MessageState
from longcode.outcome import Outcome

ClientIds = Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=MOST_IDS)]
Tags = Annotated[list[Annotated[str, Field(min_length=1, max_length=50)]], Field(max_length=50)]


class AudienceForm(web.Body):
    """Clients by `client_ids`; or with one of the `tags` and the `status`; or `all`; without the exclusions."""

    client_ids: ClientIds = []
    tags: Tags = []
    status: Annotated[str | None, Field(min_length=1, max_length=50)] = None
    all: bool = False
    except_client_ids: ClientIds = []
    except_tags: Tags = []

    @model_validator(mode="after")
    def says_who(self) -> "AudienceForm":
        """Refuse an audience of nobody, and one that is said in two ways."""
        ways = bool(self.client_ids) + bool(self.tags or self.status) + self.all
        if ways != 1:
            raise ValueError("say client_ids, or tags and status, or all: one of them")
        return self


class NewBroadcast(web.Body):
    """One text to many clients. Merge fields such as {{client.first_name|there}} are filled in for each of them."""

    audience: AudienceForm
    body: Annotated[str | None, Field(max_length=20_000)] = None
    template: Annotated[str | None, Field(min_length=1, max_length=100)] = None
    values: Annotated[dict[str, Annotated[str, Field(max_length=200)]], Field(max_length=20)] = {}
    send_at: AwareDatetime | None = None
    limit: Limit = Limit.ALL
    dry_run: bool = False

    @model_validator(mode="after")
    def has_one_text(self) -> "NewBroadcast":
        """Refuse a broadcast without words, and one with two texts."""
        if (self.body is None) == (self.template is None):
            raise ValueError("say either body or template")
        return self


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
    """What a client and phone would get: a text, perhaps held until quiet hours are over; or why none."""

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


def audience(form: AudienceForm) -> Audience:
    """Give whom a form names."""
    return Audience(
        client_ids=tuple(form.client_ids),
        tags=tuple(form.tags),
        status=form.status,
        everyone=form.all,
        except_client_ids=tuple(form.except_client_ids),
        except_tags=tuple(form.except_tags),
    )


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
    reserved = broadcast.reserved if broadcast.reserved_in else None
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
        code=outcome.code,
        reason=outcome.detail,
    )
