"""The one timer: every minute, whatever is due is looked at and acted on by its state."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from longcode import jobs, windows
from longcode.accounts import store as accounts
from longcode.aws import clients, queues
from longcode.aws.settings import settings
from longcode.aws.telemetry import count, logger
from longcode.message import Message, MessageState
from longcode.messages import retentions
from longcode.messages import store as messages
from longcode.numbers import choose as choose_number
from longcode.table import due
from longcode.table.writes import Attributes, read
from longcode.triggers.planning import Occurrence, fire_job
from longcode.windows import HEALED_AFTER
from sweeper import usage_notices

_UNREADABLE_AGAIN = timedelta(hours=1)
_BILLED_AGAIN = timedelta(hours=1)  # its queue brings it again too: a mail service that is down makes no flood
_AT_MOST = 500  # of each shard in a minute
_AT_ONCE = 8

_MOST_WAITING = 1000
_DAILY = timedelta(days=1)


def sweep(now: datetime, at_once: int = 1) -> int:
    """Act on all that is due, so many at once; gives how many items that were."""
    with ThreadPoolExecutor(at_once) as pool:
        return sum(pool.map(lambda item: _swept(item, now), due.by(now, _AT_MOST)))


def _swept(item: Attributes, now: datetime) -> int:
    try:
        act(item, now)
    except (ValueError, LookupError):
        count("UnreadableItems")
        logger.exception("put aside for an hour", extra={"type": item.get("type")})
        due.again(item, now + _UNREADABLE_AGAIN)
    return 1


def act(item: Attributes, now: datetime) -> None:
    """Act on one item by its type. Its next time is written before anything is enqueued."""
    match item.get("type"):
        case "message":
            heal(read(Message, item), now)
        case "invoice":
            bill = jobs.Bill(account=item["account"], month=item["month"])
            _enqueue_again(item, now, bill, after=_BILLED_AGAIN)
        case "export":
            export = jobs.ExportInvoice(account=item["account"], month=item["month"])
            _enqueue_again(item, now, export)
        case "allowance":
            usage_notices.look(item, now)
        case "retention":
            purge_old_bodies(item, now)
        case "broadcast":
            step = jobs.AdvanceBroadcast(account=item["account"], broadcast_id=item["id"], step=item["step"])
            _enqueue_again(item, now, step)
        case "delivery":
            told = jobs.Deliver(account=item["account"], delivery_id=item["id"], attempt=item.get("attempt", 0))
            _enqueue_again(item, now, told)
        case "occurrence":
            fire = fire_job(read(Occurrence, item))
            _enqueue_again(item, now, fire)
        case unknown:
            raise ValueError(f"nobody knows what to do with a due {unknown}")


def _enqueue_again(item: Attributes, now: datetime, job: queues.Job, *, after: timedelta = HEALED_AFTER) -> None:
    if due.again(item, now + after):
        queues.send(job)


def heal(message: Message, now: datetime) -> None:
    """Bring on a text: its time has come, its enqueueing was lost, its worker died or its receipt never came."""
    match message.state:
        case MessageState.SCHEDULED | MessageState.ACCEPTED | MessageState.QUEUED if windows.is_over(message, now):
            messages.settle(message, MessageState.EXPIRED, error=message.held or "expired", finished_at=now)
        case MessageState.SCHEDULED if message.number not in settings().shared_numbers:
            [text] = choose_number.with_numbers(accounts.need(message.account), [message])
            _enqueue(message, MessageState.QUEUED, now + HEALED_AFTER, number=text.number)
        case MessageState.SCHEDULED | MessageState.ACCEPTED | MessageState.QUEUED:
            _enqueue(message, MessageState.QUEUED, now + HEALED_AFTER)
        case MessageState.SENDING:
            count("UncertainSends")
            deadline = windows.deadline(now, settings().carrier)
            look = windows.next_look(now, deadline, settings().carrier)
            messages.put_off(message, MessageState.UNCERTAIN, look, deadline=deadline)
        case MessageState.UNCERTAIN:
            # The worker asks the carrier for it, or ends it: a carrier that hangs must not hold up what is due.
            look = windows.next_look(now, message.deadline or now, settings().carrier)
            _enqueue(message, MessageState.UNCERTAIN, look)


def _enqueue(message: Message, to: MessageState, until: datetime, **changes: str) -> None:
    if messages.put_off(message, to, until, **changes):
        queues.send(jobs.for_message(message))


def _asked_for(event: dict[str, Any]) -> datetime | None:
    """Read the time to sweep at, where somebody who tries the system asks for one; the schedule does not."""
    return datetime.fromisoformat(event["sweep_at"]) if "sweep_at" in event else None


def purge_old_bodies(item: Attributes, now: datetime, most: int = 500) -> None:
    """Forget the words of an account's next messages; look again at once while there are more, else in a day.

    Killed anywhere, or twice at once, the next look goes over them again. What was passed by because it had not gone
    yet is looked at every day.
    """
    account = accounts.get(item["account"])
    if account is None or account.retention_days is None:
        retentions.unschedule(item["account"])
        return
    before = now - timedelta(days=account.retention_days)
    passed, further = retentions.walk(account.id, item.get("walked"), before, most)
    waiting = []
    for message in [*retentions.some(account.id, item.get("waiting", ())), *passed]:
        if not windows.is_past_retention(message, account.retention_days, now):
            waiting.append(message.id)
        elif not message.body_expired:
            retentions.forget(message)
    if len(waiting) > _MOST_WAITING:  # far ahead of all that may be scheduled: the walk waits, and nothing is shown
        due.again(item, now + _DAILY)
        return
    # A message that moved between lists as they were read was in neither: each walk begins a day before the last end.
    walked = further or retentions.place(before - _DAILY)
    due.again(item, now if further else now + _DAILY, walked=walked, waiting=sorted(set(waiting)))


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    return {"swept": sweep(_asked_for(event) or clients.now(), _AT_ONCE)}
