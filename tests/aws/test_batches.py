"""The jobs of a batch: one that fails returns to its queue alone, and its error is not quoted."""

from collections.abc import Callable
from threading import Barrier
from typing import Any

import pytest

from longcode.aws import batches
from tests.support.fakes import sqs_event


def test_a_batch_whose_jobs_all_fail_is_reported_and_no_error_text_is_logged(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refused(_: Any) -> None:
        raise ValueError("Email address is not verified: anna@foxglove.example")

    response = batches.run_in_order(sqs_event("{}"), refused)

    assert response == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert "anna" not in "".join(capsys.readouterr())


@pytest.mark.parametrize("run", [batches.run_in_order, batches.run_at_once])
def test_only_the_jobs_that_fail_return_to_the_queue(run: Callable[..., dict[str, Any]]) -> None:
    handled = []

    def handle(body: str) -> None:
        handled.append(body)
        if body in {"b", "d"}:
            raise LookupError(body)

    response = run(sqs_event("a", "b", "c", "d", "e"), handle)

    assert response == {"batchItemFailures": [{"itemIdentifier": "m1"}, {"itemIdentifier": "m3"}]}
    assert sorted(handled) == ["a", "b", "c", "d", "e"]


def test_a_batch_without_failures_returns_no_job() -> None:
    handled: list[str] = []

    assert batches.run_in_order(sqs_event("a", "b"), handled.append) == {"batchItemFailures": []}
    assert handled == ["a", "b"]


def test_ten_jobs_run_at_once() -> None:
    together = Barrier(10)

    def handle(_: str) -> None:
        together.wait(5)

    response = batches.run_at_once(sqs_event(*map(str, range(10))), handle)

    assert response == {"batchItemFailures": []}
