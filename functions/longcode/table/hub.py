"""What staff do with a message in the Messages hub: read it, link it. The counts of unread move with it."""

from dataclasses import replace
from typing import Any

from boto3.dynamodb.conditions import Attr, ConditionBase

from longcode.message import Message
from longcode.table import keys, store, unread
from longcode.table.codec import Attributes, attributes, read
from longcode.table.writes import PRESENT, Update


def mark_read(message: Message, *, is_read: bool) -> Message | None:
    """Mark a message as read or unread, counted once however often it is asked; None when it is gone meanwhile."""
    return _change(message, {"read": is_read})


def link(message: Message, **links: Any) -> Message | None:
    """Tie a message to another `client_id` or `record`, or with None to none; what is not named stays."""
    return _change(message, links)


def _change(message: Message, changes: dict[str, Any]) -> Message | None:
    """Change a message and the counts of unread together, whatever it has become meanwhile."""
    now: Message | None = message
    while now is not None and (then := replace(now, **changes)) != now:
        try:
            store.transact([_write(now, then, tuple(changes)), *unread.counting(now.account, now, then)])
        except store.ConditionFailed as failed:
            now = read(Message, there) if (there := failed.found[0]) else None
        else:
            return then
    return now


def _write(now: Message, then: Message, names: tuple[str, ...]) -> Update:
    held = {name: value for name, value in attributes(then).items() if name in names}
    gone = tuple(name for name in names if name not in held)
    return Update(keys.message(now.account, now.id), {**held, **_folder(now, then)}, {}, gone, unchanged(now))


def _folder(now: Message, then: Message) -> Attributes:
    was, is_now = now.client_id is not None, then.client_id is not None
    return {} if was is is_now else {"folder": keys.folder(then.account, then.direction, linked=is_now)}


def unchanged(message: Message) -> ConditionBase:
    """Give the condition that a message is there, and read and linked as it was."""
    linked = Attr("client_id")
    same_link = linked.eq(message.client_id) if message.client_id else linked.not_exists()
    return PRESENT & same_link & (Attr("read").not_exists() if message.read else Attr("read").eq(False))
