"""The table's broadcasts, with their audiences, texts and skipped clients; one worker at a time holds a step."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain

from boto3.dynamodb.conditions import Attr, ConditionBase
from msgspec import Struct
from msgspec.structs import replace

from longcode import jobs
from longcode.accounts.account import Account, send_refusal
from longcode.aws import queues
from longcode.broadcasts.broadcast import (
    BROADCAST_LEASE,
    Broadcast,
    broadcast_states_before,
    broadcast_text_id,
    cancelled,
    may_have_unsent_texts,
    resumed,
)
from longcode.broadcasts.outcome import Outcome
from longcode.clients.client import Audience
from longcode.message import MAY_STILL_BE_SENT, BroadcastState, Message, MessageState
from longcode.messages.store import try_read
from longcode.table import keys, ranges, store
from longcode.table.writes import ABSENT, Put, Update, Write, attributes, has_value, read
from longcode.windows import SWEEP_AFTER

BROADCASTS = "broadcasts"
"""The folder that lists an account's broadcasts."""

SkippedPlace = tuple[int, int, int]
"""Where a skipped client is stored: the step, the item of that step, the row of that item."""

_ROWS_PER_ITEM = 200


class AlreadyCreated(Exception):
    """The request was accepted before; `first` is the broadcast that it created."""

    def __init__(self, first: Broadcast) -> None:
        super().__init__(first.id)
        self.first = first


class TextsPage(Struct, frozen=True):
    """A page of texts without unreadable ones, the units of all, and the last id if more may follow."""

    texts: list[Message]
    units: int
    last: str | None


def create(broadcast: Broadcast, audience: Audience) -> None:
    """Write a broadcast and its audience; raise `AlreadyCreated` if its id exists."""
    folder = {
        "folder": keys.folder(broadcast.account, BROADCASTS, linked=True),
        "folder_at": keys.folder_place(broadcast.created_at, broadcast.id),
    }
    item = {"type": "broadcast", **attributes(broadcast), **_due(broadcast), **folder}
    audience_item = {"type": "audience", **attributes(audience)}
    try:
        store.transact(
            [Put(_key(broadcast), item, ABSENT), Put(keys.audience(broadcast.account, broadcast.id), audience_item)]
        )
    except store.ConditionFailed as failed:
        raise AlreadyCreated(read(Broadcast, failed.found[0])) from failed


def get(account: str, broadcast_id: str) -> Broadcast | None:
    """Return a broadcast, or None."""
    item = store.get(keys.broadcast(account, broadcast_id))
    return read(Broadcast, item) if item else None


def audience(broadcast: Broadcast) -> Audience:
    """Return the audience of a broadcast; raise `LookupError` if it is missing."""
    item = store.get(keys.audience(broadcast.account, broadcast.id))
    if item is None:
        raise LookupError(f"broadcast {broadcast.id} has no audience")
    return read(Audience, item)


def short_audiences(some: Iterable[Broadcast], *also: str) -> dict[str, Audience]:
    """Return the audiences of some broadcasts by their ids, without the ids of clients, which may be very many.

    `also` names attributes of the audience to read as well.
    """
    wanted = {keys.audience(one.account, one.id): one.id for one in some}
    items = store.get_many(wanted, only=("tags", "status", "search", "everyone", "except_tags", *also))
    return {wanted[key]: read(Audience, item) for key, item in items.items()}


def paused(account: str) -> list[Broadcast]:
    """Return the broadcasts of an account that are paused, oldest first."""
    return _among_all(account, Attr("paused").eq(True))


def in_states(account: str, states: Iterable[BroadcastState]) -> list[Broadcast]:
    """Return the broadcasts of an account that are in one of some states, oldest first."""
    return _among_all(account, Attr("state").is_in(sorted(states)))


def _among_all(account: str, where: ConditionBase) -> list[Broadcast]:
    first, last = keys.broadcast(account), keys.broadcast(account, keys.END)
    items, _ = ranges.read(first, last, where)
    return sorted((read(Broadcast, item) for item in items), key=lambda broadcast: broadcast.created_at)


def page(account: str, *, limit: int, cursor: str | None) -> tuple[list[Broadcast], str | None]:
    """Return a page of broadcasts, newest first, and the cursor of the next page."""
    folder = keys.folder(account, BROADCASTS, linked=True)
    items, next_cursor = store.index_page(folder, limit=limit, cursor=cursor, newest_first=True)
    return [read(Broadcast, item) for item in items], next_cursor


def enqueue_step(broadcast: Broadcast) -> None:
    """Enqueue the current step of a broadcast that has one; if the queue fails, the sweeper enqueues it later."""
    if broadcast.due_at is None:
        return
    with queues.best_effort(broadcast_id=broadcast.id):
        queues.send(jobs.AdvanceBroadcast(account=broadcast.account, broadcast_id=broadcast.id, step=broadcast.step))


def claim_step(broadcast: Broadcast, worker: str, now: datetime, *, begin: bool) -> Broadcast | None:
    """Lease a broadcast's current step to a worker; return None if another worker has it or it is done.

    `begin` marks that texts may exist from now on that are not counted yet.
    """
    claimed = replace(broadcast, taken_by=worker, lease_until=now + BROADCAST_LEASE, due_at=now + SWEEP_AFTER)
    free = store.unset_or_before("lease_until", now)
    begun = has_value("begun", broadcast.begun or None)
    mark = {"begun": True} if begin else {}
    changes = {"taken_by": worker, "lease_until": claimed.lease_until, **_due(claimed), **mark}
    change = Update(_key(broadcast), changes=changes, when=Attr("step").eq(broadcast.step) & free & begun)
    try:
        store.write(change)
    except store.ConditionFailed as failed:
        current = failed.found[0]  # perhaps our own write, repeated by the SDK
        return claimed if (current.get("taken_by"), current.get("step")) == (worker, broadcast.step) else None
    return claimed


def commit_step(claimed: Broadcast, after: Broadcast, *others: Write) -> bool:
    """Write the result of a step, with other writes, and begin the next; return False if another worker has the step.

    Only what the step changed is written, so a pause during the step stays. Raise `ConditionFailed` if the condition
    of one of the other writes failed.
    """
    moved = replace(after, step=claimed.step + 1, lease_until=None)
    ours = Attr("step").eq(claimed.step) & Attr("taken_by").eq(claimed.taken_by)
    # `claim_step` may have stored `begun`: compare with True, so that the difference removes it.
    change = _difference(replace(claimed, begun=True), moved, ours)
    try:
        store.transact([change, *others])
    except store.ConditionFailed as failed:
        if 0 not in failed.found:
            raise
        current = failed.found[0]  # perhaps our own write, repeated by the SDK: then it has no lease any more
        is_ours = (current.get("taken_by"), current.get("step")) == (claimed.taken_by, moved.step)
        return is_ours and "lease_until" not in current
    return True


def release_step(claimed: Broadcast) -> None:
    """End the lease of a step that changed during the work, so that the next worker need not wait for its end."""
    ours = Attr("taken_by").eq(claimed.taken_by)
    store.try_write(Update(_key(claimed), remove=("lease_until",), when=ours))


def unschedule(broadcast: Broadcast) -> None:
    """Take a paused broadcast off the due index until it is resumed."""
    paused = Attr("paused").eq(True) & Attr("step").eq(broadcast.step)
    store.try_write(Update(_key(broadcast), remove=("due_shard", "due_at"), when=paused))


def pause(broadcast: Broadcast, by: str | None = None) -> bool:
    """Pause a broadcast: no more of its texts are sent. Return False if it is cancelled or refused."""
    changes = {"paused": True, **({"paused_by": by} if by else {})}
    active = Attr("state").is_in(broadcast_states_before(BroadcastState.CANCELLED))
    return store.try_write(Update(_key(broadcast), changes=changes, when=active))


def pause_if_not_allowed(account: Account, broadcast_id: str) -> bool:
    """Pause a broadcast, with the reason, if its account may not send; return whether the account may not send.

    A broadcast that is paused already, refused or cancelled stays as it is.
    """
    refusal = send_refusal(account)
    if refusal is None:
        return False
    active = Attr("state").is_in(broadcast_states_before(BroadcastState.CANCELLED)) & Attr("paused").not_exists()
    changes = {"paused": True, "error": refusal.code, "detail": refusal.detail}
    store.try_write(Update(keys.broadcast(account.id, broadcast_id), changes=changes, when=active))
    return True


def resume(broadcast: Broadcast, now: datetime) -> Broadcast | None:
    """Resume a paused broadcast, its written texts first; return None if it has changed since it was read."""
    return _next_step(broadcast, resumed(broadcast, now))


def cancel(broadcast: Broadcast, now: datetime, by: str | None = None) -> Broadcast | None:
    """Cancel a broadcast and begin to cancel its unsent texts; return None if it has changed since it was read."""
    return _next_step(broadcast, cancelled(broadcast, now, by))


def newest_reply(account: str) -> int:
    """Return the sequence number of an account's newest reply, 0 before the first."""
    item = store.get(keys.inbox_end(account))
    return int(item.get("sequence", 0)) if item else 0


def texts_page(broadcast: Broadcast, after: str | None, limit: int) -> TextsPage:
    """Return up to `limit` texts of a broadcast in the order of their ids, starting after an id."""
    start = keys.message(broadcast.account, after) if after else None
    items = list(store.query(_texts_prefix(broadcast), after=start, limit=limit))
    return TextsPage(
        texts=[message for item in items if (message := try_read(item))],
        units=sum(int(item["units"]) for item in items),
        last=str(items[-1]["id"]) if len(items) == limit else None,
    )


def clients_of_texts(broadcast: Broadcast, ids: Iterable[str]) -> dict[str, str]:
    """Return, by the id of each text that exists, the id of its client."""
    items = store.get_many(keys.message(broadcast.account, text_id) for text_id in ids)
    return {str(item["id"]): str(item["client_id"]) for item in items.values()}


def results_of_phones(broadcast: Broadcast, phones: Iterable[str]) -> dict[str, tuple[MessageState, str | None]]:
    """Return the state and the error of a broadcast's text to each of some phones, without phones that got none."""
    by_key = {keys.message(broadcast.account, broadcast_text_id(broadcast, phone)): phone for phone in phones}
    items = store.get_many(by_key, only=("state", "error"))
    return {by_key[key]: (MessageState(item["state"]), item.get("error")) for key, item in items.items()}


def written_texts(broadcast: Broadcast) -> tuple[Broadcast, dict[str, str]]:
    """Return the broadcast with the counts of its texts in the table, and the client of each of them by its id.

    One query reads both. A worker whose lease has ended may still write texts: between two queries, it could write
    one that is not counted, and is taken for counted.
    """
    texts = list(store.query(_texts_prefix(broadcast), only=("id", "client_id", "units", "segments")))
    units, segments = (sum(int(text[name]) for text in texts) for name in ("units", "segments"))
    counted = replace(broadcast, texts=len(texts), units=units, segments=segments)
    return counted, {str(text["id"]): str(text["client_id"]) for text in texts}


def has_unsent_texts(broadcast: Broadcast) -> bool:
    """Return whether a text of a broadcast may still be sent."""
    unsent = Attr("state").is_in(sorted(MAY_STILL_BE_SENT))
    return any(True for _ in store.query(_texts_prefix(broadcast), only=("state",), where=unsent))


def is_waiting(broadcast: Broadcast, now: datetime) -> bool:
    """Return whether all texts of a broadcast are written, and one may still be sent."""
    return may_have_unsent_texts(broadcast, now) and has_unsent_texts(broadcast)


def skipped_writes(claimed: Broadcast, outcomes: Sequence[Outcome]) -> list[Write]:
    """Return the writes that store the clients that a step skipped, in items small enough for DynamoDB."""
    groups: dict[tuple[str, str | None, str | None], list[str]] = {}
    for skipped in outcomes:
        phones = groups.setdefault((skipped.client_id, skipped.code, skipped.detail), [])
        phones.extend([skipped.phone] if skipped.phone else [])
    rows = [[*reason, phones] for reason, phones in groups.items()]
    return [
        Put(
            keys.skipped(claimed.account, claimed.id, (claimed.step, index)),
            {"type": "skipped", "place": [claimed.step, index], "rows": rows[start : start + _ROWS_PER_ITEM]},
        )
        for index, start in enumerate(range(0, len(rows), _ROWS_PER_ITEM))
    ]


def skipped_from(broadcast: Broadcast, from_place: SkippedPlace | None) -> Iterator[tuple[SkippedPlace, Outcome]]:
    """Yield the skipped clients with their places, beginning at a place."""
    step, index, first_row = from_place or (0, 0, 0)
    start = keys.skipped(broadcast.account, broadcast.id, (step, index))
    first_item = [store.get(start)] if from_place else []
    prefix = keys.skipped(broadcast.account, broadcast.id)
    later_items = store.query(prefix, after=start if from_place else None, page=1)
    for item in chain(filter(None, first_item), later_items):
        outcomes = [outcome for row in item["rows"] for outcome in _outcomes(*row)]
        place = tuple(item["place"])
        begin_at = first_row if place == (step, index) else 0
        for row, outcome in enumerate(outcomes[begin_at:], start=begin_at):
            yield (*place, row), outcome


def _outcomes(client_id: str, code: str, detail: str, phones: list[str]) -> list[Outcome]:
    without_phone = Outcome(client_id=client_id, code=code, detail=detail)
    return [replace(without_phone, phone=phone) for phone in phones] or [without_phone]


def _next_step(before: Broadcast, after: Broadcast) -> Broadcast | None:
    moved = replace(after, step=before.step + 1)
    change = _difference(before, moved, Attr("step").eq(before.step))
    return moved if store.try_write(change) else None


def _difference(old: Broadcast, new: Broadcast, when: ConditionBase) -> Update:
    before, after = attributes(old) | _due(old), attributes(new) | _due(new)
    changes = {name: value for name, value in after.items() if before.get(name) != value}
    return Update(_key(old), changes=changes, remove=tuple(sorted(before.keys() - after.keys())), when=when)


def _key(broadcast: Broadcast) -> keys.Key:
    return keys.broadcast(broadcast.account, broadcast.id)


def _due(broadcast: Broadcast) -> dict[str, str]:
    return keys.due(broadcast.id, broadcast.due_at) if broadcast.due_at else {}


def _texts_prefix(broadcast: Broadcast) -> keys.Key:
    return keys.message(broadcast.account, f"{broadcast.id}-")
