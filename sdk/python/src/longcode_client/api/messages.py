"""Texts to one client, all messages, and new replies for software that polls.

`make openapi` writes this module from docs/openapi.json.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from longcode_client.api.shared import MessageState
from longcode_client.calls import Calls, in_path, new_key
from longcode_client.items import Items


class Accepted(TypedDict):
    """The messages that will be sent, one for each phone, and the phones that get none."""

    messages: list[AcceptedMessage]
    skipped: list[Skipped]


class AcceptedMessage(TypedDict):
    """A text that will be sent; GET /messages/{id} shows its state.

    `number` is null for an account without a number of its own: the text gets a shared one when it is sent.
    """

    id: str
    phone: str
    number: str | None
    client_id: str | None
    template: str | None
    body: str
    encoding: str
    units: int
    segments: int
    created_at: str
    send_at: str | None


# The rule that attributed a reply.
AttributionRule = Literal["carrier_reference", "dedicated_number", "last_texted", "operator"]


# Whether we sent a message or received it.
Direction = Literal["out", "in"]


# Why a text waits. While a text waits, a job to send it does nothing.
HoldReason = Literal["quiet_hours", "parked", "paused", "asked", "ceiling"]


class InboxReply(TypedDict):
    """A reply for the installed software; `delivery_id` is the same each time it is fetched."""

    delivery_id: str
    received_at: str
    message: ShownMessage


# What a reply asks for. YES counts only if the phone is opted out.
Keyword = Literal["stop", "start", "help", "yes"]


class LinkForm(TypedDict, total=False):
    """The client, session or task to link a message to. A field that is left out is kept; null removes the link."""

    client_id: str | None
    record: ReferenceForm | None


# The types of the studio's records, besides clients, that a message can be linked to.
Linkable = Literal["session", "task"]


# Why a message exists. SERVICE is our reply to a keyword, sent in spite of the opt-out that it confirms.
MessageKind = Literal["individual", "bulk", "triggered", "service", "reply"]


class NewMessage(TypedDict, total=False):
    """One text to all ticked phones of a client, to one of them, or to a number."""

    client_id: str | None
    to: str | None
    body: str | None
    template: str | None
    values: dict[str, str]
    send_at: str | None


class Preview(TypedDict):
    """What would be sent to whom, how long it is and what it costs beyond the plan; or why it may not be sent.

    `skipped` are phones without a text, `held` those whose text would wait; `frees_at` is when a limit allows
    it.
    """

    may_be_sent: bool
    code: NotRequired[str | None]
    reason: NotRequired[str | None]
    frees_at: NotRequired[str | None]
    subject: NotRequired[str | None]
    text: NotRequired[str | None]
    encoding: NotRequired[str | None]
    forcing_ucs2: NotRequired[list[str]]
    segments: NotRequired[int]
    units: NotRequired[int]
    phones: NotRequired[list[str]]
    skipped: NotRequired[list[Skipped]]
    held: NotRequired[list[Skipped]]
    price_micros: NotRequired[int]


class Reference(TypedDict):
    """A session or task, by the studio's own id. The id is not checked: only the studio knows its records."""

    kind: Linkable
    id: str


class ReferenceForm(TypedDict):
    """A session or task under the studio's own id."""

    kind: Linkable
    id: str


class ShownMessage(TypedDict):
    """A message as a studio sees it; `phone` is the client's, `number` is ours, null until the text is sent.

    A reply with `other_recipients` was written to a group: these phones have it too, an answer reaches `phone`
    only. `by`, `cancelled_by`, `read_by` and `linked_by` are names of people who signed in to the hub by mail.
    """

    id: str
    direction: Direction
    kind: MessageKind
    state: MessageState
    phone: str
    number: str | None
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
    created_at: str
    send_at: str | None
    valid_until: str | None
    held: HoldReason | None
    sent_at: str | None
    finished_at: str | None
    month: str | None
    error: str | None
    resent: bool
    read: bool
    keyword: Keyword | Literal["near_stop"] | None
    media: list[str]
    other_recipients: list[str]
    answers: str | None
    rule: AttributionRule | None
    by: str | None
    cancelled_by: str | None
    read_by: str | None
    linked_by: str | None


class Skipped(TypedDict):
    """A phone that gets no text, or gets it later, with the stable code of the reason and a sentence about it."""

    phone: str
    code: str
    detail: str


class Unread(TypedDict, total=False):
    """How many replies are unread, and how many of these are linked to no client."""

    unread: int
    unread_unlinked: int


class MessagesApi(Calls):
    """Texts to one client, all messages, and new replies for software that polls."""

    def list_new_replies(self, *, after: str = "0", limit: int | None = None) -> Items[InboxReply]:
        """List the replies since a cursor, for the job "SMS Text Inbox Processor".

        If `after` is always the `next_cursor` of the page before, each reply comes exactly once, whatever
        arrives meanwhile. An empty page may not be the last: all replies are fetched when `next_cursor` equals
        `after`.
        """
        return self._items("/inbox", {"limit": limit}, "after", after)

    def list_messages(
        self,
        *,
        folder: Literal["inbox", "sent", "unlinked", "all"] | None = None,
        client_id: str | None = None,
        phone: str | None = None,
        record: str | None = None,
        text: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Items[ShownMessage]:
        """List a folder or search it, newest first.

        `all` is both directions: with `phone`, the conversation. `record` is a kind and an id, such as
        session:s1. `text` ignores case and accents, and finds look-alikes (quotes, dashes, ø and o). A page
        looks through 2,000 messages with `text` or `record`, and else through far more: it may be short or
        empty. As long as there is a `next_cursor`, there may be more.
        """
        return self._items(
            "/messages",
            {
                "folder": folder,
                "client_id": client_id,
                "phone": phone,
                "record": record,
                "text": text,
                "limit": limit,
            },
            "cursor",
            cursor,
        )

    def post_message(self, body: NewMessage, *, idempotency_key: str | None = None) -> Accepted:
        """Accept a text.

        The same Idempotency-Key with the same body gets the same response.
        """
        answer: Accepted = self._call("POST", "/messages", body=body, key=idempotency_key or new_key()).json()
        return answer

    def preview_message(self, body: NewMessage) -> Preview:
        """Show what a request would do, and do nothing."""
        answer: Preview = self._call("POST", "/messages/preview", body=body, repeatable=True).json()
        return answer

    def count_unread(self) -> Unread:
        """Count the unread replies, and those of them that are linked to no client."""
        answer: Unread = self._call("GET", "/messages/unread", repeatable=True).json()
        return answer

    def show_message(self, message_id: str) -> ShownMessage:
        """Show a message."""
        answer: ShownMessage = self._call("GET", f"/messages/{in_path(message_id)}", repeatable=True).json()
        return answer

    def cancel_message(self, message_id: str) -> None:
        """Cancel a text that has not been sent yet, and release its units."""
        self._call("DELETE", f"/messages/{in_path(message_id)}", repeatable=True)

    def link_message(self, message_id: str, body: LinkForm) -> ShownMessage:
        """Link a message to a client, to a session or task, or to both, instead of earlier links."""
        answer: ShownMessage = self._call(
            "PUT", f"/messages/{in_path(message_id)}/link", body=body, repeatable=True
        ).json()
        return answer

    def unlink_message(self, message_id: str) -> ShownMessage:
        """Remove a message's links to a client, session or task."""
        answer: ShownMessage = self._call("DELETE", f"/messages/{in_path(message_id)}/link", repeatable=True).json()
        return answer

    def mark_read(self, message_id: str) -> None:
        """Mark a reply as read."""
        self._call("PUT", f"/messages/{in_path(message_id)}/read", repeatable=True)

    def mark_unread(self, message_id: str) -> None:
        """Mark a reply as unread.

        A message from the studio itself is refused.
        """
        self._call("DELETE", f"/messages/{in_path(message_id)}/read", repeatable=True)
