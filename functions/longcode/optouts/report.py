"""Reports to the opt-out worker: a carrier that refuses a phone as opted out, and replies that may be opt-outs."""

from datetime import datetime

from longcode.aws import queues
from longcode.jobs import HearKeyword, Means
from longcode.keywords import NEAR_STOP
from longcode.message import Message


def report_carrier_opt_out(message: Message, code: str | None, at: datetime) -> None:
    """Queue an opt-out of a text's recipient, which the carrier has confirmed itself. A repeated one counts once."""
    opt_out = HearKeyword(
        id=message.id,
        keyword="stop",
        phone=message.phone,
        number=message.number,
        words=f"carrier code {code}",
        at=at,
        means=Means.CARRIER,
        account=message.account,
        answered=True,
    )
    queues.send(opt_out)


def report_possible_opt_out(reply: Message) -> None:
    """Queue a reply that is a possible opt-out; ignore any other. A repeated one counts once."""
    if reply.keyword != NEAR_STOP or reply.body_expired:
        return
    possible = HearKeyword(
        id=reply.id,
        keyword=NEAR_STOP,
        phone=reply.phone,
        number=reply.number,
        words=reply.body,
        at=reply.created_at,
        account=reply.account,
    )
    queues.send(possible)
