"""A carrier on loopback, and a worker that is configured for it."""

from collections.abc import Iterator

import pytest

from longcode.aws.settings import settings
from tests.carriers.conftest import FakeCarrier, fake

__all__ = ["fake"]


@pytest.fixture
def carrier_on_loopback(fake: FakeCarrier, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCarrier]:
    """Configure the functions, by their environment, for a carrier that listens."""
    monkeypatch.setenv("CARRIER_API_BASE", fake.url)
    settings.cache_clear()
    yield fake
    settings.cache_clear()
