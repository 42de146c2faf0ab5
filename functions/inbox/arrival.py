"""How a text came to us: by Twilio's webhook, whose form is queued, or from AWS, which queues it through SNS."""

from datetime import datetime

from msgspec import MsgspecError

from longcode.aws import queues
from longcode.carriers import twilio
from longcode.carriers.carrier import Inbound
from longcode.jobs import Receive


def read(body: str, now: datetime) -> tuple[Inbound, datetime]:
    """Read a text and when it came; ValueError for what is none, so that it ends in the dead-letter queue."""
    try:
        job = queues.read(Receive, body)
    except MsgspecError:
        return _of_sns(body, now)
    return twilio.read_inbound(job.form), job.received_at


def _of_sns(body: str, now: datetime) -> tuple[Inbound, datetime]:
    from longcode.aws import sns  # noqa: PLC0415 - a worker of Twilio's texts starts without
    from longcode.carriers import aws  # noqa: PLC0415

    told = sns.read(body, now)
    # AWS has replied to no keyword: its opt-outs are left to us (docs/operating.md), or it would send us no STOP.
    return aws.read_inbound(told.message), told.at
