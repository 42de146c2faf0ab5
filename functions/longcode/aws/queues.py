"""Send jobs to the queues of their types, and read them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import TypeVar

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from longcode import jobs
from longcode.aws.clients import client, pause
from longcode.aws.settings import settings
from longcode.aws.telemetry import logger, origin_of_new_jobs
from longcode.aws.typed import describe

_BATCH = 10
_ATTEMPTS = 4
# SQS takes turns among the accounts of these jobs, so that no account waits behind the many jobs of another.
_FairJob = jobs.Send | jobs.AdvanceBroadcast | jobs.FireTrigger | jobs.SendAwayText | jobs.Deliver
Job = (
    _FairJob
    | jobs.Receive
    | jobs.HandleKeyword
    | jobs.AskToJoin
    | jobs.OpenAccount
    | jobs.MailSignInLink
    | jobs.MailAddressLink
    | jobs.Bill
    | jobs.ExportInvoice
)
URL_SETTINGS: dict[type[Job], str] = {
    jobs.Send: "send_queue_url",
    jobs.SendBulk: "bulk_queue_url",
    jobs.AdvanceBroadcast: "broadcast_queue_url",
    jobs.Receive: "inbound_queue_url",
    jobs.HandleKeyword: "opt_out_queue_url",
    jobs.AskToJoin: "opt_out_queue_url",
    jobs.OpenAccount: "sign_up_queue_url",
    jobs.MailSignInLink: "sign_up_queue_url",
    jobs.MailAddressLink: "sign_up_queue_url",
    jobs.Bill: "bill_queue_url",
    jobs.FireTrigger: "event_queue_url",
    jobs.SendAwayText: "event_queue_url",
    jobs.Deliver: "webhook_queue_url",
    jobs.ExportInvoice: "export_queue_url",
}
"""The setting that contains the queue's URL, for each type of job."""

T = TypeVar("T")


class NotEnqueued(Exception):
    """SQS refused some of the jobs."""


def send(*to_send: Job) -> None:
    """Send jobs to the queues of their types, ten in a call; raise `NotEnqueued` if SQS keeps refusing some."""
    refused = 0
    for kind, group in groupby(to_send, type):
        url, same_kind = getattr(settings(), URL_SETTINGS[kind]), list(group)
        for start in range(0, len(same_kind), _BATCH):
            refused += _send_batch(url, same_kind[start : start + _BATCH])
    if refused:
        raise NotEnqueued(f"{refused} of {len(to_send)} jobs")


def _send_batch(url: str, batch: Sequence[Job]) -> int:
    """Send up to ten jobs, and those that SQS refuses again at once; return how many it keeps refusing."""
    origin = {name: {"DataType": "String", "StringValue": id_} for name, id_ in origin_of_new_jobs().items()}
    entries = [
        {"Id": str(index), "MessageBody": _body(job), "MessageAttributes": origin, **_fair_group(job)}
        for index, job in enumerate(batch)
    ]
    for attempt in range(_ATTEMPTS):
        response = client("sqs").send_message_batch(QueueUrl=url, Entries=entries)
        failed = {entry["Id"] for entry in response.get("Failed", [])}
        entries = [entry for entry in entries if entry["Id"] in failed]
        if not entries:
            break
        pause(attempt)
    return len(entries)


@contextmanager
def best_effort(**ids: str) -> Iterator[None]:
    """Run the block; log a failure to send jobs, with `ids`, instead of raising it: the sweeper sends them later."""
    try:
        yield
    except (NotEnqueued, BotoCoreError, ClientError):
        logger.exception("not enqueued: the sweeper will enqueue the jobs", extra=ids)


def read(kind: type[T], body: str) -> T:
    """Return the job in the body of a queue's message; raise `msgspec.DecodeError` if it is of another type."""
    describe(kind)
    return msgspec.json.decode(body, type=kind)


def _fair_group(job: Job) -> dict[str, str]:
    return {"MessageGroupId": job.account} if isinstance(job, _FairJob) else {}


def _body(job: Job) -> str:
    """Return a job as JSON, with U+FFFE and U+FFFF escaped, which SQS refuses."""
    return msgspec.json.encode(job).decode().replace("\ufffe", r"\ufffe").replace("\uffff", r"\uffff")
