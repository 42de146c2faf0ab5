"""Which phones one request texts, and why the others get none (facts S24–S27, S39)."""

from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from longcode.client import Client, numbers_to_text
from longcode.errors import CountryNotAllowed, NoNumberTicked, NoPermission, OptedOut, RequestError
from longcode.route import link

ASKED = "asked"
_DETAILS = {
    OptedOut.code: "The recipient replied STOP and gets no texts until they reply START.",
    ASKED: "The recipient may have asked for no more texts: they wait until staff have answered GET /questions.",
    CountryNotAllowed.code: "This account texts no numbers of that country: see allowed_countries in the settings.",
}


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


def of_client(client: Client, only: str | None, blocked: AbstractSet[str], countries: Collection[str]) -> Recipients:
    """Choose a client's ticked numbers, or `only` one of them; raises why there is none to text."""
    numbers = numbers_to_text(client)
    if only is not None:
        if only not in numbers:
            raise NoNumberTicked("This number is not one of the client's numbers ticked for SMS.", field="to")
        numbers = (only,)
    refusals = {number: refusal(number, number in blocked, countries, "client_id") for number in numbers}
    open_to_us = tuple(number for number, refusal in refusals.items() if refusal is None)
    if not open_to_us:
        raise next(filter(None, refusals.values()))
    refused = tuple(skipped(number, refusal.code) for number, refusal in refusals.items() if refusal)
    return Recipients(open_to_us, client.id, refused)


def of_number(
    phone: str, clients_with_it: Mapping[str, bool], *, blocked: bool, countries: Collection[str]
) -> Recipients:
    """Choose a number itself, unless it is only of clients whose records do not allow it."""
    if found := refusal(phone, blocked, countries, "to"):
        raise found
    if clients_with_it and not any(clients_with_it.values()):
        raise NoPermission("The record of the client with this number does not allow texts to it.", field="to")
    return Recipients((phone,), link(None, clients_with_it))


def holding(to: Recipients, asked: AbstractSet[str]) -> Recipients:
    """Tell which of the phones' texts wait, of those that staff are asked about."""
    return replace(to, held=tuple(skipped(phone, ASKED) for phone in to.phones if phone in asked))


def refusal(phone: str, blocked: bool, countries: Collection[str], field: str) -> RequestError | None:
    """Tell why a number gets no text of an account, whoever's it is."""
    if blocked:
        return OptedOut(_DETAILS[OptedOut.code], field=field)
    # No calling code begins another, so the beginning of a number tells its country.
    if not any(phone.startswith(f"+{code}") for code in countries):
        return CountryNotAllowed(_DETAILS[CountryNotAllowed.code], field=field)
    return None


def skipped(phone: str, code: str) -> Skipped:
    """Tell why a phone is skipped or held that others of the client's are not."""
    return Skipped(phone, code, _DETAILS[code])
