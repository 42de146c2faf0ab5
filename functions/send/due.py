"""The one timer: every minute, whatever is due is looked at and acted on by its state."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from longcode import jobs, patience
from longcode.aws import clock, queues
from longcode.aws.settings import settings
from longcode.aws.telemetry import count, logger
from longcode.message import Message, State
from longcode.occurrence import Occurrence, job_of
from longcode.patience import HEALED_AFTER
from longcode.table import accounts, due, messages
from longcode.table.codec import Attributes, read
from send import notices

_UNREADABLE_AGAIN = timedelta(hours=1)
_BILLED_AGAIN = timedelta(hours=1)  # its queue brings it again too: a mail service that is down makes no flood
_AT_MOST = 500  # of each shard in a minute
_AT_ONCE = 8


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
            export = jobs.Export(account=item["account"], month=item["month"])
            _enqueue_again(item, now, export)
        case "allowance":
            notices.look(item, now)
        case "retention":
            from send import forgetting  # noqa: PLC0415 - once a day for few accounts

            forgetting.look(item, now)
        case "broadcast":
            step = jobs.Broadcast(account=item["account"], broadcast_id=item["id"], step=item["step"])
            _enqueue_again(item, now, step)
        case "delivery":
            told = jobs.Deliver(account=item["account"], delivery_id=item["id"], attempt=item.get("attempt", 0))
            _enqueue_again(item, now, told)
        case "occurrence":
            fire = job_of(read(Occurrence, item))
            _enqueue_again(item, now, fire)
        case unknown:
            raise ValueError(f"nobody knows what to do with a due {unknown}")


def _enqueue_again(item: Attributes, now: datetime, job: queues.Job, *, after: timedelta = HEALED_AFTER) -> None:
    if due.again(item, now + after):
        queues.send(job)


def heal(message: Message, now: datetime) -> None:
    """Bring on a text: its time has come, its enqueueing was lost, its worker died or its receipt never came."""
    match message.state:
        case State.SCHEDULED | State.ACCEPTED | State.QUEUED if patience.is_over(message, now):
            messages.settle(message, State.EXPIRED, error=message.held or "expired", finished_at=now)
        case State.SCHEDULED if message.number not in settings().shared_numbers:
            from send import choosing  # noqa: PLC0415 - few texts for later go over a number that is not shared

            [text] = choosing.over(accounts.need(message.account), [message])
            _enqueue(message, State.QUEUED, now + HEALED_AFTER, number=text.number)
        case State.SCHEDULED | State.ACCEPTED | State.QUEUED:
            _enqueue(message, State.QUEUED, now + HEALED_AFTER)
        case State.SENDING:
            count("UncertainSends")
            deadline = patience.deadline(now, settings().carrier)
            look = patience.next_look(now, deadline, settings().carrier)
            messages.put_off(message, State.UNCERTAIN, look, deadline=deadline)
        case State.UNCERTAIN:
            # The worker asks the carrier for it, or ends it: a carrier that hangs must not hold up what is due.
            look = patience.next_look(now, message.deadline or now, settings().carrier)
            _enqueue(message, State.UNCERTAIN, look)


def _enqueue(message: Message, to: State, until: datetime, **changes: str) -> None:
    if messages.put_off(message, to, until, **changes):
        queues.send(jobs.for_message(message))


def _asked_for(event: dict[str, Any]) -> datetime | None:
    """Read the time to sweep at, where somebody who tries the system asks for one; the schedule does not."""
    return datetime.fromisoformat(event["sweep_at"]) if "sweep_at" in event else None


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    return {"swept": sweep(_asked_for(event) or clock.now(), _AT_ONCE)}
