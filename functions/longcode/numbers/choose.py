"""Which of our numbers an account's texts go over, as far as that can be told without choosing a new one."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.aws.settings import settings
from longcode.message import Message
from longcode.numbers import store as numbers
from longcode.numbers.routing import fixed_number


def expected(account: Account, phones: Collection[str]) -> dict[str, str]:
    """Tell the number over which a text to each phone would go. With several shared numbers this is a call."""
    shared = settings().shared_numbers
    only = fixed_number(account, shared)
    if only or not phones:
        return dict.fromkeys(phones, only or "")

    return numbers.expected_senders(account.id, phones, shared)


def last_texted(account: Account, phones: Collection[str]) -> dict[str, datetime]:
    """Tell when an account last texted phones over the numbers that it texts them over."""

    return numbers.last_texted(account.id, expected(account, phones))


def segments_a_second(account_id: str) -> float:
    """Tell how much of an account's texts the carrier takes: so much from each number that they go over."""
    several = len(settings().shared_numbers)
    if several > 1 and accounts.need(account_id).number:
        several = 1
    return settings().segments_a_second * several


def chosen(account: Account, phones: Collection[str]) -> dict[str, str]:
    """Give the number for each phone. With one shared number, or one of the account's own, nobody is asked."""
    shared = settings().shared_numbers
    only = fixed_number(account, shared)
    if only or not phones:
        return dict.fromkeys(phones, only or "")

    return numbers.choose_senders(account.id, phones, shared)


def with_numbers(account: Account, drafts: Sequence[Message]) -> list[Message]:
    """Give texts the numbers that they go over."""
    numbers_of = chosen(account, [one.phone for one in drafts])
    return [replace(one, number=numbers_of[one.phone]) for one in drafts]
