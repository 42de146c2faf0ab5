"""What a queue's worker does when every job of its batch fails: BatchSize 1 makes that every failure."""

from typing import Any

import pytest
from aws_lambda_powertools.utilities.batch import EventType, process_partial_response

from longcode.aws.telemetry import OneByOne
from tests.support.fakes import LambdaContext, sqs_event


def test_a_batch_of_which_all_fail_is_answered_and_no_log_shows_what_an_error_quotes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refused(_: Any) -> None:
        raise ValueError("Email address is not verified: anna@foxglove.example")

    answer = process_partial_response(sqs_event("{}"), refused, OneByOne(EventType.SQS), LambdaContext())

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert "anna" not in "".join(capsys.readouterr())
