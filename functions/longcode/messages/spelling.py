"""Puts a text together for each of its phones: who sends it, what is said, in characters that cost least."""

from collections.abc import Collection
from datetime import datetime

from longcode.accounts.account import Account
from longcode.messages import compose
from longcode.numbers import choose as choose_number


def texts(
    words: str, account: Account, phones: Collection[str], now: datetime, *, field: str, introduce: bool = True
) -> dict[str, str]:
    """Spell the text to each phone; raises `TextTooLong` or `EmptyText` with the field that the words are from."""
    name = compose.name_in_front(account) if introduce else None
    last = choose_number.last_texted(account, phones) if name else {}
    return {
        phone: compose.spelled(words, name, last.get(phone), now, smart=account.smart_encoding, field=field)
        for phone in phones
    }
