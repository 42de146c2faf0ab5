"""The studio's data as CSV files; no file has a password, a key or another secret."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial
from itertools import islice
from typing import TypeVar

import msgspec

from longcode import months, windows
from longcode.accounts import people
from longcode.accounts.account import Account
from longcode.aws.at_once import at_once
from longcode.billing import store as invoices
from longcode.billing.sheet import csv_text
from longcode.broadcasts import store as broadcasts
from longcode.message import Message
from longcode.messages import retentions
from longcode.months import instant
from longcode.teamwork import store as teamwork
from longcode.templates import store as template_store
from longcode.triggers import call_tasks
from longcode.triggers import store as triggers
from longcode.usage import store as quotas

Row = Iterable[object]
T = TypeVar("T")

MESSAGES_IN_A_FILE = 2_500
"""How many messages a file has at most; it has fewer if their words would be more than a response holds."""

_EACH = 100
_AT_ONCE = 20
_MICROS = 1_000_000


def sheet(rows: Iterable[Row]) -> str:
    """Return a CSV file for spreadsheets, with cells that one would run quoted."""
    return csv_text(map(_text, row) for row in rows)


def message_rows(account: Account, since: str, count: int, now: datetime) -> Iterator[Row]:
    """Yield the messages from a place on, oldest first; words that the account no longer keeps are left out."""
    yield (
        *("time", "direction", "kind", "state", "phone", "our_number", "client_id", "words", "words_deleted"),
        *("units", "charged_units", "template", "subject", "broadcast", "trigger", "written_by", "error", "id"),
    )
    found, _ = retentions.messages_before(account.id, since, now, count)
    for each in sorted(found, key=lambda one: (one.created_at, one.id)):
        yield _message_row(windows.hide_old_body(each, account.retention_days, now))


def _message_row(text: Message) -> Row:
    return (
        *(text.sent_at or text.created_at, text.direction, text.kind, text.state, text.phone, text.number),
        *(text.client_id, text.body, text.body_expired, text.units, text.charged_units, text.template, text.subject),
        *(text.broadcast, text.trigger, text.by, text.error, text.id),
    )


def _templates(account: Account, _now: datetime) -> Iterator[Row]:
    yield "name", "subject", "words", "shortcut"
    after = None
    while page := template_store.template_page(account.id, after, _EACH):
        yield from ((one.name, one.subject, one.body, one.shortcut) for one in page)
        after = page[-1].name


def _triggers(account: Account, _now: datetime) -> Iterator[Row]:
    yield "name", "on", "watches", "statuses", "types", "keyword", "days", "of", "at", "to", "template", "words"
    for one in triggers.of_account(account.id).values():
        when = (one.timing.days, one.timing.of, one.timing.at) if one.timing else ("", "", "")
        lists = "; ".join(one.statuses), "; ".join(one.types)
        yield one.name, one.enabled, one.watches, *lists, one.keyword, *when, one.to, one.template, one.body


def _broadcasts(account: Account, _now: datetime) -> Iterator[Row]:
    yield "created_at", "send_at", "state", "template", "subject", "words", "texts", "units", "finished_at", "id"
    cursor = None
    while True:
        page, cursor = broadcasts.page(account.id, limit=_EACH, cursor=cursor)
        for one in page:
            head = one.created_at, one.send_at, one.state, one.template, one.subject, one.body
            yield *head, one.texts, one.units, one.finished_at, one.id
        if cursor is None:
            return


def _notes(account: Account, now: datetime) -> Iterator[Row]:
    yield "time", "phone", "words", "written_by"
    yield from ((one.at, one.phone, one.words, one.by) for one in teamwork.notes_of_account(account, now))


def _calls(account: Account, _now: datetime) -> Iterator[Row]:
    yield "time", "client_id", "phones", "words", "id"
    after = None
    while page := call_tasks.call_page(account.id, after, _EACH):
        yield from ((one.at, one.client_id, " ".join(one.phones), one.text, one.id) for one in page)
        after = page[-1].id


def _people(account: Account, _now: datetime) -> Iterator[Row]:
    yield "name", "email", "role", "added_at", "added_by"
    yield from ((one.name, one.email, one.role, one.added_at, one.added_by) for one in people.of_account(account))


def _invoices(account: Account, _now: datetime) -> Iterator[Row]:
    yield "number", "month", "issued_on", "plan", "units_used", "units_beyond", "total", "currency"
    for one in invoices.all_of(account.id):
        total = f"{one.total_micros / _MICROS:.2f}"
        yield (
            one.number,
            one.month,
            one.issued_on,
            one.plan_title,
            one.units_used,
            one.units_beyond,
            total,
            one.currency,
        )


def _usage(account: Account, now: datetime) -> Iterator[Row]:
    yield "day", "texts_sent", "units_sent", "texts_received", "units_received"
    month, last = months.month_of(account.created_at), months.month_of(now)
    names = []
    while month <= last:
        names.append(month)
        month = months.following(month)
    for few in _several(names, _AT_ONCE):
        for by_day in at_once(*(partial(quotas.by_day, account.id, name) for name in few)):
            for day, used in sorted(by_day.items()):
                yield day, used.texts_sent, used.units_sent, used.texts_received, used.units_received


def _settings(account: Account, _now: datetime) -> Iterator[Row]:
    yield "setting", "value"
    for name in _SETTINGS:
        value = msgspec.to_builtins(getattr(account, name))
        yield name, value if isinstance(value, str | int | None) else msgspec.json.encode(value).decode()


_SETTINGS = (
    *("id", "name", "email", "phone", "sender_name", "country_code", "time_zone", "allowed_countries", "statuses"),
    *("quiet_hours", "quiet_zone", "units_a_day", "texts_an_hour", "retention_days", "smart_encoding"),
    *("create_clients", "on_uncertain", "opening_hours", "away_text", "client_fields", "number", "plan_changes"),
)

FILES: dict[str, tuple[str, Callable[[Account, datetime], Iterator[Row]]]] = {
    "templates": ("Templates", _templates),
    "triggers": ("Automatic texts", _triggers),
    "broadcasts": ("Broadcasts", _broadcasts),
    "notes": ("Notes on conversations", _notes),
    "calls": ("Calls to make", _calls),
    "people": ("People", _people),
    "invoices": ("Invoices", _invoices),
    "usage": ("Usage by day", _usage),
    "settings": ("Settings", _settings),
}
"""The files besides clients, messages and opt-outs: their titles and rows, by name."""


def _several(values: Iterable[T], most: int) -> Iterator[list[T]]:
    """Yield the values in lists of at most so many."""
    iterator = iter(values)
    while some := list(islice(iterator, most)):
        yield some


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return instant(value)
        case _:
            return str(value)
