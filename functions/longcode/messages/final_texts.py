"""The final text to each phone of a request: with the sender's name, and in the characters that cost least."""

from collections.abc import Collection
from datetime import datetime

from longcode.accounts.account import Account
from longcode.messages import compose
from longcode.numbers import choose as choose_number


def by_phone(
    words: str, account: Account, phones: Collection[str], now: datetime, *, field: str, introduce: bool = True
) -> dict[str, str]:
    """Return the text to each phone, by phone; raise `TextTooLong` or `EmptyText` for the request's `field`.

    Unless `introduce` is False, a text that begins a conversation begins with the sender's name.
    """
    name = compose.sender_prefix(account) if introduce else None
    last_texted = choose_number.last_texted(account, phones) if name else {}
    return {
        phone: compose.final_text(words, name, last_texted.get(phone), now, smart=account.smart_encoding, field=field)
        for phone in phones
    }
