from datetime import timedelta

import pytest
from msgspec.structs import replace

from longcode.numbers import store as numbers
from longcode.numbers.routing import LastText
from longcode.table import keys, store
from longcode.table.writes import Put
from tests.support.aws_calls import parallel_calls
from tests.support.fakes import NOW

pytestmark = pytest.mark.usefixtures("aws")


def text(account: str = "1", message_id: str = "m", number: str = "+15555550100", minute: int = 0) -> LastText:
    at = NOW + timedelta(minutes=minute)
    return LastText(account=account, phone="+12125550123", number=number, message_id=message_id, at=at)


def test_each_account_has_its_own_last_text() -> None:
    numbers.record_text(text("1"), 10)
    numbers.record_text(text("2", minute=1), 10)

    assert {text.account for text in numbers.last_texts_to("+12125550123", "+15555550100")} == {"1", "2"}


def test_an_accounts_last_recorded_text_is_kept() -> None:
    numbers.record_text(text(message_id="first"), 10)
    numbers.record_text(text(message_id="second", minute=1), 10)

    (last,) = numbers.last_texts_to("+12125550123", "+15555550100")
    assert (last.message_id, last.at) == ("second", NOW + timedelta(minutes=1))


def test_an_item_written_before_texts_were_counted_is_replaced() -> None:
    old = {"type": "route", "account": "1", "phone": "+12125550123", "number": "+15555550100", "message_id": "old"}
    store.write(Put(keys.last_text("+12125550123", "+15555550100", "1"), {**old, "at": NOW}))

    assert numbers.record_text(text(message_id="new", minute=1), 10)

    (last,) = numbers.last_texts_to("+12125550123", "+15555550100")
    assert (last.message_id, list(last.lately)) == ("new", ["new"])


def test_a_text_from_another_number_is_recorded_separately() -> None:
    numbers.record_text(text(number="+15555550101"), 10)

    assert numbers.last_texts_to("+12125550123", "+15555550100") == []


def test_each_account_has_its_own_hourly_limit_to_a_phone() -> None:
    first = [numbers.record_text(text(message_id=f"m{minute}", minute=minute), 3) for minute in range(4)]
    other = numbers.record_text(text("2", "m5", minute=4), 2)
    later = numbers.record_text(text(message_id="m6", minute=60), 3)

    assert first == [True, True, True, False]
    assert other
    assert later


def test_a_text_that_is_tried_again_is_counted_once() -> None:
    tried = [numbers.record_text(text(message_id="m", minute=minute), 1) for minute in range(3)]

    assert tried == [True, True, True]
    assert not numbers.record_text(text(message_id="n", minute=3), 1)


def test_texts_recorded_after_one_stale_read_are_limited() -> None:
    numbers.record_text(text(message_id="m0"), 3)
    (read,) = numbers.last_texts_to("+12125550123", "+15555550100")

    passed = [numbers.record_text(text(message_id=f"m{index}"), 3, read) for index in range(1, 5)]

    assert passed == [True, True, False, False]


def test_forty_workers_at_once_send_seven_texts_under_a_limit_of_seven() -> None:
    with parallel_calls() as threads:
        passed = list(threads.map(lambda index: numbers.record_text(text(message_id=f"m{index}"), 7), range(40)))

    (last,) = numbers.last_texts_to("+12125550123", "+15555550100")
    assert passed.count(True) == 7
    assert len(last.lately) == 7


def test_a_text_without_a_client_replaces_the_client_of_the_last_text() -> None:
    numbers.record_text(replace(text(), client_id="c1"), 10)
    numbers.record_text(text(message_id="n", minute=1), 10)

    (last,) = numbers.last_texts_to("+12125550123", "+15555550100")
    assert last.client_id is None
