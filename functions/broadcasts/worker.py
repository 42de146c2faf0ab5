"""Runs broadcasts, one step for each job: planning, a chunk of texts, or a page of a bulk cancel or resume."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from uuid import uuid4

from msgspec.structs import replace

from broadcasts import planning
from longcode import jobs
from longcode.accounts import store as accounts
from longcode.aws import batches, clients, queues
from longcode.aws.telemetry import logger
from longcode.broadcasts import store as broadcasts
from longcode.broadcasts.broadcast import Broadcast, BulkAction, add_counts, broadcast_text_id, is_due, next_texts_at
from longcode.broadcasts.outcome import DUPLICATE, Outcome, skip
from longcode.clients.client import ticked_numbers
from longcode.clients.store import ClientEntry
from longcode.message import BroadcastState, HoldReason, Message, MessageKind, MessageState
from longcode.messages import compose, sending, timing
from longcode.messages import store as messages
from longcode.numbers import choose as choose_number
from longcode.table.writes import Update
from longcode.usage import store as quotas
from longcode.webhooks.tell import end_unsent
from longcode.windows import SWEEP_AFTER

_TEXTS_PER_STEP = 500
"""The number of texts that a step of a bulk action reads."""

_CLIENTS_PER_STEP = 250
"""The number of clients to whom a step writes texts."""

_StepWork = Callable[[Broadcast, datetime], bool]
"""Does a claimed step; returns False if the broadcast was changed meanwhile, so that nothing was committed."""
_pool = ThreadPoolExecutor(16)


def advance(job: jobs.AdvanceBroadcast, now: datetime) -> None:
    """Do the step of a job and enqueue the next; do nothing if the step is over, or if a worker has claimed it."""
    broadcast = broadcasts.get(job.account, job.broadcast_id)
    if broadcast is None or broadcast.step != job.step:
        return
    work = _next_work(broadcast, now)
    if work is None:
        if broadcast.paused:
            broadcasts.unschedule(broadcast)
        return
    claimed = broadcasts.claim_step(broadcast, uuid4().hex[:8], now, begin=work is write_texts)
    if claimed is None:
        return
    if not work(claimed, now):
        broadcasts.release_step(claimed)
    next_step = broadcasts.get(job.account, job.broadcast_id)
    if next_step and next_texts_at(next_step, now, choose_number.segments_a_second(job.account)) is None:
        broadcasts.enqueue_step(next_step)


def _next_work(broadcast: Broadcast, now: datetime) -> _StepWork | None:
    """Return the work of the current step; None when there is none, or not now."""
    if broadcast.bulk_action is BulkAction.CANCEL:
        return cancel_texts
    if broadcast.paused:
        return None
    if broadcast.bulk_action is BulkAction.RESUME:
        return resume_texts
    match broadcast.state:
        case BroadcastState.SCHEDULED if is_due(broadcast, now):
            return planning.begin
        case BroadcastState.PLANNING:
            return planning.plan
        case BroadcastState.SENDING:
            return write_texts
        case _:
            return None


def write_texts(claimed: Broadcast, now: datetime) -> bool:
    """Write the texts of the next clients, and the skipped clients; return False if the broadcast was changed.

    If its account may not send, pause the broadcast and return False. Texts that an earlier worker wrote for this
    step before it stopped are kept and counted, so no phone gets two.
    """
    account = accounts.get_or_raise(claimed.account)
    if broadcasts.pause_if_not_allowed(account, claimed.id):
        return False
    audience = broadcasts.audience(claimed)
    entries, cursor = planning.next_clients(account.id, audience, claimed.cursor, _CLIENTS_PER_STEP)
    before, owners = _written_before(claimed, entries)
    content = planning.content_at(account, claimed, now)
    outcomes = list(planning.decide_outcomes(content, entries, owners, before.budget))
    records = {entry.id: entry.client for entry in entries}
    drafts = [
        timing.with_send_time(_draft(claimed, outcome, now), account, records[outcome.client_id])
        for outcome in outcomes
        if outcome.has_text
    ]
    written, duplicates = _write(choose_number.with_own_number(account, drafts))
    with queues.best_effort(broadcast_id=claimed.id):
        queues.send(*(jobs.for_message(message) for message in written if message.state is MessageState.ACCEPTED))
    skipped = [outcome for outcome in outcomes if not outcome.has_text] + duplicates
    return _commit_texts(claimed, _with_counts(before, written, skipped), cursor, skipped, now)


def _written_before(claimed: Broadcast, entries: Sequence[ClientEntry]) -> tuple[Broadcast, dict[str, str]]:
    """Return the broadcast with the counts of the texts that are written already, and their clients by phone.

    The clients are those of texts to the phones of `entries`.
    """
    text_ids = {
        phone: broadcast_text_id(claimed, phone)
        for entry in entries
        if entry.client
        for phone in ticked_numbers(entry.client)
    }
    if claimed.begun:  # an earlier worker may have written texts that are not counted
        before, client_ids = broadcasts.written_texts(claimed)
    else:
        before, client_ids = claimed, broadcasts.clients_of_texts(claimed, text_ids.values())
    return before, {phone: client_ids[text_id] for phone, text_id in text_ids.items() if text_id in client_ids}


def _draft(claimed: Broadcast, outcome: Outcome, now: datetime) -> Message:
    phone = outcome.phone or ""
    draft = compose.draft(
        account=claimed.account,
        message_id=broadcast_text_id(claimed, phone),
        kind=MessageKind.BULK,
        phone=phone,
        body=outcome.text or "",
        now=now,
    )
    return replace(
        draft,
        client_id=outcome.client_id,
        template=claimed.template,
        subject=claimed.subject,
        broadcast=claimed.id,
        reserved_in=claimed.reserved_in,
        reserved_of=claimed.reserved_of,
    )


def _write(drafts: Sequence[Message]) -> tuple[list[Message], list[Outcome]]:
    """Write texts in parallel; return the stored ones, and a skipped outcome where another client owns the text."""
    written, duplicates = [], []
    for stored, draft in zip(_pool.map(messages.write_new, drafts), drafts, strict=True):
        if stored.client_id == draft.client_id:
            written.append(stored)
        else:
            duplicates.append(skip(Outcome(client_id=str(draft.client_id), phone=draft.phone), DUPLICATE))
    return written, duplicates


def _with_counts(before: Broadcast, written: Sequence[Message], skipped: Sequence[Outcome]) -> Broadcast:
    return replace(
        before,
        texts=before.texts + len(written),
        units=before.units + sum(message.units for message in written),
        segments=before.segments + sum(message.segments for message in written),
        skipped=add_counts(before.skipped, (str(outcome.code) for outcome in skipped)),
    )


def _commit_texts(
    claimed: Broadcast, counted: Broadcast, cursor: str | None, skipped: Sequence[Outcome], now: datetime
) -> bool:
    """Go on to the next clients; or, after the last, end the broadcast and release the units that it has not used."""
    skipped_writes = broadcasts.skipped_writes(claimed, skipped)
    if cursor is not None:
        later = next_texts_at(counted, now, choose_number.segments_a_second(claimed.account))
        more = replace(counted, begun=False, cursor=cursor, due_at=later or now + SWEEP_AFTER)
        return broadcasts.commit_step(claimed, more, *skipped_writes)
    done = replace(
        counted,
        state=BroadcastState.DONE,
        begun=False,
        reserved=counted.units if claimed.reserved_in else 0,
        due_at=None,
        finished_at=now,
    )
    return broadcasts.commit_step(claimed, done, *skipped_writes, *_release_writes(claimed, done.reserved))


def cancel_texts(claimed: Broadcast, now: datetime) -> bool:
    """Cancel a page of unsent texts; after the last page, release the reserved units that no text has used."""
    page = broadcasts.texts_page(claimed, claimed.bulk_reached, _TEXTS_PER_STEP)
    for message in page.texts:
        # Its studio may have been told that it was sent.
        if message.returned or message.attempt:
            end_unsent(message, MessageState.CANCELLED, now)
    others = [message for message in page.texts if not (message.returned or message.attempt)]
    sending.end_conversations(messages.cancel_all(others, now))  # of those that waited for their turn
    units = claimed.bulk_units + page.units
    if page.last:
        return broadcasts.commit_step(claimed, _next_page(claimed, page.last, units, now))
    kept = units if claimed.reserved_in else 0
    done = replace(claimed, bulk_action=None, bulk_reached=None, bulk_units=0, reserved=kept, due_at=None)
    return broadcasts.commit_step(claimed, done, *_release_writes(claimed, kept))


def resume_texts(claimed: Broadcast, now: datetime) -> bool:
    """Enqueue a page of the texts that a pause held back."""
    page = broadcasts.texts_page(claimed, claimed.bulk_reached, _TEXTS_PER_STEP)
    held = [message for message in page.texts if message.held is HoldReason.PAUSED]
    resumed = [message for message in held if messages.reschedule(message, MessageState.QUEUED, now + SWEEP_AFTER)]
    queues.send(*map(jobs.for_message, resumed))
    if page.last:
        return broadcasts.commit_step(claimed, _next_page(claimed, page.last, 0, now))
    due_at = now + SWEEP_AFTER if claimed.state is BroadcastState.SENDING else None
    return broadcasts.commit_step(claimed, replace(claimed, bulk_action=None, bulk_reached=None, due_at=due_at))


def _next_page(claimed: Broadcast, last: str, units: int, now: datetime) -> Broadcast:
    return replace(claimed, bulk_reached=last, bulk_units=units, due_at=now + SWEEP_AFTER)


def _release_writes(claimed: Broadcast, kept: int) -> list[Update]:
    """Return the write that releases the reserved units beyond `kept`."""
    return quotas.release_units_writes(
        claimed.account, claimed.reserved_in, claimed.reserved_of, claimed.reserved - kept
    )


def handle(body: str) -> None:
    """Advance the broadcast of one job."""
    advance(queues.read(jobs.AdvanceBroadcast, body), clients.now())


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    return batches.run_in_order(event, handle)
