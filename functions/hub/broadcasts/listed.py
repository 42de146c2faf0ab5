"""The list of the broadcasts, newest first."""

import re
from datetime import datetime
from functools import partial
from typing import Any

from msgspec import Struct

from hub.broadcasts import wording
from hub.site import Page, page_of_studio, show, site
from longcode.accounts.account import Account
from longcode.aws import clients as aws_clients
from longcode.aws.at_once import at_once
from longcode.broadcasts import counts, drafts
from longcode.broadcasts import store as broadcasts
from longcode.broadcasts.broadcast import Broadcast
from longcode.broadcasts.counts import Counts
from longcode.clients.client import Audience
from longcode.errors import BadCursor
from longcode.message import NOT_REACHED, MessageState
from longcode.messages import folders, replies

_ROWS = 20
_NEW_PARTS, _AGAIN = 32, 8  # of their texts: how many are counted for the list


class BroadcastRow(Struct, frozen=True, kw_only=True):
    """A broadcast in the list. The numbers are None while its texts are not all counted."""

    id: str
    words: str
    state: str
    tone: str
    whom: str
    by: str
    at: datetime
    texts: int
    sent: int | None
    delivered: int | None
    not_delivered: int | None
    skipped: int
    moves: bool


@site.get("/hub/broadcasts")
@page_of_studio
def show_broadcasts(account: Account) -> Page:
    """Show the broadcasts, newest first, and above the newest the drafts."""
    query = site.current_event.query_string_parameters or {}
    cursor = query.get("after") or None
    if cursor and not re.fullmatch(folders.CURSOR, cursor):
        raise BadCursor("The address does not belong to this list.", field="after")
    now = aws_clients.now()
    (some, more), kept, newest = at_once(
        partial(broadcasts.page, account.id, limit=_ROWS, cursor=cursor),
        lambda: [] if cursor else drafts.of_account(account.id, now),
        partial(replies.newest_sequence, account.id),
    )
    return show(
        "broadcasts/listed",
        account,
        rows=rows(account, some, now),
        drafts=kept,
        deleted="deleted" in query,
        more=more,
        is_first=cursor is None,
        newest=newest,
        now=now,
    )


def rows(account: Account, some: list[Broadcast], now: datetime) -> list[BroadcastRow]:
    """Return broadcasts as the list shows them."""
    if not some:
        return []
    known, audiences = at_once(
        partial(counts.look_at, some, now, new=_NEW_PARTS, again=_AGAIN), partial(broadcasts.short_audiences, some)
    )
    return [_row(account, one, texts, audiences.get(one.id), now) for one, texts in zip(some, known, strict=True)]


def _row(account: Account, one: Broadcast, texts: Counts, audience: Audience | None, now: datetime) -> BroadcastRow:
    state, tone = wording.state(one, texts, now, account.time_zone)
    steps = wording.steps(one, texts, now, 1)
    numbers: dict[str, Any] = dict.fromkeys(("sent", "delivered", "not_delivered"))
    if texts.is_complete:
        numbers = {
            "sent": texts.handed_over,
            "delivered": texts.count(MessageState.DELIVERED),
            "not_delivered": texts.count(*NOT_REACHED),
        }
    return BroadcastRow(
        id=one.id,
        words=one.body,
        state=state,
        tone=tone,
        whom=wording.whom(one, audience),
        by=one.by or "",
        at=one.created_at,
        skipped=sum(one.skipped.values()),
        texts=steps.total,
        moves=steps.moves,
        **numbers,
    )
