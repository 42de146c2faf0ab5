"""The studio that the tests of the functions share."""

from datetime import datetime
from typing import Any

import pytest

from longcode.accounts.account import Account
from tests.support.broadcast_steps import write_clients
from tests.support.fakes import client as write_client
from tests.support.fakes import studio
from tests.support.reply_steps import record_text
from tests.support.trigger_steps import write_trigger


@pytest.fixture
def account(aws: None, request: pytest.FixtureRequest) -> Account:
    """A studio with one client; the mark `account` says what is different (the arguments of `_open`)."""
    mark = request.node.get_closest_marker("account")
    return _open(**mark.kwargs) if mark else _open()


def _open(
    *, client: bool = True, people: int = 0, texted: datetime | None = None, rule: bool = False, **fields: Any
) -> Account:
    """Open an account with these fields and the client c1, or with a number of other clients (`people`) instead.

    `texted` is when it texted c1; with `rule` it has a trigger.
    """
    account = studio(**fields)
    if people:
        write_clients(account, people)
    elif client:
        write_client(account)
    if texted:
        record_text(account, texted)
    if rule:
        write_trigger()
    return account
