"""The bodies of the broadcast API: the forms that a request sends, and what a response shows."""

from typing import Annotated, Any, Literal

from longcode.web import resolver as web
from msgspec.structs import asdict
from pydantic import AfterValidator, Field, model_validator

from longcode.broadcasts.broadcast import Broadcast, LimitPolicy
from longcode.broadcasts.counts import Counts
from longcode.broadcasts.outcome import Outcome
from longcode.clients.client import MOST_ID_BYTES, MOST_IDS, Audience
from longcode.message import BroadcastState, Message, MessageState
from longcode.template import check_no_braces, check_not_blank

_WAITING = "waiting"

ClientIds = Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=MOST_IDS)]
Value = Annotated[str, Field(max_length=200), AfterValidator(check_no_braces)]
Search = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(check_not_blank)]
Tags = Annotated[list[Annotated[str, Field(min_length=1, max_length=50)]], Field(max_length=50)]


class AudienceForm(web.Body):
    """The clients of a broadcast: `client_ids`, or `all`, or those whom `tags`, `status` and `search` choose.

    Of these three, any may be given: a client must have one of the tags, the status, and each word of `search` in a
    name, number or id.

    Or `not_reached_by`, the id of an earlier broadcast: the clients with a number that its text did not reach.
    Numbers that it reached, or may have, get no text.

    `except_client_ids` and `except_tags` leave clients out.
    """

    client_ids: ClientIds = []
    tags: Tags = []
    status: Annotated[str | None, Field(min_length=1, max_length=50)] = None
    search: Search | None = None
    all: bool = False
    not_reached_by: Annotated[str | None, Field(min_length=1, max_length=100)] = None
    except_client_ids: ClientIds = []
    except_tags: Tags = []

    @model_validator(mode="after")
    def names_clients_in_one_way(self) -> "AudienceForm":
        """Refuse an audience that names no clients, names them in two ways, or is too large for an item."""
        chosen = self.tags or self.status or self.search
        ways = bool(self.client_ids) + bool(chosen) + self.all + bool(self.not_reached_by)
        if ways != 1:
            raise ValueError("needs exactly one of: client_ids; any of tags, status and search; all; not_reached_by")
        if sum(len(client_id.encode()) for client_id in self.client_ids + self.except_client_ids) > MOST_ID_BYTES:
            raise ValueError("has too many long ids for one broadcast; give the clients a tag, and use that")
        return self


class NewBroadcast(web.Body):
    """One text to many clients. Merge fields such as {{client.first_name|there}} are filled in for each of them.

    With `refuse_repeat`, it is refused if another one within a day has the same words for some of the same clients.
    """

    audience: AudienceForm
    body: Annotated[str | None, Field(max_length=20_000)] = None
    template: Annotated[str | None, Field(min_length=1, max_length=100)] = None
    values: Annotated[dict[str, Value], Field(max_length=20)] = {}
    send_at: web.StoredInstant | None = None
    limit: LimitPolicy = LimitPolicy.ALL
    refuse_repeat: bool = False
    dry_run: bool = False

    @model_validator(mode="after")
    def has_one_text(self) -> "NewBroadcast":
        """Refuse a broadcast with no text or with two."""
        web.check_one_text(self.body, self.template)
        return self


class ShownBroadcast(web.Answer):
    """A broadcast. `planned_*` are the totals at its start, `reserved_units` what it reserves of the limits.

    `texts`, `units`, `segments` and `skipped` (clients by reason) are the totals so far. `finished_at` is when the
    last text was written.

    The `state` is `scheduled` until `send_at`, `planning` while it is compared with the limits, and `sending` while
    its texts are written. It is `waiting` while one of them may still be sent, for example after quiet hours, and
    `done` when none of them will be sent any more.
    """

    id: str
    state: BroadcastState | Literal["waiting"]
    paused: bool
    body: str
    template: str | None
    subject: str | None
    values: dict[str, str]
    limit: LimitPolicy
    created_at: web.Instant
    send_at: web.Instant | None
    started_at: web.Instant | None
    finished_at: web.Instant | None
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
    """A broadcast, its audience, and how many of its texts are in each state."""

    audience: AudienceForm
    progress: dict[MessageState, int]


class Recipient(web.Answer):
    """A client and phone of a broadcast: its text and the text's state, or why there is none."""

    client_id: str | None
    phone: str | None
    message_id: str | None = None
    state: MessageState | Literal["skipped"] = "skipped"
    units: int = 0
    code: str | None = None
    reason: str | None = None


class CallsMade(web.Answer):
    """How many call tasks were made, and how many clients are left because a broadcast gets 500 tasks at most."""

    made: int
    left: int


class BroadcastReply(web.Answer):
    """A reply to a text of a broadcast; `answers` is the text's id. GET /messages/{id} shows all of it."""

    message_id: str
    received_at: web.Instant
    phone: str
    client_id: str | None
    body: str
    body_expired: bool
    keyword: str | None
    answers: str | None


class WouldGet(web.Answer):
    """What a client and phone would get: a text, perhaps held until quiet hours end, or the reason why there is none.

    With `would_be_sent` and the code `asked`, the text would wait for an answer from staff: see GET /questions.
    """

    client_id: str
    phone: str | None
    would_be_sent: bool
    text: str | None
    encoding: str | None
    units: int
    segments: int
    held_until: web.Instant | None
    code: str | None
    reason: str | None


class Totals(web.Answer):
    """The sums over the whole audience, not only over this page.

    `needed_units` is what all texts need; `units` is what the account's limits allow of that. `price_micros` is the
    price of the units beyond the plan, in millionths.
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
    """What a broadcast would do; with `code`, why it would not start."""

    totals: Totals
    code: str | None = None
    reason: str | None = None


def audience_of_form(form: AudienceForm) -> Audience:
    """Return the audience that a form describes."""
    return Audience(
        client_ids=tuple(form.client_ids),
        tags=tuple(form.tags),
        status=form.status,
        search=form.search,
        everyone=form.all,
        except_client_ids=tuple(form.except_client_ids),
        except_tags=tuple(form.except_tags),
    )


def shown_broadcast(broadcast: Broadcast, counts: Counts) -> ShownBroadcast:
    """Return a broadcast as the API shows it."""
    return ShownBroadcast(**_fields(broadcast, is_waiting=is_waiting(broadcast, counts)))


def is_waiting(broadcast: Broadcast, counts: Counts) -> bool:
    """Return whether all texts of a broadcast are written, and one may still be sent."""
    return broadcast.state is BroadcastState.DONE and bool(counts.may_still_be_sent)


def shown_progress(broadcast: Broadcast, audience: Audience, counts: Counts) -> Progress:
    """Return a broadcast with its audience and the counts of its texts by state."""
    described = asdict(audience)
    if broadcast.again_of:
        described |= {"client_ids": (), "not_reached_by": broadcast.again_of}
    form = AudienceForm.model_validate({"all": described.pop("everyone"), **described})
    return Progress(
        **_fields(broadcast, is_waiting=is_waiting(broadcast, counts)), audience=form, progress=counts.states
    )


def _fields(broadcast: Broadcast, *, is_waiting: bool) -> dict[str, Any]:
    own = {name: getattr(broadcast, name) for name in ShownBroadcast.model_fields if hasattr(broadcast, name)}
    reserved = broadcast.reserved if broadcast.budget is not None else None
    state = _WAITING if is_waiting else broadcast.state
    return {**own, "state": state, "reserved_units": reserved, "code": broadcast.error, "reason": broadcast.detail}


def shown_outcome(outcome: Outcome) -> WouldGet:
    """Return an outcome of a dry run as the API shows it."""
    return WouldGet(
        client_id=outcome.client_id,
        phone=outcome.phone,
        would_be_sent=outcome.has_text,
        text=outcome.text,
        encoding=outcome.encoding,
        units=outcome.units,
        segments=outcome.segments,
        held_until=outcome.held_until,
        code=outcome.held.code if outcome.held else outcome.code,
        reason=outcome.held.detail if outcome.held else outcome.detail,
    )


def shown_recipient(one: Message | Outcome) -> Recipient:
    """Return a text, or a client without one, as the API shows it."""
    return _shown_text(one) if isinstance(one, Message) else _shown_skipped(one)


def _shown_text(message: Message) -> Recipient:
    return Recipient(
        client_id=message.client_id,
        phone=message.phone,
        message_id=message.id,
        state=message.state,
        units=message.units,
        code=message.error,
    )


def _shown_skipped(outcome: Outcome) -> Recipient:
    return Recipient(client_id=outcome.client_id, phone=outcome.phone, code=outcome.code, reason=outcome.detail)


def shown_reply(reply: Message) -> BroadcastReply:
    """Return a reply as the API shows it."""
    return BroadcastReply(
        message_id=reply.id,
        received_at=reply.created_at,
        phone=reply.phone,
        client_id=reply.client_id,
        body=reply.body,
        body_expired=reply.body_expired,
        keyword=reply.keyword,
        answers=reply.answers,
    )
