"""From a request to its messages: request ids, checks, recipients, the final text and the draft of a message."""

import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from hashlib import blake2s

from msgspec import Struct
from msgspec.structs import replace

from longcode import segments
from longcode.accounts.account import Account
from longcode.clients.client import Client, numbers_to_text
from longcode.destinations import Destinations
from longcode.errors import (
    BadTime,
    CountryNotAllowed,
    EmptyText,
    IdempotencyConflict,
    NoNumberTicked,
    NoPermission,
    NumberTypeNotAllowed,
    OptedOut,
    OurOwnNumber,
    RequestError,
    TextTooLong,
    TooManyToPhone,
)
from longcode.message import Direction, HoldReason, Message, MessageKind, MessageState
from longcode.months import time_in_words
from longcode.numbers.routing import client_of_reply
from longcode.quiet_hours.quiet_hours import Opening
from longcode.shown import Shown
from longcode.template import is_blank
from longcode.windows import LONGEST_AHEAD, LONGEST_VALIDITY, SWEEP_AFTER, VALIDITY

_CONVERSATION = timedelta(days=30)

ASKED = "asked"
_DETAILS = {
    OptedOut.code: "The recipient has opted out and gets no texts until they reply START.",
    ASKED: "The recipient may have asked for no more texts: texts to them wait until staff answer (GET /questions).",
    HoldReason.CEILING: "This account has sent as many units today as it may: texts wait until midnight in Chicago,"
    " or until the operator raises the ceiling.",
    HoldReason.PARKED: "The carrier delivers nothing from this account's number: texts wait until the operator acts.",
    CountryNotAllowed.code: "This account does not text that country: see allowed_countries in the settings."
    " A new account texts only its own country until the operator has approved it.",
    NumberTypeNotAllowed.code: "Premium, shared-cost, personal, pager, voicemail, company-wide, toll-free and short"
    " numbers get no texts.",
    TooManyToPhone.code: "This account has sent the phone as many texts within an hour as it may (texts_an_hour in"
    " the settings).",
    OurOwnNumber.code: "This is one of the numbers that Longcode sends texts from.",
}
_DESTINATION_REFUSALS: Mapping[str, type[RequestError]] = {
    kind.code: kind for kind in (CountryNotAllowed, NumberTypeNotAllowed, OurOwnNumber)
}


class Skipped(Shown, frozen=True):
    """A phone that gets no text, or gets it later, with the stable code of the reason and a sentence about it."""

    phone: str
    code: str
    detail: str


class Recipients(Struct, frozen=True, kw_only=True):
    """The phones that get a text each, and the phones that get none, all of one client if `client_id` is set.

    Texts to the `held` phones wait until staff have answered whether the recipient opted out.
    """

    phones: tuple[str, ...]
    client_id: str | None = None
    skipped: tuple[Skipped, ...] = ()
    held: tuple[Skipped, ...] = ()


def request_id(account: str, idempotency_key: str) -> str:
    """Return the id of a request: an account's requests with the same key get the same message ids."""
    return blake2s(f"{account}\n{idempotency_key}".encode(), digest_size=12).hexdigest()


def fingerprint(request: Mapping[str, object]) -> str:
    """Return a hash of a request's body: equal bodies have equal hashes, whatever the order of their fields."""
    canonical = json.dumps(request, sort_keys=True, ensure_ascii=False, default=str)
    return blake2s(canonical.encode(), digest_size=8).hexdigest()


def check_repeated(first: str | None, repeated: str) -> None:
    """Raise `IdempotencyConflict` unless a repeated request has the fingerprint of the first one."""
    if first != repeated:
        raise IdempotencyConflict("This Idempotency-Key was used before with another body.", field="Idempotency-Key")


def check_time(send_at: datetime | None, now: datetime) -> datetime | None:
    """Return the time; raise `BadTime` if it is past or over a year ahead."""
    if send_at is not None and send_at <= now:
        raise BadTime("This time is past; leave send_at out to send at once.", field="send_at")
    if send_at is not None and send_at > now + LONGEST_AHEAD:
        raise BadTime("A text can be scheduled up to a year ahead.", field="send_at")
    return send_at


def check_length(text: str, field: str) -> str:
    """Return a text, which must be normalised; raise `TextTooLong` or `EmptyText` if no carrier takes it."""
    if is_blank(text):
        raise EmptyText("The text is empty.", field=field)
    if len(text) > segments.MAX_CHARACTERS:
        limit = f"{segments.MAX_CHARACTERS:,}"
        raise TextTooLong(f"The text has {len(text):,} characters; a text has at most {limit}.", field=field)
    return text


def recipients_of_client(
    client: Client,
    only: str | None,
    blocked: AbstractSet[str],
    destinations: Destinations,
    crowded: Mapping[str, datetime] | None = None,
) -> Recipients:
    """Return a client's ticked numbers, or just `only`; if none may be texted, raise the error of the first."""
    numbers = numbers_to_text(client)
    if only is not None:
        if only not in numbers:
            raise NoNumberTicked("This number is not one of the client's numbers ticked for SMS.", field="to")
        numbers = (only,)
    refusals = {
        number: number_refusal(
            number, number in blocked, destinations, "client_id", frees_at=(crowded or {}).get(number)
        )
        for number in numbers
    }
    allowed = tuple(number for number, refusal in refusals.items() if refusal is None)
    if not allowed:
        raise next(filter(None, refusals.values()))
    skipped = tuple(skipped_phone(number, refusal.code) for number, refusal in refusals.items() if refusal)
    return Recipients(phones=allowed, client_id=client.id, skipped=skipped)


def recipients_of_number(
    phone: str,
    clients_with_phone: Mapping[str, bool],
    *,
    blocked: bool,
    destinations: Destinations,
    frees_at: datetime | None = None,
) -> Recipients:
    """Return a number as the recipient; raise `RequestError` if no text may be sent to it."""
    if refusal := number_refusal(phone, blocked, destinations, "to"):
        raise refusal
    if clients_with_phone and not any(clients_with_phone.values()):
        raise NoPermission("The record of the client with this number does not allow texts to it.", field="to")
    if frees_at:
        raise _too_many_to_phone(frees_at, "to")
    return Recipients(phones=(phone,), client_id=client_of_reply(None, clients_with_phone))


def hold_for_question(recipients: Recipients, asked: AbstractSet[str]) -> Recipients:
    """Return the recipients, holding their `asked` phones: staff have yet to answer whether these opted out."""
    held = tuple(skipped_phone(phone, ASKED) for phone in recipients.phones if phone in asked)
    return replace(recipients, held=held)


def number_refusal(
    phone: str, blocked: bool, destinations: Destinations, field: str, *, frees_at: datetime | None = None
) -> RequestError | None:
    """Return why an account may not text a number, whichever client has it, or None.

    `frees_at` is when the number may get the next text, if it has had as many within an hour as it may.
    """
    if blocked:
        return OptedOut(_DETAILS[OptedOut.code], field=field)
    if code := destinations.refusal(phone):
        return _DESTINATION_REFUSALS[code](_DETAILS[code], field=field)
    return _too_many_to_phone(frees_at, field) if frees_at else None


def _too_many_to_phone(frees_at: datetime, field: str) -> TooManyToPhone:
    next_one = f"It may send the next one at {time_in_words(frees_at)}."
    return TooManyToPhone(f"{_DETAILS[TooManyToPhone.code]} {next_one}", field=field, frees_at=frees_at)


def our_own_number(field: str) -> OurOwnNumber:
    """Return the refusal of a number that texts are sent from, whichever account has it."""
    return OurOwnNumber(_DETAILS[OurOwnNumber.code], field=field)


def skipped_phone(phone: str, code: str) -> Skipped:
    """Return a phone that is skipped or held, with the sentence that explains the code."""
    return Skipped(phone, code, _DETAILS[code])


def final_text(
    words: str,
    sender_name: str | None,
    last_texted_at: datetime | None,
    now: datetime,
    *,
    smart: bool,
    field: str,
) -> str:
    """Return the text to a phone as it will be sent, with the sender's name if it begins a conversation.

    The length is checked last, because smart encoding may lengthen a text: an ellipsis becomes three dots.
    Raise `TextTooLong` or `EmptyText`.
    """
    prepare = segments.smart if smart else segments.normalise
    return check_length(prepare(_introduced(words, sender_name, last_texted_at, now)), field)


def sender_prefix(account: Account) -> str | None:
    """Return the name that a conversation begins with; None for an account whose own number identifies it."""
    return None if account.number or is_blank(account.sender_name or "") else account.sender_name


def _introduced(text: str, sender_name: str | None, last_texted_at: datetime | None, now: datetime) -> str:
    """Prepend the sender's name unless the account has texted the phone in the last thirty days.

    On a shared number nothing else tells the recipient who is texting.
    """
    continues = last_texted_at is not None and now - last_texted_at < _CONVERSATION
    return text if continues or not sender_name else f"{sender_name}: {text}"


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
    """Return a new message with a checked text. `number` is empty until an origination number is chosen.

    A message that is sent at once is on the due index as well: if the request does not enqueue it, the sweeper does.
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
        valid_until=(send_at or now) + VALIDITY,
        due_at=send_at or now + SWEEP_AFTER,
    )


def after_quiet_hours(message: Message, opening: Opening) -> Message:
    """Return a bulk or automatic text, held if it falls into the recipient's quiet hours; valid for a day."""
    wanted_at = message.send_at or message.created_at
    valid_until = wanted_at + LONGEST_VALIDITY
    timed = replace(message, quiet_from=opening.closes_at, valid_until=valid_until)
    if opening.opens_at <= wanted_at:
        return timed
    due_at = min(opening.opens_at, valid_until)
    return replace(timed, state=MessageState.SCHEDULED, held=HoldReason.QUIET_HOURS, due_at=due_at)
