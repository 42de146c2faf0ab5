"""Triggers, by their names."""

from longcode.table import keys, store
from longcode.table.codec import attributes, read
from longcode.table.writes import PRESENT, Delete, Put
from longcode.trigger import Trigger


def get(account: str, name: str) -> Trigger | None:
    """Read a trigger."""
    found = store.get(keys.trigger(account, name))
    return read(Trigger, found) if found else None


def page(account: str, after: str | None, limit: int) -> list[Trigger]:
    """List triggers in the order of their names."""
    start = keys.trigger(account, after) if after else None
    return [read(Trigger, item) for item in store.query(keys.trigger(account), after=start, limit=limit)]


def of_account(account: str) -> dict[str, Trigger]:
    """Give all triggers of an account, by name: they are few (`trigger.MOST`)."""
    return {one.name: one for one in (read(Trigger, item) for item in store.query(keys.trigger(account)))}


def put(trigger: Trigger) -> None:
    """Write a trigger."""
    store.write(Put(keys.trigger(trigger.account, trigger.name), {"type": "trigger", **attributes(trigger)}))


def delete(account: str, name: str) -> bool:
    """Delete a trigger; tells whether it was there."""
    return store.try_write(Delete(keys.trigger(account, name), PRESENT))
