"""The table as an older release left it."""

from functools import cache

import pytest

from tests.support.local_aws import restore, snapshot
from tests.support.older_items import put_items


@pytest.fixture
def older_items(aws: None) -> None:
    """Put the items of an older release into the table."""
    restore(_with_older_items())


@cache
def _with_older_items() -> bytes:
    put_items()
    return snapshot()
