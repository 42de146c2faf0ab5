"""The texts of a month add up to its counters, whenever they were accepted, and even if they are moved."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from longcode.billing import charged
from longcode.billing.charged import Unreadable
from longcode.carriers.carrier import Inbound
from longcode.message import Direction, Message, MessageKind, MessageState
from longcode.messages import folders
from longcode.messages import replies as messages_replies
from longcode.messages import store as messages
from longcode.messages.compose import draft
from longcode.months import month_of
from longcode.table import keys, store
from longcode.table.writes import Update
from longcode.usage import store as quotas
from longcode.usage.usage import Usage, usage_of
from tests.support.aws_calls import changed_response
from tests.support.crashes import recorded_calls
from tests.support.fakes import NOW
from tests.support.local_aws import local_aws

STUDIO, OTHER = "10000001", "10000002"
PHONE, NUMBER = "+12125550123", "+15555550100"
MONTHS = ("2026-10", "2026-11", "2026-12")
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BEGINS = datetime(2026, 11, 1, 5, tzinfo=UTC)
ENDS = datetime(2026, 12, 1, 6, tzinfo=UTC)


@pytest.fixture
def table(aws: None) -> None:
    """Create the table."""


def accepted(message_id: str, at: datetime, *, send_at: datetime | None = None, body: str = "Hello") -> Message:
    text = draft(
        account=STUDIO,
        message_id=message_id,
        kind=MessageKind.INDIVIDUAL,
        phone=PHONE,
        number=NUMBER,
        body=body,
        now=at,
        send_at=send_at,
    )
    messages.accept([text])
    return text


def claimed(text: Message, at: datetime) -> Message:
    ready = replace(text, state=MessageState.QUEUED)
    if text.state is MessageState.SCHEDULED:
        messages.reschedule(text, MessageState.QUEUED, at)
    found = messages.claim(ready, "claim", at, at + MINUTE)
    assert found
    return found


def sent(message_id: str, at: datetime, *, accepted_at: datetime | None = None, **fields: Any) -> Message:
    text = claimed(accepted(message_id, accepted_at or at, **fields), at)
    messages.record(text, MessageState.SENT, carrier="twilio", carrier_id=message_id)
    found = messages.get(STUDIO, message_id)
    assert found
    return found


def reply(message_id: str, at: datetime, *, units: int = 1, charged_units: int | None = None) -> Message:
    return Message(
        account=STUDIO,
        id=message_id,
        direction=Direction.IN,
        kind=MessageKind.REPLY,
        state=MessageState.RECEIVED,
        phone=PHONE,
        number=NUMBER,
        body="Yes",
        encoding="GSM-7",
        segments=units,
        units=units,
        charged_units=units if charged_units is None else charged_units,
        month=month_of(at),
        created_at=at,
        read=False,
        carrier="twilio",
        carrier_id=message_id,
    )


def inbound(one: Message) -> Inbound:
    return Inbound(carrier="twilio", carrier_id=one.id, phone=PHONE, number=NUMBER, body=one.body)


def received(message_id: str, at: datetime, **fields: Any) -> Message:
    one = reply(message_id, at, **fields)
    messages_replies.record_reply(inbound(one), one)
    return one


def ids(month: str = "2026-11", account: str = STUDIO) -> list[str]:
    return [one.id for one in charged.of_month(account, month)]


def test_texts_and_replies_are_in_the_order_of_their_acceptance(table: None) -> None:
    sent("m2", NOW + 2 * SECOND)
    folders.link(sent("m0", NOW), client_id="c1")
    received("m3", NOW + 3 * SECOND)
    folders.link(received("m1", NOW + SECOND), client_id="c1")

    assert ids() == ["m0", "m1", "m2", "m3"]


def test_a_text_counts_in_the_month_of_its_claim(table: None) -> None:
    sent("a year before", BEGINS + HOUR, accepted_at=BEGINS - 365 * DAY, send_at=BEGINS + HOUR)
    sent("for October", BEGINS - HOUR, accepted_at=BEGINS - 40 * DAY, send_at=BEGINS - HOUR)
    sent("for the last minute", BEGINS, accepted_at=BEGINS - 40 * DAY, send_at=BEGINS - MINUTE)
    sent("held overnight", BEGINS + 23 * HOUR, accepted_at=BEGINS - HOUR)
    sent("before midnight", BEGINS - SECOND)
    sent("at midnight", BEGINS)
    sent("the last", ENDS - SECOND)
    sent("claimed too late", ENDS, accepted_at=ENDS - SECOND)
    sent("by a clock that is behind", ENDS - SECOND, accepted_at=ENDS + SECOND)

    assert ids("2026-10") == ["for October", "before midnight"]
    assert ids("2026-11") == [
        "a year before",
        "for the last minute",
        "held overnight",
        "at midnight",
        "the last",
        "by a clock that is behind",
    ]
    assert ids("2026-12") == ["claimed too late"]


def test_texts_that_the_counters_do_not_count_are_left_out(table: None) -> None:
    accepted("never sent", NOW)
    messages.end_unsent(claimed(accepted("refused", NOW), NOW), MessageState.FAILED)
    messages.record_receipt(sent("taken back", NOW), MessageState.UNDELIVERED, charged=False)
    received("STOP", NOW, charged_units=0)
    handed_over = replace(reply("handed over", NOW), month=None, charged_units=0)
    messages_replies.keep_unattributed(inbound(handed_over), NOW)
    kept = messages_replies.get_unattributed("twilio", "handed over", NOW)
    assert kept
    messages_replies.hand_over(kept, handed_over)
    received("only a picture", NOW, units=0)

    assert ids() == ["only a picture"]
    assert quotas.of_month(STUDIO, "2026-11") == Usage(texts_received=1)


def test_a_text_resolved_days_later_counts_in_the_month_of_its_claim(table: None) -> None:
    waiting = claimed(accepted("m0", ENDS - HOUR), ENDS - HOUR)
    messages.reschedule(waiting, MessageState.UNCERTAIN, ENDS + DAY, deadline=ENDS + 3 * DAY)
    before = ids()

    messages.record(replace(waiting, state=MessageState.UNCERTAIN), MessageState.DELIVERED)

    assert (before, ids(), ids("2026-12")) == ([], ["m0"], [])


def test_a_moved_reply_is_listed_at_the_account_that_counts_it(table: None) -> None:
    one = received("m0", NOW)

    messages_replies.move_reply(one, replace(one, account=OTHER))

    assert (ids(), ids(account=OTHER)) == ([], ["m0"])


def test_the_usage_of_each_text_adds_up() -> None:
    text = replace(reply("m0", NOW, units=3), segments=4)

    assert usage_of(text) == Usage(texts_received=1, units_received=3, segments_received=4)
    assert usage_of(replace(text, direction=Direction.OUT)) == Usage(texts_sent=1, units_sent=3, segments_sent=4)
    assert usage_of(replace(text, charged_units=0)) == Usage()


@pytest.mark.parametrize("month", ["2026-11", None, "absent"])
def test_an_unreadable_text_raises_an_error(table: None, month: str | None) -> None:
    sent("m0", NOW)
    received("m1", NOW)
    broken: dict[str, Any] = {"state": "eaten", "month": month}
    gone = ("month",) if month == "absent" else ()
    changes = {name: value for name, value in broken.items() if name not in gone}
    store.write(Update(keys.message(STUDIO, "m0"), changes=changes, remove=gone))

    with pytest.raises(Unreadable, match="m0"):
        ids()


def test_an_unreadable_text_of_another_month_is_skipped(table: None) -> None:
    sent("m0", BEGINS - SECOND)
    store.write(Update(keys.message(STUDIO, "m0"), changes={"state": "eaten"}))

    assert ids() == []


@contextmanager
def at_each_query(act: Callable[[int], None]) -> Iterator[None]:
    """Act after each query that is made here, in turn."""
    queries: list[int] = []

    def after(_answer: dict[str, Any]) -> None:
        queries.append(len(queries))
        act(queries[-1])

    with changed_response("Query", after):
        yield


@pytest.mark.long
@pytest.mark.parametrize("moved_after", range(20))
@pytest.mark.parametrize("linked_first", [True, False])
def test_a_text_linked_or_unlinked_meanwhile_is_listed_once(
    table: None, moved_after: int, linked_first: bool
) -> None:
    one = sent("m0", NOW)
    if linked_first:
        folders.link(one, client_id="c1")

    def move(query: int) -> None:
        if query == moved_after:
            now = messages.get(STUDIO, "m0")
            assert now
            folders.link(now, client_id=None if linked_first else "c1")

    with at_each_query(move):
        found = ids()

    assert found == ["m0"]


def test_a_walk_continues_where_another_stopped(table: None) -> None:
    for index in range(7):
        sent(f"m{index}", NOW + index * SECOND)

    every = list(charged.chunks(STUDIO, "2026-11", size=3))
    rest = list(charged.chunks(STUDIO, "2026-11", after=keys.folder_place(NOW + 3 * SECOND, "m3")))

    assert [one.id for chunk in every for one in chunk.messages] == [f"m{index}" for index in range(7)]
    assert [one.id for chunk in rest for one in chunk.messages] == ["m4", "m5", "m6"]
    assert [len(chunk.messages) for chunk in every] == [0, 0, 0, 3, 3, 1]
    assert [chunk.reached is None for chunk in every] == [False] * 5 + [True]


@pytest.mark.long
def test_a_year_of_unscheduled_texts_is_not_read(table: None) -> None:
    for days in range(40, 60):
        sent(f"m{days}", BEGINS - days * DAY)

    with recorded_calls() as calls:
        found = ids()

    assert (found, "BatchGetItem" in calls) == ([], False)


ATS = st.sampled_from([BEGINS - 200 * DAY, BEGINS - MINUTE, BEGINS + 90 * MINUTE, NOW, ENDS - MINUTE, ENDS + DAY])
WAITS = st.sampled_from([timedelta(), MINUTE, 3 * HOUR])
BODIES = st.sampled_from(["a", "a" * 161, "中" * 71])


@dataclass(frozen=True)
class RandomText:
    """A text, and what happens to it."""

    at: datetime
    ahead: timedelta
    wait: timedelta
    body: str
    ending: str
    linked: bool


@dataclass(frozen=True)
class RandomReply:
    """A reply, and what happens to it."""

    at: datetime
    units: int
    ending: str
    linked: bool


TEXTS = st.builds(
    RandomText,
    at=ATS,
    ahead=st.sampled_from([timedelta(), 40 * DAY, 200 * DAY]),
    wait=WAITS,
    body=BODIES,
    ending=st.sampled_from(["sent", "delivered", "refused", "taken back", "late", "lost"]),
    linked=st.booleans(),
)
REPLIES = st.builds(
    RandomReply,
    at=ATS,
    units=st.integers(1, 3),
    ending=st.sampled_from(["kept", "keyword", "moved", "moved back"]),
    linked=st.booleans(),
)


@pytest.mark.long
@settings(max_examples=8)
@given(random_texts=st.lists(TEXTS, max_size=6), replies=st.lists(REPLIES, max_size=6))
def test_the_texts_of_a_random_month_add_up_to_its_counters(
    random_texts: list[RandomText], replies: list[RandomReply]
) -> None:
    with local_aws():
        for index, random_text in enumerate(random_texts):
            play_text(f"s{index}", random_text)
        for index, random_reply in enumerate(replies):
            play_reply(f"r{index}", random_reply)

        for account in (STUDIO, OTHER):
            for month in MONTHS:
                found = list(charged.of_month(account, month))
                assert sum(map(usage_of, found), Usage()) == quotas.of_month(account, month)
                assert len({one.id for one in found}) == len(found)


def play_text(name: str, random_text: RandomText) -> None:
    text = accepted(
        name,
        random_text.at,
        send_at=random_text.at + random_text.ahead if random_text.ahead else None,
        body=random_text.body,
    )
    if random_text.linked:
        folders.link(text, client_id="c1")
    taken = claimed(text, random_text.at + random_text.ahead + random_text.wait)
    if random_text.ending == "refused":
        messages.end_unsent(taken, MessageState.FAILED)
    elif random_text.ending in ("late", "lost"):
        messages.reschedule(taken, MessageState.UNCERTAIN, NOW, deadline=NOW)
    else:
        messages.record(taken, MessageState.SENT)
    there = messages.get(STUDIO, name)
    assert there
    if random_text.ending == "late":
        assert [messages.record(there, MessageState.DELIVERED) for _ in "12"] == [True, False]
    elif random_text.ending == "delivered":
        messages.record_receipt(there, MessageState.DELIVERED)
    elif random_text.ending == "taken back":
        messages.record_receipt(there, MessageState.UNDELIVERED, charged=False)


def play_reply(name: str, random_reply: RandomReply) -> None:
    charged_units = 0 if random_reply.ending == "keyword" else random_reply.units
    one = received(name, random_reply.at, units=random_reply.units, charged_units=charged_units)
    if random_reply.linked:
        folders.link(one, client_id="c1")
        one = replace(one, client_id="c1")
    if random_reply.ending.startswith("moved"):
        messages_replies.move_reply(one, there := replace(one, account=OTHER))
        if random_reply.ending == "moved back":
            messages_replies.move_reply(there, one)
