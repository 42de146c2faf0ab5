"""The AWS clients, opened on first use and kept for the next call of a warm function."""

from functools import cache
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


@cache
def client(service: str) -> Any:
    """Open a client of an AWS service."""
    return boto3.client(service, config=_CONFIG)
