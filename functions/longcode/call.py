"""Call tasks: what is left for the studio's staff when a client has no number for texts."""

from dataclasses import dataclass
from datetime import UTC, date

from longcode.client import Client
from longcode.message import Instant
from longcode.occurrence import Occurrence, id_of
from longcode.record import RecordKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Somebody should call this client. Its id begins with the time at which the text would have gone."""

    account: str
    id: str
    at: Instant
    trigger: str
    kind: RecordKind
    record_id: str
    day: date
    client_id: str
    phones: tuple[str, ...]
    text: str


def instead_of(planned: Occurrence, client: Client, text: str) -> Call:
    """Make the call task that stands in for a text."""
    return Call(
        account=planned.account,
        id=f"{planned.fires_at.astimezone(UTC):%Y%m%dT%H%M%S}-{id_of(planned)}",
        at=planned.fires_at,
        trigger=planned.trigger,
        kind=planned.kind,
        record_id=planned.record_id,
        day=planned.day,
        client_id=client.id,
        phones=tuple(dict.fromkeys(phone.number for phone in client.phones)),
        text=text,
    )
