"""Wrong passwords: counted by account and source address, which has to wait after too many of them."""

from datetime import datetime, timedelta
from hashlib import blake2b
from ipaddress import ip_address, ip_network

from boto3.dynamodb.conditions import Attr
from msgspec import Struct

from longcode.table import credential_keys, keys, store
from longcode.table.writes import PRESENT, Attributes, Put, Update, read

MOST_WRONG = 5
"""How many different wrong passwords an address can try before it has to wait."""

WAIT = timedelta(minutes=15)
"""How long an address has to wait after its last wrong password; without one for so long, the count begins again."""

_IPV6_NETWORK = 64  # a customer's network has this prefix at least, and any number of addresses


class Attempts(Struct, frozen=True, kw_only=True):
    """The wrong passwords of a source address for an account, each as a tag. `told`: it was put on the due index."""

    account: str
    address: str
    tags: set[str] = set()
    told: bool = False

    @property
    def must_wait(self) -> bool:
        """Return whether passwords from the address are refused unread."""
        return len(self.tags) >= MOST_WRONG


def source(address: str) -> str:
    """Return the part of a source address that stands for one customer of a network: an IPv6 address's /64."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    return str(parsed) if parsed.version == 4 else str(ip_network((parsed, _IPV6_NETWORK), strict=False))  # noqa: PLR2004


def with_password_hash(account: str, address: str, now: datetime) -> tuple[Attempts | None, str | None]:
    """Return the wrong passwords of an address for an account, if any, and the hash of the right one, in one call."""
    place, password = credential_keys.attempts(account, address), keys.password(account)
    items = store.get_many([place, password])
    item = store.unexpired(items.get(place), now)
    hashed = items[password]["hash"] if password in items else None
    return (read(Attempts, item) if item else None), hashed


def note_wrong(
    known: Attempts | None, account: str, address: str, password: str, now: datetime, *, hashed: str | None
) -> None:
    """Count a wrong password, unless it was counted before. At the limit, put the item on the due index.

    The sweeper then tells the owner. `hashed` is the hash of the right one, or None.
    """
    tag = _tag(hashed or account, password)
    tags = known.tags if known else set()
    if tag in tags:
        return
    place = credential_keys.attempts(account, address)
    until = store.expires(now + WAIT)
    item = {"type": "attempts", "account": account, "address": address, **until}
    if known is None and store.try_write(Put(place, item | {"tags": {tag}}, store.absent_or_expired(now))):
        return
    due = {"told": True, **_due(account, address, now)} if len(tags) + 1 >= MOST_WRONG else {}
    store.write(Update(place, changes=item | due, add={"tags": {tag}}))


def ensure_told(known: Attempts, now: datetime) -> None:
    """Put an address that has to wait on the due index, if parallel calls reached the limit without doing so."""
    if not known.told:
        place = credential_keys.attempts(known.account, known.address)
        changes = {"told": True, **_due(known.account, known.address, now)}
        store.try_write(Update(place, changes=changes, when=PRESENT & Attr("told").not_exists()))


def unschedule(item: Attributes) -> None:
    """Take the item off the due index, because the owner is told."""
    place = credential_keys.attempts(item["account"], item["address"])
    store.try_write(Update(place, remove=("due_shard", "due_at"), when=PRESENT))


def _tag(key: str, password: str) -> str:
    """Return 16 bits of a password's hash: enough to see that it is the same one, too few to find out which.

    The hash of the right password is its key, so nobody can compute which guesses count as one.
    """
    return blake2b(password.encode(), key=blake2b(key.encode()).digest(), digest_size=2).hexdigest()


def _due(account: str, address: str, now: datetime) -> dict[str, str]:
    return keys.due(f"{account}{address}", now)
