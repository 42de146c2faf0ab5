"""Our numbers in the table: last texts to a phone, dedicated numbers, sticky senders, throughput."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from boto3.dynamodb.conditions import Attr, ConditionBase
from msgspec import Struct

from longcode.accounts.account import Account
from longcode.numbers.routing import LastText, after_text, initial_sticky_senders, sticky_number, unblocked
from longcode.table import keys, store
from longcode.table.writes import ABSENT, PRESENT, Attributes, Put, Update, Write, attributes, has_value, read

_KEPT_AFTER = timedelta(days=30)  # a number that an account gave up, because its clients may still reply to it
_PAGE = 1000
_THREADS = 16

_EPOCH = datetime.fromtimestamp(0, UTC)
_MILLISECOND = timedelta(milliseconds=1)
# The longest text (24 segments) takes 4.5 minutes at the slowest rate (0.1 segments a second). What is later was
# written by a wrong clock, and is ignored.
_MOST_AHEAD = timedelta(minutes=5)


class BlockedPhone(Struct, frozen=True):
    """A phone, the numbers for which the carrier blocks it, and the one that it texted START to after that."""

    phone: str
    blocked: list[str]
    opted_in_over: str


def record_text(text: LastText, most_an_hour: int, before: LastText | None = None) -> bool:
    """Record a text that is about to be sent as its account's last to the phone; return False at the hourly limit.

    `before` is the last text as it was read before, or None if there was none. The write is conditional on it, so
    the limit holds however many workers text the phone at once.
    """
    key = keys.last_text(text.phone, text.number, text.account)
    while after := after_text(before, text, most_an_hour):
        try:
            store.write(Put(key, {"type": "route", **attributes(after)}, when=_unchanged(before)))
        except store.ConditionFailed as failed:
            before = read(LastText, failed.found[0])
        else:
            return True
    return False


def _unchanged(before: LastText | None) -> ConditionBase:
    if before is None:
        return ABSENT
    # An item that an older release wrote has no `lately`.
    return has_value("message_id", before.message_id) & has_value("lately", before.lately or None)


def last_texted(account: str, numbers: Mapping[str, str]) -> dict[str, datetime]:
    """Return when an account last texted each phone over its number in `numbers`, without phones it never texted."""
    items = store.get_many(keys.last_text(phone, number, account) for phone, number in numbers.items())
    texts = [read(LastText, item) for item in items.values()]
    return {text.phone: text.at for text in texts}


def last_texts_to(phone: str, number: str) -> list[LastText]:
    """Return each account's last text to this phone over this number."""
    return [read(LastText, item) for item in store.query(keys.last_text(phone, number))]


def accounts_texting(phone: str) -> list[str]:
    """Return the accounts that ever texted this phone, over any number."""
    return list(dict.fromkeys(str(item["account"]) for item in store.query(keys.last_texts(phone))))


def dedicated_owner(number: str) -> str | None:
    """Return the account that a number is dedicated to, or None."""
    item = store.get(keys.dedicated(number))
    return item.get("account") if item else None


def dedicated_since(account: str) -> datetime | None:
    """Return since when an account has a number of its own; None if it has none."""
    at = (store.get(keys.account(account)) or {}).get("number_since")
    return datetime.fromisoformat(at) if at else None


def all_dedicated() -> list[str]:
    """Return the dedicated numbers, including those that were given up and are kept for their last account."""
    entries = store.query_index(keys.FOLDER, keys.dedicated_numbers(), page=_PAGE)
    return [str(entry["folder_at"]) for entry in entries]


def dedicated_among(phones: Iterable[str], at: datetime) -> frozenset[str]:
    """Return those of the phones that are dedicated to an account, or kept for the one that gave them up."""
    wanted = {phone: keys.dedicated(phone) for phone in phones}
    items = store.get_many(wanted.values()) if wanted else {}
    return frozenset(phone for phone, key in wanted.items() if is_in_use(items.get(key), at))


def is_in_use(item: Attributes | None, at: datetime) -> bool:
    """Return whether the item of a dedicated number shows that an account has it, or that it is kept for one."""
    return item is not None and ("account" in item or str(item.get("kept_until", "")) > keys.instant(at))


def dedicate(account: Account, number: str | None, at: datetime) -> bool:
    """Dedicate a number, or none, to an account in place of its present one; return False if another account has it.

    A number that an account gave up is kept for it for thirty days before another account can have it.
    Raise `ConditionFailed` when the account's number was changed since it was read.
    """
    unchanged = has_value("number", account.number)
    changes = {"number": number, "number_since": account.number_since or at} if number else {}
    remove = () if number else ("number", "number_since")
    writes: list[Write] = [Update(keys.account(account.id), changes=changes, remove=remove, when=PRESENT & unchanged)]
    if account.number:
        given_up = {**_dedicated_item(account.number), "kept_for": account.id, "kept_until": at + _KEPT_AFTER}
        writes.append(Put(keys.dedicated(account.number), given_up))
    if number:
        kept_long_enough = Attr("account").not_exists() & Attr("kept_until").lte(keys.instant(at))
        free = ABSENT | Attr("account").eq(account.id) | Attr("kept_for").eq(account.id) | kept_long_enough
        writes.append(Put(keys.dedicated(number), {**_dedicated_item(number), "account": account.id, "at": at}, free))
    try:
        store.transact(writes)
    except store.ConditionFailed as failed:
        if 0 in failed.found:
            raise
        return False
    return True


def _dedicated_item(number: str) -> Attributes:
    return {"type": "dedicated", "number": number, "folder": keys.dedicated_numbers(), "folder_at": number}


def park(number: str, code: str, sent_at: datetime) -> None:
    """Hold all texts from a number, because the carrier gave back one that was sent at `sent_at`.

    A text from before the operator's last release does not park the number again.
    """
    not_since = Attr("released_at").not_exists() | Attr("released_at").lt(keys.instant(sent_at))
    parked = {"type": "parked-number", "number": number, "code": code, "at": sent_at}
    store.try_write(Update(keys.parked_number(number), changes=parked, remove=("released_at",), when=not_since))


def release(our_numbers: Iterable[str], at: datetime) -> None:
    """Release the parked ones among these numbers."""
    items = store.get_many(keys.parked_number(number) for number in our_numbers)
    for key, item in items.items():
        if "code" in item:
            store.write(Update(key, changes={"released_at": at}, remove=("code",)))


def expected_senders(account: str, phones: Iterable[str], shared: Sequence[str]) -> dict[str, str]:
    """Return the number from which an account's next text to each phone would go, without keeping the choice."""
    wanted = {phone: keys.sticky_senders(phone) for phone in phones}
    items = store.get_many(wanted.values())
    return {phone: _sticky_number(items.get(key), account, phone, shared) for phone, key in wanted.items()}


def choose_senders(account: str, phones: Iterable[str], shared: Sequence[str]) -> dict[str, str]:
    """Return the number from which an account texts each phone, by phone; a new choice is stored."""
    wanted = {phone: keys.sticky_senders(phone) for phone in phones}
    items = store.get_many(wanted.values())
    if len(wanted) == 1:  # a text to one phone needs no threads
        return {phone: _choose(account, phone, shared, items.get(key)) for phone, key in wanted.items()}
    with ThreadPoolExecutor(_THREADS) as pool:
        chosen = pool.map(lambda phone: _choose(account, phone, shared, items.get(wanted[phone])), wanted)
        return dict(zip(wanted, chosen, strict=True))


def _choose(account: str, phone: str, shared: Sequence[str], item: Attributes | None) -> str:
    """Choose and write an account's sticky sender, on condition that nobody wrote the phone's item since it was read.

    So accounts that text a phone at once see each other's choices.
    """
    item = item or {}
    while True:
        # A phone without sticky senders may have been texted while there was one shared number.
        senders = item["numbers"] if "numbers" in item else initial_sticky_senders(_newest_texts(phone), shared)
        number = _sticky_number({**item, "numbers": senders}, account, phone, shared)
        if "numbers" in item and senders.get(account) == number:
            return number
        changes = {"type": "lines", "phone": phone, "numbers": {**senders, account: number}}
        try:
            store.write(Update(keys.sticky_senders(phone), changes=changes, when=_same_senders(item)))
        except store.ConditionFailed as failed:
            item = failed.found[0]
        else:
            return number


def _same_senders(item: Attributes) -> ConditionBase:
    same = Attr("numbers").eq(item["numbers"]) if "numbers" in item else Attr("numbers").not_exists()
    return same & (Attr("blocked").eq(item["blocked"]) if "blocked" in item else Attr("blocked").not_exists())


def _sticky_number(item: Attributes | None, account: str, phone: str, shared: Sequence[str]) -> str:
    usable = unblocked(shared, (item or {}).get("blocked", ()))
    return sticky_number(_sticky_senders(item), account, phone, usable, (item or {}).get("opted_in_over"))


def block_pair(phone: str, number: str, opted_in_over: str, at: datetime) -> None:
    """Text a phone no more from one of our numbers, but from the one that it texted START to."""
    changes = {"type": "lines", "phone": phone, "opted_in_over": opted_in_over}
    listed = {"folder": keys.blocked_pairs(), "folder_at": keys.folder_place(at, phone)}
    store.write(Update(keys.sticky_senders(phone), changes={**changes, **listed}, add={"blocked": {number}}))


def unblock_pair(phone: str, number: str) -> None:
    """End the block of a phone and a number, because the phone has texted START to it."""
    while True:
        item = store.get(keys.sticky_senders(phone)) or {}
        blocked = set(item.get("blocked", ()))
        if number not in blocked:
            return
        left = blocked - {number}
        changes = {"blocked": left} if left else {}
        remove = () if left else ("blocked", "opted_in_over", "folder", "folder_at")
        unchanged = Attr("blocked").eq(blocked)
        if store.try_write(Update(keys.sticky_senders(phone), changes=changes, remove=remove, when=unchanged)):
            return


def blocked_pairs_page(*, limit: int, cursor: str | None) -> tuple[list[BlockedPhone], str | None]:
    """Return a page of the phones that the carrier blocks for some of our numbers, newest first."""
    items, next_cursor = store.index_page(keys.blocked_pairs(), limit=limit, cursor=cursor, newest_first=True)
    return [
        BlockedPhone(item["phone"], sorted(item["blocked"]), item["opted_in_over"]) for item in items
    ], next_cursor


def _newest_texts(phone: str) -> dict[str, str]:
    """Return the account that last texted a phone over each of our numbers."""
    texts = [read(LastText, item) for item in store.query(keys.last_texts(phone))]
    return {text.number: text.account for text in sorted(texts, key=lambda text: text.at)}


def _sticky_senders(item: Attributes | None) -> Mapping[str, str]:
    """Return the number from which each account texts the phone, by account."""
    return item["numbers"] if item and "numbers" in item else {}


def reserve_throughput(number: str, duration: timedelta, now: datetime, longest_wait: timedelta) -> datetime | None:
    """Reserve the next free time of a number; return when it begins, or None if the wait is too long.

    No two reservations overlap, however many workers reserve at once.
    """
    start = at = _milliseconds(now)
    free = (
        Attr("free_from").not_exists()
        | Attr("free_from").lte(at)
        | Attr("free_from").gt(at + _MOST_AHEAD // _MILLISECOND)
    )
    while start <= at + longest_wait // _MILLISECOND:
        changes = {"type": "pace", "free_from": start + -(-duration // _MILLISECOND)}  # rounded up
        try:
            store.write(Update(keys.throughput(number), changes=changes, when=free))
        except store.ConditionFailed as failed:
            free_from = int(failed.found[0]["free_from"])
            start, free = max(free_from, at), Attr("free_from").eq(free_from)
        else:
            return _EPOCH + start * _MILLISECOND
    return None


def _milliseconds(at: datetime) -> int:
    return (at - _EPOCH) // _MILLISECOND
