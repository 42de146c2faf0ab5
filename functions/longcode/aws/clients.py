"""The AWS clients, opened on first use and kept for the next invocation; and the clock."""

import random
import time
from datetime import UTC, datetime
from functools import cache
from threading import Lock
from typing import Any

import boto3
from botocore.config import Config

from longcode.aws import signed_calls
from longcode.aws.settings import is_deployed, is_lambda_function

_open_lock = Lock()  # boto3 cannot open clients in two threads at once


def client(service: str) -> Any:
    """Return the client of an AWS service, the same one for each call."""
    with _open_lock:
        return _open(service)


@cache
def _open(service: str) -> Any:
    if is_deployed() and service in signed_calls.CLIENTS:
        return signed_calls.CLIENTS[service]()
    # A worker sends the ten texts of a batch at the same time. Only calls to AWS are retried, never those to the
    # carrier. To check parameters and to put together the user agent would take half of a call's CPU; tests check.
    config = Config(
        connect_timeout=2,
        read_timeout=5,
        max_pool_connections=20,
        parameter_validation=not is_lambda_function(),
        retries={"mode": "standard", "total_max_attempts": 4},
        user_agent="longcode",
    )
    return boto3.client(service, config=config)


def now() -> datetime:
    """Return the current time in UTC, to the millisecond, as instants are stored."""
    at = datetime.now(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def pause(attempt: int) -> None:
    """Sleep before the next attempt, longer after each; the first attempt is 0."""
    time.sleep(random.uniform(0, 0.02 * 2 ** min(attempt, 6)))  # noqa: S311  # jitter is no secret
