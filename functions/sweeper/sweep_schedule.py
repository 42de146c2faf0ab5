"""Sweeps the due index every minute: sends, retries, expires, bills or purges each item that is due."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from longcode import jobs, windows
from longcode.accounts import store as accounts
from longcode.aws import clients, orders, queues
from longcode.aws.settings import settings
from longcode.aws.telemetry import count, logger
from longcode.message import Instant, Message, MessageState
from longcode.messages import retentions
from longcode.messages import store as messages
from longcode.table import due
from longcode.table.writes import Attributes, read
from longcode.teamwork import store as teamwork
from longcode.triggers.planning import Occurrence, fire_job
from longcode.webhooks.tell import end_unsent
from longcode.windows import SWEEP_AFTER
from sweeper import owner_notices, reply_notices, usage_notices

_RETRY_UNREADABLE_AFTER = timedelta(hours=1)
# Rarely, because the bill queue retries too: during a mail outage, jobs must not multiply.
_BILL_AGAIN_AFTER = timedelta(hours=1)
_AT_MOST = 500  # items of each shard
_AT_ONCE = 8

_PURGE_AGAIN_AFTER = timedelta(days=1)
_MOST_WAITING = 1000


class SweepOrder(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The time to sweep at, in place of now. Only tests and `make demo` set it."""

    sweep_at: Instant | None = None


class NotSwept(Exception):
    """Some of the items that are due could not be acted on."""


def sweep(now: datetime, at_once: int = 1, most: int = _AT_MOST) -> int:
    """Act on the items that are due, `most` of each shard and `at_once` at a time, and return their number.

    An item that fails stays due, and the sweep goes on. Raise `NotSwept` at the end, so that the alarm rings.
    """
    with ThreadPoolExecutor(at_once) as pool:
        acted = list(pool.map(lambda item: _try_to_act(item, now), due.find(now, most)))
    logger.info("swept", extra={"items": len(acted), "failed": acted.count(False)})  # `longcode stuck` reads it
    if not all(acted):
        raise NotSwept(f"{acted.count(False)} of {len(acted)} due items")
    return len(acted)


def _try_to_act(item: Attributes, now: datetime) -> bool:
    """Act on an item, or put it aside for an hour if it cannot be read; return False if it failed."""
    try:
        act(item, now)
    except (ValueError, LookupError):
        count("UnreadableItems")
        logger.exception("unreadable item put off for an hour", extra={"type": item.get("type")})
        due.reschedule(item, now + _RETRY_UNREADABLE_AFTER)
    except Exception as failed:  # whatever it is, the other items must not wait for this one
        logger.error(
            "not swept", extra={"type": item.get("type"), "id": item.get("id"), "reason": type(failed).__name__}
        )
        return False
    return True


def act(item: Attributes, now: datetime) -> None:
    """Act on one item by its type. Before anything is enqueued, the item's next due time is written."""
    match item.get("type"):
        case "message":
            advance(read(Message, item), now)
        case "invoice":
            bill = jobs.Bill(account=item["account"], month=item["month"])
            _enqueue_again(item, now, bill, after=_BILL_AGAIN_AFTER)
        case "export":
            export = jobs.ExportInvoice(account=item["account"], month=item["month"])
            _enqueue_again(item, now, export)
        case "allowance":
            usage_notices.check_usage(item, now)
        case "owner-notice":
            owner_notices.mail_notice(item, now)
        case "inbox-end":
            reply_notices.mail_people(item, now)
        case "attempts":
            owner_notices.tell_of_attempts(item, now)
        case "retention":
            purge_old_bodies(item, now)
        case "broadcast":
            step = jobs.AdvanceBroadcast(account=item["account"], broadcast_id=item["id"], step=item["step"])
            _enqueue_again(item, now, step)
        case "delivery":
            post = jobs.Deliver(account=item["account"], delivery_id=item["id"], attempt=item.get("attempt", 0))
            _enqueue_again(item, now, post)
        case "occurrence":
            _enqueue_again(item, now, fire_job(read(Occurrence, item)))
        case unknown:
            raise ValueError(f"a due item has the unknown type {unknown}")


def _enqueue_again(item: Attributes, now: datetime, job: queues.Job, *, after: timedelta = SWEEP_AFTER) -> None:
    if due.reschedule(item, now + after):
        queues.send(job)


def advance(message: Message, now: datetime) -> None:
    """Enqueue a text that is due, expire it, or mark it as uncertain.

    It is due when its time has come, or when its job was lost, its worker died or its receipt never came.
    """
    match message.state:
        case MessageState.SCHEDULED | MessageState.ACCEPTED | MessageState.QUEUED if windows.is_expired(message, now):
            end_unsent(message, MessageState.EXPIRED, now, error=message.held or "expired")
        case MessageState.SCHEDULED if message.number:
            # The dedicated number may be another account's by now.
            own = accounts.get_or_raise(message.account).number
            _enqueue(message, MessageState.QUEUED, now + SWEEP_AFTER, number=own or "")
        case MessageState.SCHEDULED | MessageState.ACCEPTED | MessageState.QUEUED:
            _enqueue(message, MessageState.QUEUED, now + SWEEP_AFTER)
        case MessageState.SENDING:
            count("UncertainSends")
            deadline = windows.receipt_deadline(now, settings().carrier)
            check_at = windows.next_check(now, deadline, settings().carrier)
            messages.reschedule(message, MessageState.UNCERTAIN, check_at, why="worker_died", deadline=deadline)
        case MessageState.UNCERTAIN:
            # The worker, not the sweeper, asks the carrier: a carrier that hangs must not delay other due items.
            check_at = windows.next_check(now, message.deadline or now, settings().carrier)
            _enqueue(message, MessageState.UNCERTAIN, check_at)


def _enqueue(message: Message, to: MessageState, until: datetime, **changes: str) -> None:
    if messages.reschedule(message, to, until, **changes):
        queues.send(jobs.for_message(message))


def purge_old_bodies(item: Attributes, now: datetime, most: int = 500) -> None:
    """Delete the bodies of an account's next `most` messages that are past retention; continue at once, or in a day.

    The notes of that time are deleted with the last of them.

    The progress is written last, so a purge that was killed, or ran twice at once, is repeated. Messages that were
    created long enough ago but keep their bodies, such as scheduled texts, are listed in `waiting` and checked daily.
    """
    account = accounts.get(item["account"])
    if account is None or account.retention_days is None:
        retentions.unschedule(item["account"])
        return
    before = now - timedelta(days=account.retention_days)
    old, further = retentions.messages_before(account.id, item.get("walked"), before, most)
    earlier = messages.get_many((account.id, message_id) for message_id in item.get("waiting", ()))
    waiting = []
    for message in [*earlier, *old]:
        if not windows.is_past_retention(message, account.retention_days, now):
            waiting.append(message.id)
        elif not message.body_expired:
            retentions.purge(message)
    if len(waiting) > _MOST_WAITING:  # scheduled texts beyond what the item can list: try again from here tomorrow
        due.reschedule(item, now + _PURGE_AGAIN_AFTER)
        return
    if further is None:
        teamwork.purge_notes(account.id, before, now)
    # A query can miss a message that is linked or unlinked meanwhile, so the next purge begins a day before
    # the end of this one.
    purged_to = further or retentions.place(before - _PURGE_AGAIN_AFTER)
    due_at = now if further else now + _PURGE_AGAIN_AFTER
    due.reschedule(item, due_at, walked=purged_to, waiting=sorted(set(waiting)))


@logger.inject_lambda_context
def handler(event: Any, context: Any) -> dict[str, Any]:
    return orders.carry_out_on_schedule(
        event, SweepOrder, lambda order: {"swept": sweep(order.sweep_at or clients.now(), _AT_ONCE)}
    )
