"""The studio's data as CSV files; no file has a password, a key or another secret."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any, TypeVar

import msgspec
from msgspec.structs import astuple

from clients import export
from hub.clients.exports import key_names
from hub.settings import history_wording as wording
from longcode import months, windows
from longcode.accounts import api_keys, people, sessions
from longcode.accounts.account import Account
from longcode.aws.at_once import at_once
from longcode.billing import store as invoices
from longcode.billing.sheet import csv_text
from longcode.broadcasts import drafts
from longcode.broadcasts import store as broadcasts
from longcode.broadcasts.broadcast import Broadcast
from longcode.changes import store as changes
from longcode.changes.change import Span
from longcode.clients import join_pages
from longcode.clients.client import Audience
from longcode.message import Message
from longcode.messages import reply_notices, retentions
from longcode.months import instant
from longcode.teamwork import store as teamwork
from longcode.template import Template
from longcode.templates import store as template_store
from longcode.triggers import call_tasks
from longcode.triggers import store as triggers
from longcode.triggers.planning import Call
from longcode.triggers.trigger import RecordKind
from longcode.usage import store as quotas
from longcode.webhooks import store as webhooks
from longcode.webhooks.delivery import DeliveryState

Row = Iterable[object]
T = TypeVar("T")

MESSAGES_IN_A_FILE = 2_500
"""How many messages a file has at most; it has fewer if their words would be more than a response holds."""

_OF_MESSAGES = (
    *("time", "direction", "kind", "state", "phone", "our_number", "client_id", "words", "words_deleted"),
    *("units", "charged_units", "template", "subject", "broadcast", "trigger", "written_by", "error", "id"),
    *("pictures", "cancelled_by"),
)
_FIRST = "0"  # sorts before every place
_EACH = 100
_AT_ONCE = 20
_MICROS = 1_000_000


def sheet(rows: Iterable[Row]) -> str:
    """Return a CSV file for spreadsheets, with cells that one would run quoted."""
    return csv_text(map(_text, row) for row in rows)


def message_rows(account: Account, since: str, count: int, now: datetime) -> Iterator[Row]:
    """Yield the messages from a place on, oldest first; words that the account no longer keeps are left out."""
    yield _OF_MESSAGES
    yield from _messages(account, since, count, now)[0]


def all_message_rows(account: Account, now: datetime) -> Iterator[Row]:
    """Yield all messages as `message_rows` does, without having all of them in memory."""
    yield _OF_MESSAGES
    since: str | None = _FIRST
    while since is not None:
        rows, since = _messages(account, since, MESSAGES_IN_A_FILE, now)
        yield from rows


def _messages(account: Account, since: str, count: int, now: datetime) -> tuple[list[Row], str | None]:
    found, following = retentions.messages_before(account.id, since, now, count)
    kept = (windows.hide_old_body(each, account.retention_days, now) for each in found)
    return [_message_row(each) for each in sorted(kept, key=lambda one: (one.created_at, one.id))], following


def _message_row(text: Message) -> Row:
    return (
        *(text.sent_at or text.created_at, text.direction, text.kind, text.state, text.phone, text.number),
        *(text.client_id, text.body, text.body_expired, text.units, text.charged_units, text.template, text.subject),
        *(text.broadcast, text.trigger, text.by, text.error, text.id, " ".join(text.media), text.cancelled_by),
    )


def _templates(account: Account, _now: datetime) -> Iterator[Row]:
    yield "name", "subject", "words", "shortcut", "changed_at", "changed_by"
    for one in _all_templates(account):
        yield one.name, one.subject, one.body, one.shortcut, one.changed_at, one.changed_by


def _former_words(account: Account, _now: datetime) -> Iterator[Row]:
    yield "template", "subject", "words", "changed_at", "changed_by"
    for few in _several((one.name for one in _all_templates(account)), _AT_ONCE):
        found = at_once(*(partial(template_store.template_versions, account.id, name) for name in few))
        for name, versions in zip(few, found, strict=True):
            yield from ((name, one.subject, one.body, one.changed_at, one.changed_by) for one in versions)


def _all_templates(account: Account) -> Iterator[Template]:
    after = None
    while page := template_store.template_page(account.id, after, _EACH):
        yield from page
        after = page[-1].name


def _triggers(account: Account, _now: datetime) -> Iterator[Row]:
    yield (
        *("name", "on", "watches", "statuses", "types", "keyword", "days", "of", "at", "to", "staff_phone"),
        *("template", "words", "call_if_no_text"),
    )
    for one in triggers.of_account(account.id).values():
        when = (one.timing.days, one.timing.of, one.timing.at) if one.timing else ("", "", "")
        what = one.name, one.enabled, one.watches, "; ".join(one.statuses), "; ".join(one.types), one.keyword
        yield *what, *when, one.to, one.staff_phone, one.template, one.body, one.sms_else_call


def _records(account: Account, _now: datetime) -> Iterator[Row]:
    yield (
        *("kind", "id", "client_id", "phone", "status", "type", "session_date", "session_time", "due_date"),
        *("values", "cancelled", "reported_at"),
    )
    for kind in RecordKind:
        after = None
        while page := triggers.record_page(account.id, kind, after, _EACH):
            for one in page:
                dates = one.session_date, one.session_time, one.due_date
                what = one.kind, one.id, one.client_id, one.phone, one.status, one.of_type
                yield *what, *dates, _json(one.values), one.cancelled, one.at
            after = page[-1].id


def _broadcasts(account: Account, _now: datetime) -> Iterator[Row]:
    yield (
        *("created_at", "send_at", "state", "template", "subject", "words", "texts", "units", "finished_at", "id"),
        *("values", "audience", "skipped", "made_by", "cancelled_by"),
    )
    for few in _several(_all_broadcasts(account), _AT_ONCE):
        for one, whom in zip(few, at_once(*(partial(broadcasts.audience, one) for one in few)), strict=True):
            head = one.created_at, one.send_at, one.state, one.template, one.subject, one.body
            lists = _json(one.values), _audience(whom), _json(one.skipped)
            yield *head, one.texts, one.units, one.finished_at, one.id, *lists, one.by, one.cancelled_by


def _skipped(account: Account, _now: datetime) -> Iterator[Row]:
    yield "broadcast", "client_id", "phone", "reason", "detail"
    for each in _all_broadcasts(account):
        found = broadcasts.skipped_from(each, None) if each.skipped else ()
        yield from ((each.id, one.client_id, one.phone, one.code, one.detail) for _, one in found)


def _all_broadcasts(account: Account) -> Iterator[Broadcast]:
    return _all(partial(broadcasts.page, account.id, limit=_EACH))


def _drafts(account: Account, now: datetime) -> Iterator[Row]:
    yield "begun_at", "changed_at", "words", "template", "values", "audience", "left_out", "begun_by", "changed_by"
    for listed in drafts.of_account(account.id, now):
        if one := drafts.get(account.id, listed.id, now):  # the list is without the audiences
            what = one.body, one.template, _json(one.values), _audience(one.audience), " ".join(one.unchecked)
            yield one.at, one.changed_at, *what, one.by, one.changed_by


def _notes(account: Account, now: datetime) -> Iterator[Row]:
    yield "time", "phone", "words", "written_by"
    yield from ((one.at, one.phone, one.words, one.by) for one in teamwork.notes_of_account(account, now))


def _audience(whom: Audience) -> str:
    return _json({name: value for name, value in msgspec.to_builtins(whom).items() if value})


def _assigned(account: Account, _now: datetime) -> Iterator[Row]:
    yield "phone", "answered_by", "since", "assigned_by"
    yield from ((one.phone, one.name, one.at, one.by) for one in teamwork.assigned(account.id).values())


def _calls(account: Account, now: datetime) -> Iterator[Row]:
    yield "time", "client_id", "phones", "words", "id", "done_at", "done_by", "note"
    after = None
    while page := call_tasks.call_page(account.id, after, _EACH):
        yield from map(_call_row, page)
        after = page[-1].id
    yield from map(_call_row, _all(partial(call_tasks.done_calls, account.id, now, limit=_EACH)))


def _call_row(one: Call) -> Row:
    done = one.done_at, one.done_by, one.note
    return one.at, one.client_id, " ".join(one.phones), one.text, one.id, *done


def _join_page(account: Account, _now: datetime) -> Iterator[Row]:
    yield "version", "words", "since", "changed_by"
    yield from ((one.version, one.words, one.at, one.by) for one in join_pages.versions(account.id))


def _keys(account: Account, _now: datetime) -> Iterator[Row]:
    yield "name", "scope", "made_at", "ends_at", "last_used_at"
    for one in api_keys.of_account(account.id):
        yield one.name, one.scope, one.created_at, one.ends_at, one.last_used_at


def _people(account: Account, _now: datetime) -> Iterator[Row]:
    yield "name", "email", "role", "added_at", "added_by"
    yield from ((one.name, one.email, one.role, one.added_at, one.added_by) for one in people.of_account(account))


def _changes(account: Account, now: datetime) -> Iterator[Row]:
    yield "time", "what", "details", "who", "from", "unfinished"
    names = key_names(account)
    for one in _all(lambda cursor: changes.of_account(account.id, Span(limit=_EACH, cursor=cursor), now)):
        said = wording.what(one), "; ".join(wording.details(one)), wording.who(one.actor, names)
        yield one.at, *said, wording.whence(one.actor), one.unfinished


def _planned(account: Account, _now: datetime) -> Iterator[Row]:
    yield "time", "state", "trigger", "kind", "record_id", "date", "reason", "cancelled_by"
    for one in _all(partial(triggers.upcoming, account.id, account.created_at, limit=_EACH)):
        what = one.trigger, one.kind, one.record_id, one.day
        yield one.fires_at, one.state, *what, one.detail or one.reason, one.cancelled_by


def _notifications(account: Account, _now: datetime) -> Iterator[Row]:
    yield "person", "mails_about_replies", "after_minutes_unread", "not_at_night"
    names = {person.id: person.name for person in people.of_account(account)}
    for one in reply_notices.of_account(account.id).values():
        yield names.get(one.person, one.person), one.wanted, one.delay_minutes, one.quiet_at_night


def _sessions(account: Account, now: datetime) -> Iterator[Row]:
    yield "person", "role", "browser", "begun_at", "last_used_at"
    for one in sessions.of_account(account.id, now):
        yield one.name, one.role, one.browser, one.begun_at, one.seen_at


def _webhooks(account: Account, now: datetime) -> Iterator[Row]:
    yield "time", "type", "state", "attempts", "error", "finished_at", "data", "id"
    for state in (DeliveryState.FAILED, DeliveryState.PENDING):
        for one in _all(partial(webhooks.page, account.id, state, now, limit=_EACH)):
            what = one.created_at, one.event, one.state, one.attempt, one.error
            yield *what, one.finished_at, _json(one.data), one.id


def _invoices(account: Account, _now: datetime) -> Iterator[Row]:
    yield "number", "month", "issued_on", "due_on", "plan", "units_used", "units_beyond", "total", "currency", "lines"
    for one in invoices.all_of(account.id):
        head = one.number, one.month, one.issued_on, one.due_on, one.plan_title, one.units_used, one.units_beyond
        yield *head, f"{one.total_micros / _MICROS:.2f}", one.currency, _json(one.lines)


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
        yield name, value if isinstance(value, str | int | None) else _json(value)


_SETTINGS = (
    *("id", "name", "email", "phone", "sender_name", "country_code", "time_zone", "allowed_countries", "statuses"),
    *("quiet_hours", "quiet_zone", "units_a_day", "texts_an_hour", "retention_days", "smart_encoding"),
    *("create_clients", "on_uncertain", "opening_hours", "away_text", "client_fields", "number", "plan_changes"),
    *("created_at", "product", "edition", "delivery", "webhook_url", "webhook_events"),
)

FILES: dict[str, tuple[str, Callable[[Account, datetime], Iterator[Row]]]] = {
    "templates": ("Templates", _templates),
    "former-words": ("Former words of templates", _former_words),
    "triggers": ("Automatic texts", _triggers),
    "records": ("Sessions, orders and tasks", _records),
    "broadcasts": ("Broadcasts", _broadcasts),
    "skipped": ("Who got no text of a broadcast", _skipped),
    "drafts": ("Drafts of broadcasts", _drafts),
    "notes": ("Notes on conversations", _notes),
    "assigned": ("Assigned conversations", _assigned),
    "calls": ("Calls", _calls),
    "planned": ("Planned texts", _planned),
    "former-consents": (
        "Consents of numbers that no client has now",
        lambda account, now: export.former_consent_rows(account.id, key_names(account), now),
    ),
    "join-page": ("Words of the join page", _join_page),
    "people": ("People", _people),
    "notifications": ("Notifications", _notifications),
    "sessions": ("Sessions", _sessions),
    "keys": ("API keys", _keys),
    "webhooks": ("Webhooks that were not taken", _webhooks),
    "changes": ("Changes of a year", _changes),
    "invoices": ("Invoices", _invoices),
    "usage": ("Usage by day", _usage),
    "settings": ("Settings", _settings),
}
"""The files besides clients, messages and opt-outs: their titles and rows, by name."""


LONG = {"former-consents"}
"""Those that take long in a studio with many messages, as clients and messages do."""


def _all(page: Callable[..., Any]) -> Iterator[Any]:
    """Yield the items of all pages; `page` returns those of a `cursor`, and the next one."""
    cursor = None
    while True:
        found = page(cursor=cursor)
        items, cursor = found if isinstance(found, tuple) else astuple(found)
        yield from items
        if cursor is None:
            return


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode() if value else ""


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
