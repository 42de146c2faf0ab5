"""Renders the final text to each phone of a request: the sender's name, the words, the characters that cost least."""

from collections.abc import Collection
from datetime import datetime

from longcode.accounts.account import Account
from longcode.messages import compose
from longcode.numbers import choose as choose_number


def texts(
    words: str, account: Account, phones: Collection[str], now: datetime, *, field: str, introduce: bool = True
) -> dict[str, str]:
    """Return the text to each phone; raise `TextTooLong` or `EmptyText` for the request's `field`."""
    name = compose.name_in_front(account) if introduce else None
    last_texted = choose_number.last_texted(account, phones) if name else {}
    return {
        phone: compose.spelled(words, name, last_texted.get(phone), now, smart=account.smart_encoding, field=field)
        for phone in phones
    }
