"""The fixtures and settings that all tests share."""

import gc
import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

from tests.support.local_aws import local_aws, read_template

# In CI every run has the same examples, so that a failure can be repeated; elsewhere each run has others.
settings.register_profile("desk", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.register_profile("quick", parent=settings.get_profile("ci"), max_examples=20)
settings.load_profile("ci" if os.environ.get("CI") else "desk")


def pytest_collection_finish() -> None:
    """Exclude all imported objects from garbage collections: moto alone has a million."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def template() -> dict[str, Any]:
    """Read template.yaml."""
    return read_template()


@pytest.fixture
def aws() -> Iterator[None]:
    """An AWS for the functions: the template's table, their queues, secret, address and sender."""
    with local_aws():
        yield
