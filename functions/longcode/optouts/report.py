"""Reports to the opt-out worker: a carrier that refuses a phone as opted out, and replies that may be opt-outs."""

from datetime import datetime

from longcode.aws import queues
from longcode.jobs import HandleKeyword, Means
from longcode.keywords import POSSIBLE_OPT_OUT
from longcode.message import Message


def report_carrier_opt_out(message: Message, code: str | None, at: datetime) -> None:
    """Queue the opt-out of a text's recipient, which the carrier has confirmed; a repeated report counts once."""
    opt_out = HandleKeyword(
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
    """Queue a reply that is a possible opt-out, ignore any other reply; a repeated report counts once."""
    if reply.keyword != POSSIBLE_OPT_OUT or reply.body_expired:
        return
    possible = HandleKeyword(
        id=reply.id,
        keyword=POSSIBLE_OPT_OUT,
        phone=reply.phone,
        number=reply.number,
        words=reply.body,
        at=reply.created_at,
        account=reply.account,
    )
    queues.send(possible)
