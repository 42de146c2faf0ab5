"""AWS End User Messaging SMS: hands texts over, reads the events and replies that SNS brings (docs/facts.md)."""

from collections.abc import Mapping
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

from longcode.carriers.carrier import (
    Answer,
    Arrivals,
    CarrierText,
    Inbound,
    Receipt,
    RefusalReason,
    Refused,
    Sent,
    Text,
    Uncertain,
    whole,
)
from longcode.message import MessageState

CONNECT_SECONDS = 3.0
READ_SECONDS = 6.0
CONNECTIONS = 10  # a batch of ten texts is handed over at once
SHORTEST_VALID_SECONDS, LONGEST_VALID_SECONDS = 5, 259_200

# The reason of an error is looked up first, then its code, then its HTTP status.
REFUSAL_REASONS = {
    "DESTINATION_PHONE_NUMBER_OPTED_OUT": RefusalReason.OPTED_OUT,
    "ThrottlingException": RefusalReason.TRY_AGAIN,
    "ServiceQuotaExceededException": RefusalReason.PARKED,
    "AccessDeniedException": RefusalReason.PARKED,
    "ResourceNotFoundException": RefusalReason.PARKED,
    "ExpiredTokenException": RefusalReason.PARKED,
    "UnrecognizedClientException": RefusalReason.PARKED,
    "ValidationException": RefusalReason.INVALID,
    "ConflictException": RefusalReason.INVALID,
    "401": RefusalReason.PARKED,
    "403": RefusalReason.PARKED,
    "429": RefusalReason.TRY_AGAIN,
}

# Events that end a text badly. TEXT_QUEUED and TEXT_PENDING say no more than the answer to the send did.
UNDELIVERED = {
    "TEXT_INVALID": RefusalReason.BAD_NUMBER,
    "TEXT_INVALID_MESSAGE": RefusalReason.INVALID,
    "TEXT_UNREACHABLE": RefusalReason.TRY_ONCE_LATER,
    "TEXT_CARRIER_UNREACHABLE": RefusalReason.TRY_ONCE_LATER,
    "TEXT_BLOCKED": RefusalReason.BAD_NUMBER,
    "TEXT_CARRIER_BLOCKED": RefusalReason.FILTERED,
    "TEXT_SPAM": RefusalReason.FILTERED,
    "TEXT_PROTECT_BLOCKED": RefusalReason.FILTERED,
    "TEXT_TTL_EXPIRED": RefusalReason.UNKNOWN,
    "TEXT_UNKNOWN": RefusalReason.UNKNOWN,
}


def client(*, read_seconds: float = READ_SECONDS, **options: Any) -> Any:
    """Open a client that tries once and is done within 10 seconds; `options` are boto3's."""
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=read_seconds,
        max_pool_connections=CONNECTIONS,
        retries={"mode": "standard", "total_max_attempts": 1},
    )
    return boto3.client("pinpoint-sms-voice-v2", config=config, **options)


class Aws:
    """Hands texts to AWS; without a configuration set no event comes back."""

    name = "aws"

    def __init__(self, client: Any, *, configuration_set: str | None = None) -> None:
        self._client = client
        self._events = {"ConfigurationSetName": configuration_set} if configuration_set else {}

    def send(self, text: Text) -> Answer:
        try:
            answer = self._client.send_text_message(
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
        except ParamValidationError as problem:
            return Refused(RefusalReason.INVALID, type(problem).__name__)
        except (NoCredentialsError, PartialCredentialsError, CredentialRetrievalError) as problem:
            return Refused(RefusalReason.PARKED, type(problem).__name__)
        except ClientError as problem:
            return _refusal(problem.response)
        except Exception as problem:  # the SDK raises even AttributeError, for an answer it cannot read
            return Uncertain(type(problem).__name__)
        message_id = _word(answer, "MessageId")
        return Sent(message_id) if message_id else Uncertain("no MessageId")

    def find(self, to: str, origin: str, since: datetime) -> list[CarrierText] | None:  # noqa: ARG002 - every carrier's
        """Tell nothing: AWS lists no texts, and an uncertain one waits for its event."""
        return None

    def received(self, number: str, since: datetime) -> Arrivals | None:  # noqa: ARG002
        """Tell nothing: what AWS brings through SNS and SQS is not lost on the way."""
        return None

    def pictures(self, carrier_id: str) -> list[str] | None:  # noqa: ARG002
        """Tell nothing, as `received` does."""
        return None


def _refusal(response: Mapping[str, Any]) -> Answer:
    code = response.get("Error", {}).get("Code", "")
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    definite = status // 100 == 4 and status != HTTPStatus.REQUEST_TIMEOUT  # noqa: PLR2004 - any 4xx
    if code == "InternalServerException" or not definite:
        return Uncertain(code or f"http {status}")
    told = [clue for clue in (response.get("Reason"), code, str(status)) if clue]
    return Refused(
        next((REFUSAL_REASONS[clue] for clue in told if clue in REFUSAL_REASONS), RefusalReason.INVALID), told[0]
    )


def read_receipt(event: Mapping[str, Any]) -> Receipt | None:
    """Read an event (the JSON in an SNS message); None when it says nothing new, or nothing of ours."""
    kind = event.get("eventType")
    context = event.get("context")
    reference = context.get("reference") if isinstance(context, Mapping) else None
    if not isinstance(kind, str) or not isinstance(reference, str) or not reference:
        return None
    carrier_id, at = _word(event, "messageId") or None, _at(event.get("eventTimestamp"))
    # A text that was only accepted says TEXT_SUCCESSFUL as well; in some countries it is also the last word.
    if kind == "TEXT_DELIVERED" or (kind == "TEXT_SUCCESSFUL" and event.get("isFinal") is True):
        return Receipt(
            carrier=Aws.name, reference=reference, carrier_id=carrier_id, state=MessageState.DELIVERED, at=at
        )
    if kind == "TEXT_SUCCESSFUL":
        return Receipt(carrier=Aws.name, reference=reference, carrier_id=carrier_id, state=MessageState.SENT, at=at)
    # While the carrier still tries, a second attempt of ours could make two texts of one.
    if kind not in UNDELIVERED or event.get("isFinal") is False:
        return None
    return Receipt(
        carrier=Aws.name,
        reference=reference,
        carrier_id=carrier_id,
        state=MessageState.UNDELIVERED,
        code=kind,
        reason=UNDELIVERED[kind],
        at=at,
    )


def read_inbound(event: Mapping[str, Any], *, answers: frozenset[str] = frozenset()) -> Inbound:
    """Read a reply (the JSON in an SNS message); `answers` are the keywords that AWS itself replies to.

    There are none where opt-outs are self-managed. ValueError when it does not say which text, from whom or
    to whom. It carries no time: SNS's own is the best there is.
    """
    needed = ("inboundMessageId", "originationNumber", "destinationNumber")
    missing = [name for name in needed if not _word(event, name).strip()]
    if missing:
        raise ValueError(f"a text from AWS without {', '.join(missing)}")
    return Inbound(
        carrier=Aws.name,
        carrier_id=event["inboundMessageId"],
        phone=event["originationNumber"],
        number=event["destinationNumber"],
        body=whole(_word(event, "messageBody")),
        answered=_word(event, "messageKeyword").upper() in answers,
        replies_to=whole(_word(event, "previousPublishedMessageId")) or None,
    )


def _word(event: Mapping[str, Any], name: str) -> str:
    value = event.get(name)
    return value if isinstance(value, str) else ""


def _at(milliseconds: object) -> datetime | None:
    if not isinstance(milliseconds, int | float):
        return None
    try:
        return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=milliseconds)
    except (OverflowError, ValueError):
        return None
