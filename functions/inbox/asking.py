"""Has the staff who have a near miss asked about it: once the reply is theirs, and nobody else's."""

from longcode.aws import queues
from longcode.jobs import HearKeyword
from longcode.keywords import NEAR_STOP
from longcode.message import Message


def ask(reply: Message) -> None:
    """Hand a near miss on; anything else asks nobody. Repeated, it does nothing twice."""
    if reply.keyword != NEAR_STOP or reply.body_expired:
        return
    near_miss = HearKeyword(
        id=reply.id,
        keyword=NEAR_STOP,
        phone=reply.phone,
        number=reply.number,
        words=reply.body,
        at=reply.created_at,
        account=reply.account,
    )
    queues.send(near_miss)
