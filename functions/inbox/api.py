"""The Messages hub's reads: folders, single messages, read and unread, links; and GET /inbox for the 5-minute job."""

from datetime import datetime
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import BaseModel, Field, model_validator

from inbox.shown import ShownMessage, shown
from longcode.aws import web
from longcode.aws.telemetry import logger
from longcode.errors import NotAReply, NotFound
from longcode.message import Direction, Linkable, Message, Reference
from longcode.table import clients, folders, hub, inbox, messages, unread
from longcode.unread import Unread

app = web.resolver()


MessageId = Annotated[str, Path(max_length=100)]


class Reply(BaseModel):
    """A reply for the installed software; `delivery_id` is the same whenever it is fetched."""

    delivery_id: str
    received_at: datetime
    message: ShownMessage


class Inbox(BaseModel):
    """New replies, oldest first. Ask again with `next_cursor`, which also says that these have arrived."""

    items: list[Reply]
    next_cursor: str


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


@app.get("/messages")
def list_messages(
    folder: Literal["inbox", "sent", "unlinked"] = "inbox",
    client_id: Annotated[str | None, Query(max_length=100)] = None,
    phone: Annotated[str | None, Query(pattern=r"^\+[0-9]{7,15}$")] = None,
    limit: web.Limit = 50,
    cursor: web.Cursor = None,
) -> web.Listed[ShownMessage]:
    """List a folder, newest first."""
    page = folders.page(web.caller(app), folder, limit=limit, cursor=cursor, client=client_id, phone=phone)
    return web.Listed(items=[shown(one) for one in page.messages], next_cursor=page.next_cursor)


@app.get("/messages/<message_id>")
def show_message(message_id: MessageId) -> ShownMessage:
    """Show a message."""
    return shown(_message(message_id))


@app.get("/messages/unread")
def count_unread() -> Unread:
    """Count the replies that nobody has read, and those of them that are tied to no client."""
    return unread.of(web.caller(app))


@app.put("/messages/<message_id>/read", responses=web.told({204: None}))
def mark_read(message_id: MessageId) -> Response[str]:
    """Mark a reply as read."""
    hub.mark_read(_message(message_id), is_read=True)
    return Response(204, body="")


@app.delete("/messages/<message_id>/read", responses=web.told({204: None}))
def mark_unread(message_id: MessageId) -> Response[str]:
    """Mark a reply as unread. What the studio itself has sent never is."""
    message = _message(message_id)
    if message.direction is Direction.OUT:
        raise NotAReply("Only a reply can be unread; the studio has sent this message itself.", field="id")
    hub.mark_read(message, is_read=False)
    return Response(204, body="")


@app.put("/messages/<message_id>/link")
def link_message(message_id: MessageId, form: Link) -> ShownMessage:
    """Link a message to a client (facts S37), to a session or task, or to both; or to others."""
    if form.client_id is not None and clients.get(web.caller(app), form.client_id) is None:
        raise NotFound(f"There is no client {form.client_id!r}.", field="client_id")
    return _linked(message_id, **{name: getattr(form, name) for name in form.model_fields_set})


@app.delete("/messages/<message_id>/link")
def unlink_message(message_id: MessageId) -> ShownMessage:
    """Tie a message to no client, session or task."""
    return _linked(message_id, client_id=None, record=None)


@app.get("/inbox")
def list_new_replies(after: Annotated[str, Query(pattern=r"^[0-9]{1,12}$")] = "0", limit: web.Limit = 50) -> Inbox:
    """List the replies since a cursor, for the job "SMS Text Inbox Processor" (facts S23)."""
    found = inbox.after(web.caller(app), int(after), limit)
    replies = [Reply(delivery_id=one.id, received_at=one.created_at, message=shown(one)) for _, one in found]
    return Inbox(items=replies, next_cursor=str(found[-1][0] if found else int(after)))


def _linked(message_id: str, **links: Any) -> ShownMessage:
    record = links.get("record")
    if record:
        links["record"] = Reference(kind=record.kind, id=record.id)
    return shown(_there(hub.link(_message(message_id), **links), message_id))


def _message(message_id: str) -> Message:
    return _there(messages.get(web.caller(app), message_id), message_id)


def _there(message: Message | None, message_id: str) -> Message:
    if message is None:
        raise NotFound(f"There is no message {message_id!r}.")
    return message


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
