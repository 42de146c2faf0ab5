"""A reply that is a keyword of the studio's own is an event for its triggers."""

from datetime import datetime
from zoneinfo import ZoneInfo

from longcode import keywords
from longcode.aws import queues
from longcode.message import Message
from longcode.occurrence import job_of
from longcode.record import Record, RecordKind
from longcode.table import accounts, events, triggers


def tell(reply: Message, now: datetime) -> None:
    """Tell the triggers that watch this keyword. Killed anywhere, the reply's next delivery goes on, and once."""
    said = keywords.fold(reply.body)
    every = triggers.of_account(reply.account) if said else {}
    watching = {name: one for name, one in every.items() if one.keyword == said}
    if not watching:
        return
    told = Record(
        account=reply.account,
        kind=RecordKind.KEYWORD,
        id=reply.id,
        at=reply.created_at,
        event_id=reply.id,
        changed_at=reply.created_at,
        client_id=reply.client_id,
        phone=reply.phone,
        status=said,
    )
    zone = ZoneInfo(accounts.need(reply.account).time_zone)
    event, _ = events.take_in(told, said, watching, zone, now)
    queues.send(*map(job_of, event.plan.planned))
