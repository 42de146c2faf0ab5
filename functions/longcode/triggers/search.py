"""Finds a studio's records by their dates, and the texts that its triggers dropped, for people who look."""

from datetime import date, datetime

from boto3.dynamodb.conditions import Attr

from longcode.months import instant
from longcode.table import keys, ranges, store, trigger_keys
from longcode.table.writes import read
from longcode.triggers import store as triggers
from longcode.triggers.planning import Occurrence, OccurrenceState
from longcode.triggers.trigger import DateOf, Record

RECORDS_OF_A_CALL = 1_500  # about half a megabyte: several calls at the same time take less than one of a megabyte


def find_dated(
    account: str, kind: str, date_of: DateOf, days: tuple[date, date], page: int = RECORDS_OF_A_CALL
) -> ranges.FoundItems:
    """Return the records of a kind that have a date between two days or on one of them, each as `id` and that date.

    DynamoDB filters them, so that the others cost this process no time. One that was just written may be missing.
    """
    first, last = (day.isoformat() for day in days)
    is_between = Attr(date_of.value).gte(first) & Attr(date_of.value).lte(last)
    prefix = trigger_keys.record(account, kind, "")
    return ranges.find(prefix, is_between, only=("id", date_of.value), page=page)


def reported_since(account: str, kind: str, since: datetime, limit: int) -> list[Record]:
    """Return the records of a kind that were reported last, from an instant on; `limit` of them at most."""
    prefix = trigger_keys.record(account, kind, "")
    found = ranges.find(prefix, Attr("at").gte(instant(since)), only=("id", "at"), page=RECORDS_OF_A_CALL)
    newest = sorted(found.items, key=lambda item: str(item["at"]), reverse=True)[:limit]
    return triggers.get_records(account, kind, (str(item["id"]) for item in newest))


def dropped_between(account: str, since: datetime, until: datetime, limit: int) -> list[Occurrence]:
    """Return the dropped occurrences whose time was in a span, the newest first, `limit` at most."""
    folder, end = trigger_keys.dropped(account), keys.folder_place(until, keys.END)
    items, _ = store.index_page(folder, limit=limit, cursor=end, since=instant(since), newest_first=True)
    occurrences = (read(Occurrence, item) for item in items)
    return [occurrence for occurrence in occurrences if occurrence.state is OccurrenceState.DROPPED]
