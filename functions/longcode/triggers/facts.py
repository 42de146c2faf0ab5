"""What occurrences depend on, read from the table: trigger, record, client, template, opt-outs."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from msgspec import Struct

from longcode.accounts.account import Account
from longcode.clients import store as clients
from longcode.clients.client import Client
from longcode.numbers import store as numbers
from longcode.optouts import store as optouts
from longcode.table import keys, store, trigger_keys
from longcode.table.writes import Attributes, read
from longcode.template import Template
from longcode.triggers.planning import Occurrence, occurrence_id
from longcode.triggers.trigger import Record, Trigger

T = TypeVar("T")


class OccurrenceFacts(Struct, frozen=True, kw_only=True):
    """An occurrence and what it depends on, as far as that exists.

    `sent`: its text was accepted before. Of all occurrences that were read together, `blocked` are the
    opted-out phones, and `dedicated` the phones of staff and replies from which an account sends texts.
    """

    account: Account
    occurrence: Occurrence
    sent: bool
    trigger: Trigger | None
    record: Record | None
    client: Client | None
    template: Template | None
    clients_with_phone: dict[str, bool]
    blocked: frozenset[str]
    dedicated: frozenset[str]


def read_facts(
    account: Account,
    occurrences: Sequence[Occurrence],
    now: datetime,
    *,
    trigger: Trigger | None = None,
) -> list[OccurrenceFacts]:
    """Return what occurrences of an account depend on, read strongly: in two calls, and one for the opt-outs.

    `trigger` counts in place of the stored ones, if it is given: one that a person is changing.
    """
    first = store.get_many(
        key
        for occurrence in occurrences
        for key in (_trigger_key(occurrence), _record_key(occurrence), _text_key(occurrence))
    )
    triggers = {
        occurrence: trigger or _read(Trigger, first.get(_trigger_key(occurrence))) for occurrence in occurrences
    }
    records = {occurrence: _read(Record, first.get(_record_key(occurrence))) for occurrence in occurrences}
    related = {
        occurrence: _related_keys(account.id, triggers[occurrence], records[occurrence]) for occurrence in occurrences
    }
    second = store.get_many(key for by_name in related.values() for key in by_name.values())
    # A client, link or template that an occurrence does not name has no key here, and so no item.
    items = {
        occurrence: {name: second[key] for name, key in by_name.items() if key in second}
        for occurrence, by_name in related.items()
    }
    client_records = {occurrence: _read(Client, items[occurrence].get("client")) for occurrence in occurrences}
    pairs = {
        (account.id, phone)
        for occurrence in occurrences
        for phone in _phones(triggers[occurrence], records[occurrence], client_records[occurrence])
    }
    blocked = frozenset(phone for _, phone in optouts.blocked(pairs, account.number_since))
    dedicated = frozenset(phone for _, phone in pairs if numbers.is_in_use(second.get(keys.dedicated(phone)), now))
    return [
        OccurrenceFacts(
            account=account,
            occurrence=occurrence,
            sent=_text_key(occurrence) in first,
            trigger=triggers[occurrence],
            record=records[occurrence],
            client=client_records[occurrence],
            template=_read(Template, items[occurrence].get("template")),
            clients_with_phone=clients.clients_in_link(items[occurrence].get("clients")),
            blocked=blocked,
            dedicated=dedicated,
        )
        for occurrence in occurrences
    ]


def _trigger_key(occurrence: Occurrence) -> keys.Key:
    return trigger_keys.trigger(occurrence.account, occurrence.trigger)


def _record_key(occurrence: Occurrence) -> keys.Key:
    return trigger_keys.record(occurrence.account, occurrence.kind, occurrence.record_id)


def _text_key(occurrence: Occurrence) -> keys.Key:
    return keys.message(occurrence.account, f"{occurrence_id(occurrence)}-0")


def _related_keys(account: str, trigger: Trigger | None, record: Record | None) -> dict[str, keys.Key]:
    wanted = {}
    if record and record.client_id:
        wanted["client"] = keys.client(account, record.client_id)
    if record and record.phone:
        wanted["clients"] = keys.clients_with_phone(record.phone, account)
    for phone in _phones(trigger, record, None):
        wanted[f"dedicated {phone}"] = keys.dedicated(phone)
    if trigger and trigger.template:
        wanted["template"] = keys.template(account, trigger.template)
    return wanted


def _phones(trigger: Trigger | None, record: Record | None, client: Client | None) -> Iterator[str]:
    if trigger and trigger.staff_phone:
        yield trigger.staff_phone
    if record and record.phone:
        yield record.phone
    if client:
        yield from client.heard_stop


def _read(kind: type[T], item: Attributes | None) -> T | None:
    return read(kind, item) if item else None
