"""The texts of an occurrence: recipients, bodies and times; or the reason why there are none."""

from datetime import datetime

from msgspec.structs import replace

from longcode import months, segments
from longcode.accounts.account import check_may_send
from longcode.clients.client import client_merge_values
from longcode.errors import NotFound, RequestError
from longcode.message import Message, MessageKind
from longcode.messages import accept, compose, timing
from longcode.numbers import choose as choose_number
from longcode.template import render
from longcode.triggers.facts import OccurrenceFacts
from longcode.triggers.planning import REASONS, occurrence_id, reason_to_drop
from longcode.triggers.trigger import (
    Record,
    TextTo,
    Trigger,
    UnmetCondition,
    check_trigger_edition,
    record_merge_values,
)


class ConditionsChanged(RequestError):
    """A condition of a planned text no longer holds; the code is the reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(REASONS[reason])
        self.code = reason  # type: ignore[misc]  # one class for all reasons


def drafts(facts: OccurrenceFacts, now: datetime) -> list[Message]:
    """Return the texts of an occurrence as things are at `now`; raise `RequestError` if there are none."""
    account = facts.account
    trigger, record = _check_conditions(facts, now)
    if trigger.to is TextTo.CLIENT and record.phone is None and facts.client is None:
        raise NotFound(f"There is no client {record.client_id!r}.", field="client_id")
    body = render_text(trigger, record, facts)
    to = _recipients(trigger, record, facts)
    # A conversation begins with the studio's name, except with its own staff.
    introduce = trigger.to is TextTo.CLIENT
    bodies = accept.final_texts(body, account, to.phones, now, field="body", introduce=introduce)
    messages = [
        replace(
            compose.draft(
                account=account.id,
                message_id=f"{occurrence_id(facts.occurrence)}-{index}",
                kind=MessageKind.TRIGGERED,
                phone=phone,
                body=bodies[phone],
                now=now,
            ),
            client_id=to.client_id,
            of=len(to.phones),
            skipped=tuple((skipped.phone, skipped.code) for skipped in to.skipped),
            trigger=trigger.name,
            template=facts.template.name if facts.template else None,
            subject=facts.template.subject or None if facts.template else None,
        )
        for index, phone in enumerate(to.phones)
    ]
    client = facts.client if trigger.to is TextTo.CLIENT else None
    return [timing.with_send_time(message, account, client) for message in messages]


def _check_conditions(facts: OccurrenceFacts, now: datetime) -> tuple[Trigger, Record]:
    """Return the trigger and the record if every condition still holds.

    Raise `ConditionsChanged`, `EditionNotEntitled`, or an error if the account may not send.
    """
    zone = months.time_zone(facts.account.time_zone)
    reason = reason_to_drop(facts.occurrence, facts.trigger, facts.record, zone, now)
    if reason or facts.trigger is None or facts.record is None:
        raise ConditionsChanged(reason or UnmetCondition.DELETED)
    check_trigger_edition(facts.account)
    check_may_send(facts.account)
    return facts.trigger, facts.record


def render_text(trigger: Trigger, record: Record, facts: OccurrenceFacts) -> str:
    """Return a trigger's text with its fields filled; raise `RequestError` if it cannot be sent."""
    if trigger.template and facts.template is None:
        raise NotFound(f"There is no template {trigger.template!r}.", field="template")
    body = facts.template.body if facts.template else trigger.body or ""
    values = client_merge_values(facts.account, facts.client) | record_merge_values(record)
    return compose.check_length(segments.normalise(render(body, values)), "body")


def _recipients(trigger: Trigger, record: Record, facts: OccurrenceFacts) -> compose.Recipients:
    """Return whom to text. A keyword is answered on the phone that texted it, if the client's record allows it."""
    destinations = choose_number.destinations_of(facts.account, facts.dedicated)
    if trigger.to is TextTo.STAFF and trigger.staff_phone:
        blocked = trigger.staff_phone in facts.blocked
        return compose.recipients_of_number(trigger.staff_phone, {}, blocked=blocked, destinations=destinations)
    if facts.client:
        return compose.recipients_of_client(facts.client, record.phone, facts.blocked, destinations)
    phone = record.phone or ""
    return compose.recipients_of_number(
        phone, facts.clients_with_phone, blocked=phone in facts.blocked, destinations=destinations
    )
