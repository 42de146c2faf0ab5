"""The authoriser remembers credentials in its process: each test begins with an empty memory."""

import pytest

from accounts import authorizer


@pytest.fixture(autouse=True)
def _no_credentials_are_remembered() -> None:
    authorizer.limits.clear()
