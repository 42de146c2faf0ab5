from typing import Any

import pytest
from boto3.dynamodb.conditions import Attr
from botocore.exceptions import ClientError

from longcode.table import store
from longcode.table.keys import FOLDER, Key
from longcode.table.writes import ABSENT, Delete, Put, Update, table
from tests.support.aws_calls import changed_response, failing
from tests.support.crashes import recorded_calls

ONE, OTHER = Key("p", "1"), Key("p", "2")

pytestmark = pytest.mark.usefixtures("aws")


def test_a_failed_condition_shows_the_present_item() -> None:
    store.write(Put(ONE, {"colour": "red"}))

    with pytest.raises(store.ConditionFailed) as failed:
        store.write(Put(ONE, {"colour": "blue"}, ABSENT))

    assert failed.value.found[0]["colour"] == "red"


def test_a_transaction_writes_everything_or_nothing() -> None:
    store.write(Put(ONE, {"colour": "red"}))

    with pytest.raises(store.ConditionFailed) as failed:
        store.transact([Put(OTHER, {}), Put(ONE, {"colour": "blue"}, ABSENT)])

    assert list(failed.value.found) == [1]
    assert store.get(OTHER) is None


@pytest.mark.parametrize("code", ["TransactionConflictException", "ThrottlingError"])
def test_a_write_is_retried_after_a_transient_error(code: str) -> None:
    with failing("dynamodb", "UpdateItem", code, times=3):
        store.write(Update(ONE, changes={"colour": "red"}))

    assert store.get(ONE) == {"pk": "p", "sk": "1", "colour": "red"}


def test_a_write_is_not_retried_after_any_other_error() -> None:
    with failing("dynamodb", "UpdateItem", "AccessDenied", times=99) as answered, pytest.raises(ClientError):
        store.write(Update(ONE, changes={"colour": "red"}))

    assert len(answered) == 1


def test_an_update_sets_adds_and_removes_in_one_call() -> None:
    store.write(Put(ONE, {"colour": "red", "count": 2}))

    store.write(
        Update(ONE, changes={"size": 7}, add={"count": 3}, remove=("colour",), when=Attr("size").not_exists())
    )

    assert store.get(ONE) == {"pk": "p", "sk": "1", "count": 5, "size": 7}


def test_many_items_are_read_in_calls_of_a_hundred() -> None:
    keys = [Key("p", f"{index:03}") for index in range(130)]
    for index, key in enumerate(keys):
        store.write(Put(key, {"n": index}))

    assert len(store.get_many([*keys, keys[0], Key("p", "none")])) == 130


def test_items_that_dynamodb_leaves_unread_are_read_again_at_once() -> None:
    for key in (ONE, OTHER):
        store.write(Put(key, {"n": 1}))
    calls: list[int] = []

    def leave_unread(parsed: dict[str, Any]) -> None:
        [items] = parsed["Responses"].values()
        calls.append(len(items))
        if len(calls) <= 2 and items:
            item = items.pop()
            parsed["UnprocessedKeys"] = {table(): {"Keys": [{name: item[name] for name in Key._fields}]}}

    with changed_response("BatchGetItem", leave_unread):
        items = store.get_many([ONE, OTHER])

    assert items.keys() == {ONE, OTHER}
    assert calls == [2, 1, 1]


def test_a_query_may_start_after_a_key_that_does_not_exist() -> None:
    for index in range(5):
        store.write(Put(Key("p", f"a#{index}"), {}))
    store.write(Put(Key("p", "b#0"), {}))

    found = store.query(Key("p", "a#"), after=Key("p", "a#1x"), limit=2)

    assert [item["sk"] for item in found] == ["a#2", "a#3"]


def test_deleting_an_absent_item_is_no_error() -> None:
    store.write(Delete(ONE))

    assert store.get(ONE) is None


LONG_PK, LONG_SK = Key("p" * 2_049, "1"), Key("p", "é" * 513)


@pytest.mark.parametrize("key", [LONG_PK, LONG_SK])
def test_a_key_that_is_too_long_is_not_asked_for(key: Key) -> None:
    """DynamoDB would answer with a fault; people can write anything into an address (DynamoDB: quotas)."""
    store.write(Put(ONE, {}))

    with recorded_calls() as calls:
        found = [store.get(key), *store.query(key), *store.query(Key("p", ""), after=key)]
        found += [*store.query_index(FOLDER, key.pk, before=key.sk, page=1)]

    assert (calls, [each for each in found if each]) == ([], [])
    assert store.get_many([key, ONE]).keys() == {ONE}
