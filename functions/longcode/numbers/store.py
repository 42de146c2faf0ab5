"""Our numbers in the table: last texts to a phone and who has which number for it, dedicated numbers, throughput."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from boto3.dynamodb.conditions import Attr, ConditionBase
from msgspec import Struct

from longcode.accounts.account import Account
from longcode.message import Instant
from longcode.months import instant
from longcode.numbers import conversations
from longcode.numbers.conversations import Conversations, NumberChoice, TextRefusal
from longcode.numbers.routing import NOTED_EVERY, LastText, after_text
from longcode.table import keys, store
from longcode.table.writes import ABSENT, PRESENT, Attributes, Put, Update, Write, attributes, has_value, read

_KEPT_AFTER = timedelta(days=30)  # a number that an account gave up, because its clients may still reply to it
_DEDICATED, _PARKED = "dedicated", "parked"
_PAGE = 1000

_EPOCH = datetime.fromtimestamp(0, UTC)
_MILLISECOND = timedelta(milliseconds=1)
# The longest text (24 segments) takes 4.5 minutes at the slowest rate (0.1 segments a second). What is later was
# written by a wrong clock, and is ignored.
MOST_AHEAD = timedelta(minutes=5)


class BlockedPhone(Struct, frozen=True):
    """A phone, the numbers for which the carrier blocks it, and the one that it texted START to after that."""

    phone: str
    blocked: list[str]
    opted_in_over: str


class ParkedNumber(Struct, frozen=True, kw_only=True):
    """A number whose texts are held, because the carrier gave back one that was sent `at`, with this `code`."""

    number: str
    code: str
    at: Instant


def record_text(text: LastText, most_an_hour: int, before: LastText | None = None) -> bool:
    """Do the same as `record_last`; return False at the hourly limit."""
    return record_last(text, most_an_hour, before) is not None


def record_last(text: LastText, most_an_hour: int, before: LastText | None = None) -> LastText | None:
    """Record a text that is about to be sent as its account's last to the phone.

    Return it with the account's texts of the hour, or None at the hourly limit. `before` is the last text as it was
    read before, or None if there was none. The write is conditional on it, so the limit holds however many workers
    text the phone at once.
    """
    key = keys.last_text(text.phone, text.number, text.account)
    while after := after_text(before, text, most_an_hour):
        try:
            store.write(Put(key, {"type": "route", **attributes(after)}, when=_unchanged(before)))
        except store.ConditionFailed as failed:
            before = read(LastText, failed.found[0])
        else:
            return after
    return None


def _unchanged(before: LastText | None) -> ConditionBase:
    if before is None:
        return ABSENT
    # An item that an older release wrote has no `lately`.
    return has_value("message_id", before.message_id) & has_value("lately", before.lately or None)


def take_number(
    text: LastText, most_an_hour: int, choice: NumberChoice, known: Conversations
) -> LastText | TextRefusal:
    """Choose the shared number of a text that is about to be sent, and record it as its account's last to the phone.

    Return it with its number and the account's texts of the hour. `known` are the phone's conversations as they were
    read before. The write is conditional on them, so that accounts that text a phone at once see each other's
    numbers, and the limits hold however many workers text it.
    """
    while True:
        taken = conversations.with_text(known, text, most_an_hour, choice)
        if isinstance(taken, TextRefusal):
            return taken
        after, number = taken
        if try_change(known, after):
            return next(one for one in after.of(text.account) if one.number == number)
        known = conversations_with(text.phone)


def note_reply(phone: str, account: str, number: str, at: datetime) -> None:
    """Record that a phone replied to an account, so that its conversation stays live: once a day is enough."""
    while True:
        known = conversations_with(phone)
        last = next((text for text in known.of(account) if text.number == number), None)
        if last is None or at < last.last_word_at + NOTED_EVERY:
            return
        if try_change(known, conversations.with_reply(known, account, number, at)):
            return


def try_change(known: Conversations, after: Conversations) -> bool:
    """Write a phone's conversations; return False if they were changed since `known` was read."""
    texts = [attributes(text) for text in after.texts]
    changes = {"type": "lines", "phone": known.phone, "texts": texts, "version": known.version + 1}
    unchanged = has_value("version", known.version or None) & has_value("blocked", set(known.blocked) or None)
    return store.try_write(Update(keys.sticky_senders(known.phone), changes=changes, when=unchanged))


def conversations_with(phone: str) -> Conversations:
    """Return the conversations of all accounts with a phone over the shared numbers."""
    return conversations_from(phone, store.get(keys.sticky_senders(phone)))


def conversations_of(phones: Iterable[str]) -> list[Conversations]:
    """Return the conversations with each of some phones, without phones that have none."""
    wanted = {phone: keys.sticky_senders(phone) for phone in phones}
    items = store.get_many(wanted.values())
    return [conversations_from(phone, items[key]) for phone, key in wanted.items() if key in items]


def conversations_from(phone: str, item: Attributes | None) -> Conversations:
    """Return the conversations in the item of a phone, None if the phone has none."""
    return read(Conversations, {**(item or {}), "phone": phone})


def last_texted(account: str, phones: Iterable[str], shared: Sequence[str]) -> dict[str, datetime]:
    """Return when an account last texted each phone over its sticky sender, without phones that have none."""
    return last_texted_in(conversations_of(phones), account, shared)


def last_texted_in(known: Iterable[Conversations], account: str, shared: Sequence[str]) -> dict[str, datetime]:
    """Return the same as `last_texted`, from conversations that the caller has read."""
    return {
        one.phone: own[0].at
        for one in known
        if (own := one.of(account)) and own[0].number == one.sticky_sender(account, shared)
    }


def last_texts_to(phone: str, number: str) -> list[LastText]:
    """Return each account's last text to this phone over this number.

    Those over shared numbers are in one item of the phone; those over dedicated numbers, and all that
    were sent before December 2026, are items of their own.
    """
    own_items = [read(LastText, item) for item in store.query(keys.last_text(phone, number))]
    newest = {text.account: text for text in own_items}
    return list((newest | {text.account: text for text in conversations_with(phone).over(number)}).values())


def all_last_texts(phone: str) -> list[LastText]:
    """Return the last text of each account and number to this phone, of the newest conversations first."""
    own_items = [read(LastText, item) for item in store.query(keys.last_texts(phone))]
    newest = {(text.account, text.number): text for text in (*own_items, *conversations_with(phone).texts)}
    return sorted(newest.values(), key=lambda text: text.last_word_at, reverse=True)


def accounts_texting(phone: str) -> list[str]:
    """Return the accounts that have texted this phone, over any number."""
    return list(dict.fromkeys(text.account for text in all_last_texts(phone)))


def dedicated_owner(number: str) -> str | None:
    """Return the account that a number is dedicated to, or None."""
    item = store.get(keys.dedicated(number))
    return item.get("account") if item else None


def is_dedicated(number: str) -> bool:
    """Return whether a number is, or was, dedicated to an account."""
    return store.get(keys.dedicated(number)) is not None


def dedicated_since(account: str) -> datetime | None:
    """Return since when an account has a number of its own; None if it has none."""
    at = (store.get(keys.account(account)) or {}).get("number_since")
    return datetime.fromisoformat(at) if at else None


def all_dedicated() -> list[str]:
    """Return the dedicated numbers, including those that were given up and are kept for their last account."""
    return _listed(_DEDICATED)


def all_parked() -> list[ParkedNumber]:
    """Return the parked numbers, whether or not texts are still sent from them."""
    items = store.get_many(keys.parked_number(number) for number in _listed(_PARKED))
    parked = [read(ParkedNumber, item) for item in items.values() if "code" in item]
    return sorted(parked, key=lambda one: one.number)


def _listed(kind: str) -> list[str]:
    return [str(entry["folder_at"]) for entry in store.query_index(keys.FOLDER, keys.our_numbers(kind), page=_PAGE)]


def dedicated_among(phones: Iterable[str], at: datetime) -> frozenset[str]:
    """Return those of the phones that are dedicated to an account, or kept for the one that gave them up."""
    wanted = {phone: keys.dedicated(phone) for phone in phones}
    items = store.get_many(wanted.values()) if wanted else {}
    return frozenset(phone for phone, key in wanted.items() if is_in_use(items.get(key), at))


def is_in_use(item: Attributes | None, at: datetime) -> bool:
    """Return whether the item of a dedicated number shows that an account has it, or that it is kept for one."""
    return item is not None and ("account" in item or str(item.get("kept_until", "")) > instant(at))


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
        kept_long_enough = Attr("account").not_exists() & Attr("kept_until").lte(instant(at))
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
    return {"type": "dedicated", "number": number, "folder": keys.our_numbers(_DEDICATED), "folder_at": number}


def park(number: str, code: str, sent_at: datetime) -> None:
    """Hold all texts from a number, because the carrier gave back one that was sent at `sent_at`.

    A text from before the operator's last release does not park the number again.
    """
    not_since = store.unset_or_before("released_at", sent_at)
    listed = {"folder": keys.our_numbers(_PARKED), "folder_at": number}
    parked = {"type": "parked-number", **attributes(ParkedNumber(number=number, code=code, at=sent_at)), **listed}
    store.try_write(Update(keys.parked_number(number), changes=parked, remove=("released_at",), when=not_since))


def release(number: str, at: datetime) -> bool:
    """Release a number; return False if it is not parked."""
    change = Update(
        keys.parked_number(number),
        changes={"released_at": at},
        remove=("code", "folder", "folder_at"),
        when=Attr("code").exists(),
    )
    return store.try_write(change)


def block_pair(phone: str, number: str, opted_in_over: str, at: datetime) -> None:
    """Stop texting a phone from one of our numbers; its texts go from the number that it texted START to."""
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


def reserve_throughput(
    number: str, duration: timedelta, now: datetime, longest_wait: timedelta, at_once: timedelta | None = None
) -> datetime | None:
    """Reserve the next free time of a number; return when it begins, or None if the wait is too long.

    No two reservations overlap, however many workers reserve at once. One that is longer than `at_once` takes only
    `at_once`, and the number owes the rest. Idle time pays this debt, and so do other reservations, which take up to
    twice their duration; until it is paid, no other long one is made. So other texts wait only seconds behind a long
    one, and its whole duration is taken in the end.
    """
    at, wanted = _milliseconds(now), -(-duration // _MILLISECOND)  # rounded up
    taken = min(wanted, at_once // _MILLISECOND) if at_once else wanted
    start, takes, owed = at, taken, wanted - taken
    is_free = (
        Attr("free_from").not_exists()
        | Attr("free_from").lte(at)
        | Attr("free_from").gt(at + MOST_AHEAD // _MILLISECOND)
    )
    condition = Attr("owed").not_exists() & is_free
    while start <= at + longest_wait // _MILLISECOND:
        changes = {"type": "pace", "free_from": start + takes} | ({"owed": owed} if owed else {})
        remove = () if owed else ("owed",)
        try:
            store.write(Update(keys.throughput(number), changes=changes, remove=remove, when=condition))
        except store.ConditionFailed as failed:
            before = failed.found[0]
            free_from, still_owed = int(before["free_from"]), int(before.get("owed", 0))
            condition = Attr("free_from").eq(free_from) & has_value("owed", still_owed or None)
            if free_from > at + MOST_AHEAD // _MILLISECOND:
                free_from, still_owed = at, 0
            still_owed = max(0, still_owed - max(0, at - free_from))
            if still_owed and wanted > taken:
                return None
            start = max(free_from, at)
            takes = taken + min(still_owed, taken)
            owed = wanted - taken + still_owed - (takes - taken)
        else:
            return _EPOCH + start * _MILLISECOND
    return None


def _milliseconds(at: datetime) -> int:
    return (at - _EPOCH) // _MILLISECOND
