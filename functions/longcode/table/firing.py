"""All that decides what planned occurrences send, read in a few calls for one of them or for a page."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from msgspec import Struct

from longcode.account import Account
from longcode.client import Client
from longcode.occurrence import Occurrence, id_of
from longcode.record import Record
from longcode.table import clients, keys, opt_outs, store
from longcode.table.codec import Attributes, read
from longcode.template import Template
from longcode.trigger import Trigger

T = TypeVar("T")


class Known(Struct, frozen=True, kw_only=True):
    """An occurrence and what it depends on, as far as that exists.

    `sent` is whether its text was accepted before; `blocked` are phones that said STOP.
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


def look_up(account: Account, planned: Sequence[Occurrence]) -> list[Known]:
    """Read what occurrences of an account depend on, strongly."""
    first = store.get_many(key for one in planned for key in (_trigger(one), _record(one), _text(one)))
    rules = {one: _read(Trigger, first.get(_trigger(one))) for one in planned}
    told = {one: _read(Record, first.get(_record(one))) for one in planned}
    named = {one: _named(account.id, rules[one], told[one]) for one in planned}
    second = store.get_many(key for of in named.values() for key in of.values())
    people = {one: _read(Client, second.get(of["client"])) if "client" in of else None for one, of in named.items()}
    pairs = {(account.id, phone) for one in planned for phone in _phones(rules[one], told[one], people[one])}
    blocked = frozenset(phone for _, phone in opt_outs.blocked(pairs, account.number_since))
    return [
        Known(
            account=account,
            occurrence=one,
            sent=_text(one) in first,
            trigger=rules[one],
            record=told[one],
            client=people[one],
            template=_read(Template, second.get(of["template"])) if "template" in of else None,
            clients_with_phone=clients.having_phone(second.get(of["clients"])) if "clients" in of else {},
            blocked=blocked,
        )
        for one, of in named.items()
    ]


def _trigger(one: Occurrence) -> keys.Key:
    return keys.trigger(one.account, one.trigger)


def _record(one: Occurrence) -> keys.Key:
    return keys.record(one.account, one.kind, one.record_id)


def _text(one: Occurrence) -> keys.Key:
    return keys.message(one.account, f"{id_of(one)}-0")


def _named(account: str, trigger: Trigger | None, record: Record | None) -> dict[str, keys.Key]:
    wanted = {}
    if record and record.client_id:
        wanted["client"] = keys.client(account, record.client_id)
    if record and record.phone:
        wanted["clients"] = keys.clients_with_phone(record.phone, account)
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


def _read(kind: type[T], found: Attributes | None) -> T | None:
    return read(kind, found) if found else None
