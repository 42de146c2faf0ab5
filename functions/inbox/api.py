"""The Messages hub's reads: folders, single messages, read and unread, links; and GET /inbox for the 5-minute job."""

import re
from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import AfterValidator, BaseModel, Field, model_validator

from longcode import windows
from longcode.accounts import store as accounts
from longcode.aws import clients
from longcode.aws.telemetry import logger
from longcode.clients import store as client_store
from longcode.errors import BadCursor, NotAReply, NotFound
from longcode.message import Direction, Held, Linkable, Message, MessageKind, MessageState, Reference
from longcode.messages import folders
from longcode.messages import replies as messages_replies
from longcode.messages import store as messages
from longcode.messages.folders import Search, Unread
from longcode.web import resolver as web

_NUMBER = re.compile(r"\+[0-9]{7,15}")

app = web.resolver()


MessageId = Annotated[str, Path(max_length=100)]
ClientId = Annotated[str | None, Query(max_length=100)]


def _number(entered: str | None) -> str | None:
    if entered is None:
        return None
    number = f"+{entered[1:]}" if entered.startswith(" ") else entered  # in an address, a bare + means a space
    if not _NUMBER.fullmatch(number):
        raise ValueError("is no number such as +12125550123; in an address, write %2B for +")
    return number


Phone = Annotated[str | None, AfterValidator(_number), Query(max_length=20)]


def _words(entered: str | None) -> str | None:
    if entered is not None and not folders.fold(entered):
        raise ValueError("has nothing in it that could be found")
    return entered


Words = Annotated[str | None, AfterValidator(_words), Query(max_length=200)]
Record = Annotated[str | None, Query(pattern=r"^(session|task):[\s\S]{1,100}$")]
Place = Annotated[str | None, Query(max_length=200, pattern=folders.CURSOR)]
Number = Annotated[str, Query(pattern=r"^[0-9]{1,12}$")]


class ShownMessage(BaseModel):
    """A message as a studio sees it; `phone` is the client's, `number` the one of ours."""

    id: str
    direction: Direction
    kind: MessageKind
    state: MessageState
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


class Reply(BaseModel):
    """A reply for the installed software; `delivery_id` is the same whenever it is fetched."""

    delivery_id: str
    received_at: datetime
    message: ShownMessage


class Inbox(BaseModel):
    """New replies, oldest first. Ask again with `next_cursor`, which also says that these have arrived."""

    items: list[Reply]
    next_cursor: str


@app.get("/messages")
def list_messages(
    *,
    folder: Literal["inbox", "sent", "unlinked", "all"] = "inbox",
    client_id: ClientId = None,
    phone: Phone = None,
    record: Record = None,
    text: Words = None,
    limit: web.Limit = 50,
    cursor: Place = None,
) -> web.Page[ShownMessage]:
    """List a folder, newest first, or what is looked for in it.

    `all` is both directions: with `phone`, the conversation. `record` is a kind and an id, such as session:s1.
    `text` is found whatever its case and accents. A page looks at 10,000 messages at most, for `text` and `record` at
    2,000: it may be short, or empty. As long as there is a `next_cursor`, there may be more.
    """
    search = looked_for(client_id, phone, record, text)
    account, days, now = web.caller(app), _retention_days(), clients.now()
    hidden = partial(windows.hide_old_body, days=days, now=now)
    page = folders.page(account, folder, limit=limit, cursor=cursor, search=search, show=hidden)
    return web.Page(items=[shown(one, days, now) for one in page.messages], next_cursor=page.next_cursor)


@app.get("/messages/<message_id>")
def show_message(message_id: MessageId) -> ShownMessage:
    """Show a message."""
    return shown(_message(message_id), _retention_days(), clients.now())


@app.get("/messages/unread")
def count_unread() -> Unread:
    """Count the replies that nobody has read, and those of them that are tied to no client."""
    return folders.unread_counts(web.caller(app))


@app.put("/messages/<message_id>/read", responses=web.responses({204: None}))
def mark_read(message_id: MessageId) -> Response[str]:
    """Mark a reply as read."""
    folders.mark_read(_message(message_id), is_read=True)
    return Response(204, body="")


@app.delete("/messages/<message_id>/read", responses=web.responses({204: None}))
def mark_unread(message_id: MessageId) -> Response[str]:
    """Mark a reply as unread. What the studio itself has sent never is."""
    message = _message(message_id)
    if message.direction is Direction.OUT:
        raise NotAReply("Only a reply can be unread; the studio has sent this message itself.", field="id")
    folders.mark_read(message, is_read=False)
    return Response(204, body="")


class ReferenceForm(web.Body):
    """A session or task under the studio's own id."""

    kind: Linkable
    id: Annotated[str, Field(min_length=1, max_length=100)]


class Link(web.Body):
    """What a message belongs to; what is left out stays as it is, and null takes it away."""

    client_id: Annotated[str | None, Field(min_length=1, max_length=100)] = None
    record: ReferenceForm | None = None

    @model_validator(mode="after")
    def says_what_to_link(self) -> "Link":
        """Refuse a link to nothing at all: DELETE takes links away."""
        if not self.model_fields_set:
            raise ValueError("say client_id, record or both")
        return self


@app.put("/messages/<message_id>/link")
def link_message(message_id: MessageId, form: Link) -> ShownMessage:
    """Link a message to a client (facts S37), to a session or task, or to both; or to others."""
    if form.client_id is not None and client_store.get(web.caller(app), form.client_id) is None:
        raise NotFound(f"There is no client {form.client_id!r}.", field="client_id")
    named = {"client_id": form.client_id, "record": reference(form.record)}
    return _linked(message_id, **{name: named[name] for name in form.model_fields_set})


@app.delete("/messages/<message_id>/link")
def unlink_message(message_id: MessageId) -> ShownMessage:
    """Tie a message to no client, session or task."""
    return _linked(message_id, client_id=None, record=None)


@app.get("/inbox")
def list_new_replies(after: Number = "0", limit: web.Limit = 50) -> Inbox:
    """List the replies since a cursor, for the job "SMS Text Inbox Processor" (facts S23).

    Whatever arrives meanwhile, each reply comes once and in one order, if `after` is always the `next_cursor` of the
    page before. A page may be empty and not the last: all is fetched when `next_cursor` is `after` again.
    """
    account, start = web.caller(app), int(after)
    found, reached = messages_replies.page(account, start, limit)
    if start == reached and start > messages_replies.newest_sequence(account):
        raise BadCursor("This account has not got so many replies; the cursor must be of another one.", field="after")
    days, now = _retention_days(), clients.now()
    replies = [
        Reply(delivery_id=one.id, received_at=one.created_at, message=shown(one, days, now)) for _, one in found
    ]
    return Inbox(items=replies, next_cursor=str(reached))


def _linked(message_id: str, **links: Any) -> ShownMessage:
    return shown(_there(folders.link(_message(message_id), **links), message_id), _retention_days(), clients.now())


def _retention_days() -> int | None:
    account = accounts.get(web.caller(app))
    return account.retention_days if account else None


def _message(message_id: str) -> Message:
    return _there(messages.get(web.caller(app), message_id), message_id)


def _there(message: Message | None, message_id: str) -> Message:
    if message is None:
        raise NotFound(f"There is no message {message_id!r}.")
    return message


def reference(form: ReferenceForm | None) -> Reference | None:
    """Give what a form refers to."""
    return Reference(kind=form.kind, id=form.id) if form else None


def looked_for(client_id: str | None, phone: str | None, record: str | None, words: str | None) -> Search | None:
    """Give what a list is narrowed by, if by anything. A record is spelled as its kind, a colon and its id."""
    kind, _, record_id = (record or "").partition(":")
    named = Search(
        client_id=client_id,
        phone=phone,
        record=Reference(kind=Linkable(kind), id=record_id) if record else None,
        words=words,
    )
    return None if named == Search() else named


def shown(message: Message, retention_days: int | None, now: datetime) -> ShownMessage:
    """Show a message, without words that are older than its account keeps them."""
    return ShownMessage.model_validate(asdict(windows.hide_old_body(message, retention_days, now)))


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
