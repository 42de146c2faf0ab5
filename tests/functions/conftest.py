"""The studio that the tests of the functions share."""

from datetime import datetime
from typing import Any

import pytest

from longcode.accounts.account import Account
from tests.support.broadcast_steps import write_clients as put_people
from tests.support.fakes import client as put_client
from tests.support.fakes import studio
from tests.support.reply_steps import record_text as note_text
from tests.support.trigger_steps import write_trigger as put_rule


@pytest.fixture
def account(aws: None, request: pytest.FixtureRequest) -> Account:
    """A studio with one client; the mark `account` says what is different (the arguments of `_open`)."""
    mark = request.node.get_closest_marker("account")
    return _open(**mark.kwargs) if mark else _open()


def _open(
    *, client: bool = True, people: int = 0, texted: datetime | None = None, rule: bool = False, **fields: Any
) -> Account:
    """Open an account of these fields, with the client c1, or with so many people instead.

    `texted` is when it texted that client; with `rule` it has a trigger.
    """
    account = studio(**fields)
    if people:
        put_people(account, people)
    elif client:
        put_client(account)
    if texted:
        note_text(account, texted)
    if rule:
        put_rule()
    return account
