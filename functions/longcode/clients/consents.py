"""Consents in the table: their events for each phone, kept five years."""

from datetime import date, datetime, timedelta

from msgspec import Struct

from longcode.clients.client import Client, consent_means
from longcode.clients.permission import Consent, ConsentMeans, Permission, Via
from longcode.table import consent_keys, store
from longcode.table.writes import Put, attributes, read

_KEPT = timedelta(days=5 * 366)


class ConsentEvent(Struct, frozen=True, kw_only=True):
    """A client with a phone agreed to texts, or no longer did: when, who wrote it, and how, as in `Permission`.

    `words` are what the client replied to the text of a join page.
    """

    account: str
    phone: str
    client_id: str
    at: datetime
    given: bool
    via: Via
    person: str | None = None
    key: str | None = None
    means: ConsentMeans | None = None
    given_on: date | None = None
    taken_by: str | None = None
    source: str | None = None
    words_version: int | None = None
    words: str = ""


def event_writes(old: Client | None, new: Client, consent: Consent | None = None) -> list[Put]:
    """Return the writes of the events that belong in the transaction which writes a client.

    There is one for each phone if Allow Text Marketing, or how the client agreed, has changed, and one for each
    further phone of a client who allows texts.
    """
    is_changed = new.permission != (old.permission if old else None)
    known = {phone.number for phone in old.phones} if old and not is_changed else set()
    if new.permission is None or not (is_changed or new.allow_text_marketing):
        return []
    numbers = sorted({phone.number for phone in new.phones} - known)
    return [_event_put(new, new.permission, number, consent) for number in numbers]


def of_phone(account: str, phone: str, now: datetime) -> list[ConsentEvent]:
    """Return the consents of an account's clients with a phone, oldest first."""
    items = store.all_unexpired(store.query(consent_keys.consent_event(phone, account)), now)
    return [read(ConsentEvent, item) for item in items]


def _event_put(client: Client, permission: Permission, number: str, consent: Consent | None) -> Put:
    event = ConsentEvent(
        account=client.account,
        phone=number,
        client_id=client.id,
        at=client.updated_at,
        given=client.allow_text_marketing,
        via=permission.via,
        person=permission.person,
        key=permission.key,
        means=consent_means(client),
        given_on=permission.given_on,
        taken_by=permission.taken_by,
        source=permission.source,
        words_version=permission.words_version,
        words=consent.words if consent else "",
    )
    place = consent_keys.consent_event(number, client.account, event.at, client.id)
    return Put(place, {"type": "consent-event", **store.expires(event.at + _KEPT), **attributes(event)})
