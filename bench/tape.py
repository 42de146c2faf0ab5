"""Records the AWS calls of a flow on moto, with their responses, and plays the responses back.

A flow that is played back includes the work of botocore but not of AWS. Each call may be delayed as by a network.
"""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from botocore.awsrequest import AWSResponse

from bench.rig import watched
from tests.support.quick_moto import through_http

_SERVICES = ("dynamodb", "sqs")


@dataclass(frozen=True)
class RecordedBody:
    """The body of a response, as botocore reads it."""

    content: bytes

    def stream(self) -> Iterator[bytes]:
        """Yield the body as urllib3 does."""
        yield self.content


@dataclass
class Tape:
    """The calls in order, and the responses to each operation in order, so that threads may play them back."""

    calls: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    responses: dict[str, list[bytes]] = field(default_factory=dict)

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Record the calls of the functions' clients, and the responses."""

        def note_call(params: dict[str, Any], model: Any, **_: Any) -> None:
            self.calls.append((model.service_model.service_name, model.name, deepcopy(params)))

        def note_response(http_response: Any, model: Any, **_: Any) -> None:
            self.responses.setdefault(model.name, []).append(http_response.content)

        with (
            watched("before-parameter-build", note_call, _SERVICES, first=True),
            watched("after-call", note_response, _SERVICES, first=True),
        ):
            yield

    @contextmanager
    def playing(self, seconds_a_call: float = 0) -> Iterator[None]:
        """Play the responses back instead of sending requests, each after a delay."""
        left = {operation: deque(bodies) for operation, bodies in self.responses.items()}

        def play(request: Any, event_name: str, **_: Any) -> AWSResponse:
            if seconds_a_call:
                time.sleep(seconds_a_call)
            return AWSResponse(request.url, 200, {}, RecordedBody(left[event_name.rpartition(".")[2]].popleft()))

        with through_http(), watched("before-send", play, _SERVICES, first=True):
            yield
        if any(left.values()):
            raise RuntimeError("some recorded calls were not made")
