"""The orders replies.list_unattributed, hand_over and move."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from admin import invoke
from inbox import api, worker
from longcode.accounts.account import Account
from longcode.aws import queues
from longcode.carriers.carrier import Inbound
from longcode.jobs import HandleKeyword
from longcode.message import Message
from longcode.messages import folders, retentions
from longcode.messages import replies as messages_replies
from longcode.messages import reply as messages_reply
from longcode.messages.replies import Unread, unread_counts
from longcode.optouts import store as optouts
from longcode.plans.plans import PlanChange
from longcode.triggers import store as triggers
from longcode.triggers.trigger import RecordKind
from longcode.usage import store as quotas
from optout import worker as opt_out_worker
from tests.support.admin_orders import send_accepted_order, send_order
from tests.support.crashes import every_crash
from tests.support.fakes import NOW, LambdaContext, call, client, studio, take_queued
from tests.support.readers import log_lines
from tests.support.reply_steps import NUMBER, PHONE, receive, record_text
from tests.support.trigger_samples import trigger

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
LATER = NOW + DAY
HAND_OVER: dict[str, Any] = {
    "do": "replies.hand_over",
    "carrier": "twilio",
    "carrier_id": "SM1",
    "account": "10000001",
}


@pytest.fixture
def fox(aws: None) -> Account:
    """Return a studio that has a client."""
    account = studio()
    client(account)
    return account


@pytest.fixture
def wattle(aws: None) -> Account:
    """Return another studio, which has the same client."""
    account = studio("10000002")
    client(account, "theirs")
    return account


def replies(account: Account) -> list[Message]:
    return [message for _, message in messages_replies.after(account.id, 0, 100)]


def in_the_hub(account: Account) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = call(api, "GET", "/messages", account=account.id).json["items"]
    return items


def received(account: Account) -> tuple[int, int]:
    used = quotas.of_month(account.id, "2026-11")
    return used.texts_received, used.units_received


def moved(message: Message, to: Account) -> dict[str, Any]:
    return send_order("replies.move", LATER, account=message.account, message_id=message.id, to=to.id)


def listed() -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = send_accepted_order("replies.list_unattributed", LATER)["items"]
    return items


def test_unattributed_replies_are_listed_newest_first(fox: Account) -> None:
    receive("SM1", "Is this the pizza place?")
    receive("SM2", "Hello?", at=NOW + MINUTE)

    assert [(one["carrier_id"], one["body"]) for one in listed()] == [
        ("SM2", "Hello?"),
        ("SM1", "Is this the pizza place?"),
    ]
    assert listed()[1] == {
        "carrier": "twilio",
        "carrier_id": "SM1",
        "phone": PHONE,
        "number": NUMBER,
        "body": "Is this the pizza place?",
        "media": (),
        "answered": False,
        "replies_to": None,
        "other_recipients": (),
        "received_at": "2026-11-22T15:30:00.000Z",
        "kept_until": "2026-12-22T15:30:00.000Z",
        "candidates": [],
    }


def test_a_reply_handed_over_is_unread_marked_and_uncharged(fox: Account) -> None:
    receive("SM1", "Is this the studio?")

    send_accepted_order(**HAND_OVER, now=LATER)

    [shown] = in_the_hub(fox)
    assert (shown["body"], shown["rule"], shown["read"]) == ("Is this the studio?", "operator", False)
    assert (shown["client_id"], shown["answers"], shown["charged_units"]) == ("c1", None, 0)
    assert shown["created_at"] == "2026-11-22T15:30:00.000Z"
    assert [number for number, _ in messages_replies.after(fox.id, 0, 10)] == [1]
    assert received(fox) == (0, 0)
    assert listed() == []


def test_a_repeated_hand_over_changes_nothing_and_is_answered_alike(fox: Account) -> None:
    receive()

    first, again = send_accepted_order(**HAND_OVER, now=LATER), send_accepted_order(**HAND_OVER, now=LATER)

    assert first == again == {"account": "10000001", "message_id": replies(fox)[0].id}
    assert len(replies(fox)) == 1


def test_of_parallel_hand_overs_to_two_studios_one_is_refused(fox: Account, wattle: Account) -> None:
    receive()

    with ThreadPoolExecutor(2) as pool:
        answers = list(
            pool.map(lambda one: send_order(**HAND_OVER | {"account": one}, now=LATER), [fox.id, wattle.id])
        )

    assert sorted(one.get("code", "done") for one in answers) == ["done", "not_found"]
    assert len(replies(fox)) + len(replies(wattle)) == 1


def test_a_reply_older_than_thirty_days_is_not_handed_over(fox: Account) -> None:
    receive()

    answer = send_order(**HAND_OVER, now=NOW + 30 * DAY)

    assert (answer["code"], answer["field"]) == ("not_found", "carrier_id")
    assert replies(fox) == []


@pytest.mark.parametrize("change", [{"account": "99999999"}, {"carrier_id": "SM9"}])
def test_an_unknown_reply_or_account_is_refused_by_its_field(fox: Account, change: dict[str, str]) -> None:
    receive()

    answer = send_order(**HAND_OVER | change, now=LATER)

    assert (answer["code"], [answer["field"]]) == ("not_found", list(change))
    assert len(listed()) == 1


@pytest.mark.parametrize("body", ["STOP", "Help", "proofs"])
def test_a_reply_handed_over_is_answered_by_nothing(fox: Account, body: str) -> None:
    triggers.put(trigger(watches=RecordKind.KEYWORD, statuses=(), keyword="proofs", timing=None))
    receive("SM1", body)
    take_queued("opt_out")

    send_accepted_order(**HAND_OVER, now=LATER)
    record_text(fox)
    receive("SM1", body, at=LATER)

    assert len(replies(fox)) == 1
    assert take_queued("send") == []
    assert take_queued("event") == []


def test_a_moved_reply_leaves_one_studio_and_appears_at_the_other(fox: Account, wattle: Account) -> None:
    record_text(fox)
    receive("SM1", "a" * 300)
    [wrong] = replies(fox)
    read = folders.mark_read(wrong, is_read=True, by="Ann")
    assert read
    folders.link(read, client_id=None, by="Bob")

    moved(wrong, wattle)

    assert (in_the_hub(fox), replies(fox), received(fox)) == ([], [], (0, 0))
    [shown] = in_the_hub(wattle)
    assert (shown["client_id"], shown["rule"], shown["read"], shown["answers"]) == ("theirs", "operator", False, None)
    assert (shown["charged_units"], shown["month"]) == (2, "2026-11")
    [right] = replies(wattle)
    assert right.candidates == ("10000001",)
    assert (right.read_by, right.linked_by) == (None, None)  # the names of another studio's people
    assert received(wattle) == (1, 2)


def test_a_reply_of_a_month_before_a_studio_joined_counts_nothing_there(fox: Account) -> None:
    record_text(fox)
    receive("SM1")
    [wrong] = replies(fox)
    newcomer = studio("10000003", plan_changes=(PlanChange(NOW + timedelta(days=30), "medium"),))

    moved(wrong, newcomer)

    assert (received(fox), received(newcomer)) == ((0, 0), (0, 0))
    [right] = replies(newcomer)
    assert (right.month, right.charged_units) == (None, 0)


def test_a_moved_reply_is_not_found_by_the_former_studio(fox: Account, wattle: Account) -> None:
    record_text(fox)
    receive("SM1")
    [wrong] = replies(fox)

    moved(wrong, wattle)

    path = f"/messages/{wrong.id}"
    assert call(api, "GET", path, account=fox.id).status == 404
    assert call(api, "GET", path, account=wattle.id).status == 200


def test_a_moved_reply_is_unread_at_the_right_studio_and_counted_there_alone(fox: Account, wattle: Account) -> None:
    record_text(fox)
    receive("SM1")
    receive("SM2")
    unread_one, read_one = replies(fox)
    folders.mark_read(read_one, is_read=True)

    moved(unread_one, wattle)
    moved(read_one, wattle)

    assert unread_counts(fox.id) == Unread(unread=0, unread_unlinked=0)
    assert unread_counts(wattle.id) == Unread(unread=2, unread_unlinked=0)


def test_a_reply_read_while_it_is_moved_is_counted_once(fox: Account, wattle: Account) -> None:
    record_text(fox)
    receive("SM1")
    [wrong] = replies(fox)

    with ThreadPoolExecutor(2) as pool:
        pool.submit(folders.mark_read, wrong, is_read=True)
        pool.submit(moved, wrong, wattle)

    assert (replies(fox), unread_counts(fox.id)) == ([], Unread(unread=0, unread_unlinked=0))
    assert (len(replies(wattle)), unread_counts(wattle.id)) == (1, Unread(unread=1, unread_unlinked=0))


def test_replies_after_a_moved_one_keep_their_numbers(fox: Account, wattle: Account) -> None:
    record_text(fox)
    for index in range(3):
        receive(f"SM{index}", at=NOW + index * MINUTE)
    middle = replies(fox)[1]

    moved(middle, wattle)

    assert [number for number, _ in messages_replies.after(fox.id, 0, 10)] == [1, 3]
    assert [number for number, _ in messages_replies.after(fox.id, 1, 10)] == [3]
    assert [number for number, _ in messages_replies.after(wattle.id, 0, 10)] == [1]


def test_a_carriers_copy_of_a_moved_reply_is_ignored(fox: Account, wattle: Account) -> None:
    record_text(fox)
    receive("SM1")
    moved(replies(fox)[0], wattle)

    receive("SM1", at=LATER)

    assert (len(replies(fox)), len(replies(wattle))) == (0, 1)
    assert (received(fox), received(wattle)) == ((0, 0), (1, 1))


def test_parallel_moves_to_one_studio_move_once(fox: Account, wattle: Account) -> None:
    record_text(fox)
    receive("SM1")
    [wrong] = replies(fox)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: moved(wrong, wattle), range(4)))

    assert answers == [{"account": "10000002", "message_id": wrong.id}] * 4
    assert (len(replies(fox)), len(replies(wattle))) == (0, 1)
    assert (received(fox), received(wattle)) == ((0, 0), (1, 1))


def test_of_parallel_moves_to_two_studios_one_is_refused(fox: Account, wattle: Account) -> None:
    third = studio("10000003")
    record_text(fox)
    receive("SM1")
    [wrong] = replies(fox)

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda to: moved(wrong, to), [wattle, third]))

    assert sorted(one.get("code", "done") for one in answers) == ["done", "not_found"]
    assert len(replies(wattle)) + len(replies(third)) == 1
    assert sum(received(one)[1] for one in (fox, wattle, third)) == 1


def test_a_reply_can_be_moved_back(fox: Account, wattle: Account) -> None:
    record_text(fox)
    receive("SM1")
    moved(replies(fox)[0], wattle)

    moved(replies(wattle)[0], fox)

    assert [number for number, _ in messages_replies.after(fox.id, 0, 10)] == [2]
    assert (received(fox), received(wattle)) == ((1, 1), (0, 0))


def test_a_reply_handed_over_and_moved_is_uncharged(fox: Account, wattle: Account) -> None:
    picture = Inbound(
        carrier="twilio", carrier_id="SM1", phone=PHONE, number=NUMBER, body="", media=("https://api.example/ME1",)
    )
    worker.receive(picture, NOW)
    send_accepted_order(**HAND_OVER, now=LATER)

    moved(replies(fox)[0], wattle)

    assert replies(wattle)[0].media == ("https://api.example/ME1",)
    assert (received(fox), received(wattle)) == ((0, 0), (0, 0))


def test_only_a_reply_can_be_moved_and_only_to_another_account(fox: Account, wattle: Account) -> None:
    record_text(fox)
    receive("SM1")
    [wrong] = replies(fox)

    order = {"account": fox.id, "message_id": wrong.id, "to": wattle.id}
    for change in ({"to": "99999999"}, {"to": fox.id}, {"message_id": "none"}):
        assert send_order("replies.move", LATER, **order | change)["code"] == "not_found"

    assert len(replies(fox)) == 1


def hand_it_over() -> None:
    send_accepted_order(**HAND_OVER, now=LATER)


def move_it() -> None:
    message_id = messages_reply.message_id(
        Inbound(carrier="twilio", carrier_id="SM1", phone=PHONE, number=NUMBER, body="")
    )
    send_accepted_order("replies.move", LATER, account="10000001", message_id=message_id, to="10000002")


@pytest.mark.long
@pytest.mark.parametrize(("deed", "owner"), [(hand_it_over, "10000001"), (move_it, "10000002")])
def test_an_order_killed_anywhere_and_repeated_is_done_once(
    fox: Account, wattle: Account, deed: Callable[[], None], owner: str
) -> None:
    if deed is move_it:
        record_text(fox)
    receive("SM1")
    for crash in every_crash(after=False):
        with crash:
            deed()

        deed()

        both = {one.id: len(replies(one)) for one in (fox, wattle)}
        assert both == {"10000001": 0, "10000002": 0} | {owner: 1}
        assert received(wattle) == ((1, 1) if deed is move_it else (0, 0))
        assert received(fox) == (0, 0)


def test_the_log_has_neither_the_phone_nor_the_body(fox: Account, caplog: pytest.LogCaptureFixture) -> None:
    receive("SM1", "Secret words")

    invoke.handler({"do": "replies.list_unattributed"}, LambdaContext())
    invoke.handler(HAND_OVER, LambdaContext())

    assert "Secret words" not in log_lines(caplog)
    assert "2125550123" not in log_lines(caplog)


def test_a_late_copy_of_a_possible_opt_out_asks_no_other_studio(fox: Account, wattle: Account) -> None:
    record_text(fox)
    receive(body="please stop texting me")
    record_text(wattle, NOW + 61 * DAY)

    receive(body="please stop texting me", at=NOW + 61 * DAY + MINUTE)

    assert {json.loads(heard)["account"] for heard in take_queued("opt_out")} == {fox.id}


def test_a_reply_whose_body_was_deleted_is_moved_with_its_units(fox: Account, wattle: Account) -> None:
    record_text(fox)
    receive(body="o" * 200)
    [reply] = replies(fox)
    retentions.purge(reply)

    moved(reply, to=wattle)

    [there] = replies(wattle)
    assert (there.body, there.body_expired, there.units, there.charged_units) == ("", True, reply.units, reply.units)
    assert (received(fox), received(wattle)) == ((0, 0), (1, reply.units))


def test_a_possible_opt_out_moved_before_it_is_processed_asks_only_the_new_staff(
    fox: Account, wattle: Account
) -> None:
    record_text(fox)
    receive(body="please stop texting me")
    [reply] = replies(fox)
    moved(reply, to=wattle)

    for body in take_queued("opt_out"):
        opt_out_worker.handle_keyword(queues.read(HandleKeyword, body), LATER)

    asked = {one.id: optouts.question_page(one.id, limit=9, cursor=None)[0] for one in (fox, wattle)}
    assert [len(of_studio) for of_studio in asked.values()] == [0, 1]
    assert optouts.history(PHONE, "account-10000001", LATER) == []
