"""The simulated carrier and the service that it posts to."""

from collections.abc import Iterator

import pytest

from infra.local.carrier.carrier import Carrier
from infra.local.carrier.server import serving
from tests.support.carrier_client import ACCOUNT_SID, AUTH_TOKEN, Client, Service, posted_to


@pytest.fixture
def service() -> Iterator[Service]:
    with posted_to() as service:
        yield service


@pytest.fixture
def carrier(service: Service) -> Iterator[Client]:
    simulated = Carrier(ACCOUNT_SID, AUTH_TOKEN, f"{service.url}/inbound", receipt_seconds=0.01, keep=50)
    with serving(simulated) as server:
        yield Client(server.server_port)
