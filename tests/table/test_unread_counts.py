"""The counters of unread replies are right whatever staff and clients do, also at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from longcode.carriers.carrier import Inbound
from longcode.message import Direction, Linkable, Message, MessageKind, MessageState, Reference
from longcode.messages import folders
from longcode.messages import replies as messages_replies
from longcode.messages import store as messages
from longcode.messages.compose import draft
from longcode.messages.replies import Unread
from longcode.table.store import ConditionFailed
from tests.support.aws_calls import failing, losing_the_first_response
from tests.support.crashes import Crash
from tests.support.fakes import NOW
from tests.support.local_aws import local_aws

PHONE, NUMBER = "+12125550123", "+15555550100"
SESSION = Reference(kind=Linkable.SESSION, id="s1")
ACTS: dict[str, Callable[[Message], Any]] = {
    "read": lambda message: folders.mark_read(message, is_read=True),
    "unread": lambda message: folders.mark_read(message, is_read=False),
    "link to c1": lambda message: folders.link(message, client_id="c1"),
    "link to c2": lambda message: folders.link(message, client_id="c2", record=SESSION),
    "link to a session": lambda message: folders.link(message, record=SESSION),
    "unlink": lambda message: folders.link(message, client_id=None, record=None),
    "move to the other studio": lambda message: move(message, {"1": "2", "2": "1"}[message.account]),
}
AGAIN = "arrive again"
Steps = list[tuple[str, int]]
STEPS = st.lists(st.tuples(st.sampled_from([AGAIN, *ACTS]), st.integers(0, 3)), max_size=12)


def act(what: str, on: Message) -> None:
    """Do one step with a reply, as it is in the table."""
    if what == AGAIN:
        messages_replies.record_reply(inbound(on), on)
    elif found := next((message for account in "12" if (message := messages.get(account, on.id))), None):
        ACTS[what](found)


def move(message: Message, to: str) -> None:
    """Have the operator move a reply, unless staff change it at that moment."""
    with suppress(ConditionFailed):
        messages_replies.move_reply(message, replace(message, account=to, client_id=None, record=None, read=False))


def inbound(message: Message) -> Inbound:
    return Inbound(carrier="twilio", carrier_id=message.id, phone=PHONE, number=NUMBER, body="Hello")


def replies(account: str) -> list[Message]:
    """Record four replies, two of them of a client."""
    made = [
        Message(
            account=account,
            id=f"m{index}",
            direction=Direction.IN,
            kind=MessageKind.REPLY,
            state=MessageState.RECEIVED,
            phone=PHONE,
            number=NUMBER,
            body="Hello",
            encoding="GSM-7",
            segments=1,
            units=1,
            charged_units=1,
            created_at=NOW,
            client_id="c1" if index % 2 else None,
            read=False,
            carrier="twilio",
            carrier_id=f"m{index}",
        )
        for index in range(4)
    ]
    for reply in made:
        messages_replies.record_reply(inbound(reply), reply)
    return made


def stored(message: Message) -> Message:
    found = messages.get(message.account, message.id)
    assert found is not None
    return found


def counted_one_by_one(account: str) -> Unread:
    waiting = [reply for _, reply in messages_replies.after(account, 0, 100) if not reply.read]
    return Unread(unread=len(waiting), unread_unlinked=sum(reply.client_id is None for reply in waiting))


def test_a_studio_without_replies_has_none_unread(aws: None) -> None:
    assert messages_replies.unread_counts("1") == Unread(unread=0, unread_unlinked=0)


def test_arriving_replies_are_counted_and_unlinked_ones_also_separately(aws: None) -> None:
    replies("1")

    assert messages_replies.unread_counts("1") == Unread(unread=4, unread_unlinked=2)
    assert messages_replies.unread_counts("2") == Unread()


@pytest.mark.long
@settings(max_examples=20)
@given(steps=STEPS)
def test_the_counters_are_right_after_any_steps(steps: Steps) -> None:
    with local_aws():
        made = replies("1")

        for what, index in steps:
            act(what, made[index])

        assert all(messages_replies.unread_counts(account) == counted_one_by_one(account) for account in "12")


@pytest.mark.long
@settings(max_examples=8)
@given(steps=STEPS)
def test_the_counters_are_right_after_any_steps_at_once(steps: Steps) -> None:
    with local_aws():
        made = replies("1")

        with ThreadPoolExecutor(6) as pool:
            list(pool.map(lambda step: act(step[0], made[step[1]]), steps * 2))

        assert all(messages_replies.unread_counts(account) == counted_one_by_one(account) for account in "12")


@pytest.mark.long
@settings(max_examples=15)
@given(steps=STEPS, call=st.integers(1, 12), before=st.booleans())
def test_the_counters_are_right_after_a_process_is_killed_at_any_call(steps: Steps, call: int, before: bool) -> None:
    with local_aws():
        made = replies("1")

        with Crash(call, before):
            for what, index in steps:
                act(what, made[index])

        assert all(messages_replies.unread_counts(account) == counted_one_by_one(account) for account in "12")


def test_a_reply_marked_read_by_twelve_people_at_once_is_counted_once(aws: None) -> None:
    [seen, *_] = replies("1")

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda _: folders.mark_read(seen, is_read=True), range(12)))

    assert messages_replies.unread_counts("1") == Unread(unread=3, unread_unlinked=1)


def test_marking_as_read_keeps_a_link_that_was_made_meanwhile(aws: None) -> None:
    [seen, *_] = replies("1")
    folders.link(seen, client_id="c2", record=SESSION)

    folders.mark_read(seen, is_read=True)

    after = stored(seen)
    assert (after.read, after.client_id, after.record) == (True, "c2", SESSION)
    assert messages_replies.unread_counts("1") == Unread(unread=3, unread_unlinked=1)


def test_a_write_that_the_sdk_repeated_is_counted_once(aws: None) -> None:
    [seen, *_] = replies("1")

    with losing_the_first_response("dynamodb", "TransactWriteItems") as repeated:
        folders.mark_read(seen, is_read=True)

    assert repeated == ["TransactWriteItems"]
    assert messages_replies.unread_counts("1") == Unread(unread=3, unread_unlinked=1)


def test_marking_as_read_waits_for_a_reply_that_is_arriving(aws: None) -> None:
    [seen, *_] = replies("1")

    with failing("dynamodb", "TransactWriteItems", "TransactionConflictException", times=2):
        folders.mark_read(seen, is_read=True)

    assert messages_replies.unread_counts("1").unread == 3


def test_a_deleted_message_is_neither_marked_nor_recreated(aws: None) -> None:
    [seen, *_] = replies("1")
    gone = replace(seen, id="gone")

    assert folders.mark_read(gone, is_read=True) is None
    assert folders.link(gone, client_id="c1") is None
    assert messages.get("1", "gone") is None
    assert messages_replies.unread_counts("1") == Unread(unread=4, unread_unlinked=2)


def test_linking_a_sent_message_changes_no_counter(aws: None) -> None:
    made = draft(
        account="1", message_id="out", kind=MessageKind.INDIVIDUAL, phone=PHONE, number=NUMBER, body="Hello", now=NOW
    )
    messages.accept([made])

    folders.link(made, client_id="c1")
    folders.link(stored(made), client_id=None)

    assert stored(made).client_id is None
    assert messages_replies.unread_counts("1") == Unread()
