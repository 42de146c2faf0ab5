"""After a broadcast: its texts counted in parts, those not reached, call tasks, sending it again, the replies."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from bench.meter import counted_calls
from broadcasts import api, follow_up
from longcode.accounts.account import Account
from longcode.broadcasts import counts
from longcode.broadcasts.broadcast import Broadcast, broadcast_text_id
from longcode.carriers.carrier import RefusalReason, Refused, SendResult, Uncertain
from longcode.clients import store as clients
from longcode.clients.client import Phone
from longcode.errors import EmptyAudience
from longcode.message import NOT_REACHED, BroadcastState, Direction, Message, MessageKind, MessageState
from longcode.messages import store as messages
from longcode.table import keys, store
from longcode.table.writes import Update
from longcode.triggers import call_tasks
from tests.support.aws_calls import meanwhile
from tests.support.broadcast_steps import advance, create_broadcast, deliver_bulk_texts, stored
from tests.support.fakes import NOW, FakeCarrier, call, studio
from tests.support.fakes import client as write_client
from tests.support.reply_steps import receive

pytestmark = pytest.mark.account(client=False, quiet_hours=False)

LANDLINE, FILTERED = Refused(RefusalReason.NOT_MOBILE, "21614"), Refused(RefusalReason.FILTERED, "30007")
LARGE = Broadcast(
    account="10000001",
    id="b1",
    state=BroadcastState.DONE,
    created_at=NOW,
    fingerprint="",
    seed="s",
    body="Hello",
    step=1,
    planned_texts=20_000,
    finished_at=NOW,
)


def phone(index: int) -> str:
    return f"+12125550{100 + index}"


def write_texts(count: int) -> list[str]:
    """Write texts of a broadcast that is planned to be large: every third fails; return their ids in order."""
    ids = []
    for index in range(count):
        is_bad = index % 3 == 0
        text = Message(
            account=LARGE.account,
            id=broadcast_text_id(LARGE, phone(index)),
            direction=Direction.OUT,
            kind=MessageKind.BULK,
            state=MessageState.UNDELIVERED if is_bad else MessageState.DELIVERED,
            phone=phone(index),
            number="",
            body="Hello",
            encoding="GSM-7",
            segments=1,
            units=1,
            created_at=NOW,
            error="twilio:30003" if is_bad else None,
            broadcast=LARGE.id,
        )
        ids.append(messages.write_new(text).id)
    return sorted(ids)


def change_state(text_id: str, state: MessageState) -> None:
    store.write(Update(keys.message(LARGE.account, text_id), changes={"state": state}, remove=("error",)))


def send(account: Account, *answers: SendResult) -> str:
    """Send a broadcast to all clients; the carrier gives these answers for the clients in their order."""
    broadcast_id = create_broadcast(account, body="Hello {{client.first_name}}")
    advance(NOW)
    deliver_bulk_texts(NOW, FakeCarrier(answers=list(answers)))
    return broadcast_id


@pytest.fixture
def three(account: Account) -> None:
    for index in range(3):
        write_client(account, f"c{index}", phone(index), first_name=f"Name {index}")


@pytest.mark.usefixtures("aws")
def test_the_texts_of_a_large_broadcast_are_counted_in_parts_and_not_again_once_they_have_ended() -> None:
    write_texts(30)
    first = counts.look(LARGE, NOW)
    later = counts.look(LARGE, NOW + timedelta(days=6))
    for _ in range(4):
        later = counts.look(LARGE, NOW + timedelta(days=6))

    with counted_calls("dynamodb") as calls:
        last = counts.look(LARGE, NOW + timedelta(days=6))

    assert len(first.parts) == 32
    assert first.states == last.states == {MessageState.DELIVERED: 20, MessageState.UNDELIVERED: 10}
    assert (first.is_settled, later.is_settled) == (False, True)
    assert len(calls) == 1


@pytest.mark.usefixtures("aws")
def test_a_text_that_changes_is_counted_anew_within_five_looks() -> None:
    ids = write_texts(30)
    counts.look(LARGE, NOW)
    change_state(ids[-1], MessageState.SENT)

    looks = [counts.look(LARGE, NOW + timedelta(seconds=index)).states for index in range(1, 6)]

    assert MessageState.SENT in looks[-1]
    assert sum(looks[-1].values()) == 30


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("limit", [1, 4, 100])
def test_the_pages_of_the_texts_in_a_state_have_each_of_them_once(limit: int) -> None:
    ids, after, seen = write_texts(30), None, []
    found = counts.look(LARGE, NOW)
    while True:
        page, after = counts.messages_in(LARGE, found, NOT_REACHED, after=after, limit=limit)
        seen += [text.id for text in page]
        if after is None:
            break

    wanted = {broadcast_text_id(LARGE, phone(index)) for index in range(0, 30, 3)}
    assert seen == [text_id for text_id in ids if text_id in wanted]


@pytest.mark.usefixtures("three")
def test_the_api_lists_those_who_were_not_reached(account: Account) -> None:
    write_client(account, "c9", phone(9), allow_text_marketing=False)
    broadcast_id = send(account, LANDLINE)

    page = call(
        api, "GET", f"/broadcasts/{broadcast_id}/recipients", account=account.id, query={"not_reached": "true"}
    )

    assert [(item["client_id"], item["state"], item["code"]) for item in page.json["items"]] == [
        ("c0", "failed", "twilio:21614"),
        ("c9", "skipped", "no_permission"),
    ]


@pytest.mark.usefixtures("three")
def test_the_api_makes_each_call_task_once(account: Account) -> None:
    broadcast_id = send(account, LANDLINE, FILTERED)

    made = [call(api, "POST", f"/broadcasts/{broadcast_id}/calls", account=account.id).json for _ in range(2)]

    assert made == [{"made": 2, "left": 0}, {"made": 0, "left": 0}]


@pytest.mark.usefixtures("three")
def test_two_clicks_at_once_make_one_call_task_for_each_client(account: Account) -> None:
    broadcast = stored(account, send(account, LANDLINE, FILTERED))

    with meanwhile("TransactWriteItems", lambda: follow_up.make_calls(account, broadcast, "Ann", NOW)):
        made = follow_up.make_calls(account, broadcast, "Ben", NOW)

    assert made == 0
    assert sorted(task.client_id for task in call_tasks.call_page(account.id, None, 10)) == ["c0", "c1"]
    assert call_tasks.made(account.id, broadcast.id).by == "Ann"


@pytest.mark.usefixtures("three")
def test_a_broadcast_is_sent_again_to_the_numbers_that_it_did_not_reach(account: Account) -> None:
    again = send(account, LANDLINE, FILTERED, Uncertain("timed_out"))
    other_number = Phone(number=phone(5), entered=phone(5))
    for client in clients.page(account.id, None, 10):
        if client.id == "c0":
            clients.put(replace(client, phones=(*client.phones, other_number)))

    create_broadcast(account, "again", audience={"not_reached_by": again}, body="Once more")
    advance(NOW)
    carrier = deliver_bulk_texts(NOW)

    # c0's landline gets nothing, its new number does; c1 gets it; c2 may have got the first one.
    assert sorted(text.to for text in carrier.texts) == [phone(1), phone(5)]


@pytest.mark.usefixtures("three")
def test_a_broadcast_that_reached_everybody_is_not_sent_again(account: Account) -> None:
    everybody = send(account)

    with pytest.raises(EmptyAudience):
        create_broadcast(account, "again", audience={"not_reached_by": everybody})


@pytest.mark.usefixtures("three")
def test_an_unknown_broadcast_cannot_be_sent_again(account: Account) -> None:
    theirs = studio("10000002")
    write_client(theirs, "t", phone(8))
    other = create_broadcast(theirs)

    form = {"audience": {"not_reached_by": other}, "body": "Hello"}
    refused = call(api, "POST", "/broadcasts", form, account=account.id)

    assert refused.status == 404
    assert refused.json["errors"][0]["field"] == "audience.not_reached_by"


@pytest.mark.usefixtures("three")
def test_the_api_lists_the_replies_to_a_broadcast_by_pages(account: Account) -> None:
    broadcast_id = send(account)
    for index in range(3):
        receive(f"SM{index}", f"Answer {index}", phone=phone(index), at=NOW + timedelta(minutes=index))

    def page(**query: Any) -> Any:
        return call(api, "GET", f"/broadcasts/{broadcast_id}/replies", account=account.id, query=query).json

    first = page(limit="2")
    second = page(limit="2", cursor=first["next_cursor"])

    assert [item["body"] for item in first["items"]] == ["Answer 0", "Answer 1"]
    assert [item["body"] for item in second["items"]] == ["Answer 2"]
    assert (second["next_cursor"], second["items"][0]["answers"].partition("-")[0]) == (None, broadcast_id)


@pytest.mark.usefixtures("three")
def test_a_broadcast_that_is_sent_again_names_the_earlier_one(account: Account) -> None:
    earlier = send(account, LANDLINE, FILTERED)
    again = create_broadcast(account, "again", audience={"not_reached_by": earlier}, body="Once more")

    shown = call(api, "GET", f"/broadcasts/{again}", account=account.id).json

    assert (shown["audience"]["not_reached_by"], shown["audience"]["client_ids"]) == (earlier, [])
    assert stored(account, again).again_of == earlier
