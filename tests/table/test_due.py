from datetime import timedelta

import pytest

from longcode.table import due, keys, store
from longcode.table.keys import Key
from longcode.table.writes import Put, Update
from tests.support.fakes import NOW

MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.usefixtures("aws")


def put(name: str, minute: int, partition: str = "p") -> Key:
    key = Key(partition, name)
    store.write(Put(key, {"name": name, **keys.due(name, NOW + minute * MINUTE)}))
    return key


def names(minute: int, at_most: int = 100) -> set[str]:
    return {item["name"] for item in due.find(NOW + minute * MINUTE, at_most)}


def test_items_are_found_on_every_shard_only_once_they_are_due() -> None:
    for index in range(20):
        put(f"past-{index}", -1)
    put("now", 0)
    put("future", 1)

    assert names(0) == {f"past-{index}" for index in range(20)}


def test_a_rescheduled_item_is_due_at_its_new_time() -> None:
    put("a", 0)
    [item] = due.find(NOW + MINUTE, 100)

    due.reschedule(item, NOW + 5 * MINUTE)

    assert names(5) == set()
    assert names(6) == {"a"}


def test_an_item_whose_time_was_changed_meanwhile_is_not_rescheduled() -> None:
    key = put("a", 0)
    [item] = due.find(NOW + MINUTE, 100)
    store.write(Update(key, remove=("due_shard", "due_at")))

    due.reschedule(item, NOW + 5 * MINUTE)

    assert names(6) == set()


def test_the_limit_holds_for_each_shard() -> None:
    for index in range(40):
        put(str(index), -1)

    assert len(names(0, at_most=2)) == 8


def test_partitions_take_turns_so_that_one_with_many_due_items_delays_no_other() -> None:
    for index in range(40):
        put(str(index), -60, "flood")
    for index in range(4):
        put(f"late-{index}", -1, f"p{index}")

    found = [item["name"] for item in due.find(NOW, at_most=4)]

    assert {f"late-{index}" for index in range(4)} <= set(found)
    assert len(found) >= 8
