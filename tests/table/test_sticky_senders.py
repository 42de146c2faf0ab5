"""Sticky senders: the shared number from which each account texts a phone."""

from datetime import timedelta

import pytest

from longcode.numbers import store as numbers
from longcode.numbers.routing import LastText
from longcode.table import keys, store
from tests.support.aws_calls import parallel_calls, throttling
from tests.support.fakes import NOW

pytestmark = pytest.mark.usefixtures("aws")

PHONE = "+12125550123"
TWENTY = [f"+155555501{index:02}" for index in range(20)]


def over(account: str, phone: str = PHONE, shared: list[str] = TWENTY) -> str:
    return numbers.choose_senders(account, [phone], shared)[phone]


def texted(account: str, minute: int) -> None:
    at = NOW + timedelta(minutes=minute)
    text = LastText(account=account, phone=PHONE, number=TWENTY[0], message_id=f"m-{account}", at=at)
    numbers.record_text(text, most_an_hour=10)


def test_an_account_keeps_its_sticky_sender_for_a_phone() -> None:
    first = over("1")

    assert [over("1") for _ in range(3)] == [first] * 3


def test_twenty_accounts_that_text_a_phone_at_once_get_twenty_different_numbers() -> None:
    with parallel_calls() as threads:
        chosen = list(threads.map(lambda index: over(str(index)), range(20)))

    assert sorted(chosen) == TWENTY
    assert chosen == [over(str(index)) for index in range(20)]


def test_the_twenty_first_account_shares_a_number_with_one_other() -> None:
    chosen = [over(str(index)) for index in range(21)]

    assert chosen[20] in chosen[:20]
    assert len(set(chosen)) == 20


def test_sticky_senders_of_many_phones_are_chosen_at_once() -> None:
    phones = [f"+1212555{index:04}" for index in range(60)]
    theirs = numbers.choose_senders("1", phones[:30], TWENTY[:2])

    ours = numbers.choose_senders("2", phones, TWENTY[:2])

    assert set(ours) == set(phones)
    assert all(ours[phone] != theirs[phone] for phone in phones[:30])
    assert set(ours.values()) == set(TWENTY[:2])


def test_the_expected_sender_is_the_one_that_would_be_chosen_and_is_not_kept() -> None:
    looked = numbers.expected_senders("1", [PHONE], TWENTY)

    assert store.get(keys.sticky_senders(PHONE)) is None
    assert looked == numbers.choose_senders("1", [PHONE], TWENTY) == numbers.expected_senders("1", [PHONE], TWENTY)


def test_a_sticky_sender_that_is_no_longer_our_number_is_replaced() -> None:
    before = over("1", shared=TWENTY[:2])
    others = [number for number in TWENTY[:3] if number != before]

    after = over("1", shared=others)

    assert after in others
    assert over("1", shared=others) == after


def test_with_a_new_second_number_the_last_account_to_text_keeps_the_first_and_the_other_moves() -> None:
    texted("1", minute=0)
    texted("2", minute=1)

    moved, kept = over("1", shared=TWENTY[:2]), over("2", shared=TWENTY[:2])

    assert (moved, kept) == (TWENTY[1], TWENTY[0])


@pytest.mark.parametrize("operation", ["BatchGetItem", "UpdateItem"])
def test_a_number_is_chosen_in_spite_of_a_throttled_call(operation: str) -> None:
    with throttling(operation, times=2) as throttled:
        chosen = numbers.choose_senders("10000001", [PHONE], TWENTY)

    assert len(throttled) == 2
    assert chosen == numbers.expected_senders("10000001", [PHONE], TWENTY)


def test_choosing_for_no_phones_makes_no_call() -> None:
    assert numbers.choose_senders("1", [], TWENTY) == {}
