"""A step of a broadcast: write the texts of its next clients, one for each phone, and put them on their queue."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime

from longcode import broadcast, jobs, outgoing
from longcode.aws import queues
from longcode.broadcast import Broadcast, State, added, message_id
from longcode.client import ticked
from longcode.message import Kind, Message
from longcode.message import State as MessageState
from longcode.outcome import DUPLICATE, Outcome, refused
from longcode.patience import HEALED_AFTER
from longcode.table import accounts, allowances, broadcast_texts, broadcasts, messages
from longcode.table.clients import Seen
from send import choosing, deciding, origins, silencing, timing

CHUNK = 250
_pool = ThreadPoolExecutor(16)


def write(taken: Broadcast, now: datetime) -> bool:
    """Write the next texts, and who gets none and why; False when somebody has changed the broadcast meanwhile.

    False too when its account may not send: then it is paused.

    What a worker had written that died, or another one, stands: nobody gets two.
    """
    account = accounts.need(taken.account)
    if silencing.pause(account, taken.id):
        return False
    seen, cursor = deciding.some(account.id, broadcasts.audience(taken), taken.cursor, CHUNK)
    before = broadcast_texts.counted(taken) if taken.begun else taken
    words = deciding.wording(account, taken, now)
    outcomes = list(deciding.decide(words, seen, _owners(taken, seen), before.budget))
    known = {one.id: one.client for one in seen}
    drafts = [timing.timed(_draft(taken, one, now), account, known[one.client_id]) for one in outcomes if one.goes]
    drafts = choosing.over(account, drafts)
    written, doubles = _write(drafts)
    with queues.best_effort(broadcast_id=taken.id):
        queues.send(*(jobs.for_message(one) for one in written if one.state is MessageState.ACCEPTED))
    none = [one for one in outcomes if not one.goes] + doubles
    return _move(taken, _added(before, written, none), cursor, none, now)


def _owners(taken: Broadcast, seen: Sequence[Seen]) -> dict[str, str]:
    """Tell for which client a number has its text, of the numbers that have."""
    names = {phone: message_id(taken, phone) for one in seen if one.client for phone in ticked(one.client)}
    there = broadcast_texts.standing(taken, names.values())
    return {phone: there[name] for phone, name in names.items() if name in there}


def _added(before: Broadcast, written: Sequence[Message], none: Sequence[Outcome]) -> Broadcast:
    return replace(
        before,
        texts=before.texts + len(written),
        units=before.units + sum(one.units for one in written),
        segments=before.segments + sum(one.segments for one in written),
        skipped=added(before.skipped, (str(one.code) for one in none)),
    )


def _write(drafts: Sequence[Message]) -> tuple[list[Message], list[Outcome]]:
    """Write texts side by side; gives those that are written now, and whose phone another client's text has."""
    written, doubles = [], []
    for there, draft in zip(_pool.map(messages.write_new, drafts), drafts, strict=True):
        if there.client_id == draft.client_id:
            written.append(there)
        else:
            doubles.append(refused(Outcome(client_id=str(draft.client_id), phone=draft.phone), DUPLICATE))
    return written, doubles


def _draft(taken: Broadcast, outcome: Outcome, now: datetime) -> Message:
    phone = outcome.phone or ""
    draft = outgoing.draft(
        account=taken.account,
        message_id=message_id(taken, phone),
        kind=Kind.BULK,
        phone=phone,
        body=outcome.text or "",
        now=now,
    )
    return replace(
        draft,
        client_id=outcome.client_id,
        template=taken.template,
        subject=taken.subject,
        broadcast=taken.id,
        reserved_in=taken.reserved_in,
        reserved_of=taken.reserved_of,
    )


def _move(taken: Broadcast, after: Broadcast, cursor: str | None, none: Sequence[Outcome], now: datetime) -> bool:
    """Go on to the next clients, or end: then what was reserved and not used is free again."""
    skipped = broadcast_texts.skipped(taken, none)
    if cursor is not None:
        later = broadcast.next_texts_at(after, now, origins.segments_a_second(taken.account))
        further = replace(after, begun=False, cursor=cursor, due_at=later or now + HEALED_AFTER)
        return broadcasts.commit_step(taken, further, *skipped)
    done = replace(
        after,
        state=State.DONE,
        begun=False,
        reserved=after.units if taken.reserved_in else 0,
        due_at=None,
        finished_at=now,
    )
    left = allowances.giving_back(taken.account, taken.reserved_in, taken.reserved_of, taken.reserved - done.reserved)
    return broadcasts.commit_step(taken, done, *skipped, *left)
