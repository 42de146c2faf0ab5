"""A carrier that refuses a phone as opted out teaches us: its own block becomes one of ours."""

from datetime import datetime

from longcode.aws import queues
from longcode.jobs import HearKeyword, Means
from longcode.keywords import NEAR_STOP
from longcode.message import Message


def report_carrier_opt_out(message: Message, code: str | None, at: datetime) -> None:
    """Have the recipient of a text opted out, as of `at`; the carrier has told them itself. Repeated, it is one."""
    heard = HearKeyword(
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
    queues.send(heard)


def report_possible_opt_out(reply: Message) -> None:
    """Queue a reply that is a possible opt-out; any other is ignored. Repeated, it changes nothing."""
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
