"""A person whom a studio serves, and which of their phones may be texted."""

from dataclasses import dataclass
from datetime import datetime

from longcode.accounts.account import Account, QuietZone
from longcode.errors import NoNumberTicked, NoPermission

MOST_IDS = 1_000
MOST_CLIENTS = 50_000
"""How many clients of an account one broadcast looks at: what planning walks in one go, within its time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A client's number in E.164, as the studio wrote it, and whether its SMS box is ticked (facts S25)."""

    number: str
    entered: str
    sms: bool = True
    label: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A client under the studio's own id. `heard_stop` names phones whose opt-out must be looked up.

    `made_by_text`: a text to a number that nobody had has made it, and the studio has not written it since.
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
    heard_stop: frozenset[str] = frozenset()
    made_by_text: bool = False


def client_of_number(account: str, number: str, entered: str, now: datetime) -> Client:
    """Make the client that texting an unknown number creates; nobody has allowed marketing yet.

    Its id comes of the number, so that there is one however often it is made.
    """
    phone = Phone(number=number, entered=entered)
    return Client(account=account, id=f"tel-{number[1:]}", updated_at=now, phones=(phone,), made_by_text=True)


def may_be_texted(client: Client, number: str) -> bool:
    """Tell whether a text to that number is allowed by the client's record (facts S24, S25).

    A record that such a text has made does not stand in the way of the next one.
    """
    return (client.allow_text_marketing or client.made_by_text) and number in ticked_numbers(client)


def ticked_numbers(client: Client) -> tuple[str, ...]:
    """List the numbers to text, each once, in the order of the record."""
    return tuple(dict.fromkeys(phone.number for phone in client.phones if phone.sms))


def numbers_to_text(client: Client) -> tuple[str, ...]:
    """List the numbers to text; raises `NoPermission` or `NoNumberTicked` (facts S24–S27)."""
    if not client.allow_text_marketing:
        raise NoPermission("Allow Text Marketing is not checked on this client's record.", field="client_id")
    numbers = ticked_numbers(client)
    if not numbers:
        raise NoNumberTicked("None of this client's numbers is ticked for SMS.", field="client_id")
    return numbers


def quiet_zone(account: Account, client: Client | None) -> str | None:
    """Name the zone whose clock tells a client's quiet hours; None if only the phone tells where it may be."""
    if client and client.time_zone:
        return client.time_zone
    return account.time_zone if account.quiet_zone is QuietZone.STUDIO else None


def client_merge_values(account: Account, client: Client | None) -> dict[str, str]:
    """Give the values of the merge fields that the account and the client fill."""
    values = {"studio.name": account.name, "studio.phone": account.phone or ""}
    if client:
        name = f"{client.first_name} {client.last_name}".strip()
        values |= {"client.first_name": client.first_name, "client.last_name": client.last_name}
        values["client.name"] = name
    return values


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Clients by `client_ids`; or those that have one of `tags` and the `status`, if these are said; or all.

    Whoever is excluded by id or by a tag is not in it, whatever else holds.
    """

    client_ids: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    status: str | None = None
    everyone: bool = False
    except_client_ids: tuple[str, ...] = ()
    except_tags: tuple[str, ...] = ()


def is_in_audience(audience: Audience, client: Client) -> bool:
    """Tell whether a client is in an audience."""
    if client.id in audience.except_client_ids or not _disjoint(client.tags, audience.except_tags):
        return False
    if audience.everyone:
        return True
    if audience.client_ids:
        return client.id in audience.client_ids
    if not audience.tags and audience.status is None:
        return False
    tagged = not audience.tags or not _disjoint(client.tags, audience.tags)
    return tagged and audience.status in (None, client.status)


def audience_ids(audience: Audience, after: str | None) -> list[str]:
    """List the ids of an audience by ids that come after one, in the order in which the table has clients."""
    wanted = set(audience.client_ids).difference(audience.except_client_ids)
    return sorted((one for one in wanted if after is None or _order(one) > _order(after)), key=_order)


def _order(client_id: str) -> bytes:
    return client_id.encode()  # DynamoDB sorts by UTF-8


def _disjoint(some: tuple[str, ...], others: tuple[str, ...]) -> bool:
    return set(some).isdisjoint(others)
