"""Confirmations: a token that only its mail knows, good for a day and once."""

from datetime import timedelta

import boto3
import pytest

from longcode.accounts import store as accounts
from longcode.accounts.store import Confirmation
from longcode.table import store
from longcode.table.store import ConditionFailed
from tests.support.fakes import NOW

pytestmark = pytest.mark.usefixtures("aws")

DAY = timedelta(hours=24)


def test_a_token_tells_what_it_confirms_for_a_day() -> None:
    token = accounts.request_confirmation("10000001", "large", NOW)

    waiting = Confirmation(account="10000001", plan="large", valid_until=NOW + DAY)
    assert accounts.find_confirmation(token, NOW) == waiting
    assert accounts.find_confirmation(token, NOW + DAY - timedelta(milliseconds=1)) == waiting
    assert accounts.find_confirmation(token, NOW + DAY) is None
    assert accounts.find_confirmation("another", NOW) is None
    assert accounts.find_confirmation("", NOW) is None


def test_a_token_is_used_once() -> None:
    token = accounts.request_confirmation("10000001", "large", NOW)

    store.write(accounts.use_confirmation_write(token))

    assert accounts.find_confirmation(token, NOW) is None
    with pytest.raises(ConditionFailed):
        store.write(accounts.use_confirmation_write(token))


def test_a_token_that_was_never_made_cannot_be_used() -> None:
    with pytest.raises(ConditionFailed):
        store.write(accounts.use_confirmation_write("another"))


def test_the_table_does_not_hold_the_token() -> None:
    token = accounts.request_confirmation("10000001", "large", NOW)

    items = boto3.client("dynamodb").scan(TableName="longcode")["Items"]

    assert "confirmation" in [item["type"]["S"] for item in items]
    assert token not in str(items)
    assert len(token) == 43
