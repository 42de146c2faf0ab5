"""The bodies of webhooks.

`make openapi` writes this module from docs/openapi.json.
"""

from __future__ import annotations

from typing import Literal, TypedDict, final

from longcode_client.api.shared import Means, MessageState, RecordKind


@final
class CallOfBroadcast(TypedDict):
    """A call to a client whom a broadcast did not reach. New fields may come."""

    id: str
    at: str
    client_id: str
    phones: list[str]
    text: str
    broadcast: str


@final
class CallOfTrigger(TypedDict):
    """A call in place of a text of a trigger. New fields may come."""

    id: str
    at: str
    client_id: str
    phones: list[str]
    text: str
    trigger: str
    kind: RecordKind
    record_id: str


class MessageReceivedData(TypedDict):
    """What happened. New fields may come."""

    id: str
    phone: str
    number: str | None
    client_id: str | None
    body: str
    body_expired: bool
    other_recipients: list[str]
    media: list[str]
    received_at: str


class MessageReceived(TypedDict):
    """A reply came."""

    type: Literal["message.received"]
    timestamp: str
    data: MessageReceivedData


class MessageStatusData(TypedDict):
    """What happened. New fields may come."""

    id: str
    phone: str
    client_id: str | None
    broadcast: str | None
    trigger: str | None
    state: MessageState
    error: str | None


class MessageStatus(TypedDict):
    """A text has a new state."""

    type: Literal["message.status"]
    timestamp: str
    data: MessageStatusData


class OptOutRecordedData(TypedDict):
    """What happened. New fields may come."""

    phone: str
    opted_out: bool
    client_ids: list[str]
    at: str
    means: Means


class OptOutRecorded(TypedDict):
    """A phone was opted out or in."""

    type: Literal["opt_out.recorded"]
    timestamp: str
    data: OptOutRecordedData


class CallCreated(TypedDict):
    """A client has to be called: none of their numbers can be texted, or a broadcast did not reach them."""

    type: Literal["call.created"]
    timestamp: str
    data: CallOfTrigger | CallOfBroadcast


class WebhookTestData(TypedDict):
    """What happened. New fields may come."""

    account: str


class WebhookTest(TypedDict):
    """The studio tests its endpoint. It is sent whichever events are chosen."""

    type: Literal["webhook.test"]
    timestamp: str
    data: WebhookTestData


class UsageNoticeData(TypedDict):
    """What happened. New fields may come."""

    month: str
    day: str | None
    percent: int
    used_units: int
    limit_units: int
    plan: str
    goes_on: bool


class UsageNotice(TypedDict):
    """80 or 100 percent of the units are used."""

    type: Literal["usage.notice"]
    timestamp: str
    data: UsageNoticeData


Event = MessageReceived | MessageStatus | OptOutRecorded | CallCreated | WebhookTest | UsageNotice
