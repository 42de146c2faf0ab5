"""Making messages of a request: their ids, their measure, and what two requests have in common."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import blake2s
from typing import TYPE_CHECKING

from longcode import segments
from longcode.account import Account
from longcode.errors import BadTime, EmptyText, IdempotencyConflict, TextTooLong
from longcode.message import Direction, Held, Kind, Message, State
from longcode.patience import FURTHEST, HEALED_AFTER, VALID, VALID_IF_HELD

if TYPE_CHECKING:  # a start does without
    from longcode.quiet_rules import Opening

_CONVERSATION = timedelta(days=30)


def request_id(account: str, idempotency_key: str) -> str:
    """Name a request, so that the same key of the same account always makes the same messages."""
    return blake2s(f"{account}\n{idempotency_key}".encode(), digest_size=12).hexdigest()


def fingerprint(request: Mapping[str, object]) -> str:
    """Give what two requests with the same body share."""
    canonical = json.dumps(request, sort_keys=True, ensure_ascii=False, default=str)
    return blake2s(canonical.encode(), digest_size=8).hexdigest()


def check_repeated(before: str | None, now: str) -> None:
    """Refuse a request that came before otherwise; raises `IdempotencyConflict`. Both are fingerprints."""
    if before != now:
        raise IdempotencyConflict("This Idempotency-Key came before with another body.", field="Idempotency-Key")


def check_length(text: str, field: str) -> str:
    """Refuse a normalised text that no carrier takes; raises `TextTooLong` or `EmptyText`."""
    if not any(character.isprintable() and not character.isspace() for character in text):
        raise EmptyText("The text is empty.", field=field)
    if len(text) > segments.MAX_CHARACTERS:
        limit = f"{segments.MAX_CHARACTERS:,}"
        raise TextTooLong(f"The text has {len(text):,} characters; a text has at most {limit}.", field=field)
    return text


def spelled(
    words: str,
    sender_name: str | None,
    last_texted_at: datetime | None,
    now: datetime,
    *,
    smart: bool,
    field: str,
) -> str:
    """Put a phone's text together, and measure it: smart encoding may lengthen it, an ellipsis becomes three dots.

    Raises `TextTooLong` or `EmptyText`.
    """
    spell = segments.smart if smart else segments.normalise
    return check_length(spell(introduced(words, sender_name, last_texted_at, now)), field)


def name_in_front(account: Account) -> str | None:
    """Tell the name that a conversation begins with: a number that is the studio's own tells who texts."""
    return None if account.number else account.sender_name


def introduced(text: str, sender_name: str | None, last_texted_at: datetime | None, now: datetime) -> str:
    """Put the sender's name in front of the first text of a conversation: on a shared number nobody else tells it.

    A conversation is over when the studio has not texted the phone for thirty days.
    """
    goes_on = last_texted_at is not None and now - last_texted_at < _CONVERSATION
    return text if goes_on or not sender_name else f"{sender_name}: {text}"


def check_time(send_at: datetime | None, now: datetime) -> datetime | None:
    """Refuse a time that is past or over a year ahead; raises `BadTime`."""
    if send_at is not None and send_at <= now:
        raise BadTime("This time is past; leave send_at out to send at once.", field="send_at")
    if send_at is not None and send_at > now + FURTHEST:
        raise BadTime("A text can be scheduled up to a year ahead.", field="send_at")
    return send_at


def in_open_hours(message: Message, opening: "Opening") -> Message:
    """Hold a bulk or automatic text for the recipient's open hours. A day late, it is dropped."""
    wanted_at = message.send_at or message.created_at
    valid_until = wanted_at + VALID_IF_HELD
    timed = replace(message, quiet_from=opening.closes_at, valid_until=valid_until)
    if opening.opens_at <= wanted_at:
        return timed
    due_at = min(opening.opens_at, valid_until)
    return replace(timed, state=State.SCHEDULED, held=Held.QUIET_HOURS, due_at=due_at)


def draft(
    *,
    account: str,
    message_id: str,
    kind: Kind,
    phone: str,
    body: str,
    now: datetime,
    number: str = "",
    send_at: datetime | None = None,
) -> Message:
    """Make a message of a checked text. One that goes at once is due soon, in case its enqueueing gets lost.

    `number` is the one that it goes over, if that is chosen yet.
    """
    measure = segments.measure(body)
    return Message(
        account=account,
        id=message_id,
        direction=Direction.OUT,
        kind=kind,
        state=State.SCHEDULED if send_at else State.ACCEPTED,
        phone=phone,
        number=number,
        body=body,
        encoding=measure.encoding,
        segments=measure.segments,
        units=measure.units,
        created_at=now,
        send_at=send_at,
        valid_until=(send_at or now) + VALID,
        due_at=send_at or now + HEALED_AFTER,
    )
