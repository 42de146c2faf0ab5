"""A client of a studio: which of their phones may be texted, and which audience they are in."""

from collections import Counter
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from longcode.accounts.account import Account, QuietZone
from longcode.clients.permission import (
    Change,
    Consent,
    ConsentMeans,
    Permission,
    Writer,
    change_by,
    permission_by,
    unsaid,
)
from longcode.errors import NoNumberTicked, NoPermission
from longcode.folded import fold
from longcode.shown import Shown
from longcode.template import full_name, own_field

MOST_ID_BYTES = 300_000
"""The bytes of the ids of one audience, at most: an item of the table holds 400 kB."""

MOST_IDS = 1_000
"""How many ids an audience may name."""

MOST_CLIENTS = 50_000
"""The most clients that a broadcast may have: as many as a planning step can read in its time."""

_OF_THE_STUDIO = (
    "first_name",
    "last_name",
    "phones",
    "allow_text_marketing",
    "tags",
    "status",
    "time_zone",
    "fields",
)
_FAILURES = (
    2  # so many texts must come back until a number counts as unreachable: a carrier's answer may be wrong once
)


class Phone(Shown, frozen=True, kw_only=True):
    """A client's number in E.164 and as the studio entered it, and whether its SMS box is ticked (facts S25)."""

    number: str
    entered: str
    sms: bool = True
    label: str | None = None


class Client(Struct, frozen=True, kw_only=True):
    """A client under the studio's own id.

    `heard_stop` are the phones that must be looked up before a text: they may have opted out, or may be our numbers.

    `unreachable` has, for each text that came back because its number is a landline or unknown, "number message-id".
    `made_by_text`: a text to an unknown number created the client, and since then the studio has not said whether it
    allows texts. `permission` says who last changed whether it allows them, and `changed` who last changed the client
    at all; nobody has, or it was before December 2026, if it is None. `fields` are the values of the studio's own
    fields, by name; a field that the studio has removed keeps its values, which nothing shows.
    """

    account: str
    id: str
    updated_at: datetime
    first_name: str = ""
    last_name: str = ""
    phones: tuple[Phone, ...] = ()
    allow_text_marketing: bool = False
    tags: tuple[str, ...] = ()
    status: str | None = None
    time_zone: str | None = None
    fields: dict[str, str] = {}
    heard_stop: frozenset[str] = frozenset()
    unreachable: frozenset[str] = frozenset()
    made_by_text: bool = False
    permission: Permission | None = None
    changed: Change | None = None


class Audience(Struct, frozen=True, kw_only=True):
    """Which clients a broadcast is for: `everyone`, or `client_ids`, or those with one of `tags` and with `status`.

    `tags`, `status` and `search`, which finds clients as `is_found_by` does, may each be left out. A client that is
    excluded, by id or by a tag, is never in the audience.
    """

    client_ids: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    status: str | None = None
    search: str | None = None
    everyone: bool = False
    except_client_ids: tuple[str, ...] = ()
    except_tags: tuple[str, ...] = ()


def client_of_number(account: str, number: str, entered: str, now: datetime) -> Client:
    """Return the client that texting an unknown number creates, without permission for marketing.

    The id is derived from the number, so creating the client again creates no second one.
    """
    phone = Phone(number=number, entered=entered)
    return Client(account=account, id=f"tel-{number[1:]}", updated_at=now, phones=(phone,), made_by_text=True)


def with_writer(old: Client | None, client: Client, writer: Writer, consent: Consent | None = None) -> Client:
    """Return a record that is to be written in place of the old one, with who last changed it and its permission.

    `consent` is how the client agreed to texts, if the writer says so.
    """
    at = client.updated_at
    is_kept = client.allow_text_marketing == (old is not None and old.allow_text_marketing)
    is_kept = is_kept and not (client.allow_text_marketing and consent)
    is_same = old is not None and all(getattr(client, name) == getattr(old, name) for name in _OF_THE_STUDIO)
    given = (consent or unsaid(writer)) if client.allow_text_marketing else None
    return replace(
        client,
        permission=(old.permission if old else None) if is_kept else permission_by(writer, at, given),
        changed=old.changed if old and is_same and is_kept else change_by(writer, at),
    )


def consent_means(client: Client) -> ConsentMeans | None:
    """Return how a client agreed to texts, None if the record does not allow them."""
    if not client.allow_text_marketing:
        return None
    return (client.permission.means if client.permission else None) or ConsentMeans.UNKNOWN


def may_be_texted(client: Client, number: str) -> bool:
    """Return whether the client's record allows a text to that number (facts S24, S25).

    A record that was created by a text to the number allows the next text too.
    """
    return (client.allow_text_marketing or client.made_by_text) and number in ticked_numbers(client)


def ticked_numbers(client: Client) -> tuple[str, ...]:
    """Return the distinct numbers that are ticked for SMS, in the order of the record."""
    return tuple(dict.fromkeys(phone.number for phone in client.phones if phone.sms))


def unreachable_numbers(client: Client) -> tuple[str, ...]:
    """Return the ticked numbers for which two texts came back as for a landline or an unknown number."""
    failures = Counter(pair.partition(" ")[0] for pair in client.unreachable)
    return tuple(number for number in ticked_numbers(client) if failures[number] >= _FAILURES)


def numbers_to_text(client: Client) -> tuple[str, ...]:
    """Return the numbers to text; raise `NoPermission` or `NoNumberTicked` (facts S24–S27)."""
    if not client.allow_text_marketing:
        raise NoPermission("Allow Text Marketing is not checked on this client's record.", field="client_id")
    numbers = ticked_numbers(client)
    if not numbers:
        raise NoNumberTicked("None of this client's numbers is ticked for SMS.", field="client_id")
    return numbers


def quiet_zone(account: Account, client: Client | None) -> str | None:
    """Return the time zone of a client's quiet hours, or None if it has to be derived from the phone."""
    if client and client.time_zone:
        return client.time_zone
    return account.time_zone if account.quiet_zone is QuietZone.STUDIO else None


def client_merge_values(account: Account, client: Client | None) -> dict[str, str]:
    """Return the values of the merge fields that the account and the client fill."""
    values = {"studio.name": account.name, "studio.phone": account.phone or ""}
    if client:
        values["client.first_name"] = client.first_name
        values["client.last_name"] = client.last_name
        values["client.name"] = full_name(client.first_name, client.last_name)
    for name in account.client_fields:
        values[own_field(name)] = client.fields.get(name, "") if client else ""
    return values


def is_in_audience(audience: Audience, client: Client) -> bool:
    """Return whether a client is in an audience."""
    if client.id in audience.except_client_ids or not _disjoint(client.tags, audience.except_tags):
        return False
    if audience.everyone:
        return True
    if audience.client_ids:
        return client.id in audience.client_ids
    if not (audience.tags or audience.status or audience.search):
        return False
    tagged = not audience.tags or not _disjoint(client.tags, audience.tags)
    return tagged and audience.status in (None, client.status) and is_found_by(client, audience.search or "")


def found_by(client: Client) -> str:
    """Return the words by which a search finds a client."""
    phones = " ".join(phone.number for phone in client.phones)
    return f"{fold(full_name(client.first_name, client.last_name))} {fold(client.id)} {phones}"


def words_of_search(text: str) -> list[str]:
    """Return the words of a search; what looks like a number is one word of digits."""
    digits = "".join(filter(str.isdigit, text))
    return [digits] if digits and not any(map(str.isalpha, text)) else fold(text).split()


def is_found_by(client: Client, text: str) -> bool:
    """Return whether a client has each word of a search in a name, number or id."""
    words = words_of_search(text)
    return not words or all(map(found_by(client).__contains__, words))


def audience_ids(audience: Audience, after: str | None) -> list[str]:
    """Return the ids that an audience names and does not exclude, sorted as in the table, starting after an id."""
    ids = set(audience.client_ids).difference(audience.except_client_ids)
    later = (client_id for client_id in ids if after is None or _order(client_id) > _order(after))
    return sorted(later, key=_order)


def _order(client_id: str) -> bytes:
    return client_id.encode()  # DynamoDB sorts by UTF-8


def _disjoint(some: tuple[str, ...], others: tuple[str, ...]) -> bool:
    return set(some).isdisjoint(others)
