"""AWS End User Messaging SMS: sends texts, and reads the events and replies that arrive by SNS (docs/facts.md)."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
)

from longcode.carriers import refusals
from longcode.carriers.carrier import (
    CarrierText,
    Inbound,
    Receipt,
    ReceivedTexts,
    RefusalReason,
    Refused,
    SendResult,
    Sent,
    SentText,
    Text,
    Uncertain,
    replace_surrogates,
)
from longcode.carriers.idle import IdleConnections
from longcode.message import MessageState

CONNECT_SECONDS = 3.0
READ_SECONDS = 6.0
CONNECTIONS = 10  # the ten texts of a batch are sent at the same time
SHORTEST_VALID_SECONDS, LONGEST_VALID_SECONDS = 5, 259_200


def client(*, read_seconds: float = READ_SECONDS, **options: Any) -> Any:
    """Return a client that tries once and ends within 10 seconds; `options` are boto3's."""
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=read_seconds,
        max_pool_connections=CONNECTIONS,
        retries={"mode": "standard", "total_max_attempts": 1},
    )
    return boto3.client("pinpoint-sms-voice-v2", config=config, **options)


class Aws:
    """The client for sending texts through AWS. Without a configuration set, AWS sends no events."""

    name = "aws"

    def __init__(
        self, client: Any, *, configuration_set: str | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._client = client
        self._connections = IdleConnections(client.close, clock)
        self._events = {"ConfigurationSetName": configuration_set} if configuration_set else {}

    def send(self, text: Text) -> SendResult:
        """Send a text once and return the result: only an error that proves a refusal counts as one."""
        self._connections.close_stale()
        try:
            response = self._client.send_text_message(
                DestinationPhoneNumber=text.to,
                OriginationIdentity=text.origin,
                MessageBody=text.body,
                MessageType="TRANSACTIONAL",
                TimeToLive=min(max(text.valid_seconds, SHORTEST_VALID_SECONDS), LONGEST_VALID_SECONDS),
                Context={"reference": text.reference},
                **self._events,
            )
        except (EndpointConnectionError, ConnectTimeoutError):
            return Refused(RefusalReason.TRY_AGAIN, "unreachable")  # never connected, so nothing was sent
        except ParamValidationError as error:
            return Refused(RefusalReason.INVALID, type(error).__name__)
        except (NoCredentialsError, PartialCredentialsError, CredentialRetrievalError) as error:
            return Refused(RefusalReason.PARKED, type(error).__name__)
        except ClientError as error:
            return _refusal(error.response)
        except Exception as error:  # the SDK raises even AttributeError, for a response that it cannot read
            return Uncertain(type(error).__name__)
        message_id = _string(response, "MessageId")
        return Sent(message_id) if message_id else Uncertain("no MessageId")

    def find(self, to: str, origin: str, since: datetime) -> list[CarrierText] | None:  # noqa: ARG002 - the protocol's
        """Return None: AWS does not list texts, and an uncertain text waits for its event."""
        return None

    def sent(self, carrier_id: str) -> SentText | None:  # noqa: ARG002
        """Return None: AWS cannot be asked for a text."""
        return None

    def received(self, number: str, since: datetime) -> ReceivedTexts | None:  # noqa: ARG002
        """Return None: AWS does not list received texts. They come through SNS and SQS, which do not lose any."""
        return None

    def pictures(self, carrier_id: str) -> list[str] | None:  # noqa: ARG002
        """Return None: AWS passes on no pictures."""
        return None


def _refusal(response: Mapping[str, Any]) -> SendResult:
    code = response.get("Error", {}).get("Code", "")
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    is_refusal = status // 100 == 4 and status != HTTPStatus.REQUEST_TIMEOUT  # noqa: PLR2004 - any 4xx
    if code == "InternalServerException" or not is_refusal:
        return Uncertain(code or f"http {status}")
    codes = [part for part in (response.get("Reason"), code, str(status)) if part]
    reasons = (refusals.AWS[part].reason for part in codes if part in refusals.AWS)
    return Refused(next(reasons, RefusalReason.INVALID), codes[0])


def read_receipt(event: Mapping[str, Any]) -> Receipt | None:
    """Return the receipt in an event (the JSON in an SNS message); None if it changes nothing."""
    kind = event.get("eventType")
    context = event.get("context")
    reference = context.get("reference") if isinstance(context, Mapping) else None
    if not isinstance(kind, str) or not isinstance(reference, str) or not reference:
        return None
    carrier_id, at = _string(event, "messageId") or None, _instant(event.get("eventTimestamp"))
    # TEXT_SUCCESSFUL also reports that a text was accepted; in some countries it is the final event.
    if kind == "TEXT_DELIVERED" or (kind == "TEXT_SUCCESSFUL" and event.get("isFinal") is True):
        return Receipt(
            carrier=Aws.name, reference=reference, carrier_id=carrier_id, state=MessageState.DELIVERED, at=at
        )
    if kind == "TEXT_SUCCESSFUL":
        return Receipt(carrier=Aws.name, reference=reference, carrier_id=carrier_id, state=MessageState.SENT, at=at)
    # While the carrier still tries, another attempt of ours could send the text twice.
    if kind not in refusals.AWS_EVENTS or event.get("isFinal") is False:
        return None
    return Receipt(
        carrier=Aws.name,
        reference=reference,
        carrier_id=carrier_id,
        state=MessageState.UNDELIVERED,
        code=kind,
        reason=refusals.AWS_EVENTS[kind].reason,
        at=at,
    )


def read_inbound(event: Mapping[str, Any], *, answers: frozenset[str] = frozenset()) -> Inbound:
    """Return the reply in an SNS message's JSON; raise `ValueError` if its id or one of its numbers is missing.

    `answers` are the keywords that AWS itself replies to: none where opt-outs are self-managed. The JSON has no time;
    the timestamp of SNS is the nearest to it.
    """
    required = ("inboundMessageId", "originationNumber", "destinationNumber")
    missing = [name for name in required if not _string(event, name).strip()]
    if missing:
        raise ValueError(f"a text from AWS without {', '.join(missing)}")
    return Inbound(
        carrier=Aws.name,
        carrier_id=event["inboundMessageId"],
        phone=event["originationNumber"],
        number=event["destinationNumber"],
        body=replace_surrogates(_string(event, "messageBody")),
        answered=_string(event, "messageKeyword").upper() in answers,
        replies_to=replace_surrogates(_string(event, "previousPublishedMessageId")) or None,
    )


def _string(event: Mapping[str, Any], name: str) -> str:
    value = event.get(name)
    return value if isinstance(value, str) else ""


def _instant(milliseconds: object) -> datetime | None:
    if not isinstance(milliseconds, int | float):
        return None
    try:
        return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=milliseconds)
    except (OverflowError, ValueError):
        return None
