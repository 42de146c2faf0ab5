"""The last senders to a phone: which accounts texted it over each of our numbers, and when last."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from boto3.dynamodb.conditions import Attr, ConditionBase

from longcode.accounts.account import Account
from longcode.numbers.routing import LastText, after_text, initial_sticky_senders, sticky_number
from longcode.table import keys, store
from longcode.table.writes import ABSENT, PRESENT, Attributes, Put, Update, Write, attributes, read

_RESTS = timedelta(days=30)
_PAGE = 1000

_AT_ONCE = 16

_EPOCH = datetime.fromtimestamp(0, UTC)
_MILLISECOND = timedelta(milliseconds=1)
_JUMPED = timedelta(minutes=1)  # nobody reserves that far ahead: a clock that jumped wrote it


def record_text(text: LastText, most_an_hour: int, before: LastText | None = None) -> bool:
    """Record a text about to go as its account's last to the phone; return False if it passes the hourly limit.

    `before` is the last text as it was read before, if it was. The write is conditional on it, so the limit holds
    however many workers text the phone at once.
    """
    key = keys.route(text.phone, text.number, text.account)
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
    # An item written before texts were counted has no `lately`.
    counted = Attr("lately").eq(before.lately) if before.lately else Attr("lately").not_exists()
    return Attr("message_id").eq(before.message_id) & counted


def last_texted(account: str, numbers: Mapping[str, str]) -> dict[str, datetime]:
    """Return when an account last texted each phone over its number, without those it never texted."""
    found = store.get_many(keys.route(phone, number, account) for phone, number in numbers.items())
    texts = [read(LastText, item) for item in found.values()]
    return {text.phone: text.at for text in texts}


def newest_texts(phone: str) -> dict[str, str]:
    """Return the account that last texted a phone over each of our numbers."""
    every = [read(LastText, item) for item in store.query(keys.routes(phone))]
    return {text.number: text.account for text in sorted(every, key=lambda one: one.at)}


def accounts_texting(phone: str) -> list[str]:
    """Return the accounts that ever texted this phone, over any number."""
    return list(dict.fromkeys(str(item["account"]) for item in store.query(keys.routes(phone))))


def last_texts_to(phone: str, number: str) -> list[LastText]:
    """Return each account's last text to this phone over this number."""
    return [read(LastText, item) for item in store.query(keys.route(phone, number))]


def dedicated_owner(number: str) -> str | None:
    """Tell which account a number is dedicated to."""
    found = store.get(keys.dedicated(number))
    return found.get("account") if found else None


def all_dedicated() -> list[str]:
    """List the dedicated numbers, those too that rest."""
    found = store.query_index(keys.FOLDER, keys.dedicated_numbers(), page=_PAGE)
    return [str(one["folder_at"]) for one in found]


def dedicated_since(account: str) -> datetime | None:
    """Tell since when an account has a number of its own; None when it has none."""
    at = (store.get(keys.account(account)) or {}).get("number_since")
    return datetime.fromisoformat(at) if at else None


def dedicate(account: Account, number: str | None, at: datetime) -> bool:
    """Dedicate a number to an account in place of the one it has, or none; False when another account has it.

    A number that an account gave up rests for thirty days before another gets it: its clients may still answer.
    Raises `ConditionFailed` when the account was changed meanwhile.
    """
    unchanged = Attr("number").eq(account.number) if account.number else Attr("number").not_exists()
    has = {"number": number, "number_since": account.number_since or at} if number else {}
    gone = () if number else ("number", "number_since")
    writes: list[Write] = [Update(keys.account(account.id), changes=has, remove=gone, when=PRESENT & unchanged)]
    if account.number:
        rests = {**_listed(account.number), "kept_for": account.id, "kept_until": at + _RESTS}
        writes.append(Put(keys.dedicated(account.number), rests))
    if number:
        rested = Attr("account").not_exists() & Attr("kept_until").lte(keys.instant(at))
        free = ABSENT | Attr("account").eq(account.id) | Attr("kept_for").eq(account.id) | rested
        owned = {**_listed(number), "account": account.id, "at": at}
        writes.append(Put(keys.dedicated(number), owned, free))
    try:
        store.transact(writes)
    except store.ConditionFailed as failed:
        if 0 in failed.found:
            raise
        return False
    return True


def _listed(number: str) -> Attributes:
    return {"type": "dedicated", "number": number, "folder": keys.dedicated_numbers(), "folder_at": number}


def expected_senders(account: str, phones: Iterable[str], shared: Sequence[str]) -> dict[str, str]:
    """Return the number over which an account's next text to each phone would go, without keeping it."""
    asked = {phone: keys.lines(phone) for phone in phones}
    found = store.get_many(asked.values())
    return {phone: sticky_number(_numbers(found.get(key)), account, phone, shared) for phone, key in asked.items()}


def choose_senders(account: str, phones: Iterable[str], shared: Sequence[str]) -> dict[str, str]:
    """Choose the number over which an account texts each phone, and keep it."""
    asked = {phone: keys.lines(phone) for phone in phones}
    found = store.get_many(asked.values())
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        chosen = pool.map(lambda phone: _keep(account, phone, shared, found.get(asked[phone])), asked)
        return dict(zip(asked, chosen, strict=True))


def _keep(account: str, phone: str, shared: Sequence[str], found: Attributes | None) -> str:
    """Write the number that an account keeps with a phone, only if nobody wrote the item since it was read.

    Of several accounts that text the phone at once, each sees the choices of the others.
    """
    # A phone without an item may have been texted while there was one shared number.
    known = _numbers(found) if found else initial_sticky_senders(newest_texts(phone), shared)
    while True:
        number = sticky_number(known, account, phone, shared)
        if found and known.get(account) == number:
            return number
        item = {"type": "lines", "phone": phone, "numbers": {**known, account: number}}
        unchanged = Attr("numbers").eq(known) if found else ABSENT
        try:
            store.write(Put(keys.lines(phone), item, when=unchanged))
        except store.ConditionFailed as failed:
            found = failed.found[0]
            known = _numbers(found)
        else:
            return number


def _numbers(item: Attributes | None) -> Mapping[str, str]:
    return item["numbers"] if item else {}


def reserve_throughput(number: str, takes: timedelta, now: datetime, ahead: timedelta) -> datetime | None:
    """Reserve the next stretch of a number's time; return its beginning, or None if that is later than `ahead`.

    No two stretches overlap, however many workers ask at once.
    """
    start = at = _milliseconds(now)
    free = (
        Attr("free_from").not_exists()
        | Attr("free_from").lte(at)
        | Attr("free_from").gt(at + _JUMPED // _MILLISECOND)
    )
    while start <= at + ahead // _MILLISECOND:
        changes = {"type": "pace", "free_from": start + -(-takes // _MILLISECOND)}
        try:
            store.write(Update(keys.pace(number), changes=changes, when=free))
        except store.ConditionFailed as failed:
            found = int(failed.found[0]["free_from"])
            start, free = max(found, at), Attr("free_from").eq(found)
        else:
            return _EPOCH + start * _MILLISECOND
    return None


def _milliseconds(at: datetime) -> int:
    return (at - _EPOCH) // _MILLISECOND
