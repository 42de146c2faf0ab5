"""The AWS clients, opened on first use and kept for the next call of a warm function."""

from functools import cache
from threading import Lock
from typing import Any

import boto3
from botocore.config import Config

# Ten texts of a batch are worked on at once; a call of our own may be repeated, the carrier's never is.
_CONFIG = Config(
    connect_timeout=2,
    read_timeout=5,
    max_pool_connections=20,
    retries={"mode": "standard", "total_max_attempts": 4},
)


_opening = Lock()


def client(service: str) -> Any:
    """Give the client of an AWS service; boto3 opens clients in one thread at a time."""
    with _opening:
        return _open(service)


@cache
def _open(service: str) -> Any:
    return boto3.client(service, config=_CONFIG)
