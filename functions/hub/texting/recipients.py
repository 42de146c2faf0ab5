"""Whom a new text is for, as a person types or chooses it: a number, a client's number, or all of a client's."""

from msgspec import Struct

from hub.conversations import NO_CLIENT
from longcode.accounts.account import Account
from longcode.clients import store as client_store
from longcode.clients.client import Client, numbers_to_text
from longcode.clients.search import Wanted, find
from longcode.errors import BadPhone, NotFound, RequestError
from longcode.phone import in_words, to_stored
from longcode.template import full_name

_MOST_CHOICES = 8
_SHORTEST = 2  # characters: one letter finds half of the clients


class Addressee(Struct, frozen=True, kw_only=True):
    """Whom a text is for: a phone, or a client with all ticked numbers; and how the form names them."""

    phone: str | None
    client_id: str | None = None
    label: str = ""


class Choice(Struct, frozen=True, kw_only=True):
    """A client's phone that a text may be for, or with `client_id` all ticked ones."""

    name: str
    phone: str
    label: str
    in_words: str
    client_id: str = ""


def of(account: Account, fields: dict[str, str]) -> Addressee:
    """Return whom a form is for; raise `BadPhone` if it names no number, or `NotFound` for a client who is gone.

    A client counts only while the field still names the client: somebody without script may have changed it.
    """
    typed = fields.get("to", "").strip()
    if client_id := fields.get("whole") or fields.get("client"):
        client = client_store.get(account.id, client_id)
        if client is None:
            raise NotFound(NO_CLIENT, field="to")
        if fields.get("whole") or typed == _label_of_all(client):
            return Addressee(phone=None, client_id=client.id, label=_label_of_all(client))
    return Addressee(phone=_phone(account, typed), label=typed)


def choices(account: Account, typed: str) -> list[Choice]:
    """Return the ticked phones of the clients that a part of a name or number finds."""
    if len(typed.strip()) < _SHORTEST:
        return []
    return [
        choice for client in find(account.id, Wanted(text=typed), _MOST_CHOICES) for choice in _of(account, client)
    ]


def label_of_number(account: Account, typed: str) -> str:
    """Return a number with the name of the only client who has it; what was typed if there is none."""
    try:
        phone = to_stored(typed, account.country_code)
    except BadPhone:
        return typed
    found = client_store.of_phones(account.id, [phone])[phone]
    name = full_name(found[0].first_name, found[0].last_name) if len(found) == 1 else ""
    return ", ".join(filter(None, (name, in_words(phone, account.country_code))))


def _phone(account: Account, typed: str) -> str:
    """Return the number that was typed, alone or after a name and a comma."""
    name, _, number = typed.rpartition(", ")
    return to_stored(number if name and any(map(str.isalpha, name)) else typed, account.country_code)


def _of(account: Account, client: Client) -> list[Choice]:
    try:
        phones = numbers_to_text(client)
    except RequestError:  # the client's record allows no texts
        return []
    name = full_name(client.first_name, client.last_name)
    each = [(phone, in_words(phone, account.country_code)) for phone in phones]
    single = [
        Choice(name=name, phone=phone, in_words=said, label=", ".join(filter(None, (name, said))))
        for phone, said in each
    ]
    if len(phones) == 1:
        return single
    label = _label_of_all(client)
    every = f"all {len(phones)} numbers"
    return [*single, Choice(name=name, phone="", in_words=every, label=label, client_id=client.id)]


def _label_of_all(client: Client) -> str:
    return f"{full_name(client.first_name, client.last_name) or client.id}, all ticked numbers"
