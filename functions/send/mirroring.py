"""A carrier that refuses a phone as opted out teaches us: its own block becomes one of ours."""

from datetime import datetime

from longcode.aws import queues
from longcode.consent import Means
from longcode.jobs import HearKeyword
from longcode.message import Message


def mirror(message: Message, code: str | None, at: datetime) -> None:
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
