"""The fixtures and settings that all tests share."""

import gc
import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadGroupScheduling

from tests.support.local_aws import local_aws, read_template

# In CI every run has the same examples, so that a failure can be repeated; elsewhere each run has others.
settings.register_profile("desk", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.register_profile("quick", parent=settings.get_profile("ci"), max_examples=20)
settings.load_profile("ci" if os.environ.get("CI") else "desk")


# The tests of each of these share what takes long: a fixture, or the syntax trees of all sources. The mark
# `xdist_group` has no effect: pytest-xdist 3.8 writes the group where pytest 9 does not read it.
_IN_ONE_PROCESS = {
    "tests/stack/test_doctor.py": "stack",
    "tests/stack/test_story.py": "stack",
    "tests/stack/test_guide.py": "stack",
    "tests/functions/billing/test_random_months.py": "random months",
    "tests/house/": "house",
}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Return a scheduler that runs the tests of each of these units in one process, before all others."""
    scheduling = LoadGroupScheduling(config, log)
    scheduling._split_scope = _unit
    return scheduling


def _unit(test: str) -> str:
    return next((unit for place, unit in _IN_ONE_PROCESS.items() if test.startswith(place)), test)


def pytest_collection_finish() -> None:
    """Exclude all imported objects from garbage collections (moto alone has a million), and collect rarely."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000)


@pytest.fixture(scope="session")
def template() -> dict[str, Any]:
    """Read template.yaml."""
    return read_template()


@pytest.fixture
def aws() -> Iterator[None]:
    """An AWS for the functions: the template's table, their queues, secret, address and sender."""
    with local_aws():
        yield
