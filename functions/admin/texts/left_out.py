"""Which texts a phone did not get because none was made: a broadcast left it out, or a trigger dropped its text."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import chain, islice
from typing import Any

from admin.texts import why
from admin.texts.why import Why
from longcode.accounts.account import Account
from longcode.aws.at_once import at_once
from longcode.broadcasts import store as broadcasts
from longcode.broadcasts.broadcast import Broadcast
from longcode.broadcasts.outcome import DUPLICATE
from longcode.clients import store as clients
from longcode.messages import folders
from longcode.months import instant
from longcode.triggers import search
from longcode.triggers import store as triggers
from longcode.triggers.planning import REASONS

_LOOKED_BACK = timedelta(days=30)
_BROADCASTS, _ROWS, _DROPPED = 10, 2_000, 200  # that are looked at in each account, the newest


def of_phone(
    phone: str, studios: Sequence[Account], now: datetime, *, since: datetime | None, until: datetime | None
) -> list[dict[str, Any]]:
    """Return what a phone did not get from some accounts, the newest first: since thirty days, or another time."""
    span = (since or now - _LOOKED_BACK, min(until or now, now))
    found = at_once(*(partial(_of_account, studio, phone, *span) for studio in studios)) if studios else []
    newest_first = sorted(chain.from_iterable(found), key=lambda one: one[0], reverse=True)
    return [{"at": instant(at), **shown} for at, shown in newest_first]


def _of_account(
    studio: Account, phone: str, since: datetime, until: datetime
) -> list[tuple[datetime, dict[str, Any]]]:
    ids = set(clients.with_phone(studio.id, phone))
    found = [*_by_broadcasts(studio, phone, ids, since, until), *_by_triggers(studio, phone, ids, since, until)]
    whose = {"account": studio.id, "account_name": studio.name}
    return [(at, {**whose, "by": by, "why": said.why, "help": said.help}) for at, by, said in found]


def _by_broadcasts(
    studio: Account, phone: str, ids: set[str], since: datetime, until: datetime
) -> Iterator[tuple[datetime, str, Why]]:
    newest, _ = broadcasts.page(studio.id, limit=_BROADCASTS, cursor=folders.cursor_at(until))
    some = [one for one in newest if one.skipped and _began_at(one) >= since]
    reasons = at_once(*(partial(_reason, one, phone, ids) for one in some)) if some else []
    for one, said in zip(some, reasons, strict=True):
        if said:
            yield _began_at(one), f"broadcast {one.id}", said


def _began_at(broadcast: Broadcast) -> datetime:
    return broadcast.started_at or broadcast.created_at


def _reason(broadcast: Broadcast, phone: str, ids: set[str]) -> Why | None:
    """Return why a broadcast left a phone out, or each of the clients who have it; None if it did not."""
    for _, row in islice(broadcasts.skipped_from(broadcast, None), _ROWS):
        is_meant = row.phone == phone if row.phone else row.client_id in ids
        if is_meant and row.code != DUPLICATE:  # another client's text went to the phone
            return why.left_out(row.code, row.detail)
    return None


def _by_triggers(
    studio: Account, phone: str, ids: set[str], since: datetime, until: datetime
) -> Iterator[tuple[datetime, str, Why]]:
    dropped = search.dropped_between(studio.id, since, until, _DROPPED)
    wanted = {kind: {one.record_id for one in dropped if one.kind is kind} for kind in {one.kind for one in dropped}}
    records = {
        (record.kind, record.id): record
        for kind, record_ids in wanted.items()
        for record in triggers.get_records(studio.id, kind, sorted(record_ids))
    }
    for one in dropped:
        record = records.get((one.kind, one.record_id))
        if record and (record.phone == phone or record.client_id in ids):
            said = why.left_out(one.reason, one.detail or REASONS.get(one.reason or ""))
            yield one.fires_at, f"trigger {one.trigger}, for the {one.kind} {one.record_id}", said
