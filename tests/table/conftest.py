"""The table as an older release left it."""

import pytest

from tests.support.older_items import put_items


@pytest.fixture
def older_items(aws: None) -> None:
    """Put the items of an older release into the table."""
    put_items()
