"""How many replies are unread: counted beside the number of the newest one, in the transactions that change it."""

from longcode.message import Message
from longcode.table import keys, store
from longcode.table.codec import read
from longcode.table.writes import Update
from longcode.unread import Unread


def of(account: str) -> Unread:
    """Tell how many replies are unread."""
    found = store.get(keys.inbox_end(account))
    return read(Unread, found) if found else Unread()


def counts(message: Message | None) -> dict[str, int]:
    """Tell what a message adds to the counters; nothing if there is none."""
    if message is None or message.read:
        return {}
    return {"unread": 1} | ({"unread_unlinked": 1} if message.client_id is None else {})


def counting(account: str, before: Message | None, after: Message | None) -> list[Update]:
    """Make the write that counts a change, if it is one; it belongs into the transaction of what it counts."""
    was, will_be = counts(before), counts(after)
    change = {name: will_be.get(name, 0) - was.get(name, 0) for name in {**was, **will_be}}
    moved = {name: by for name, by in change.items() if by}
    return [Update(keys.inbox_end(account), changes={"type": "inbox-end"}, add=moved)] if moved else []
