"""A fake carrier on loopback, and settings that point the worker to it."""

from collections.abc import Iterator

import pytest

from longcode.aws.settings import settings
from tests.carriers.conftest import FakeCarrier, fake

__all__ = ["fake"]


@pytest.fixture
def carrier_on_loopback(fake: FakeCarrier, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCarrier]:
    """Set the environment so that the functions call the fake carrier."""
    monkeypatch.setenv("CARRIER_API_BASE", fake.url)
    settings.cache_clear()
    yield fake
    settings.cache_clear()
