"""Reports a possible opt-out, so that the staff of the account that has the reply are asked about it."""

from longcode.aws import queues
from longcode.jobs import HearKeyword
from longcode.keywords import NEAR_STOP
from longcode.message import Message


def report(reply: Message) -> None:
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
