"""Which of our numbers an account's texts go over, as far as that can be told without choosing a new one."""

from collections.abc import Collection
from datetime import datetime

from longcode import numbers
from longcode.account import Account
from longcode.aws.settings import settings
from longcode.table import accounts


def expected(account: Account, phones: Collection[str]) -> dict[str, str]:
    """Tell the number over which a text to each phone would go. With several shared numbers this is a call."""
    shared = settings().shared_numbers
    only = numbers.settled(account, shared)
    if only or not phones:
        return dict.fromkeys(phones, only or "")
    from longcode.table import lines  # noqa: PLC0415 - with one shared number nobody asks

    return lines.look(account.id, phones, shared)


def last_texted(account: Account, phones: Collection[str]) -> dict[str, datetime]:
    """Tell when an account last texted phones over the numbers that it texts them over."""
    from longcode.table import routes  # noqa: PLC0415 - few studios have their name in front

    return routes.last_texted(account.id, expected(account, phones))


def segments_a_second(account_id: str) -> float:
    """Tell how much of an account's texts the carrier takes: so much from each number that they go over."""
    several = len(settings().shared_numbers)
    if several > 1 and accounts.need(account_id).number:
        several = 1
    return settings().segments_a_second * several
