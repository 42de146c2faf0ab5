"""What a broadcast does for each client and phone: send a text, or skip it with a reason."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from longcode import segments
from longcode.accounts.account import Account
from longcode.broadcasts.broadcast import Broadcast
from longcode.carriers.carrier import RefusalReason
from longcode.carriers.refusals import meaning_of_error
from longcode.clients.client import Client, client_merge_values, numbers_to_text, unreachable_numbers
from longcode.destinations import Destinations
from longcode.errors import RequestError
from longcode.message import NOT_REACHED, MessageState
from longcode.messages import compose
from longcode.messages.lookup import UNCERTAIN
from longcode.template import render

NOT_FOUND = "not_found"
UNREADABLE = "unreadable"
DUPLICATE = "duplicate"
LIMIT = "limit"

_FOR_GOOD = {
    RefusalReason.BAD_NUMBER,
    RefusalReason.NO_SUCH_NUMBER,
    RefusalReason.NOT_MOBILE,
    RefusalReason.OPTED_OUT,
}
"""Why the carrier gave a text up that it would give up again."""
UNREACHABLE = "unreachable"
REACHED = "reached"
NOT_AGAIN = "not_again"
DETAILS = {
    NOT_FOUND: "There is no such client.",
    UNREADABLE: "The client's record cannot be read; the operator has been notified.",
    DUPLICATE: "The number gets this broadcast's text once, for another client before this one.",
    UNREACHABLE: "Two texts came back, because the number is a landline or unknown. Please untick it.",
    REACHED: "The text of the earlier broadcast reached this number, or may have.",
    NOT_AGAIN: "The text of the earlier broadcast came back, because the number cannot receive texts.",
    LIMIT: "The text does not fit what is left of the account's limits.",
}


class Outcome(Struct, frozen=True, kw_only=True):
    """What a phone of a client gets: a text and its length, or none for the reason `code`, with a sentence `detail`.

    `held_until` is set for a text that would wait until quiet hours end, `held` for one that waits for staff.
    """

    client_id: str
    phone: str | None = None
    text: str | None = None
    encoding: str | None = None
    units: int = 0
    segments: int = 0
    held_until: datetime | None = None
    held: compose.Skipped | None = None
    code: str | None = None
    detail: str | None = None

    @property
    def has_text(self) -> bool:
        """Return whether a text is sent."""
        return self.code is None


class Content(Struct, frozen=True, kw_only=True):
    """What a broadcast sends at `now`: its body with merge fields, and the values that all recipients share.

    `destinations` are the phones that may be texted. `earlier` is the broadcast that this one sends again.
    """

    account: Account
    body: str
    values: Mapping[str, str]
    destinations: Destinations
    now: datetime
    earlier: Broadcast | None = None


class PhonesOfStep(Struct, frozen=True, kw_only=True):
    """What the table knows of some clients' phones.

    `blocked` opted out, `asked` wrote what may be an opt-out, `last_texted` is when each was texted last. `not_again`
    has the reason of each phone that gets no text because of the broadcast that this one sends again.
    """

    blocked: AbstractSet[str]
    last_texted: Mapping[str, datetime]
    asked: AbstractSet[str] = frozenset()
    not_again: Mapping[str, str] = {}


def outcomes_of_client(
    content: Content, client: Client, phones: PhonesOfStep, owners: Mapping[str, str]
) -> Iterator[Outcome]:
    """Yield one outcome for each ticked number of a client, or a single one when the client gets no text at all.

    `owners` maps a number to the client for whom it gets the broadcast's text.
    """
    values = client_merge_values(content.account, client) | dict(content.values)
    try:
        numbers = numbers_to_text(client)
        rendered = render(content.body, values)
    except RequestError as refusal:
        yield _refuse(Outcome(client_id=client.id), refusal)
        return
    unreachable = unreachable_numbers(client)
    for number in numbers:
        recipient = Outcome(client_id=client.id, phone=number)
        if number in unreachable:
            yield skip(recipient, UNREACHABLE)
            continue
        if number in phones.not_again:
            yield skip(recipient, phones.not_again[number])
            continue
        try:
            _check_number(content, number, number in phones.blocked)
            text = _final_text(content, rendered, phones.last_texted.get(number))
        except RequestError as refusal:
            yield _refuse(recipient, refusal)
            continue
        if owners.get(number, client.id) != client.id:
            yield skip(recipient, DUPLICATE)
        else:
            yield _with_text(recipient, number, text, number in phones.asked)


def skip(outcome: Outcome, code: str) -> Outcome:
    """Return the outcome of the same client and phone without a text."""
    return Outcome(client_id=outcome.client_id, phone=outcome.phone, code=code, detail=DETAILS[code])


def why_not_again(state: MessageState, error: str | None) -> str | None:
    """Return the reason why a phone is not texted again, from what became of its text; None if it may be."""
    if state not in NOT_REACHED or error == UNCERTAIN:
        return REACHED
    return NOT_AGAIN if meaning_of_error(error).reason in _FOR_GOOD else None


def within_budget(outcome: Outcome, budget: int | None) -> Outcome:
    """Return an outcome, skipped if its text needs more than `budget` units; None is no limit."""
    if budget is None or not outcome.has_text or outcome.units <= budget:
        return outcome
    return skip(outcome, LIMIT)


def _check_number(content: Content, number: str, blocked: bool) -> None:
    if refusal := compose.number_refusal(number, blocked, content.destinations, "client_id"):
        raise refusal


def _final_text(content: Content, rendered: str, last_texted: datetime | None) -> str:
    account = content.account
    return compose.final_text(
        rendered,
        compose.sender_prefix(account),
        last_texted,
        content.now,
        smart=account.smart_encoding,
        field="body",
    )


def _with_text(recipient: Outcome, number: str, text: str, asked: bool) -> Outcome:
    measure = segments.measure(text)
    return replace(
        recipient,
        text=text,
        encoding=measure.encoding,
        units=measure.units,
        segments=measure.segments,
        held=compose.skipped_phone(number, compose.ASKED) if asked else None,
    )


def _refuse(recipient: Outcome, refusal: RequestError) -> Outcome:
    return replace(recipient, code=refusal.code, detail=refusal.detail)
