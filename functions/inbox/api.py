"""The Messages hub's reads: folders, single messages, read and unread, links; and GET /inbox for the 5-minute job."""

from datetime import datetime
from functools import partial
from typing import Any, Literal

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel

from inbox import requests
from inbox.shown import ShownMessage, shown
from longcode import retention
from longcode.aws import clock, web
from longcode.aws.telemetry import logger
from longcode.errors import BadCursor, NotAReply, NotFound
from longcode.message import Direction, Message
from longcode.table import accounts, clients, folders, hub, inbox, messages, unread
from longcode.unread import Unread

app = web.resolver()


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
    client_id: requests.ClientId = None,
    phone: requests.Phone = None,
    record: requests.Record = None,
    text: requests.Words = None,
    limit: web.Limit = 50,
    cursor: requests.Place = None,
) -> web.Listed[ShownMessage]:
    """List a folder, newest first, or what is looked for in it.

    `all` is both directions: with `phone`, the conversation. `record` is a kind and an id, such as session:s1.
    `text` is found whatever its case and accents. A page looks at 10,000 messages at most, for `text` and `record` at
    2,000: it may be short, or empty. As long as there is a `next_cursor`, there may be more.
    """
    search = requests.looked_for(client_id, phone, record, text)
    account, days, now = web.caller(app), _retention_days(), clock.now()
    hidden = partial(retention.hide, days=days, now=now)
    page = folders.page(account, folder, limit=limit, cursor=cursor, search=search, show=hidden)
    return web.Listed(items=[shown(one, days, now) for one in page.messages], next_cursor=page.next_cursor)


@app.get("/messages/<message_id>")
def show_message(message_id: requests.MessageId) -> ShownMessage:
    """Show a message."""
    return shown(_message(message_id), _retention_days(), clock.now())


@app.get("/messages/unread")
def count_unread() -> Unread:
    """Count the replies that nobody has read, and those of them that are tied to no client."""
    return unread.of(web.caller(app))


@app.put("/messages/<message_id>/read", responses=web.told({204: None}))
def mark_read(message_id: requests.MessageId) -> Response[str]:
    """Mark a reply as read."""
    hub.mark_read(_message(message_id), is_read=True)
    return Response(204, body="")


@app.delete("/messages/<message_id>/read", responses=web.told({204: None}))
def mark_unread(message_id: requests.MessageId) -> Response[str]:
    """Mark a reply as unread. What the studio itself has sent never is."""
    message = _message(message_id)
    if message.direction is Direction.OUT:
        raise NotAReply("Only a reply can be unread; the studio has sent this message itself.", field="id")
    hub.mark_read(message, is_read=False)
    return Response(204, body="")


@app.put("/messages/<message_id>/link")
def link_message(message_id: requests.MessageId, form: requests.Link) -> ShownMessage:
    """Link a message to a client (facts S37), to a session or task, or to both; or to others."""
    if form.client_id is not None and clients.get(web.caller(app), form.client_id) is None:
        raise NotFound(f"There is no client {form.client_id!r}.", field="client_id")
    named = {"client_id": form.client_id, "record": requests.reference(form.record)}
    return _linked(message_id, **{name: named[name] for name in form.model_fields_set})


@app.delete("/messages/<message_id>/link")
def unlink_message(message_id: requests.MessageId) -> ShownMessage:
    """Tie a message to no client, session or task."""
    return _linked(message_id, client_id=None, record=None)


@app.get("/inbox")
def list_new_replies(after: requests.Number = "0", limit: web.Limit = 50) -> Inbox:
    """List the replies since a cursor, for the job "SMS Text Inbox Processor" (facts S23).

    Whatever arrives meanwhile, each reply comes once and in one order, if `after` is always the `next_cursor` of the
    page before. A page may be empty and not the last: all is fetched when `next_cursor` is `after` again.
    """
    account, start = web.caller(app), int(after)
    found, reached = inbox.page(account, start, limit)
    if start == reached and start > inbox.end(account):
        raise BadCursor("This account has not got so many replies; the cursor must be of another one.", field="after")
    days, now = _retention_days(), clock.now()
    replies = [
        Reply(delivery_id=one.id, received_at=one.created_at, message=shown(one, days, now)) for _, one in found
    ]
    return Inbox(items=replies, next_cursor=str(reached))


def _linked(message_id: str, **links: Any) -> ShownMessage:
    return shown(_there(hub.link(_message(message_id), **links), message_id), _retention_days(), clock.now())


def _retention_days() -> int | None:
    account = accounts.get(web.caller(app))
    return account.retention_days if account else None


def _message(message_id: str) -> Message:
    return _there(messages.get(web.caller(app), message_id), message_id)


def _there(message: Message | None, message_id: str) -> Message:
    if message is None:
        raise NotFound(f"There is no message {message_id!r}.")
    return message


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
