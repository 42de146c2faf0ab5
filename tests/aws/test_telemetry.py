"""A batch whose jobs all fail: with a BatchSize of 1, every failure is such a batch."""

from typing import Any

import pytest
from aws_lambda_powertools.utilities.batch import EventType, process_partial_response

from longcode.aws.telemetry import SequentialProcessor
from tests.support.fakes import LambdaContext, sqs_event


def test_a_batch_whose_jobs_all_fail_is_reported_and_no_error_text_is_logged(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refused(_: Any) -> None:
        raise ValueError("Email address is not verified: anna@foxglove.example")

    response = process_partial_response(sqs_event("{}"), refused, SequentialProcessor(EventType.SQS), LambdaContext())

    assert response == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert "anna" not in "".join(capsys.readouterr())
