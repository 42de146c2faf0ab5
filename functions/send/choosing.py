"""Chooses the number that a text goes over, when it is accepted, and keeps it."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from longcode import numbers
from longcode.account import Account
from longcode.aws.settings import settings
from longcode.message import Message


def chosen(account: Account, phones: Collection[str]) -> dict[str, str]:
    """Give the number for each phone. With one shared number, or one of the account's own, nobody is asked."""
    shared = settings().shared_numbers
    only = numbers.settled(account, shared)
    if only or not phones:
        return dict.fromkeys(phones, only or "")
    from longcode.table import lines  # noqa: PLC0415 - with one shared number nobody asks

    return lines.choose(account.id, phones, shared)


def over(account: Account, drafts: Sequence[Message]) -> list[Message]:
    """Give texts the numbers that they go over."""
    numbers_of = chosen(account, [one.phone for one in drafts])
    return [replace(one, number=numbers_of[one.phone]) for one in drafts]
