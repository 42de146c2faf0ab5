"""The clients as CSV files that an import reads again, each small enough for a response, and their consents."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from itertools import islice

from msgspec import Struct

from longcode.aws.at_once import at_once
from longcode.billing.sheet import csv_text
from longcode.clients import consents
from longcode.clients import store as client_store
from longcode.clients.client import Client, consent_means
from longcode.clients.consents import ConsentEvent
from longcode.clients.permission import Permission, Via
from longcode.clients.search import Wanted, find_all
from longcode.messages import folders
from longcode.months import instant

_MOST_BYTES = 4_000_000  # Lambda returns 6 MB, and JSON writes a quotation mark in two bytes
_PHONES = 5  # with columns of their own, as an import has them
_NAMES = ("id", "first_name", "last_name")
_REST = ("allow_text_marketing", "tags", "status", "time_zone")
_OF_CONSENT = ("text_marketing_means", "text_marketing_given_on", "text_marketing_taken_by")
_OF_EVENTS = (
    *("phone", "client_id", "time", "allowed", "means", "given_on", "taken_by", "source", "join_page_version"),
    *("replied", "via", "by"),
)
_AT_ONCE = 20
_FOR_READING = ("more_phones", "text_marketing_since", "text_marketing_via", "text_marketing_by", *_OF_CONSENT)


class Part(Struct, frozen=True):
    """A file of an export: its first client comes after an id, and it has so many clients."""

    after: str | None
    count: int


def parts(account: str, own: Collection[str] = (), *, most_bytes: int = _MOST_BYTES) -> list[Part]:
    """Return the files that an account's clients fill; one without clients has none. `own` are its own fields."""
    found: list[Part] = []
    own = sorted(own)
    after, last, count, size = None, None, 0, 0
    for client in find_all(account, Wanted()):
        length = len(",".join(_row(client, {}, own)).encode()) + len(_FOR_READING) * 40
        if count and size + length > most_bytes:
            found.append(Part(after, count))
            after, count, size = last, 0, 0
        last, count, size = client.id, count + 1, size + length
    return [*found, Part(after, count)] if count else found


def csv_file(account: str, part: Part, key_names: Mapping[str, str], own: Collection[str] = ()) -> str:
    """Return the clients of a part as a CSV file. `key_names` are the names of the account's API keys by id.

    `own` are the names of its own fields.

    Cells that a spreadsheet would run are quoted, and phones with them, which keeps each of their digits.
    """
    return csv_text(rows(account, part, key_names, own))


def rows(
    account: str, part: Part, key_names: Mapping[str, str], own: Collection[str] = ()
) -> Iterator[Iterable[str]]:
    """Yield the headings and the clients of a part, as `csv_file` has them."""
    own = sorted(own)
    yield _headings(own)
    for client in islice(find_all(account, Wanted(), part.after), part.count):
        yield _row(client, key_names, own)


def consent_rows(account: str, part: Part, key_names: Mapping[str, str], now: datetime) -> Iterator[Iterable[str]]:
    """Yield the headings and all that is kept of when and how the clients of a part agreed, or no longer did."""
    yield _OF_EVENTS
    clients = islice(find_all(account, Wanted(), part.after), part.count)
    while some := list(islice(clients, _AT_ONCE)):
        ids = {client.id for client in some}
        phones = dict.fromkeys(phone.number for client in some for phone in client.phones)
        for events in at_once(*(partial(consents.of_phone, account, phone, now) for phone in phones)):
            yield from (_event_row(event, key_names) for event in events if event.client_id in ids)


def former_consent_rows(account: str, key_names: Mapping[str, str], now: datetime) -> Iterator[Iterable[str]]:
    """Yield the headings and the consents of phones that were texted, or wrote, and that no client has now."""
    yield _OF_EVENTS
    phones = sorted(folders.phones(account))
    for begin in range(0, len(phones), _AT_ONCE):
        some = phones[begin : begin + _AT_ONCE]
        with_client = {phone for phone, ids in client_store.ids_with_phones(account, some).items() if ids}
        if wanted := [phone for phone in some if phone not in with_client]:
            for events in at_once(*(partial(consents.of_phone, account, phone, now) for phone in wanted)):
                yield from (_event_row(event, key_names) for event in events)


def _event_row(event: ConsentEvent, key_names: Mapping[str, str]) -> list[str]:
    given_on = event.given_on.isoformat() if event.given_on else ""
    how = [event.means or "", given_on, event.taken_by or "", event.source or "", str(event.words_version or "")]
    by = "the client" if event.via is Via.JOIN_PAGE else _by(event, key_names)
    allowed = _yes_or_no(event.given)
    return [event.phone, event.client_id, instant(event.at), allowed, *how, event.words, event.via, by]


def _by(kept: Permission | ConsentEvent, key_names: Mapping[str, str]) -> str:
    return kept.person or (f"API key {key_names.get(kept.key, kept.key)}" if kept.key else "account password")


def _headings(own: Collection[str]) -> Iterator[str]:
    yield from _NAMES
    for place in range(1, _PHONES + 1):
        end = "" if place == 1 else f"_{place}"
        yield from (f"phone{end}", f"sms{end}")
    yield from (*_REST, *own, *_FOR_READING)


def _row(client: Client, key_names: Mapping[str, str], own: Collection[str]) -> list[str]:
    names = [client.id, client.first_name, client.last_name]
    phones = [text for phone in client.phones[:_PHONES] for text in (phone.number, _yes_or_no(phone.sms))]
    phones += [""] * (2 * _PHONES - len(phones))
    allowed = _yes_or_no(client.allow_text_marketing)
    rest = [allowed, "; ".join(client.tags), client.status or "", client.time_zone or ""]
    rest += [client.fields.get(name, "") for name in own]
    more = "; ".join(phone.number for phone in client.phones[_PHONES:])
    kept = client.permission
    if kept is None:
        return [*names, *phones, *rest, more, "", "", "", consent_means(client) or "", "", ""]
    by = _by(kept, key_names)
    given_on = kept.given_on.isoformat() if kept.given_on else ""
    consent = [consent_means(client) or "", given_on, kept.taken_by or ""]
    return [*names, *phones, *rest, more, instant(kept.since), kept.via, by, *consent]


def _yes_or_no(value: bool) -> str:
    return "yes" if value else "no"
