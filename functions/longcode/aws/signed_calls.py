"""Clients of DynamoDB and SQS that take an eighth of botocore's CPU for a call (decision 64).

They have the methods of boto3's clients that we use, with the same arguments, results and `ClientError`s.
"""

import hashlib
import hmac
import os
import random
import select
import ssl
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache, partialmethod
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPMessage, HTTPSConnection
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import uuid4

import msgspec
from botocore.exceptions import ClientError, HTTPClientError

_CONTENT_TYPE = "application/x-amz-json-1.0"
_CONNECT_SECONDS, _READ_SECONDS = 2.0, 5.0
_ATTEMPTS = 4
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.025, 20.0
_FIRST_WAIT_OF_THROTTLED_SECONDS = 1.0
# As in botocore's standard retry mode.
_TRANSIENT_STATUSES = {500, 502, 503, 504}
_TRANSIENT_CODES = {"RequestTimeout", "RequestTimeoutException", "PriorRequestNotComplete"}
_THROTTLING_CODES = {
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottledException",
    "TooManyRequestsException",
    "ProvisionedThroughputExceededException",
    "TransactionInProgressException",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "RequestThrottled",
    "SlowDown",
}
_SIGNED_HEADERS = ("content-type", "host", "x-amz-date", "x-amz-security-token", "x-amz-target")
_UNQUOTED_IN_TRACES = "-=;:+&[]{}\"',"


class Signer:
    """Signs requests to one service with Signature Version 4.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    """

    def __init__(self, service: str, environment: Mapping[str, str]) -> None:
        self._service, self._region = service, environment["AWS_REGION"]
        self._key_id, self._secret = environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]
        self._token = environment.get("AWS_SESSION_TOKEN")
        self._key_of_day = "", b""

    def headers(self, host: str, target: str, body: bytes, at: datetime) -> dict[str, str]:
        """Return the headers of a POST of `body` to the path /."""
        instant = at.strftime("%Y%m%dT%H%M%SZ")
        headers = {"content-type": _CONTENT_TYPE, "host": host, "x-amz-date": instant, "x-amz-target": target}
        if self._token:
            headers["x-amz-security-token"] = self._token
        names = [name for name in _SIGNED_HEADERS if name in headers]
        canonical_headers = "".join(f"{name}:{headers[name]}\n" for name in names)
        signed_names = ";".join(names)
        canonical = f"POST\n/\n\n{canonical_headers}\n{signed_names}\n{hashlib.sha256(body).hexdigest()}"
        scope = f"{instant[:8]}/{self._region}/{self._service}/aws4_request"
        to_sign = f"AWS4-HMAC-SHA256\n{instant}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signature = hmac.digest(self._key_of(instant[:8]), to_sign.encode(), "sha256").hex()
        claims = f"Credential={self._key_id}/{scope}, SignedHeaders={signed_names}"
        headers["authorization"] = f"AWS4-HMAC-SHA256 {claims}, Signature={signature}"
        return headers

    def _key_of(self, day: str) -> bytes:
        known_day, key = self._key_of_day
        if day != known_day:
            key = f"AWS4{self._secret}".encode()
            for part in (day, self._region, self._service, "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            self._key_of_day = day, key
        return key


class Connections:
    """Connections to one server, kept open and used again. Threads may share them."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._is_secure, self._address, self.host = parts.scheme == "https", parts.hostname or "", parts.netloc
        self._port = parts.port
        self._idle: list[HTTPConnection] = []

    def post(self, headers: Mapping[str, str], body: bytes) -> tuple[int, HTTPMessage, bytes]:
        """Post to the path / and return status, headers and body; raise `OSError` or `HTTPException`."""
        connection = self._take()
        try:
            connection.request("POST", "/", body, headers)
            response = connection.getresponse()
            content = response.read()
        except BaseException:
            connection.close()
            raise
        if not response.will_close:
            self._idle.append(connection)
        return response.status, response.headers, content

    def close(self) -> None:
        """Close the connections that no thread is using."""
        while self._idle:
            self._idle.pop().close()

    def _take(self) -> HTTPConnection:
        while self._idle:
            connection = self._idle.pop()
            if connection.sock and not _is_readable(connection):
                return connection
            connection.close()  # the server has closed it
        return self._open()

    def _open(self) -> HTTPConnection:
        connection = (
            HTTPSConnection(self._address, self._port, timeout=_CONNECT_SECONDS, context=_tls())
            if self._is_secure
            else HTTPConnection(self._address, self._port, timeout=_CONNECT_SECONDS)
        )
        connection.connect()
        connection.sock.settimeout(_READ_SECONDS)
        return connection


def _is_readable(connection: HTTPConnection) -> bool:
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    return bool(poll.poll(0))


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


class _Client:
    """A client of a service with a JSON API."""

    service: str
    target: str

    def __init__(
        self, environment: Mapping[str, str] = os.environ, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        address = f"https://{self.service}.{environment['AWS_REGION']}.amazonaws.com"
        self._environment, self._sleep = environment, sleep
        self._connections = Connections(environment.get("AWS_ENDPOINT_URL") or address)
        self._signer = Signer(self.service, environment)

    def close(self) -> None:
        """Close the connections that no thread is using."""
        self._connections.close()

    def _call(self, operation: str, **arguments: Any) -> Any:
        """Call an operation, up to four times; raise `ClientError` or `HTTPClientError`."""
        body = msgspec.json.encode(arguments)
        for attempt in range(1, _ATTEMPTS):
            try:
                return self._attempt(operation, body)
            except HTTPClientError:
                first_wait = _FIRST_WAIT_SECONDS
            except ClientError as error:
                code, status = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
                if code in _THROTTLING_CODES or status == HTTPStatus.TOO_MANY_REQUESTS:
                    first_wait = _FIRST_WAIT_OF_THROTTLED_SECONDS
                elif code in _TRANSIENT_CODES or status in _TRANSIENT_STATUSES:
                    first_wait = _FIRST_WAIT_SECONDS
                else:
                    raise
            longest = min(first_wait * 2 ** (attempt - 1), _LONGEST_WAIT_SECONDS)
            self._sleep(random.uniform(0, longest))  # noqa: S311  # jitter is no secret
        return self._attempt(operation, body)

    def _attempt(self, operation: str, body: bytes) -> Any:
        target = f"{self.target}.{operation}"
        headers = self._signer.headers(self._connections.host, target, body, datetime.now(UTC))
        trace = self._environment.get("_X_AMZN_TRACE_ID")
        if trace:  # Lambda detects recursion by it, and traces continue
            headers["x-amzn-trace-id"] = quote(trace, safe=_UNQUOTED_IN_TRACES)
        try:
            status, answer_headers, content = self._connections.post(headers, body)
        except (OSError, HTTPException) as error:
            raise HTTPClientError(error=error) from error
        if status != HTTPStatus.OK:
            raise _error(operation, status, answer_headers, content)
        return msgspec.json.decode(content)


def _error(operation: str, status: int, headers: HTTPMessage, content: bytes) -> ClientError:
    try:
        answer = msgspec.json.decode(content, type=dict[str, Any])
    except msgspec.DecodeError:  # the answer of a load balancer, for example
        answer = {}
    code = str(answer.get("__type", "")).rpartition("#")[2] or str(status)
    message = str(answer.get("message") or answer.get("Message") or "")
    request = {"HTTPStatusCode": status, "RequestId": headers.get("x-amzn-requestid", "")}
    response = {**answer, "Error": {"Code": code, "Message": message}, "ResponseMetadata": request}
    return ClientError(response, operation)


class DynamoDb(_Client):
    """DynamoDB's operations that the table needs. Attributes of type binary are not supported."""

    service, target = "dynamodb", "DynamoDB_20120810"

    get_item = partialmethod(_Client._call, "GetItem")
    batch_get_item = partialmethod(_Client._call, "BatchGetItem")
    query = partialmethod(_Client._call, "Query")
    put_item = partialmethod(_Client._call, "PutItem")
    update_item = partialmethod(_Client._call, "UpdateItem")
    delete_item = partialmethod(_Client._call, "DeleteItem")
    transact_get_items = partialmethod(_Client._call, "TransactGetItems")

    def transact_write_items(self, **arguments: Any) -> Any:
        """Apply all writes or none; a repeated attempt has no further effect."""
        return self._call("TransactWriteItems", **{"ClientRequestToken": str(uuid4()), **arguments})


class Sqs(_Client):
    """The operation of SQS that sends jobs."""

    service, target = "sqs", "AmazonSQS"

    send_message_batch = partialmethod(_Client._call, "SendMessageBatch")


CLIENTS: dict[str, type[_Client]] = {client.service: client for client in (DynamoDb, Sqs)}
"""The clients of this file, by service."""
