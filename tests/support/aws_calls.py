"""Hooks into calls to AWS: act before one, fail or repeat it, change its response, run flows in parallel."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock
from types import SimpleNamespace
from typing import Any

from botocore.awsrequest import AWSResponse
from moto.core.botocore_stubber import MockRawResponse

from longcode.aws.clients import client
from tests.support.quick_moto import through_http


@contextmanager
def meanwhile(operation: str, act: Callable[[], object]) -> Iterator[None]:
    """Call `act` before the first call of a DynamoDB operation inside the block.

    Other threads go on during `act`: where a flow has some, the test must hold in whatever order their calls come.
    """
    first = Lock()

    def once(**_: Any) -> None:
        if first.acquire(blocking=False):
            act()

    event = f"before-call.dynamodb.{operation}"
    client("dynamodb").meta.events.register(event, once)
    try:
        yield
    finally:
        client("dynamodb").meta.events.unregister(event, once)


def parallel_calls() -> ThreadPoolExecutor:
    """Return a pool of four threads; moto answers their AWS calls one at a time, in any order."""
    return ThreadPoolExecutor(4)


@contextmanager
def losing_the_first_response(service: str, operation: str) -> Iterator[list[str]]:
    """Drop the response to the first call of an operation, so that the SDK repeats it; yield the repeated calls."""
    repeated: list[str] = []

    def again(**_: Any) -> int | None:
        if repeated:
            return None
        repeated.append(operation)
        return 0

    with through_http(), _handling(service, f"needs-retry.{service}.{operation}", again):
        yield repeated


@contextmanager
def failing(service: str, operation: str, code: str, times: int = 1) -> Iterator[list[str]]:
    """Respond to the first `times` calls of an operation with an error, before they reach AWS; yield the errors."""
    answered: list[str] = []

    def answer(**_: Any) -> Any:
        if len(answered) == times:
            return None
        answered.append(code)
        error = {
            "Error": {"Code": code, "Message": "injected by a test"},
            "ResponseMetadata": {"HTTPStatusCode": 400},
        }
        return SimpleNamespace(status_code=400), error

    with _handling(service, f"before-call.{service}.{operation}", answer):
        yield answered


@contextmanager
def throttling(operation: str, times: int = 1) -> Iterator[list[str]]:
    """Throttle DynamoDB's first `times` requests of an operation, which the SDK repeats; yield those requests."""
    throttled: list[str] = []

    def answer(request: Any, **_: Any) -> Any:
        if len(throttled) == times:
            return None
        throttled.append(operation)
        body = b'{"__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"}'
        return AWSResponse(request.url, 400, {}, MockRawResponse(body))

    with through_http(), _handling("dynamodb", f"before-send.dynamodb.{operation}", answer):
        yield throttled


@contextmanager
def changed_response(operation: str, change: Callable[[dict[str, Any]], None]) -> Iterator[None]:
    """Change DynamoDB's responses to an operation, as they might be at another moment."""

    def answered(parsed: dict[str, Any], **_: Any) -> None:
        change(parsed)

    with _handling("dynamodb", f"after-call.dynamodb.{operation}", answered):
        yield


@contextmanager
def noted_calls() -> Iterator[list[str]]:
    """Yield the names of the calls to DynamoDB inside the block, in their order."""
    made: list[str] = []

    def note(*, model: Any, **_: object) -> None:
        made.append(str(model.name))

    with _handling("dynamodb", "before-call.dynamodb", note):
        yield made


@contextmanager
def _handling(service: str, event: str, handler: Any) -> Iterator[None]:
    events = client(service).meta.events
    events.register_first(event, handler, event)
    try:
        yield
    finally:
        events.unregister(event, handler, event)
