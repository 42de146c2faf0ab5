"""The last senders to a phone: which accounts texted it over each of our numbers, and when last."""

from collections.abc import Mapping
from datetime import datetime

from boto3.dynamodb.conditions import Attr, ConditionBase

from longcode.route import LastText, after_text
from longcode.table import keys, store
from longcode.table.codec import attributes, read
from longcode.table.writes import ABSENT, Put


def record(text: LastText, most_an_hour: int, before: LastText | None = None) -> bool:
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


def newest(phone: str) -> dict[str, str]:
    """Return the account that last texted a phone over each of our numbers."""
    every = [read(LastText, item) for item in store.query(keys.routes(phone))]
    return {text.number: text.account for text in sorted(every, key=lambda one: one.at)}


def texting(phone: str) -> list[str]:
    """Return the accounts that ever texted this phone, over any number."""
    return list(dict.fromkeys(str(item["account"]) for item in store.query(keys.routes(phone))))


def to(phone: str, number: str) -> list[LastText]:
    """Return each account's last text to this phone over this number."""
    return [read(LastText, item) for item in store.query(keys.route(phone, number))]
