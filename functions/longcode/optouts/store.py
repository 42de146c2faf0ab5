"""Opt-outs in the table: the state of each phone, its history in exact words, and the questions to staff."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from boto3.dynamodb.conditions import Attr, ConditionBase
from msgspec import Struct

from longcode.jobs import Means
from longcode.months import instant
from longcode.numbers import store as numbers
from longcode.optouts.consent import (
    SHARED,
    Channel,
    OptOut,
    OptOutEvent,
    Question,
    account_scope,
    apply,
    before_refusals,
    blocks,
    decided_since,
    is_taken_back,
    question_of,
    taken_back,
    with_reply,
    without_old_refusals,
)
from longcode.table import keys, store
from longcode.table.writes import ABSENT, PRESENT, Attributes, Put, Update, Write, attributes, has_value, read

_HISTORY_KEPT = timedelta(days=5 * 366)
_REPLIES_KEPT = timedelta(hours=2)  # those of the last hour count

Pair = tuple[str, str]  # an account and a phone
OptOutKeys = tuple[keys.Key, keys.Key]  # the opt-outs from the shared numbers and from the account


class PairBlocks(Struct, frozen=True):
    """The pairs whose texts are blocked, and those whose texts wait until staff have answered a question."""

    blocked: set[Pair]
    asked: set[Pair]


def get(phone: str, scope: str) -> OptOut | None:
    """Return the state of a phone, or None before its first event."""
    return _read(store.get(keys.opt_out(phone, scope)))


def blocked(pairs: Iterable[Pair], left_at: datetime | None = None) -> set[Pair]:
    """Return the pairs of an account and a phone that it may not text."""
    return pair_blocks(pairs, left_at).blocked


def pair_blocks(pairs: Iterable[Pair], left_at: datetime | None = None) -> PairBlocks:
    """Return which accounts may not text which phones, or not yet; `left_at` is as in `consent.blocks`."""
    wanted = {pair: opt_out_keys(*pair) for pair in pairs}
    items = store.get_many(key for both in wanted.values() for key in both) if wanted else {}
    return pair_blocks_from(wanted, items, dict.fromkeys(wanted, left_at))


def opt_out_keys(account: str, phone: str) -> OptOutKeys:
    """Return the keys of the two opt-outs that can block an account's texts to a phone."""
    return keys.opt_out(phone, SHARED), keys.opt_out(phone, account_scope(account))


def pair_blocks_from(
    wanted: Mapping[Pair, OptOutKeys], items: Mapping[keys.Key, Attributes], left_at: Mapping[Pair, datetime | None]
) -> PairBlocks:
    """Return the same as `pair_blocks`, from items that the caller has read."""
    states = {pair: [_read(items.get(key)) for key in both] for pair, both in wanted.items()}
    return PairBlocks(
        blocked={pair for pair, (shared, own) in states.items() if blocks(shared, own, left_at[pair])},
        asked={pair for pair, (_, own) in states.items() if own and own.asked},
    )


def scopes_to_opt_in(phone: str, event_id: str) -> list[str]:
    """Return the scopes in which a phone is opted out, or in which this event has opted it in already."""
    return [state.scope for state in states_of(phone) if state.out or state.changed_by == event_id]


def record(event: OptOutEvent, *others: Write) -> OptOut:
    """Write an event into the history and the state, with other writes; return the state. It may be repeated."""
    while True:
        before = get(event.phone, event.scope)
        after = apply(before, event)
        if _try_record(event, before, after, *others):
            return after


def record_answer(event: OptOutEvent, message_id: str, *others: Write) -> bool:
    """Record the answer of staff about a message, with other writes.

    Return False if staff or the client have decided meanwhile.

    Staff cannot end an opt-out: only the client can.
    """
    while (before := get(event.phone, event.scope)) and before.asked == message_id and (event.out or not before.out):
        if _try_record(event, before, apply(before, event), *others):
            return True
    return False


def close_questions(state: OptOut) -> list[str]:
    """Close the questions that a STOP or START to the shared numbers decided; return the accounts that were asked.

    An account with a number of its own is not concerned. No question is missed: the questions are read here after the
    keyword was written, and the worker that writes a question reads the keywords after its write.
    """
    decided = [
        in_scope
        for in_scope in states_of(state.phone)
        if in_scope.asked and decided_since(state, in_scope.asked_at, in_scope.asked)
    ]
    return [
        str(in_scope.account)
        for in_scope in decided
        if not numbers.dedicated_since(str(in_scope.account)) and _try_close_question(in_scope)
    ]


def withdraw_question(account: str, phone: str, message_id: str) -> None:
    """Close an account's question about a message that now belongs to another account."""
    state = get(phone, account_scope(account))
    if state and state.asked == message_id:
        _try_close_question(state)


def history(phone: str, scope: str, now: datetime) -> list[OptOutEvent]:
    """Return the events of a phone in a scope, oldest first."""
    items = store.all_unexpired(store.query(keys.consents(phone, scope)), now)
    return [read(OptOutEvent, item) for item in items]


def phone_history(phone: str, now: datetime) -> list[OptOutEvent]:
    """Return the events of a phone in all scopes, oldest first."""
    items = store.all_unexpired(store.query(keys.consents(phone)), now)
    return sorted((read(OptOutEvent, item) for item in items), key=lambda event: (event.at, _id_in_list(event)))


def history_page(now: datetime, *, limit: int, cursor: str | None) -> tuple[list[OptOutEvent], str | None]:
    """Return a page of the events of all phones, oldest first, and the cursor of the next page."""
    since = keys.folder_place(now - _HISTORY_KEPT, "")
    items, next_cursor = store.index_page(keys.history(), limit=limit, cursor=cursor, since=since)
    return [read(OptOutEvent, item) for item in store.all_unexpired(items, now)], next_cursor


def take_back_refusals(phone: str, since: datetime, now: datetime) -> list[OptOutEvent]:
    """Take back the opt-outs by refusals of a carrier that prove to be for an old block; return those after `since`.

    A STOP or START that is heard of late can show that. The state becomes that of the START, so that a STOP which is
    newer still counts, however late it comes. Those that were taken back before are returned too.
    """
    history = phone_history(phone, now)
    counting = without_old_refusals(history)
    old = [event for event in history if not event.asks and event not in counting]
    for scope in {event.scope for event in old}:
        refusals = {event.id: event for event in old if event.scope == scope}
        while (state := get(phone, scope)) and state.out and state.event_id in refusals:
            after = before_refusals(state, counting)
            if after is state or _try_take_back(state, after, refusals.values()):
                break
    return [event for event in phone_history(phone, now) if is_taken_back(event) and event.at > since]


def _try_take_back(before: OptOut, after: OptOut, refusals: Iterable[OptOutEvent]) -> bool:
    state = Put(
        keys.opt_out(before.phone, before.scope), {"type": "opt-out", **attributes(after)}, _unchanged(before)
    )
    return store.try_write(state, *(_entry(taken_back(event)) for event in refusals))


def get_question(account: str, phone: str) -> Question | None:
    """Return the last question about a phone, open or not."""
    item = store.get(keys.possible_opt_out(account, phone))
    return read(Question, item) if item else None


def question_page(account: str, *, limit: int, cursor: str | None) -> tuple[list[Question], str | None]:
    """Return a page of the open questions, oldest first, and the cursor of the next page."""
    items, next_cursor = store.index_page(keys.possible_opt_outs(account), limit=limit, cursor=cursor)
    return [question for item in items if (question := read(Question, item)).open], next_cursor


def automatic_reply_write(phone: str, message_id: str, now: datetime) -> Update | None:
    """Return the write that counts an automatic reply to a phone, or None if the phone had three in the last hour.

    The write fails if another reply was counted meanwhile.
    """
    key = keys.automatic_replies(phone)
    before = (store.get(key) or {}).get("lately", {})
    lately = with_reply(before, message_id, now)
    if lately is None:
        return None
    unchanged = has_value("lately", before or None)
    changes = {"type": "replies", "lately": lately, **store.expires(now + _REPLIES_KEPT)}
    return Update(key, changes=changes, when=unchanged)


def _read(item: Attributes | None) -> OptOut | None:
    return read(OptOut, item) if item else None


def states_of(phone: str) -> list[OptOut]:
    """Return the state of a phone in each scope that it has one in."""
    return [read(OptOut, item) for item in store.query(keys.opt_out(phone, ""))]


def _try_record(event: OptOutEvent, before: OptOut | None, after: OptOut, *others: Write) -> bool:
    """Write an event, the state after it and others; return False if the state has changed since it was read."""
    entry = _entry(event)
    if after == before:
        return store.try_write(entry, *others)
    unchanged = _unchanged(before) if before else ABSENT
    state = Put(keys.opt_out(event.phone, event.scope), {"type": "opt-out", **attributes(after)}, unchanged)
    return store.try_write(state, entry, *_question_writes(event, before, after), *others)


def _entry(event: OptOutEvent) -> Put:
    """Return the write of an event into the history."""
    return Put(
        keys.consent(event.phone, event.scope, event.at, event.id),
        {
            "type": "consent",
            **store.expires(event.at + _HISTORY_KEPT),
            **attributes(event),
            "folder": keys.history(),
            "folder_at": keys.folder_place(event.at, _id_in_list(event)),
        },
    )


def _unchanged(state: OptOut) -> ConditionBase:
    return has_value("event_id", state.event_id) & has_value("asked", state.asked)


def _question_writes(event: OptOutEvent, before: OptOut | None, after: OptOut) -> list[Write]:
    """Return the writes that open the question of a possible opt-out, or close the one that an event decided."""
    if event.asks:
        question = question_of(event)
        key = keys.possible_opt_out(question.account, question.phone)
        place = {
            "folder": keys.possible_opt_outs(question.account),
            "folder_at": keys.folder_place(question.at, question.phone),
        }
        return [Put(key, {"type": "question", **attributes(question), **place})]
    if before and (event.means is Means.TEXT_AND_STAFF or (before.asked and not after.asked)):
        return [_closed_question(after, None if event.means is Means.TEXT else event.out)]
    return []


def _try_close_question(state: OptOut) -> bool:
    unchanged = Attr("asked").eq(state.asked)
    not_asked = Update(keys.opt_out(state.phone, state.scope), remove=("asked", "asked_at"), when=unchanged)
    return store.try_write(not_asked, _closed_question(state))


def _closed_question(state: OptOut, opted_out: bool | None = None) -> Update:
    """Return the write that closes a question, with the answer of staff if they gave one."""
    answer = {} if opted_out is None else {"opted_out": opted_out}
    key = keys.possible_opt_out(state.account or "", state.phone)
    return Update(key, changes={"open": False, **answer}, remove=("folder", "folder_at"))


def _id_in_list(event: OptOutEvent) -> str:
    return f"{event.id}-{event.scope}"


class ListedOptOut(Struct, frozen=True, kw_only=True):
    """An opted-out phone of an account's list: `since` when, in which scope, and by which event.

    `means` and what follows are None, or "", if the phone stopped all studios on the shared numbers by a text to
    another one: of that event, an account learns no more.
    """

    account: str
    phone: str
    since: datetime
    scope: str
    means: Means | None = None
    words: str = ""
    number: str | None = None
    by: str | None = None
    channel: Channel | None = None
    asked_on: date | None = None

    @property
    def is_of_all(self) -> bool:
        """Return whether the phone has stopped all studios on the shared numbers."""
        return self.scope == SHARED


def refresh_listed(account: str, phone: str, now: datetime) -> None:
    """Put a phone on an account's list, or take it off, as its opt-outs are now.

    Call it after an opt-out or opt-in was written. It may be repeated; of two at the same time, the one that has read
    the later event counts.
    """
    left_at = numbers.dedicated_since(account)
    states = [get(phone, scope) for scope in (SHARED, account_scope(account))]
    shared, own = states
    read_at = max((state.at for state in states if state and state.at), default=now)
    place, not_newer = keys.listed_opt_out(account, phone), Attr("read_at").lte(instant(read_at))
    if not blocks(shared, own, left_at):
        gone = Update(place, changes={"read_at": read_at}, remove=("folder", "folder_at"), when=PRESENT & not_newer)
        store.try_write(gone)
        return
    entry = _listed_as(account, phone, [state for state in states if state and state.out], now)
    item = {
        "type": "listed-opt-out",
        **attributes(entry),
        "read_at": read_at,
        "folder": keys.opt_out_list(account),
        "folder_at": keys.folder_place(entry.since, phone),
    }
    store.try_write(Put(place, item, ABSENT | not_newer))


def _listed_as(account: str, phone: str, out: Sequence[OptOut], now: datetime) -> ListedOptOut:
    """Return what the list says of a phone: by the oldest opt-out in effect that was said to the account itself."""
    since = {state.scope: state.since or state.at or now for state in out}
    said = [
        event
        for scope in since
        for event in history(phone, scope, now)
        if event.out and not event.asks and event.account == account and event.at >= since[scope]
    ]
    if not said:
        scope = min(since, key=lambda scope: since[scope])
        return ListedOptOut(account=account, phone=phone, since=since[scope], scope=scope)
    return _of_event(account, min(said, key=lambda event: event.at))


def _of_event(account: str, event: OptOutEvent) -> ListedOptOut:
    return ListedOptOut(
        account=account,
        phone=event.phone,
        since=event.at,
        scope=event.scope,
        means=event.means,
        words=event.words,
        number=event.number,
        by=event.by,
        channel=event.channel,
        asked_on=event.asked_on,
    )
