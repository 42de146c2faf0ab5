"""What a broadcast does for each client and phone: the text that goes, or the reason why none does."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime

from longcode import client as clients
from longcode import outgoing, recipients, segments, template
from longcode.account import Account, countries
from longcode.client import Client
from longcode.errors import BadPhone, RequestError

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
    """A text to a phone of a client, with its length; or, with `code`, why there is none. Held: not before then."""

    client_id: str
    phone: str | None = None
    text: str | None = None
    encoding: str | None = None
    units: int = 0
    segments: int = 0
    held_until: datetime | None = None
    code: str | None = None
    detail: str | None = None

    @property
    def goes(self) -> bool:
        """Tell whether there is a text."""
        return self.code is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What a broadcast says: its text with merge fields, and the values that are the same for everybody."""

    account: Account
    body: str
    values: Mapping[str, str]
    number: str


def of_client(
    wording: Wording, client: Client, blocked: AbstractSet[str], owners: Mapping[str, str]
) -> Iterator[Outcome]:
    """Tell the outcome for a client: one for each ticked number, or a single one when no number gets any.

    `blocked` are the numbers that said STOP; `owners` tells for which client a number gets the broadcast's text.
    """
    try:
        numbers = clients.numbers_to_text(client)
        text = _text(wording, client)
    except RequestError as refusal:
        yield Outcome(client_id=client.id, code=refusal.code, detail=refusal.detail)
        return
    measure = segments.measure(text)
    goes = Outcome(
        client_id=client.id, text=text, encoding=measure.encoding, units=measure.units, segments=measure.segments
    )
    for number in numbers:
        yield _of_number(wording, replace(goes, phone=number), blocked, owners)


def refused(outcome: Outcome, code: str, detail: str | None = None) -> Outcome:
    """Give the outcome of the same client and phone without a text."""
    return Outcome(client_id=outcome.client_id, phone=outcome.phone, code=code, detail=detail or DETAILS[code])


def within(outcome: Outcome, budget: int | None) -> Outcome:
    """Refuse a text that does not fit the units that are left; None is no limit."""
    if budget is None or not outcome.goes or outcome.units <= budget:
        return outcome
    return refused(outcome, LIMIT)


def _of_number(wording: Wording, goes: Outcome, blocked: AbstractSet[str], owners: Mapping[str, str]) -> Outcome:
    number = goes.phone or ""
    if number == wording.number:
        return refused(goes, BadPhone.code, "This is the number that texts come from.")
    if refusal := recipients.refusal(number, number in blocked, countries(wording.account), "client_id"):
        return refused(goes, refusal.code, refusal.detail)
    if owners.get(number, goes.client_id) != goes.client_id:
        return refused(goes, DUPLICATE)
    return goes


def _text(wording: Wording, client: Client) -> str:
    """Merge and check a client's text; raises `EmptyField`, `TextTooLong` or `EmptyText`."""
    account = wording.account
    words = template.render(wording.body, clients.merge_values(account, client) | dict(wording.values))
    text = segments.smart(words) if account.smart_encoding else segments.normalise(words)
    return outgoing.check_length(text, "body")
