import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError, HTTPClientError

from longcode.aws.signed_calls import CLIENTS, DynamoDb, Signer, Sqs
from tests.support.source_reading import LONGCODE, sources

KEYS = {
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "AKID",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_SESSION_TOKEN": "token/+=",
}
KEY = {"pk": {"S": "a"}, "sk": {"S": "ü"}}
ITEM = {**KEY, "units": {"N": "3"}}
CONDITION_FAILED = {
    "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
    "message": "The conditional request failed",
    "Item": ITEM,
}
CANCELLED = {
    "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
    "Message": "Transaction cancelled",
    "CancellationReasons": [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Message": "failed", "Item": ITEM}],
}
THROTTLED = {"__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException", "message": "slow"}
REFUSED = {"__type": "com.amazon.coral.validate#ValidationException", "message": "One or more parameter values"}
Answer = tuple[int, Any]
DROPPED: Answer = (0, None)


class Server:
    """A server with one scripted answer for each request."""

    def __init__(self, url: str, answers: list[Answer]) -> None:
        self.url, self.answers = url, answers
        self.requests: list[tuple[dict[str, str], Any]] = []
        self.connections: set[tuple[str, int]] = set()
        self.clients: list[Any] = []


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer is written at once: in parts, each would wait 40 ms for an acknowledgement
    of: ClassVar[Server]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.of.connections.add(self.client_address)
        self.of.requests.append(({name.lower(): value for name, value in self.headers.items()}, json.loads(body)))
        status, answer = self.of.answers.pop(0)
        if status == 0:
            self.close_connection = True
            return
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as in the base class
        """Log nothing."""


@contextmanager
def serving(*answers: Answer) -> Iterator[Server]:
    class Handler(_Handler):
        of = Server("", [])

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        server = Handler.of = Server(f"http://127.0.0.1:{http.server_port}", list(answers))
        thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            for client in server.clients:
                client.close()
            http.shutdown()
            thread.join()


def dynamodb(server: Server, waits: list[float] | None = None, **environment: str) -> DynamoDb:
    waited = waits if waits is not None else []
    client = DynamoDb({**KEYS, "AWS_ENDPOINT_URL": server.url, **environment}, sleep=waited.append)
    server.clients.append(client)
    return client


def boto_dynamodb(server: Server) -> Any:
    """Return boto3's client, for comparison."""
    client = boto3.client(
        "dynamodb",
        endpoint_url=server.url,
        region_name="us-east-1",
        aws_access_key_id="AKID",
        aws_secret_access_key="secret",
        config=Config(proxies={}, retries={"total_max_attempts": 2}),
    )
    server.clients.append(client)
    return client


@pytest.mark.parametrize("token", ["token/+=", None])
@pytest.mark.parametrize("body", [b"{}", '{"a": "ü 🌷"}'.encode()])
def test_the_signature_is_that_of_botocore(token: str | None, body: bytes) -> None:
    environment = {name: value for name, value in KEYS.items() if token or name != "AWS_SESSION_TOKEN"}
    at = datetime(2026, 12, 1, 23, 59, 59, tzinfo=UTC)
    host = "dynamodb.us-east-1.amazonaws.com"

    headers = Signer("dynamodb", environment).headers(host, "DynamoDB_20120810.GetItem", body, at)

    signature = headers.pop("authorization").rpartition("=")[2]
    request = AWSRequest("POST", f"https://{host}/", data=body, headers=headers)
    request.context["timestamp"] = "20261201T235959Z"
    auth = SigV4Auth(Credentials("AKID", "secret", token), "dynamodb", "us-east-1")
    assert signature == auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)


def test_a_signer_signs_with_the_key_of_each_day() -> None:
    signer = Signer("sqs", KEYS)
    days = [datetime(2026, 12, day, tzinfo=UTC) for day in (1, 2, 1)]

    first, second, again = (signer.headers("h", "t", b"", day)["authorization"] for day in days)

    assert first == again == Signer("sqs", KEYS).headers("h", "t", b"", days[0])["authorization"]
    assert second == Signer("sqs", KEYS).headers("h", "t", b"", days[1])["authorization"]


def test_a_call_has_the_target_the_arguments_and_the_trace() -> None:
    trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0;Lineage=a87bd80c:1|b:2"

    with serving((200, {"Item": ITEM})) as server:
        result = dynamodb(server, _X_AMZN_TRACE_ID=trace).get_item(TableName="t", Key=KEY, ConsistentRead=True)

    assert result == {"Item": ITEM}
    [(headers, arguments)] = server.requests
    assert arguments == {"TableName": "t", "Key": KEY, "ConsistentRead": True}
    assert headers["x-amz-target"] == "DynamoDB_20120810.GetItem"
    assert headers["content-type"] == "application/x-amz-json-1.0"
    assert headers["x-amz-security-token"] == "token/+="
    assert headers["x-amzn-trace-id"] == trace.replace("|", "%7C")


def test_jobs_are_sent_to_sqs() -> None:
    entries = [{"Id": "0", "MessageBody": "ü", "MessageGroupId": "a"}]

    with serving((200, {"Successful": [{"Id": "0"}]})) as server:
        client = Sqs({**KEYS, "AWS_ENDPOINT_URL": server.url})
        server.clients.append(client)
        result = client.send_message_batch(QueueUrl="https://sqs/1/send", Entries=entries)

    assert result == {"Successful": [{"Id": "0"}]}
    [(headers, arguments)] = server.requests
    assert arguments == {"QueueUrl": "https://sqs/1/send", "Entries": entries}
    assert headers["x-amz-target"] == "AmazonSQS.SendMessageBatch"


@pytest.mark.parametrize("answer", [CONDITION_FAILED, CANCELLED, REFUSED])
def test_an_error_is_read_as_botocore_reads_it(answer: dict[str, Any]) -> None:
    actions = [{"Put": {"TableName": "t", "Item": ITEM}}] * 2

    with serving((400, answer), (400, answer)) as server:
        with pytest.raises(ClientError) as ours:
            dynamodb(server).transact_write_items(TransactItems=actions)
        with pytest.raises(ClientError) as boto:
            boto_dynamodb(server).transact_write_items(TransactItems=actions)

    assert ours.value.operation_name == boto.value.operation_name == "TransactWriteItems"
    assert ours.value.response["Error"] == boto.value.response["Error"]
    assert str(ours.value) == str(boto.value)
    reasons = [error.value.response.get("CancellationReasons") for error in (ours, boto)]
    assert reasons[0] == reasons[1]


def test_the_item_of_a_failed_condition_is_in_the_error() -> None:
    with serving((400, CONDITION_FAILED)) as server, pytest.raises(ClientError) as failed:
        dynamodb(server).put_item(TableName="t", Item=ITEM)

    assert failed.value.response["Error"]["Code"] == "ConditionalCheckFailedException"
    assert failed.value.response["Item"] == ITEM


@pytest.mark.parametrize(
    ("failure", "longest"),
    [
        ((400, THROTTLED), (1, 2, 4)),
        ((429, b"slow down"), (1, 2, 4)),
        ((500, {"__type": "InternalServerError"}), (0.025, 0.05, 0.1)),
        ((503, b"<html>"), (0.025, 0.05, 0.1)),
        (DROPPED, (0.025, 0.05, 0.1)),
    ],
    ids=["throttled", "too many requests", "internal error", "load balancer", "dropped"],
)
def test_a_call_is_made_up_to_four_times(failure: Answer, longest: tuple[float, ...]) -> None:
    waits: list[float] = []

    with serving(failure, failure, failure, (200, {}), *[failure] * 4) as server:
        client = dynamodb(server, waits)
        assert client.get_item(TableName="t", Key=KEY) == {}
        with pytest.raises((ClientError, HTTPClientError)):
            client.get_item(TableName="t", Key=KEY)

    assert server.answers == []
    assert all(wait <= most for wait, most in zip(waits, longest * 2, strict=True))


def test_a_refused_call_is_not_repeated() -> None:
    with serving((400, REFUSED)) as server, pytest.raises(ClientError):
        dynamodb(server).get_item(TableName="t", Key=KEY)

    assert len(server.requests) == 1


def test_a_repeated_transaction_has_the_same_token() -> None:
    with serving(DROPPED, (200, {}), (200, {})) as server:
        client = dynamodb(server)
        client.transact_write_items(TransactItems=[])
        client.transact_write_items(TransactItems=[])

    first, repeated, other = (arguments["ClientRequestToken"] for _, arguments in server.requests)
    assert first == repeated
    assert re.fullmatch(r"[0-9a-f-]{36}", first)
    assert other != first


def test_a_server_that_is_not_there_is_an_error_of_botocore() -> None:
    with serving() as server:
        pass

    with pytest.raises(HTTPClientError):
        dynamodb(server).get_item(TableName="t", Key=KEY)


def test_a_connection_is_used_again_until_the_server_closes_it() -> None:
    with serving((200, {}), (200, {})) as server:
        client = dynamodb(server)
        client.get_item(TableName="t", Key=KEY)
        client.get_item(TableName="t", Key=KEY)
        assert len(server.connections) == 1
        [connection] = client._connections._idle
        connection.sock.shutdown(2)  # as if the server had closed it: reading returns at once
        server.answers.append((200, {}))

        client.get_item(TableName="t", Key=KEY)

    assert len(server.connections) == 2
    assert len(server.requests) == 3


def test_the_clients_have_every_operation_that_the_code_calls() -> None:
    text = "\n".join(path.read_text() for path in sources(LONGCODE))
    called = re.findall(r'client\("(dynamodb|sqs)"\)\.(\w+)\(', text)
    writes = [("dynamodb", f"{kind}_item") for kind in ("put", "update", "delete")]  # by the name of the write

    assert len(set(called)) == 6
    assert [pair for pair in {*called, *writes} if not hasattr(CLIENTS[pair[0]], pair[1])] == []
