"""What a broadcast does for each client and phone: the text that goes, or the reason why none does."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime

from longcode import segments
from longcode.accounts.account import Account, countries
from longcode.clients.client import Client, client_merge_values, numbers_to_text
from longcode.errors import BadPhone, RequestError
from longcode.messages import compose
from longcode.template import render

NOT_FOUND = "not_found"
UNREADABLE = "unreadable"
DUPLICATE = "duplicate"
LIMIT = "limit"
DETAILS = {
    NOT_FOUND: "There is no such client.",
    UNREADABLE: "The client's record cannot be read; the operator is told.",
    DUPLICATE: "The number gets this broadcast's text once, for another client before this one.",
    LIMIT: "The text does not fit what is left of the account's limits.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A text to a phone of a client, with its length; or, with `code`, why there is none; or why it waits."""

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
    def goes(self) -> bool:
        """Tell whether there is a text."""
        return self.code is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What a broadcast says now: its text with merge fields, and the values that are the same for everybody."""

    account: Account
    body: str
    values: Mapping[str, str]
    ours: tuple[str, ...]
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneFacts:
    """What is known of some clients' numbers: which said STOP, or perhaps did, and when each was last texted."""

    blocked: AbstractSet[str]
    last_texted: Mapping[str, datetime]
    asked: AbstractSet[str] = frozenset()


def of_client(wording: Wording, client: Client, phones: PhoneFacts, owners: Mapping[str, str]) -> Iterator[Outcome]:
    """Tell the outcome for a client: one for each ticked number, or a single one when no number gets any.

    `owners` tells for which client a number gets the broadcast's text.
    """
    values = client_merge_values(wording.account, client) | dict(wording.values)
    try:
        numbers = numbers_to_text(client)
        words = render(wording.body, values)
    except RequestError as refusal:
        yield _without(Outcome(client_id=client.id), refusal)
        return
    for number in numbers:
        nothing = Outcome(client_id=client.id, phone=number)
        try:
            _check(wording, nothing, number in phones.blocked)
            text = _text(wording, words, phones.last_texted.get(number))
        except RequestError as refusal:
            yield _without(nothing, refusal)
            continue
        taken = owners.get(number, client.id) != client.id
        yield refused(nothing, DUPLICATE) if taken else _with(nothing, text, number in phones.asked)


def refused(outcome: Outcome, code: str) -> Outcome:
    """Give the outcome of the same client and phone without a text."""
    return Outcome(client_id=outcome.client_id, phone=outcome.phone, code=code, detail=DETAILS[code])


def within(outcome: Outcome, budget: int | None) -> Outcome:
    """Refuse a text that does not fit the units that are left; None is no limit."""
    if budget is None or not outcome.goes or outcome.units <= budget:
        return outcome
    return refused(outcome, LIMIT)


def _check(wording: Wording, recipient: Outcome, blocked: bool) -> None:
    """Raise why a number gets no text, whoever's it is."""
    number = recipient.phone or ""
    if number in wording.ours:
        raise BadPhone("This is a number that texts come from.")
    if refusal := compose.number_refusal(number, blocked, countries(wording.account), "client_id"):
        raise refusal


def _text(wording: Wording, words: str, last_texted: datetime | None) -> str:
    account = wording.account
    return compose.spelled(
        words,
        compose.name_in_front(account),
        last_texted,
        wording.now,
        smart=account.smart_encoding,
        field="body",
    )


def _with(recipient: Outcome, text: str, asked: bool) -> Outcome:
    measure = segments.measure(text)
    return replace(
        recipient,
        text=text,
        encoding=measure.encoding,
        units=measure.units,
        segments=measure.segments,
        held=compose.skipped_phone(recipient.phone or "", compose.ASKED) if asked else None,
    )


def _without(recipient: Outcome, refusal: RequestError) -> Outcome:
    return replace(recipient, code=refusal.code, detail=refusal.detail)
