"""Opt-outs by phone, and the history of who said STOP and START, when, how and in which words."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import reduce
from operator import and_

from boto3.dynamodb.conditions import Attr
from msgspec import Struct

from longcode.jobs import Means
from longcode.numbers import store as numbers
from longcode.optouts.consent import (
    SHARED,
    OptOut,
    OptOutEvent,
    Question,
    after_one_more_answer,
    apply,
    blocks,
    of_account,
    question_of,
    tells_since,
)
from longcode.table import keys, store
from longcode.table.writes import ABSENT, Attributes, Put, Update, Write, attributes, read

_KEPT = timedelta(days=5 * 366)
_COUNTED = timedelta(hours=2)  # automatic replies, of which those of the last hour matter


Pair = tuple[str, str]
Gates = tuple[keys.Key, keys.Key]


def get(phone: str, scope: str) -> OptOut | None:
    """Read the state of a phone."""
    return _read(store.get(keys.opt_out(phone, scope)))


def _read(found: Attributes | None) -> OptOut | None:
    return read(OptOut, found) if found else None


class PairBlocks(Struct, frozen=True):
    """Of accounts and phones: which may not text which, and which wait until their staff have answered."""

    blocked: set[tuple[str, str]]
    asked: set[tuple[str, str]]


def pair_blocks(senders_and_phones: Iterable[Pair], left_at: datetime | None = None) -> PairBlocks:
    """Tell which accounts may not text which phones (`consent.blocks`), or not yet.

    `left_at` is since when the accounts have numbers of their own.
    """
    wanted = {pair: gates(*pair) for pair in senders_and_phones}
    found = store.get_many(key for of_pair in wanted.values() for key in of_pair) if wanted else {}
    return pair_blocks_in(wanted, found, dict.fromkeys(wanted, left_at))


def pair_blocks_in(
    wanted: Mapping[Pair, Gates], found: Mapping[keys.Key, Attributes], left_at: Mapping[Pair, datetime | None]
) -> PairBlocks:
    """Tell the same from the gates of each account and phone, as far as they were found."""
    states = {pair: [_read(found.get(key)) for key in of_pair] for pair, of_pair in wanted.items()}
    return PairBlocks(
        blocked={pair for pair, (shared, own) in states.items() if blocks(shared, own, left_at[pair])},
        asked={pair for pair, (_, own) in states.items() if own and own.asked},
    )


def blocked(senders_and_phones: Iterable[Pair], left_at: datetime | None = None) -> set[Pair]:
    """Tell which accounts may not text which phones."""
    return pair_blocks(senders_and_phones, left_at).blocked


def gates(account: str, phone: str) -> Gates:
    """Give the opt-outs that an account's text to a phone must pass: from the shared numbers, and from itself."""
    return keys.opt_out(phone, SHARED), keys.opt_out(phone, of_account(account))


def scopes_to_open(phone: str, event_id: str) -> list[str]:
    """List the scopes in which a phone is opted out, and those that this very event has opened before."""
    found = store.query(keys.opt_out(phone, ""))
    return [str(item["scope"]) for item in found if is_out(item) or item.get("turned_by") == event_id]


def is_out(item: Attributes | None) -> bool:
    """Read from an opt-out item whether it blocks."""
    return bool(item and item["out"])


def is_asked(item: Attributes | None) -> bool:
    """Read from an opt-out item whether staff are asked about the phone."""
    return bool(item and item.get("asked"))


def record(event: OptOutEvent) -> OptOut:
    """Take an event into the history and, if none is later, into the state; gives the state that stands now.

    Taking in the same event again changes nothing.
    """
    while True:
        now = get(event.phone, event.scope)
        then = apply(now, event)
        if _take_in(event, now, then):
            return then


def answer(event: OptOutEvent, near_miss: str) -> bool:
    """Take in what staff answer of a near miss; False when it is answered, or the client has told, already.

    What was out before stays out: only the client takes an opt-out back.
    """
    while (now := get(event.phone, event.scope)) and now.asked == near_miss and (event.out or not now.out):
        if _take_in(event, now, apply(now, event)):
            return True
    return False


def settle(told: OptOut) -> list[str]:
    """Take back the questions that the client's word to the shared numbers answers; gives whose they were.

    That word is read after a near miss is written, and looks for near misses after its own write: one sees the other.
    """

    every = (read(OptOut, item) for item in store.query(keys.opt_out(told.phone, "")) if is_asked(item))
    earlier = (one for one in every if tells_since(told, one.asked_at, one.asked))
    return [str(one.account) for one in earlier if not numbers.dedicated_since(str(one.account)) and _settled(one)]


def withdraw(account: str, phone: str, near_miss: str) -> None:
    """Take back the question about a near miss that turns out to be another account's."""
    asked = get(phone, of_account(account))
    if asked and asked.asked == near_miss:
        _settled(asked)


def _settled(asked: OptOut) -> bool:
    same = Attr("asked").eq(asked.asked)
    told = Update(keys.opt_out(asked.phone, asked.scope), remove=("asked", "asked_at"), when=same)
    return store.try_write(told, closing_question(asked))


def _take_in(event: OptOutEvent, now: OptOut | None, then: OptOut) -> bool:
    history = Put(
        keys.consent(event.phone, event.scope, event.at, event.id),
        {
            "type": "consent",
            **store.expires(event.at + _KEPT),
            **attributes(event),
            "folder": keys.history(),
            "folder_at": keys.folder_place(event.at, _name(event)),
        },
    )
    if then == now:
        return store.try_write(history)
    unchanged = ABSENT
    if now:
        names = ("event_id", "asked")
        each = (Attr(name).eq(held) if (held := getattr(now, name)) else Attr(name).not_exists() for name in names)
        unchanged = reduce(and_, each)
    state = Put(keys.opt_out(event.phone, event.scope), {"type": "opt-out", **attributes(then)}, unchanged)
    return store.try_write(state, history, *with_event(now, then, event))


def history(phone: str, scope: str, now: datetime) -> list[OptOutEvent]:
    """List the events of a phone in a scope, oldest first."""
    found = store.all_unexpired(store.query(keys.consents(phone, scope)), now)
    return [read(OptOutEvent, item) for item in found]


def all_of(phone: str, now: datetime) -> list[OptOutEvent]:
    """List the events of a phone in all scopes, oldest first."""
    found = store.all_unexpired(store.query(keys.consents(phone)), now)
    return sorted((read(OptOutEvent, item) for item in found), key=lambda event: (event.at, _name(event)))


def everything(now: datetime, *, limit: int, cursor: str | None) -> tuple[list[OptOutEvent], str | None]:
    """List the events of all phones, oldest first, and where the next page begins."""
    since = keys.folder_place(now - _KEPT, "")
    items, next_cursor = store.index_page(keys.history(), limit=limit, cursor=cursor, since=since)
    return [read(OptOutEvent, item) for item in store.all_unexpired(items, now)], next_cursor


def _name(event: OptOutEvent) -> str:
    return f"{event.id}-{event.scope}"


def automatic_reply(phone: str, message_id: str, now: datetime) -> Update | None:
    """Make the write that counts an automatic reply to a phone; None when it got as many as it may in an hour.

    The write fails when another reply was counted meanwhile.
    """
    key = keys.automatic_replies(phone)
    found = store.get(key) or {}
    before = found.get("lately", {})
    lately = after_one_more_answer(before, message_id, now)
    if lately is None:
        return None
    same = Attr("lately").eq(before) if before else Attr("lately").not_exists()
    return Update(key, changes={"type": "replies", "lately": lately, **store.expires(now + _COUNTED)}, when=same)


def get_question(account: str, phone: str) -> Question | None:
    """Read what staff are or were last asked about a phone."""
    found = store.get(keys.question(account, phone))
    return read(Question, found) if found else None


def question_page(account: str, *, limit: int, cursor: str | None) -> tuple[list[Question], str | None]:
    """List what staff are asked, oldest first, and where the next page begins."""
    items, next_cursor = store.index_page(keys.questions(account), limit=limit, cursor=cursor)
    return [one for item in items if (one := read(Question, item)).open], next_cursor


def with_event(now: OptOut | None, then: OptOut, event: OptOutEvent) -> list[Write]:
    """Make the writes that go with an event: a question is put, or an event has answered it."""
    if event.asks:
        asked = question_of(event)
        place = {"folder": keys.questions(asked.account), "folder_at": keys.folder_place(asked.at, asked.phone)}
        return [Put(keys.question(asked.account, asked.phone), {"type": "question", **attributes(asked), **place})]
    answered = now and (event.means is Means.TEXT_AND_STAFF or (now.asked and not then.asked))
    return [closing_question(then, None if event.means is Means.TEXT else event.out)] if answered else []


def closing_question(asked: OptOut, answer: bool | None = None) -> Update:
    """Make the write after which nobody is asked: staff have answered, or the client has told."""
    key = keys.question(asked.account or "", asked.phone)
    told = {} if answer is None else {"opted_out": answer}
    return Update(key, changes={"open": False, **told}, remove=("folder", "folder_at"))
