"""A person whom a studio serves, and which of their phones may be texted."""

from dataclasses import dataclass
from datetime import datetime

from longcode.account import Account, QuietZone
from longcode.errors import NoNumberTicked, NoPermission


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


def of_number(account: str, number: str, entered: str, now: datetime) -> Client:
    """Make the client that texting an unknown number creates; nobody has allowed marketing yet.

    Its id comes of the number, so that there is one however often it is made.
    """
    phone = Phone(number=number, entered=entered)
    return Client(account=account, id=f"tel-{number[1:]}", updated_at=now, phones=(phone,), made_by_text=True)


def may_be_texted(client: Client, number: str) -> bool:
    """Tell whether a text to that number is allowed by the client's record (facts S24, S25).

    A record that such a text has made does not stand in the way of the next one.
    """
    return (client.allow_text_marketing or client.made_by_text) and number in ticked(client)


def ticked(client: Client) -> tuple[str, ...]:
    """List the numbers to text, each once, in the order of the record."""
    return tuple(dict.fromkeys(phone.number for phone in client.phones if phone.sms))


def numbers_to_text(client: Client) -> tuple[str, ...]:
    """List the numbers to text; raises `NoPermission` or `NoNumberTicked` (facts S24–S27)."""
    if not client.allow_text_marketing:
        raise NoPermission("Allow Text Marketing is not checked on this client's record.", field="client_id")
    numbers = ticked(client)
    if not numbers:
        raise NoNumberTicked("None of this client's numbers is ticked for SMS.", field="client_id")
    return numbers


def quiet_zone(account: Account, client: Client | None) -> str | None:
    """Name the zone whose clock tells a client's quiet hours; None if only the phone tells where it may be."""
    if client and client.time_zone:
        return client.time_zone
    return account.time_zone if account.quiet_zone is QuietZone.STUDIO else None


def merge_values(account: Account, client: Client | None) -> dict[str, str]:
    """Give the values of the merge fields that the account and the client fill."""
    values = {"studio.name": account.name, "studio.phone": account.phone or ""}
    if client:
        name = f"{client.first_name} {client.last_name}".strip()
        values |= {"client.first_name": client.first_name, "client.last_name": client.last_name}
        values["client.name"] = name
    return values
