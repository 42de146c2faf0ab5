"""Choose the number from which an account texts each phone: its own, the only shared one, or a sticky sender."""

from collections.abc import Collection, Sequence
from datetime import datetime

from msgspec.structs import replace

from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.aws.settings import settings
from longcode.message import Message
from longcode.numbers import store as numbers
from longcode.numbers.routing import fixed_number


def with_numbers(account: Account, drafts: Sequence[Message]) -> list[Message]:
    """Return the texts with the numbers from which they are sent. A newly chosen sticky sender is stored."""
    shared = settings().shared_numbers
    if fixed := fixed_number(account, shared):
        return [replace(draft, number=fixed) for draft in drafts]
    senders = numbers.choose_senders(account.id, [draft.phone for draft in drafts], shared)
    return [replace(draft, number=senders[draft.phone]) for draft in drafts]


def last_texted(account: Account, phones: Collection[str]) -> dict[str, datetime]:
    """Return when the account last texted each phone, over the number from which it would text it now."""
    shared = settings().shared_numbers
    if fixed := fixed_number(account, shared):
        senders = dict.fromkeys(phones, fixed)
    else:
        senders = numbers.expected_senders(account.id, phones, shared)
    return numbers.last_texted(account.id, senders)


def segments_a_second(account_id: str) -> float:
    """Return the throughput of an account's texts: that of one number times the numbers that they are sent from."""
    senders = len(settings().shared_numbers)
    if senders > 1 and accounts.get_or_raise(account_id).number:
        senders = 1
    return settings().segments_a_second * senders
