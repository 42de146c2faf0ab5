"""Replies that arrive at the same time: copies count once, and numbers have no gaps."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from longcode.accounts.account import Account
from longcode.messages import replies
from longcode.usage import store as quotas
from tests.support.fakes import NOW
from tests.support.reply_steps import receive

pytestmark = pytest.mark.account(texted=NOW)


def test_twelve_concurrent_copies_are_one_reply_counted_once(account: Account) -> None:
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda _: receive("SM1"), range(12)))

    assert [number for number, _ in replies.after(account.id, 0, 100)] == [1]
    assert replies.newest_sequence(account.id) == 1
    assert quotas.of_month(account.id, "2026-11").units_received == 1


@pytest.mark.long
def test_twelve_concurrent_replies_are_numbered_without_gaps(account: Account) -> None:
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda index: receive(f"SM{index}"), range(12)))

    found = replies.after(account.id, 0, 100)
    assert [number for number, _ in found] == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    assert len({message.id for _, message in found}) == 12
    assert quotas.of_month(account.id, "2026-11").units_received == 12


def test_a_reader_sees_each_reply_once_and_in_order_while_they_arrive(account: Account) -> None:
    with ThreadPoolExecutor(4) as pool:
        arriving = [pool.submit(receive, f"SM{index}") for index in range(8)]
        seen: list[int] = []
        while len(seen) < 8:
            seen += [number for number, _ in replies.after(account.id, seen[-1] if seen else 0, 3)]
        for arrival in arriving:
            arrival.result()

    assert seen == [1, 2, 3, 4, 5, 6, 7, 8]
