"""Dedicated numbers: whose a number of ours is that nobody shares."""

from datetime import datetime, timedelta

from boto3.dynamodb.conditions import Attr

from longcode.account import Account
from longcode.table import keys, store
from longcode.table.codec import Attributes
from longcode.table.writes import ABSENT, PRESENT, Put, Update, Write

_RESTS = timedelta(days=30)
_PAGE = 1000


def owner(number: str) -> str | None:
    """Tell which account a number is dedicated to."""
    found = store.get(keys.dedicated(number))
    return found.get("account") if found else None


def every() -> list[str]:
    """List the dedicated numbers, those too that rest."""
    found = store.query_index(keys.FOLDER, keys.dedicated_numbers(), page=_PAGE)
    return [str(one["folder_at"]) for one in found]


def since(account: str) -> datetime | None:
    """Tell since when an account has a number of its own; None when it has none."""
    at = (store.get(keys.account(account)) or {}).get("number_since")
    return datetime.fromisoformat(at) if at else None


def give(account: Account, number: str | None, at: datetime) -> bool:
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
