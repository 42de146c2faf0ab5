"""The Messages hub: folders, messages, read marks, links; and GET /inbox, which installed software polls."""

import re
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Literal

from longcode.web import account_resolver
from longcode.web import resolver as web
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import AfterValidator, Field, model_validator

from longcode import windows
from longcode.accounts import store as accounts
from longcode.aws import clients
from longcode.aws.telemetry import logger
from longcode.clients import store as client_store
from longcode.errors import BadCursor, NotAReply, NotFound
from longcode.folded import fold
from longcode.keywords import Keyword
from longcode.message import Direction, HoldReason, Linkable, Message, MessageKind, MessageState, Reference
from longcode.messages import folders, replies
from longcode.messages import store as messages
from longcode.messages.folders import Search
from longcode.messages.replies import Unread
from longcode.numbers.routing import AttributionRule
from longcode.one_spelling import one_spelling

_PHONE = re.compile(r"\+[0-9]{7,15}")

app = account_resolver.resolver()


def _check_phone(value: str | None) -> str | None:
    if value is None:
        return None
    phone = f"+{value[1:]}" if value.startswith(" ") else value  # in a URL, + means a space
    if not _PHONE.fullmatch(phone):
        raise ValueError("is not a number such as +12125550123; in a URL, write %2B for +")
    return one_spelling(phone)


def _check_words(value: str | None) -> str | None:
    if value is not None and not fold(value):
        raise ValueError("contains nothing to search for")
    return value


MessageId = Annotated[str, Path(max_length=100)]
ClientId = Annotated[str | None, Query(max_length=100)]
Phone = Annotated[Annotated[str, Field(max_length=20)] | None, AfterValidator(_check_phone), Query()]
Words = Annotated[Annotated[str, Field(max_length=200)] | None, AfterValidator(_check_words), Query()]
Record = Annotated[str | None, Query(pattern=r"^(session|task):[\s\S]{1,100}$")]
FolderCursor = Annotated[str | None, Query(max_length=200, pattern=folders.CURSOR)]
InboxCursor = Annotated[str, Query(pattern=r"^[0-9]{1,12}$")]


class ShownMessage(web.Answer):
    """A message as a studio sees it; `phone` is the client's, `number` is ours, null until the text is sent.

    A reply with `other_recipients` was written to a group: these phones have it too, an answer reaches `phone` only.
    `by`, `cancelled_by`, `read_by` and `linked_by` are names of people who signed in to the hub by mail.
    """

    id: str
    direction: Direction
    kind: MessageKind
    state: MessageState
    phone: str
    number: web.OurNumber
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
    created_at: web.Instant
    send_at: web.Instant | None
    valid_until: web.Instant | None
    held: HoldReason | None
    sent_at: web.Instant | None
    finished_at: web.Instant | None
    month: str | None
    error: str | None
    resent: bool
    read: bool
    keyword: Keyword | Literal["near_stop"] | None
    media: tuple[str, ...]
    other_recipients: tuple[str, ...]
    answers: str | None
    rule: AttributionRule | None
    by: str | None
    cancelled_by: str | None
    read_by: str | None
    linked_by: str | None


class ReferenceForm(web.Body):
    """A session or task under the studio's own id."""

    kind: Linkable
    id: Annotated[str, Field(min_length=1, max_length=100)]


class LinkForm(web.Body):
    """The client, session or task to link a message to. A field that is left out is kept; null removes the link."""

    client_id: Annotated[str | None, Field(min_length=1, max_length=100)] = None
    record: ReferenceForm | None = None

    @model_validator(mode="after")
    def has_a_field(self) -> "LinkForm":
        """Refuse an empty form: DELETE removes links."""
        if not self.model_fields_set:
            raise ValueError("needs client_id, record or both")
        return self


class InboxReply(web.Answer):
    """A reply for the installed software; `delivery_id` is the same each time it is fetched."""

    delivery_id: str
    received_at: web.Instant
    message: ShownMessage


class Inbox(web.Answer):
    """New replies, oldest first. Store `next_cursor` together with them, and ask for later replies with it."""

    items: list[InboxReply]
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
    cursor: FolderCursor = None,
) -> web.Page[ShownMessage]:
    """List a folder or search it, newest first.

    `all` is both directions: with `phone`, the conversation. `record` is a kind and an id, such as session:s1.
    `text` ignores case and accents, and finds look-alikes (quotes, dashes, ø and o). A page looks through 2,000
    messages with `text` or `record`, and else through far more: it may be short or empty. As long as there is a
    `next_cursor`, there may be more.
    """
    account, now = accounts.get_or_raise(web.caller(app)), clients.now()
    days, search = account.retention_days, _search(client_id, phone, record, text)
    hidden = partial(windows.hide_old_body, days=days, now=now)
    page = folders.page(
        account.id, folder, limit=limit, cursor=cursor, search=search, since=account.created_at, show=hidden
    )
    return web.Page(items=[_shown(message, days, now) for message in page.messages], next_cursor=page.next_cursor)


@app.get("/messages/<message_id>")
def show_message(message_id: MessageId) -> ShownMessage:
    """Show a message."""
    return _shown(_message(message_id), _retention_days(), clients.now())


@app.get("/messages/unread")
def count_unread() -> Unread:
    """Count the unread replies, and those of them that are linked to no client."""
    return replies.unread_counts(web.caller(app))


@app.put("/messages/<message_id>/read", responses=web.responses({204: None}))
def mark_read(message_id: MessageId) -> Response[str]:
    """Mark a reply as read."""
    folders.mark_read(_message(message_id), is_read=True)
    return Response(204, body="")


@app.delete("/messages/<message_id>/read", responses=web.responses({204: None}))
def mark_unread(message_id: MessageId) -> Response[str]:
    """Mark a reply as unread. A message from the studio itself is refused."""
    message = _message(message_id)
    if message.direction is Direction.OUT:
        raise NotAReply("Only a reply can be unread; the studio has sent this message itself.", field="id")
    folders.mark_read(message, is_read=False)
    return Response(204, body="")


@app.put("/messages/<message_id>/link")
def link_message(message_id: MessageId, form: LinkForm) -> ShownMessage:
    """Link a message to a client (facts S37), to a session or task, or to both, instead of earlier links."""
    if form.client_id is not None and client_store.get(web.caller(app), form.client_id) is None:
        raise NotFound(f"There is no client {form.client_id!r}.", field="client_id")
    record = Reference(kind=form.record.kind, id=form.record.id) if form.record else None
    links = {"client_id": form.client_id, "record": record}
    return _linked(message_id, **{name: links[name] for name in form.model_fields_set})


@app.delete("/messages/<message_id>/link")
def unlink_message(message_id: MessageId) -> ShownMessage:
    """Remove a message's links to a client, session or task."""
    return _linked(message_id, client_id=None, record=None)


@app.get("/inbox")
def list_new_replies(after: InboxCursor = "0", limit: web.Limit = 50) -> Inbox:
    """List the replies since a cursor, for the job "SMS Text Inbox Processor" (facts S23).

    If `after` is always the `next_cursor` of the page before, each reply comes exactly once, whatever arrives
    meanwhile. An empty page may not be the last: all replies are fetched when `next_cursor` equals `after`.
    """
    account, start = web.caller(app), int(after)
    page, reached = replies.page(account, start, limit)
    if start == reached and start > replies.newest_sequence(account):
        raise BadCursor("This account has fewer replies than that; the cursor is another account's.", field="after")
    days, now = _retention_days(), clients.now()
    items = [
        InboxReply(delivery_id=reply.id, received_at=reply.created_at, message=_shown(reply, days, now))
        for _, reply in page
    ]
    return Inbox(items=items, next_cursor=str(reached))


def _search(client_id: str | None, phone: str | None, record: str | None, words: str | None) -> Search | None:
    """Return what to search a folder for, or None to list all of it. `record` is a kind, a colon and an id."""
    kind, _, record_id = (record or "").partition(":")
    search = Search(
        client_id=client_id,
        phone=phone,
        record=Reference(kind=Linkable(kind), id=record_id) if record else None,
        words=words,
    )
    return None if search == Search() else search


def _linked(message_id: str, **links: Any) -> ShownMessage:
    message = _existing(folders.link(_message(message_id), **links), message_id)
    return _shown(message, _retention_days(), clients.now())


def _message(message_id: str) -> Message:
    return _existing(messages.get(web.caller(app), message_id), message_id)


def _existing(message: Message | None, message_id: str) -> Message:
    if message is None:
        raise NotFound(f"There is no message {message_id!r}.")
    return message


def _retention_days() -> int | None:
    account = accounts.get(web.caller(app))
    return account.retention_days if account else None


def _shown(message: Message, retention_days: int | None, now: datetime) -> ShownMessage:
    """Return a message as the API shows it, without its body if that is older than the account's retention."""
    hidden = windows.hide_old_body(message, retention_days, now)
    return ShownMessage.model_validate(hidden, from_attributes=True)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
