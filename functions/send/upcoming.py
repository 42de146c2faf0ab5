"""What GET /upcoming shows of a planned text: when it goes, to whom and why; or why it does not."""

from datetime import date, datetime

from pydantic import BaseModel

from longcode.errors import NoNumberTicked, RequestError
from longcode.message import Message
from longcode.message import State as MessageState
from longcode.occurrence import SENT, State
from longcode.reasons import REASONS, because
from longcode.record import RecordKind
from longcode.table.firing import Known
from longcode.trigger import To

CALL_INSTEAD = "call_instead"


class Upcoming(BaseModel):
    """A text that a trigger has planned. As things are now it will go, or a reason is in its way.

    It is checked again at `fires_at`, and after the quiet hours that may hold it until `goes_at`.
    """

    trigger: str
    kind: RecordKind
    record_id: str
    date: date
    fires_at: datetime
    goes_at: datetime | None
    will_go: bool
    why: str
    reason: str | None
    to: To | None
    client_id: str | None
    phones: tuple[str, ...]
    text: str | None


def shown(known: Known, now: datetime) -> Upcoming:
    """Show a planned text as it would go if all stays as it is now."""
    one, trigger, record = known.occurrence, known.trigger, known.record
    reason, why, made = _outlook(known, max(now, one.fires_at))
    return Upcoming(
        trigger=one.trigger,
        kind=one.kind,
        record_id=one.record_id,
        date=one.day,
        fires_at=one.fires_at,
        goes_at=min((_goes_at(draft) for draft in made), default=None),
        will_go=reason is None,
        why=why,
        reason=reason,
        to=trigger.to if trigger else None,
        client_id=record.client_id if record else None,
        phones=tuple(draft.phone for draft in made),
        text=made[0].body if made else None,
    )


def _outlook(known: Known, at: datetime) -> tuple[str | None, str, list[Message]]:
    """Tell the reason why not, or None; a sentence on either; and the texts that go."""
    from send import triggered  # noqa: PLC0415 - telling of an event, at the function's start, does without

    one, trigger, record = known.occurrence, known.trigger, known.record
    if one.state is State.DROPPED:
        reason = one.reason or ""
        return reason, one.detail or REASONS[reason], []
    if known.sent:  # and not yet noted as done
        return SENT, REASONS[SENT], []
    try:
        made = triggered.drafts(known, at)
    except NoNumberTicked as refusal:
        return (CALL_INSTEAD if trigger and trigger.sms_else_call else refusal.code), refusal.detail, []
    except RequestError as refusal:
        return refusal.code, refusal.detail, []
    return None, because(trigger, record) if trigger and record else "", made


def _goes_at(draft: Message) -> datetime:
    held = draft.state is MessageState.SCHEDULED and draft.due_at
    return held or draft.created_at
