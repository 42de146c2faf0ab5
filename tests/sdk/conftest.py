"""A studio, its API on this machine, and its client."""

from collections.abc import Iterator

import pytest

from longcode.accounts.account import Account
from longcode_client import Longcode
from tests.support.fakes import client, studio
from tests.support.served_api import ServedApi, served_api


@pytest.fixture
def account(aws: None) -> Account:
    """A studio with the client c1, who was texted."""
    account = studio()
    client(account)
    return account


@pytest.fixture
def served() -> Iterator[ServedApi]:
    """Serve the API on this machine."""
    with served_api() as served:
        yield served


@pytest.fixture
def longcode(served: ServedApi) -> Iterator[Longcode]:
    """The client of the studio. It waits for no repetition."""
    with Longcode(served.url, "10000001", "secret", sleep=lambda _: None) as longcode:
        yield longcode
