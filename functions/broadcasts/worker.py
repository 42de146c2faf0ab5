"""Brings broadcasts on, one step a job: planning, then the texts of one chunk of clients after another."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from aws_lambda_powertools.utilities.batch import EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from broadcasts import planning
from longcode import jobs
from longcode.accounts import store as accounts
from longcode.aws import clients, queues
from longcode.aws.telemetry import OneByOne, logger
from longcode.broadcasts import store as broadcasts
from longcode.broadcasts.broadcast import (
    Broadcast,
    BroadcastState,
    BulkAction,
    add_counts,
    broadcast_text_id,
    is_due,
    next_texts_at,
)
from longcode.broadcasts.outcome import DUPLICATE, Outcome, refused
from longcode.clients.client import ticked_numbers
from longcode.clients.store import Seen
from longcode.message import Held, Message, MessageKind, MessageState
from longcode.messages import compose, timing
from longcode.messages import store as messages
from longcode.numbers import choose as choose_number
from longcode.usage import store as quotas
from longcode.windows import HEALED_AFTER

_A_STEP = 500

CHUNK = 250

processor = OneByOne(EventType.SQS)
Work = Callable[[Broadcast, datetime], bool]
_pool = ThreadPoolExecutor(16)


def advance(job: jobs.AdvanceBroadcast, now: datetime) -> None:
    """Do the step of a job. A copy of a job that was done does nothing, and neither does one for a step in work."""
    there = broadcasts.get(job.account, job.broadcast_id)
    if there is None or there.step != job.step:
        return
    work = _work(there, now)
    if work is None:
        if there.paused:
            broadcasts.unschedule(there)
        return
    taken = broadcasts.take(there, uuid4().hex[:8], now, begin=work is write_texts)
    if taken is None:
        return
    if not work(taken, now):
        broadcasts.release_step(taken)
    next_step = broadcasts.get(job.account, job.broadcast_id)
    if next_step and next_texts_at(next_step, now, choose_number.segments_a_second(job.account)) is None:
        broadcasts.enqueue_step(next_step)


def _work(there: Broadcast, now: datetime) -> Work | None:
    """Tell what is to be done next; None when there is nothing, or not now."""
    if there.walk is BulkAction.CANCEL or (there.walk is BulkAction.WAKE and not there.paused):
        return _walking(there.walk)
    if there.paused or (there.state is BroadcastState.SCHEDULED and not is_due(there, now)):
        return None
    return write_texts if there.state is BroadcastState.SENDING else _planning(there.state)


# Most steps write texts: a start does without what the others need.


def _walking(walk: BulkAction) -> Work:

    return {BulkAction.CANCEL: cancel_texts, BulkAction.WAKE: resume_texts}[walk]


def _planning(state: BroadcastState) -> Work | None:

    return {BroadcastState.SCHEDULED: planning.begin, BroadcastState.PLANNING: planning.plan}.get(state)


def handle(record: SQSRecord) -> None:
    """Bring on the broadcast of one record."""
    advance(queues.read(jobs.AdvanceBroadcast, record.body), clients.now())


def cancel_texts(taken: Broadcast, now: datetime) -> bool:
    """End the next texts that have not gone. After the last, what the broadcast reserved and never used is free."""
    page = broadcasts.texts_page(taken, taken.walked, _A_STEP)
    messages.cancel_all(page.texts, now)
    units = taken.walked_units + page.units
    if page.last:
        return broadcasts.commit_step(taken, _further(taken, page.last, units, now))
    kept = units if taken.reserved_in else 0
    done = replace(taken, walk=None, walked=None, walked_units=0, reserved=kept, due_at=None)
    left = quotas.giving_back(taken.account, taken.reserved_in, taken.reserved_of, taken.reserved - kept)
    return broadcasts.commit_step(taken, done, *left)


def resume_texts(taken: Broadcast, now: datetime) -> bool:
    """Put the next texts that a pause holds back on their queue."""
    page = broadcasts.texts_page(taken, taken.walked, _A_STEP)
    held = [one for one in page.texts if one.held is Held.PAUSED]
    woken = [one for one in held if messages.put_off(one, MessageState.QUEUED, now + HEALED_AFTER)]
    queues.send(*map(jobs.for_message, woken))
    if page.last:
        return broadcasts.commit_step(taken, _further(taken, page.last, 0, now))
    goes_on = now + HEALED_AFTER if taken.state is BroadcastState.SENDING else None
    return broadcasts.commit_step(taken, replace(taken, walk=None, walked=None, due_at=goes_on))


def _further(taken: Broadcast, last: str, units: int, now: datetime) -> Broadcast:
    return replace(taken, walked=last, walked_units=units, due_at=now + HEALED_AFTER)


def write_texts(taken: Broadcast, now: datetime) -> bool:
    """Write the next texts, and who gets none and why; False when somebody has changed the broadcast meanwhile.

    False too when its account may not send: then it is paused.

    What a worker had written that died, or another one, stands: nobody gets two.
    """
    account = accounts.need(taken.account)
    if broadcasts.pause_silenced(account, taken.id):
        return False
    seen, cursor = planning.some_clients(account.id, broadcasts.audience(taken), taken.cursor, CHUNK)
    before = broadcasts.count_texts(taken) if taken.begun else taken
    words = planning.wording(account, taken, now)
    outcomes = list(planning.decide(words, seen, _owners(taken, seen), before.budget))
    known = {one.id: one.client for one in seen}
    drafts = [timing.timed(_draft(taken, one, now), account, known[one.client_id]) for one in outcomes if one.goes]
    drafts = choose_number.with_numbers(account, drafts)
    written, doubles = _write(drafts)
    with queues.best_effort(broadcast_id=taken.id):
        queues.send(*(jobs.for_message(one) for one in written if one.state is MessageState.ACCEPTED))
    none = [one for one in outcomes if not one.goes] + doubles
    return _move(taken, _added(before, written, none), cursor, none, now)


def _owners(taken: Broadcast, seen: Sequence[Seen]) -> dict[str, str]:
    """Tell for which client a number has its text, of the numbers that have."""
    names = {
        phone: broadcast_text_id(taken, phone) for one in seen if one.client for phone in ticked_numbers(one.client)
    }
    there = broadcasts.written_texts(taken, names.values())
    return {phone: there[name] for phone, name in names.items() if name in there}


def _added(before: Broadcast, written: Sequence[Message], none: Sequence[Outcome]) -> Broadcast:
    return replace(
        before,
        texts=before.texts + len(written),
        units=before.units + sum(one.units for one in written),
        segments=before.segments + sum(one.segments for one in written),
        skipped=add_counts(before.skipped, (str(one.code) for one in none)),
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
    draft = compose.draft(
        account=taken.account,
        message_id=broadcast_text_id(taken, phone),
        kind=MessageKind.BULK,
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
    skipped = broadcasts.skipped_writes(taken, none)
    if cursor is not None:
        later = next_texts_at(after, now, choose_number.segments_a_second(taken.account))
        further = replace(after, begun=False, cursor=cursor, due_at=later or now + HEALED_AFTER)
        return broadcasts.commit_step(taken, further, *skipped)
    done = replace(
        after,
        state=BroadcastState.DONE,
        begun=False,
        reserved=after.units if taken.reserved_in else 0,
        due_at=None,
        finished_at=now,
    )
    left = quotas.giving_back(taken.account, taken.reserved_in, taken.reserved_of, taken.reserved - done.reserved)
    return broadcasts.commit_step(taken, done, *skipped, *left)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    return process_partial_response(event, handle, processor, context)
