"""The one stack of the tests that play on it: tests/conftest.py has them run in one process."""

from collections.abc import Iterator

import pytest

from infra.local.stack import Stack, new_stack


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The whole system."""
    with new_stack() as stack:
        yield stack
