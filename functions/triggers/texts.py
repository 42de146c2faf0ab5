"""The texts of a trigger: to whom, in which words and from when on; or why there are none."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from longcode import segments
from longcode.accounts.account import check_may_send, countries
from longcode.clients.client import client_merge_values
from longcode.errors import NotFound, RequestError
from longcode.message import Message, MessageKind
from longcode.messages import compose, spelling, timing
from longcode.template import render
from longcode.triggers.planning import REASONS, obstacle, occurrence_id
from longcode.triggers.store import OccurrenceFacts
from longcode.triggers.trigger import Record, To, Trigger, check_trigger_edition
from longcode.triggers.trigger import record_merge_values as record_values


class NoLongerSo(RequestError):
    """What a trigger was planned for is no longer so; the code is the reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(REASONS[reason])
        self.code = reason  # type: ignore[misc]  # one class for all reasons


def drafts(known: OccurrenceFacts, now: datetime) -> list[Message]:
    """Make the texts of an occurrence as all is now; raises why there are none."""
    trigger, record = still_so(known, now)
    if trigger.to is To.CLIENT and record.phone is None and known.client is None:
        raise NotFound(f"There is no client {record.client_id!r}.", field="client_id")
    spoken = words(trigger, record, known)
    to = _recipients(trigger, record, known)
    # A conversation begins with the studio's name, except with its own staff.
    introduce = trigger.to is To.CLIENT
    texts = spelling.texts(spoken, known.account, to.phones, now, field="body", introduce=introduce)
    shared: dict[str, Any] = {
        "client_id": to.client_id,
        "of": len(to.phones),
        "skipped": tuple((one.phone, one.code) for one in to.skipped),
        "trigger": trigger.name,
    }
    if known.template:
        shared |= {"template": known.template.name, "subject": known.template.subject or None}
    made = [
        compose.draft(
            account=known.account.id,
            message_id=f"{occurrence_id(known.occurrence)}-{index}",
            kind=MessageKind.TRIGGERED,
            phone=phone,
            body=texts[phone],
            now=now,
        )
        for index, phone in enumerate(to.phones)
    ]
    whom = known.client if trigger.to is To.CLIENT else None
    return [timing.timed(replace(one, **shared), known.account, whom) for one in made]


def still_so(known: OccurrenceFacts, now: datetime) -> tuple[Trigger, Record]:
    """Check conditions again; raises `NoLongerSo`, `EditionNotEntitled`, or why the account may not send."""
    zone = ZoneInfo(known.account.time_zone)
    reason = obstacle(known.occurrence, known.trigger, known.record, zone, now)
    if reason or known.trigger is None or known.record is None:
        raise NoLongerSo(reason or "trigger_deleted")
    check_trigger_edition(known.account)
    check_may_send(known.account)
    return known.trigger, known.record


def words(trigger: Trigger, record: Record, known: OccurrenceFacts) -> str:
    """Render a trigger's text; raises what is wrong with it."""
    if trigger.template and known.template is None:
        raise NotFound(f"There is no template {trigger.template!r}.", field="template")
    body = known.template.body if known.template else trigger.body or ""
    values = client_merge_values(known.account, known.client) | record_values(record)
    return compose.check_length(segments.normalise(render(body, values)), "body")


def _recipients(trigger: Trigger, record: Record, known: OccurrenceFacts) -> compose.Recipients:
    """Choose whom to text. Who texted a keyword is answered on that phone, if the client's record allows it."""
    allowed = countries(known.account)
    if trigger.to is To.STAFF and trigger.staff_phone:
        blocked = trigger.staff_phone in known.blocked
        return compose.recipients_of_number(trigger.staff_phone, {}, blocked=blocked, countries=allowed)
    if known.client:
        return compose.recipients_of_client(known.client, record.phone, known.blocked, allowed)
    phone = record.phone or ""
    return compose.recipients_of_number(
        phone, known.clients_with_phone, blocked=phone in known.blocked, countries=allowed
    )
