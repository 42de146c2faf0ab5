"""Events: what the studio's software tells, each once, and what it means for the studio's triggers."""

from dataclasses import dataclass

from longcode.message import Instant
from longcode.occurrence import Plan
from longcode.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What was told under one id. `newest` is False for what came after something later, and changed nothing."""

    account: str
    id: str
    fingerprint: str
    received_at: Instant
    record: Record
    newest: bool
    plan: Plan
