"""The page of a broadcast: how far it is, pause, resume and cancel, its results and its recipients."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from urllib.parse import urlencode

from msgspec import Struct

from broadcasts import api, recipients
from hub import words
from hub.broadcasts import wording
from hub.site import Page, form_of_studio, go_to, name_of_person, page_of_studio, show, site
from longcode.accounts.account import Account
from longcode.aws import clients as aws_clients
from longcode.aws.at_once import at_once
from longcode.broadcasts import counts
from longcode.broadcasts import store as broadcasts
from longcode.broadcasts.broadcast import Broadcast, broadcast_may_become
from longcode.broadcasts.counts import Counts
from longcode.broadcasts.outcome import LIMIT
from longcode.clients import store as client_store
from longcode.errors import TooLate
from longcode.message import NOT_REACHED, BroadcastState, Message, MessageState
from longcode.messages import replies
from longcode.numbers import choose as choose_number
from longcode.phone import in_words
from longcode.triggers import call_tasks
from longcode.windows import hide_old_body

_ROWS = 25
_REPLIES = 4
MOST_REPLIES = 200
"""How many replies are counted; of more, it is said that there are more."""

MOST_ROWS = 20_000
"""The most rows of a file of the clients not reached: Lambda returns 6 MB."""

_TOO_LATE = "All its texts have gone, so there was nothing left to stop."
_PAUSED = "Waits: the broadcast is paused."
_LISTS = {"not-reached": "Not reached", "skipped": "Without a text"}
_SAID = {
    "paused": "Paused. No more of its texts go out.",
    "resumed": "Resumed. Its texts go out again.",
    "cancelled": "Cancelled. What had not gone does not go out.",
    "late": _TOO_LATE,
    "again": "It goes out again. This is the new broadcast.",
}


class RecipientRow(Struct, frozen=True, kw_only=True):
    """A recipient: whom the text is for, its phone, and what became of it, or why there is none."""

    who: str
    phone: str
    said: str
    is_bad: bool = False
    digits: str = ""
    client_id: str = ""


class ReplyRow(Struct, frozen=True, kw_only=True):
    """A reply to the broadcast, and who wrote it."""

    who: str
    digits: str
    reply: Message


@site.get("/hub/broadcasts/<broadcast_id>")
@page_of_studio
def show_broadcast(account: Account, broadcast_id: str) -> Page:
    """Show a broadcast: its progress while it goes out, then its results."""
    broadcast, now = api.broadcast_or_raise(account.id, broadcast_id), aws_clients.now()
    query = site.current_event.query_string_parameters or {}
    audiences, pace, newest, (texts, rows, more), answers, again, called = at_once(
        partial(broadcasts.short_audiences, [broadcast], "except_client_ids"),
        partial(choose_number.segments_a_second, account.id),
        partial(replies.newest_sequence, account.id),
        partial(_texts_and_recipients, account, broadcast, query, now),
        partial(answers_to, account, broadcast, 0, MOST_REPLIES, now),
        partial(broadcasts.get, account.id, api.id_of_request(account.id, key_of_again(broadcast))),
        partial(call_tasks.made, account.id, broadcast.id),
    )
    state, tone = wording.state(broadcast, texts, now, account.time_zone)
    shown = query.get("show", "")
    steps = wording.steps(broadcast, texts, now, pace)
    return show(
        "broadcasts/one",
        account,
        broadcast=broadcast,
        state=state,
        tone=tone,
        whom=wording.whom(broadcast, audiences.get(broadcast.id)),
        steps=steps,
        texts=texts,
        is_active=_is_active(broadcast, texts),
        delivered=texts.count(MessageState.DELIVERED),
        unconfirmed=texts.count(MessageState.SENT, MessageState.UNCERTAIN),
        not_reached=texts.count(*NOT_REACHED),
        may_be_again=texts.count(*NOT_REACHED) + broadcast.skipped.get(LIMIT, 0) > 0 and again is None,
        results=wording.results(texts),
        skipped=wording.skipped(broadcast),
        paused=wording.reason_of_pause(broadcast, account) if broadcast.paused else "",
        answers=who_answered(account, answers[-_REPLIES:][::-1]),
        answered=len(answers),
        most_replies=MOST_REPLIES,
        most_rows=MOST_ROWS,
        rows=rows,
        more=urlencode(({"show": shown} if shown else {}) | {"after": more}) if more else "",
        shown=_shown(shown, texts),
        is_first="after" not in query,
        again=again,
        called=called,
        note=_SAID.get(query.get("done", ""), ""),
        tasks=query.get("tasks", ""),
        newest=newest,
        now=now,
    )


@site.post("/hub/broadcasts/<broadcast_id>/pause")
@form_of_studio
def pause(account: Account, _fields: dict[str, str], broadcast_id: str) -> Page:
    """Pause a broadcast."""
    try:
        api.pause(account.id, broadcast_id, name_of_person())
    except TooLate:
        return go_to(f"broadcasts/{broadcast_id}?done=late")
    return go_to(f"broadcasts/{broadcast_id}?done=paused")


@site.post("/hub/broadcasts/<broadcast_id>/resume")
@form_of_studio
def resume(account: Account, _fields: dict[str, str], broadcast_id: str) -> Page:
    """Resume a broadcast."""
    api.resume(account.id, broadcast_id, aws_clients.now())
    return go_to(f"broadcasts/{broadcast_id}?done=resumed")


@site.get("/hub/broadcasts/<broadcast_id>/cancel")
@page_of_studio
def ask_to_cancel(account: Account, broadcast_id: str) -> Page:
    """Ask whether a broadcast is to be cancelled, and say what that does."""
    broadcast, now = api.broadcast_or_raise(account.id, broadcast_id), aws_clients.now()
    texts = counts.look(broadcast, now)
    steps = wording.steps(broadcast, texts, now, 1)
    return show(
        "broadcasts/cancel", account, broadcast=broadcast, steps=steps, is_active=_is_active(broadcast, texts)
    )


@site.post("/hub/broadcasts/<broadcast_id>/cancel")
@form_of_studio
def cancel(account: Account, _fields: dict[str, str], broadcast_id: str) -> Page:
    """Cancel a broadcast."""
    try:
        api.cancel(account.id, broadcast_id, aws_clients.now(), name_of_person())
    except TooLate:
        return go_to(f"broadcasts/{broadcast_id}?done=late")
    return go_to(f"broadcasts/{broadcast_id}?done=cancelled")


def key_of_again(broadcast: Broadcast) -> str:
    """Return the Idempotency-Key of sending a broadcast again, so that it happens once."""
    return f"again {broadcast.id}"


def answers_to(
    account: Account, broadcast: Broadcast, after: int, limit: int, now: datetime
) -> list[tuple[int, Message]]:
    """Return the replies to a broadcast after a sequence number, with their numbers, oldest first."""
    found, _ = replies.to_broadcast(account.id, broadcast.id, max(after, broadcast.replies_after), limit)
    return [(number, hide_old_body(reply, account.retention_days, now)) for number, reply in found]


def who_answered(account: Account, found: list[tuple[int, Message]]) -> list[ReplyRow]:
    """Return replies with who wrote each."""
    people = client_store.of_phones(account.id, [reply.phone for _, reply in found])
    return [
        ReplyRow(
            who=words.who(reply.phone, people[reply.phone], account),
            digits=reply.phone.removeprefix("+"),
            reply=reply,
        )
        for _, reply in found
    ]


def _is_active(broadcast: Broadcast, texts: Counts) -> bool:
    """Return whether there is something left to pause or to cancel."""
    may_be_cancelled = broadcast_may_become(broadcast.state, BroadcastState.CANCELLED)
    return may_be_cancelled and (broadcast.state is not BroadcastState.DONE or bool(texts.may_still_be_sent))


def _texts_and_recipients(
    account: Account, broadcast: Broadcast, query: Mapping[str, str], now: datetime
) -> tuple[Counts, list[RecipientRow], str | None]:
    """Return a broadcast's counts and a page of its recipients: all, or those of a result."""
    texts = counts.look(broadcast, now)
    after, shown = query.get("after") or None, query.get("show", "")
    if broadcast.state in (BroadcastState.SCHEDULED, BroadcastState.PLANNING, BroadcastState.REFUSED):
        return texts, [], None
    if result := wording.result_of(shown, texts):
        entries, more = recipients.page_of_result(broadcast, texts, result, after, _ROWS)
    else:
        cursor = after or (recipients.FIRST_SKIPPED if shown == "skipped" else None)
        unreached_of = texts if shown == "not-reached" else None
        entries, more = recipients.page(broadcast, cursor, _ROWS, unreached_of=unreached_of)
    names = client_store.names(account.id, {one.client_id for one in entries if one.client_id})
    return texts, [_row(account, broadcast, one, names, now) for one in entries], more


def _row(
    account: Account, broadcast: Broadcast, one: recipients.Entry, names: Mapping[str, str], now: datetime
) -> RecipientRow:
    phone = in_words(one.phone, account.country_code) if one.phone else ""
    name = names.get(one.client_id or "")
    if isinstance(one, Message):
        waits = broadcast.paused and one.state in (MessageState.ACCEPTED, MessageState.QUEUED)
        return RecipientRow(
            who=name or phone,
            phone=phone,
            said=_PAUSED if waits else words.sentence(words.state(one, now, account.time_zone)),
            is_bad=words.is_undelivered(one),
            digits=one.phone.removeprefix("+"),
        )
    return RecipientRow(
        who=name or phone or "A client who is deleted",
        phone=phone,
        said=wording.why_no_text(one.code, one.detail),
        client_id=one.client_id if name is not None else "",
    )


def _shown(shown: str, texts: Counts) -> dict[str, str]:
    """Return which recipients are shown: the key in the address, and what it means."""
    result = wording.result_of(shown, texts)
    if result:
        return {"key": shown, "said": wording.of_result(result)}
    return {"key": shown, "said": _LISTS[shown]} if shown in _LISTS else {"key": "", "said": ""}
