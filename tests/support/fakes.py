"""A fake carrier; a studio and a client; events of the API and of queues as Lambda delivers them; queued jobs."""

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext as PowertoolsContext

from longcode.accounts import passwords
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.aws.clients import client as aws_client
from longcode.carriers.carrier import CarrierText, SendResult, Sent, Text
from longcode.changes.change import Actor, Way
from longcode.clients import store as clients
from longcode.clients.client import Client, Phone
from longcode.jobs import Product
from longcode.plans.plans import PlanChange
from tests.support import api_document

NOW = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
ACTOR = Actor(way=Way.HUB, who="p1", name="Ann", address="198.51.100.7", browser="Firefox on Linux")
PASSWORD = "abcde-fghjk-mnpqr-stuvw-xyz23-45678"
_PASSWORD_HASH = passwords.hash_of(PASSWORD)


@dataclass
class FakeCarrier:
    """Returns the given results in turn, and keeps the texts that it was called with."""

    name: str = "twilio"
    answers: list[SendResult] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    listed: list[CarrierText] | None = None
    asked_for: list[tuple[str, str, datetime]] = field(default_factory=list)

    def send(self, text: Text) -> SendResult:
        self.texts.append(text)
        return self.answers.pop(0) if self.answers else Sent(f"SM{len(self.texts)}")

    def find(self, to: str, origin: str, since: datetime) -> list[CarrierText] | None:
        self.asked_for.append((to, origin, since))
        return self.listed


REQUEST_ID = "c6af9ac6-7b61-41e6-9a41-93e8deadbeef"


class LambdaContext(PowertoolsContext):
    """The context that Lambda passes to a handler."""

    _function_name = "test"
    _memory_limit_in_mb = 512
    _invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:test"
    _aws_request_id = "invocation"


@dataclass(frozen=True)
class ApiResponse:
    """The response of an API function."""

    status: int
    headers: dict[str, Any]
    text: str
    is_base64: bool = False

    @property
    def json(self) -> Any:
        return json.loads(self.text)


def call(
    module: Any,
    method: str,
    path: str,
    body: object = None,
    *,
    account: str | None = None,
    scope: str = "all",
    identity: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
) -> ApiResponse:
    """Call an API function with an event as API Gateway sends it; text is sent as it is, bytes in Base64, else JSON.

    The content type is the first one that the function accepts.
    """
    event = {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": {"content-type": module.app.content_types[0], **(headers or {})},
        "multiValueHeaders": {},
        "queryStringParameters": query,
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()} if query else None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "requestId": REQUEST_ID,
            "stage": "v1",
            "httpMethod": method,
            "path": path,
            "identity": identity or {},
            "authorizer": {"account": account, "scope": scope, "key": ""} if account else None,
        },
        "body": _event_body(body),
        "isBase64Encoded": isinstance(body, bytes),
    }
    answer = module.handler(event, LambdaContext())
    headers_out = answer.get("headers") or {k: v[0] for k, v in answer.get("multiValueHeaders", {}).items()}
    if not answer["isBase64Encoded"]:
        api_document.check_answer(
            method, path, answer["statusCode"], headers_out.get("Content-Type", ""), answer["body"]
        )
    return ApiResponse(answer["statusCode"], headers_out, answer["body"], answer["isBase64Encoded"])


def _event_body(body: object) -> str | None:
    if isinstance(body, bytes):
        return b64encode(body).decode()
    return body if isinstance(body, str) or body is None else json.dumps(body)


def sqs_event(*bodies: str, **attributes: str) -> dict[str, Any]:
    """Return the event of a batch from a queue; each job has the attributes."""
    return {
        "Records": [
            {
                "messageId": f"m{index}",
                "receiptHandle": f"r{index}",
                "body": body,
                "attributes": {"ApproximateReceiveCount": "1"},
                "messageAttributes": {
                    name: {"dataType": "String", "stringValue": value} for name, value in attributes.items()
                },
                "md5OfBody": "",
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:queue",
                "awsRegion": "us-east-1",
            }
            for index, body in enumerate(bodies)
        ]
    }


def take_queued(name: str) -> list[str]:
    """Receive and delete all messages of a queue of the `aws` fixture (see local_aws.QUEUES); return their bodies."""
    sqs, url = aws_client("sqs"), f"https://sqs.us-east-1.amazonaws.com/123456789012/{name}"
    bodies: list[str] = []
    while received := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        for message in received:
            bodies.append(message["Body"])
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return bodies


def studio(number: str = "10000001", **changes: Any) -> Account:
    """Create and return an account with the password `PASSWORD`."""
    fields: dict[str, Any] = {
        "id": number,
        "name": "Foxglove Portraits",
        "email": f"{number}@studio.example",
        "product": Product.SPECTRA,
        "edition": "standard",
        "created_at": NOW,
        "plan_changes": (PlanChange(NOW, "medium"),),
        "established_at": NOW,
    }
    account = Account(**(fields | changes))
    accounts.open_account(account)
    accounts.set_password(account.id, _PASSWORD_HASH)
    return account


def client(account: Account, client_id: str = "c1", *numbers: str, **changes: Any) -> Client:
    """Write and return a client who allows texts, with ticked phones."""
    phones = tuple(Phone(number=number, entered=number) for number in numbers or ("+12125550123",))
    fields: dict[str, Any] = {
        "account": account.id,
        "id": client_id,
        "updated_at": NOW,
        "first_name": "Zoë",
        "phones": phones,
        "allow_text_marketing": True,
    }
    written = Client(**(fields | changes))
    clients.put(written)
    return written
