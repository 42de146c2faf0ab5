"""The calls of a flow to AWS, recorded once on moto with their answers, and played as often as wanted.

A flow that plays pays for botocore and for no AWS. It may take some seconds for each call, as a network does.
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

_SERVICES = ("dynamodb", "sqs")


@dataclass(frozen=True)
class Answer:
    """The body of an answer, for botocore to read again."""

    content: bytes

    def stream(self) -> Iterator[bytes]:
        """Give it as urllib3 would."""
        yield self.content


@dataclass
class Tape:
    """The calls in their order, and what AWS answered to each operation, in its order: threads may play it."""

    calls: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    answers: dict[str, list[bytes]] = field(default_factory=dict)

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Take down what the functions' clients call."""

        def asked(params: dict[str, Any], model: Any, **_: Any) -> None:
            self.calls.append((model.service_model.service_name, model.name, deepcopy(params)))

        def answered(http_response: Any, model: Any, **_: Any) -> None:
            self.answers.setdefault(model.name, []).append(http_response.content)

        with (
            watched("before-parameter-build", asked, _SERVICES, first=True),
            watched("after-call", answered, _SERVICES, first=True),
        ):
            yield

    @contextmanager
    def playing(self, seconds_a_call: float = 0) -> Iterator[None]:
        """Answer as AWS did, before anything goes to a network."""
        left = {operation: deque(answers) for operation, answers in self.answers.items()}

        def answer(request: Any, event_name: str, **_: Any) -> AWSResponse:
            if seconds_a_call:
                time.sleep(seconds_a_call)
            return AWSResponse(request.url, 200, {}, Answer(left[event_name.rpartition(".")[2]].popleft()))

        with watched("before-send", answer, _SERVICES, first=True):
            yield
        if any(left.values()):
            raise RuntimeError("not all that was recorded was called")
