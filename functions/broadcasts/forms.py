"""What the API shows of a broadcast: how far it is, who gets what, and what a dry run tells."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, model_validator

from longcode.broadcasts import store as broadcasts
from longcode.broadcasts.broadcast import Broadcast, BroadcastState, LimitPolicy
from longcode.broadcasts.outcome import Outcome
from longcode.clients.client import MOST_IDS, Audience
from longcode.errors import RequestError
from longcode.message import Message, MessageState
from longcode.template import plain
from longcode.web import resolver as web

_SKIPPED = "skipped"

_MOST_BYTES = 300_000  # of ids: an item of the table has 400 kB at most

ClientIds = Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=MOST_IDS)]
Value = Annotated[str, Field(max_length=200), AfterValidator(plain)]
Tags = Annotated[list[Annotated[str, Field(min_length=1, max_length=50)]], Field(max_length=50)]


class ShownBroadcast(BaseModel):
    """A broadcast. `planned_*` is what it was to send when it started, `reserved_units` what it holds of the limits.

    `texts`, `units`, `segments` and `skipped` (by reason) are of the clients that it has come to so far.
    """

    id: str
    state: BroadcastState
    paused: bool
    body: str
    template: str | None
    subject: str | None
    values: dict[str, str]
    limit: LimitPolicy
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
        if sum(len(one.encode()) for one in self.client_ids + self.except_client_ids) > _MOST_BYTES:
            raise ValueError("has more and longer ids than one broadcast can keep; name its clients by a tag")
        return self


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


class DryRun(web.Page[WouldGet]):
    """What a broadcast would do; with `code`, why it would not start at all."""

    totals: Totals
    code: str | None = None
    reason: str | None = None


def _form(whom: Audience) -> AudienceForm:
    said = asdict(whom)
    return AudienceForm.model_validate({"all": said.pop("everyone"), **said})


def shown_broadcast(broadcast: Broadcast) -> ShownBroadcast:
    """Show a broadcast."""
    return ShownBroadcast(**_fields(broadcast))


def shown_progress(broadcast: Broadcast, whom: Audience, counts: dict[str, int]) -> Progress:
    """Show a broadcast with its progress."""
    states = {MessageState(state): count for state, count in counts.items()}
    return Progress(**_fields(broadcast), audience=_form(whom), progress=states)


def _fields(broadcast: Broadcast) -> dict[str, Any]:
    own = {name: getattr(broadcast, name) for name in ShownBroadcast.model_fields if hasattr(broadcast, name)}
    reserved = broadcast.reserved if broadcast.budget is not None else None
    return {**own, "reserved_units": reserved, "code": broadcast.error, "reason": broadcast.detail}


def shown_text(message: Message) -> Recipient:
    """Show a text as its recipient's."""
    return Recipient(
        client_id=message.client_id,
        phone=message.phone,
        message_id=message.id,
        state=message.state,
        units=message.units,
        code=message.error,
    )


def shown_skipped(outcome: Outcome) -> Recipient:
    """Show who got none."""
    return Recipient(client_id=outcome.client_id, phone=outcome.phone, code=outcome.code, reason=outcome.detail)


def shown_would_get(outcome: Outcome) -> WouldGet:
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


def recipients_page(found: Broadcast, cursor: str | None, limit: int) -> web.Page[Recipient]:
    """List recipients from a cursor on; raises `RequestError` for a cursor of another list."""
    if cursor and cursor.startswith(f"{_SKIPPED}."):
        return _skipped(found, [], _row(cursor), limit)
    if cursor and not cursor.startswith(f"{found.id}-"):
        raise _no_cursor()
    texts = broadcasts.texts_page(found, cursor, limit)
    items = [shown_text(one) for one in texts.texts]
    if texts.last:
        return web.Page(items=items, next_cursor=texts.last)
    return _skipped(found, items, None, limit)


def _skipped(
    found: Broadcast, items: list[Recipient], begin: broadcasts.SkippedRow | None, limit: int
) -> web.Page[Recipient]:
    for row, one in broadcasts.skipped_from(found, begin):
        if len(items) == limit:
            return web.Page(items=items, next_cursor=".".join(map(str, (_SKIPPED, *row))))
        items.append(shown_skipped(one))
    return web.Page(items=items, next_cursor=None)


def _row(cursor: str) -> broadcasts.SkippedRow:
    try:
        step, part, row = map(int, cursor.split(".")[1:])
    except ValueError as error:
        raise _no_cursor() from error
    return step, part, row


def _no_cursor() -> RequestError:
    return RequestError("This is no cursor of this list.", field="cursor")


class NewBroadcast(web.Body):
    """One text to many clients. Merge fields such as {{client.first_name|there}} are filled in for each of them."""

    audience: AudienceForm
    body: Annotated[str | None, Field(max_length=20_000)] = None
    template: Annotated[str | None, Field(min_length=1, max_length=100)] = None
    values: Annotated[dict[str, Value], Field(max_length=20)] = {}
    send_at: web.Instant | None = None
    limit: LimitPolicy = LimitPolicy.ALL
    dry_run: bool = False

    @model_validator(mode="after")
    def has_one_text(self) -> "NewBroadcast":
        """Refuse a broadcast without words, and one with two texts."""
        if (self.body is None) == (self.template is None):
            raise ValueError("say either body or template")
        return self


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
