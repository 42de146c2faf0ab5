"""Which phones one request texts, and why the others get none (facts S24–S27, S39)."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from longcode.client import Client, numbers_to_text
from longcode.errors import NoNumberTicked, NoPermission, OptedOut
from longcode.route import link


@dataclass(frozen=True, slots=True)
class Skipped:
    """A phone that gets no text, with the stable code and the sentence of the reason."""

    phone: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Recipients:
    """The phones that get a text each, and those that do not, for the client that they belong to."""

    phones: tuple[str, ...]
    client_id: str | None = None
    skipped: tuple[Skipped, ...] = ()


def of_client(client: Client, only: str | None, blocked: AbstractSet[str]) -> Recipients:
    """Choose a client's ticked numbers, or `only` one of them; raises why there is none to text."""
    numbers = numbers_to_text(client)
    if only is not None:
        if only not in numbers:
            raise NoNumberTicked("This number is not one of the client's numbers ticked for SMS.", field="to")
        numbers = (only,)
    open_to_us = tuple(number for number in numbers if number not in blocked)
    if not open_to_us:
        raise opted_out("client_id")
    return Recipients(open_to_us, client.id, skipped(number for number in numbers if number in blocked))


def of_number(phone: str, clients_with_it: Mapping[str, bool], *, blocked: bool) -> Recipients:
    """Choose a number itself, unless it is only of clients whose records do not allow it."""
    if blocked:
        raise opted_out("to")
    if clients_with_it and not any(clients_with_it.values()):
        raise NoPermission("The record of the client with this number does not allow texts to it.", field="to")
    return Recipients((phone,), link(None, clients_with_it))


def skipped(phones: Iterable[str]) -> tuple[Skipped, ...]:
    """Tell of phones that were skipped because they opted out."""
    return tuple(Skipped(phone, OptedOut.code, opted_out("to").detail) for phone in phones)


def opted_out(field: str) -> OptedOut:
    """Refuse a text to somebody who said STOP."""
    return OptedOut("The recipient replied STOP and gets no texts until they reply START.", field=field)
