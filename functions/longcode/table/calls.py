"""Call tasks, oldest first, until the studio's software has picked them up."""

from longcode.call import Call
from longcode.table import keys, store
from longcode.table.codec import attributes, read
from longcode.table.writes import PRESENT, Delete, Put


def writing(call: Call) -> Put:
    """Make the write of a call task; it belongs into the transaction that ends what was planned."""
    return Put(keys.call(call.account, call.id), {"type": "call", **attributes(call)})


def page(account: str, after: str | None, limit: int) -> list[Call]:
    """List call tasks, oldest first."""
    start = keys.call(account, after) if after else None
    return [read(Call, item) for item in store.query(keys.call(account), after=start, limit=limit)]


def delete(account: str, call_id: str) -> bool:
    """Delete a call task; tells whether it was there."""
    return store.try_write(Delete(keys.call(account, call_id), PRESENT))
