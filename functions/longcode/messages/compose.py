"""Making messages of a request: their ids, their measure, and what two requests have in common."""

import json
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2s

from longcode import segments
from longcode.accounts.account import Account
from longcode.clients.client import Client, numbers_to_text
from longcode.errors import (
    BadTime,
    CountryNotAllowed,
    EmptyText,
    IdempotencyConflict,
    NoNumberTicked,
    NoPermission,
    OptedOut,
    RequestError,
    TextTooLong,
)
from longcode.message import Direction, Held, Message, MessageKind, MessageState
from longcode.numbers.routing import client_of_reply
from longcode.quiet_hours.quiet_hours import Opening
from longcode.windows import FURTHEST, HEALED_AFTER, VALID, VALID_IF_HELD

_CONVERSATION = timedelta(days=30)

ASKED = "asked"
_DETAILS = {
    OptedOut.code: "The recipient replied STOP and gets no texts until they reply START.",
    ASKED: "The recipient may have asked for no more texts: they wait until staff have answered GET /questions.",
    CountryNotAllowed.code: "This account texts no numbers of that country: see allowed_countries in the settings.",
}


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


def in_open_hours(message: Message, opening: Opening) -> Message:
    """Hold a bulk or automatic text for the recipient's open hours. A day late, it is dropped."""
    wanted_at = message.send_at or message.created_at
    valid_until = wanted_at + VALID_IF_HELD
    timed = replace(message, quiet_from=opening.closes_at, valid_until=valid_until)
    if opening.opens_at <= wanted_at:
        return timed
    due_at = min(opening.opens_at, valid_until)
    return replace(timed, state=MessageState.SCHEDULED, held=Held.QUIET_HOURS, due_at=due_at)


def draft(
    *,
    account: str,
    message_id: str,
    kind: MessageKind,
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
        state=MessageState.SCHEDULED if send_at else MessageState.ACCEPTED,
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


@dataclass(frozen=True, slots=True)
class Skipped:
    """A phone that gets no text, or not now, with the stable code and the sentence of the reason."""

    phone: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Recipients:
    """The phones that get a text each, and those that do not, for the client that they belong to.

    The texts to those that are `held` wait until staff have told what the recipient meant.
    """

    phones: tuple[str, ...]
    client_id: str | None = None
    skipped: tuple[Skipped, ...] = ()
    held: tuple[Skipped, ...] = ()


def recipients_of_client(
    client: Client, only: str | None, blocked: AbstractSet[str], countries: Collection[str]
) -> Recipients:
    """Choose a client's ticked numbers, or `only` one of them; raises why there is none to text."""
    numbers = numbers_to_text(client)
    if only is not None:
        if only not in numbers:
            raise NoNumberTicked("This number is not one of the client's numbers ticked for SMS.", field="to")
        numbers = (only,)
    refusals = {number: number_refusal(number, number in blocked, countries, "client_id") for number in numbers}
    open_to_us = tuple(number for number, refusal in refusals.items() if refusal is None)
    if not open_to_us:
        raise next(filter(None, refusals.values()))
    refused = tuple(skipped_phone(number, refusal.code) for number, refusal in refusals.items() if refusal)
    return Recipients(open_to_us, client.id, refused)


def recipients_of_number(
    phone: str, clients_with_it: Mapping[str, bool], *, blocked: bool, countries: Collection[str]
) -> Recipients:
    """Choose a number itself, unless it is only of clients whose records do not allow it."""
    if found := number_refusal(phone, blocked, countries, "to"):
        raise found
    if clients_with_it and not any(clients_with_it.values()):
        raise NoPermission("The record of the client with this number does not allow texts to it.", field="to")
    return Recipients((phone,), client_of_reply(None, clients_with_it))


def held_for_question(to: Recipients, asked: AbstractSet[str]) -> Recipients:
    """Tell which of the phones' texts wait, of those that staff are asked about."""
    return replace(to, held=tuple(skipped_phone(phone, ASKED) for phone in to.phones if phone in asked))


def number_refusal(phone: str, blocked: bool, countries: Collection[str], field: str) -> RequestError | None:
    """Tell why a number gets no text of an account, whoever's it is."""
    if blocked:
        return OptedOut(_DETAILS[OptedOut.code], field=field)
    # No calling code begins another, so the beginning of a number tells its country.
    if not any(phone.startswith(f"+{code}") for code in countries):
        return CountryNotAllowed(_DETAILS[CountryNotAllowed.code], field=field)
    return None


def skipped_phone(phone: str, code: str) -> Skipped:
    """Tell why a phone is skipped or held that others of the client's are not."""
    return Skipped(phone, code, _DETAILS[code])
