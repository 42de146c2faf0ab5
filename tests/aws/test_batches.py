"""A batch whose jobs all fail: with a BatchSize of 1, every failure is such a batch."""

from typing import Any

import pytest

from longcode.aws import batches
from tests.support.fakes import LambdaContext, sqs_event


def test_a_batch_whose_jobs_all_fail_is_reported_and_no_error_text_is_logged(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refused(_: Any) -> None:
        raise ValueError("Email address is not verified: anna@foxglove.example")

    response = batches.run_in_order(sqs_event("{}"), refused, LambdaContext())

    assert response == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert "anna" not in "".join(capsys.readouterr())
