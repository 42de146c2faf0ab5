import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from inbox import api, reply, strangers, worker
from longcode.account import Account
from longcode.aws import queues
from longcode.carriers.carrier import Inbound
from longcode.errors import NotFound
from longcode.jobs import HearKeyword
from longcode.message import Message
from longcode.plans import Change
from longcode.record import RecordKind
from longcode.table import hub, inbox, opt_outs, questions, retentions, triggers, unread, usage
from longcode.unread import Unread
from optout import worker as opt_out_worker
from tests.fakes import NOW, LambdaContext, call, client, queued, studio
from tests.functions.inbox.replies import NUMBER, PHONE, receive, texted
from tests.functions.send.logs import logged
from tests.functions.send.wire import taking_turns
from tests.occasions import trigger
from tests.support.crashes import every_crash

EVENTS = Path(__file__).parents[2] / "events"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
LATER = NOW + DAY
HAND_OVER = {"do": "hand_over", "carrier": "twilio", "carrier_id": "SM1", "account": "10000001"}


@pytest.fixture
def fox(aws: None) -> Account:
    """Give a studio that has a client."""
    account = studio()
    client(account)
    return account


@pytest.fixture
def wattle(aws: None) -> Account:
    """Give another one, which has the same client."""
    account = studio("10000002")
    client(account, "theirs")
    return account


def replies(account: Account) -> list[Message]:
    return [message for _, message in inbox.after(account.id, 0, 100)]


def in_the_hub(account: Account) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = call(api, "GET", "/messages", account=account.id).json["items"]
    return items


def received(account: Account) -> tuple[int, int]:
    used = usage.of_month(account.id, "2026-11")
    return used.texts_received, used.units_received


def moved(message: Message, to: Account) -> dict[str, Any]:
    order = {"do": "move", "account": message.account, "message_id": message.id, "to": to.id}
    return strangers.act(order, LATER)


def listed() -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = strangers.act({"do": "list"}, LATER)["items"]
    return items


def test_the_operator_sees_strangers_texts_newest_first(fox: Account) -> None:
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
        "received_at": "2026-11-22T15:30:00+00:00",
        "kept_until": "2026-12-22T15:30:00+00:00",
    }


def test_a_text_that_is_handed_over_is_an_unread_reply_that_says_so_and_costs_nothing(fox: Account) -> None:
    receive("SM1", "Is this the studio?")

    strangers.act(HAND_OVER, LATER)

    [shown] = in_the_hub(fox)
    assert (shown["body"], shown["rule"], shown["read"]) == ("Is this the studio?", "operator", False)
    assert (shown["client_id"], shown["answers"], shown["charged_units"]) == ("c1", None, 0)
    assert shown["created_at"] == "2026-11-22T15:30:00Z"
    assert [number for number, _ in inbox.after(fox.id, 0, 10)] == [1]
    assert received(fox) == (0, 0)
    assert listed() == []


def test_handing_over_again_changes_nothing_and_is_answered_alike(fox: Account) -> None:
    receive()

    first, again = strangers.act(HAND_OVER, LATER), strangers.act(HAND_OVER, LATER)

    assert first == again == {"account": "10000001", "message_id": replies(fox)[0].id}
    assert len(replies(fox)) == 1


def test_of_two_operators_who_hand_it_to_different_studios_one_is_refused(fox: Account, wattle: Account) -> None:
    receive()

    def hand(account: str) -> str:
        with suppress(NotFound):
            return str(strangers.act({**HAND_OVER, "account": account}, LATER)["account"])
        return "refused"

    with taking_turns(), ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(hand, [fox.id, wattle.id]))

    assert answers[1] == "refused"
    assert len(replies(fox)) + len(replies(wattle)) == 1


def test_a_text_whose_thirty_days_are_over_cannot_be_handed_over(fox: Account) -> None:
    receive()

    with pytest.raises(NotFound) as refused:
        strangers.act(HAND_OVER, NOW + 30 * DAY)

    assert refused.value.field == "carrier_id"
    assert replies(fox) == []


@pytest.mark.parametrize("change", [{"account": "99999999"}, {"carrier_id": "SM9"}])
def test_what_is_not_there_is_refused_by_its_field(fox: Account, change: dict[str, str]) -> None:
    receive()

    with pytest.raises(NotFound) as refused:
        strangers.act({**HAND_OVER, **change}, LATER)

    assert [refused.value.field] == list(change)
    assert len(listed()) == 1


@pytest.mark.parametrize(
    "order",
    [
        {},
        {"do": "give"},
        {"do": "hand_over", "carrier": "twilio"},
        {**HAND_OVER, "to": "10000002"},
        {"do": "list", "limit": 0},
    ],
)
def test_an_order_that_cannot_be_read_is_refused(fox: Account, order: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        strangers.act(order, LATER)


@pytest.mark.parametrize("body", ["STOP", "Help", "proofs"])
def test_nothing_answers_a_text_that_is_handed_over(fox: Account, body: str) -> None:
    triggers.put(trigger(watches=RecordKind.KEYWORD, statuses=(), keyword="proofs", timing=None))
    receive("SM1", body)
    queued("opt_out")

    strangers.act(HAND_OVER, LATER)
    texted(fox)
    receive("SM1", body, at=LATER)

    assert len(replies(fox)) == 1
    assert queued("send") == []
    assert queued("event") == []


def test_a_reply_that_is_moved_leaves_the_wrong_studio_and_appears_at_the_right_one(
    fox: Account, wattle: Account
) -> None:
    texted(fox)
    receive("SM1", "a" * 300)
    [wrong] = replies(fox)
    hub.mark_read(wrong, is_read=True)

    moved(wrong, wattle)

    assert (in_the_hub(fox), replies(fox), received(fox)) == ([], [], (0, 0))
    [shown] = in_the_hub(wattle)
    assert (shown["client_id"], shown["rule"], shown["read"], shown["answers"]) == ("theirs", "operator", False, None)
    assert (shown["charged_units"], shown["month"]) == (2, "2026-11")
    [right] = replies(wattle)
    assert right.candidates == ("10000001",)
    assert received(wattle) == (1, 2)


def test_a_reply_of_a_month_before_a_studio_joined_counts_nothing_there(fox: Account) -> None:
    texted(fox)
    receive("SM1")
    [wrong] = replies(fox)
    newcomer = studio("10000003", plan_changes=(Change(NOW + timedelta(days=30), "medium"),))

    moved(wrong, newcomer)

    assert (received(fox), received(newcomer)) == ((0, 0), (0, 0))
    [right] = replies(newcomer)
    assert (right.month, right.charged_units) == (None, 0)


def test_the_wrong_studio_does_not_find_the_moved_reply_any_more(fox: Account, wattle: Account) -> None:
    texted(fox)
    receive("SM1")
    [wrong] = replies(fox)

    moved(wrong, wattle)

    path = f"/messages/{wrong.id}"
    assert call(api, "GET", path, account=fox.id).status == 404
    assert call(api, "GET", path, account=wattle.id).status == 200


def test_a_moved_reply_is_unread_at_the_right_studio_and_counted_there_alone(fox: Account, wattle: Account) -> None:
    texted(fox)
    receive("SM1")
    receive("SM2")
    unread_one, read_one = replies(fox)
    hub.mark_read(read_one, is_read=True)

    moved(unread_one, wattle)
    moved(read_one, wattle)

    assert unread.of(fox.id) == Unread(unread=0, unread_unlinked=0)
    assert unread.of(wattle.id) == Unread(unread=2, unread_unlinked=0)


def test_a_reply_that_staff_read_while_it_is_moved_is_counted_once(fox: Account, wattle: Account) -> None:
    texted(fox)
    receive("SM1")
    [wrong] = replies(fox)

    with taking_turns(), ThreadPoolExecutor(2) as pool:
        pool.submit(hub.mark_read, wrong, is_read=True)
        pool.submit(moved, wrong, wattle)

    assert (replies(fox), unread.of(fox.id)) == ([], Unread(unread=0, unread_unlinked=0))
    assert (len(replies(wattle)), unread.of(wattle.id)) == (1, Unread(unread=1, unread_unlinked=0))


def test_replies_after_a_moved_one_keep_their_numbers(fox: Account, wattle: Account) -> None:
    texted(fox)
    for index in range(3):
        receive(f"SM{index}", at=NOW + index * MINUTE)
    middle = replies(fox)[1]

    moved(middle, wattle)

    assert [number for number, _ in inbox.after(fox.id, 0, 10)] == [1, 3]
    assert [number for number, _ in inbox.after(fox.id, 1, 10)] == [3]
    assert [number for number, _ in inbox.after(wattle.id, 0, 10)] == [1]


def test_a_copy_of_a_moved_reply_from_the_carrier_brings_nothing_back(fox: Account, wattle: Account) -> None:
    texted(fox)
    receive("SM1")
    moved(replies(fox)[0], wattle)

    receive("SM1", at=LATER)

    assert (len(replies(fox)), len(replies(wattle))) == (0, 1)
    assert (received(fox), received(wattle)) == ((0, 0), (1, 1))


def test_moving_twice_or_in_parallel_moves_once(fox: Account, wattle: Account) -> None:
    texted(fox)
    receive("SM1")
    [wrong] = replies(fox)

    with taking_turns(), ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: moved(wrong, wattle), range(4)))

    assert answers == [{"account": "10000002", "message_id": wrong.id}] * 4
    assert (len(replies(fox)), len(replies(wattle))) == (0, 1)
    assert (received(fox), received(wattle)) == ((0, 0), (1, 1))


def test_a_reply_moved_to_two_studios_at_once_is_at_one(fox: Account, wattle: Account) -> None:
    third = studio("10000003")
    texted(fox)
    receive("SM1")
    [wrong] = replies(fox)

    def move(to: Account) -> bool:
        with suppress(NotFound):
            return bool(moved(wrong, to))
        return False

    with taking_turns(), ThreadPoolExecutor(2) as pool:
        done = list(pool.map(move, [wattle, third]))

    assert sorted(done) == [False, True]
    assert len(replies(wattle)) + len(replies(third)) == 1
    assert sum(received(one)[1] for one in (fox, wattle, third)) == 1


def test_a_reply_can_be_moved_back(fox: Account, wattle: Account) -> None:
    texted(fox)
    receive("SM1")
    moved(replies(fox)[0], wattle)

    moved(replies(wattle)[0], fox)

    assert [number for number, _ in inbox.after(fox.id, 0, 10)] == [2]
    assert (received(fox), received(wattle)) == ((1, 1), (0, 0))


def test_what_was_handed_over_costs_the_next_studio_nothing_either(fox: Account, wattle: Account) -> None:
    picture = Inbound(
        carrier="twilio", carrier_id="SM1", phone=PHONE, number=NUMBER, body="", media=("https://api.example/ME1",)
    )
    worker.receive(picture, NOW)
    strangers.act(HAND_OVER, LATER)

    moved(replies(fox)[0], wattle)

    assert replies(wattle)[0].media == ("https://api.example/ME1",)
    assert (received(fox), received(wattle)) == ((0, 0), (0, 0))


def test_only_replies_are_moved_and_only_to_another_account_that_is_there(fox: Account, wattle: Account) -> None:
    texted(fox)
    receive("SM1")
    [wrong] = replies(fox)

    order = {"do": "move", "account": fox.id, "message_id": wrong.id, "to": wattle.id}
    for change in ({"to": "99999999"}, {"to": fox.id}, {"message_id": "none"}):
        with pytest.raises(NotFound):
            strangers.act({**order, **change}, LATER)

    assert len(replies(fox)) == 1


def hand_it_over() -> None:
    strangers.act(HAND_OVER, LATER)


def move_it() -> None:
    message_id = reply.message_id(Inbound(carrier="twilio", carrier_id="SM1", phone=PHONE, number=NUMBER, body=""))
    strangers.act({"do": "move", "account": "10000001", "message_id": message_id, "to": "10000002"}, LATER)


@pytest.mark.parametrize(("deed", "owner"), [(hand_it_over, "10000001"), (move_it, "10000002")])
def test_killed_anywhere_and_ordered_again_it_is_done_once(
    fox: Account, wattle: Account, deed: Callable[[], None], owner: str
) -> None:
    if deed is move_it:
        texted(fox)
    receive("SM1")
    for crash in every_crash():
        with crash:
            deed()

        deed()

        both = {one.id: len(replies(one)) for one in (fox, wattle)}
        assert both == {"10000001": 0, "10000002": 0} | {owner: 1}
        assert received(wattle) == ((1, 1) if deed is move_it else (0, 0))
        assert received(fox) == (0, 0)


@pytest.mark.parametrize("name", ["operator_hand_over.json", "operator_move.json", "operator_list.json"])
def test_the_events_that_the_readme_shows_can_be_read(fox: Account, wattle: Account, name: str) -> None:
    receive("SM11112222333344445555666677778888")

    with suppress(NotFound):
        json.dumps(strangers.handler(json.loads((EVENTS / name).read_text()), LambdaContext()))


def test_the_log_has_neither_the_phone_nor_the_words(fox: Account, caplog: pytest.LogCaptureFixture) -> None:
    receive("SM1", "Secret words")

    strangers.handler({"do": "list"}, LambdaContext())
    strangers.handler(HAND_OVER, LambdaContext())

    assert "Secret words" not in logged(caplog)
    assert "2125550123" not in logged(caplog)


def test_a_late_copy_of_a_near_miss_asks_no_other_studio_about_its_words(fox: Account, wattle: Account) -> None:
    texted(fox)
    receive(body="please stop texting me")
    texted(wattle, NOW + MINUTE)

    receive(body="please stop texting me", at=NOW + 2 * MINUTE)

    assert {json.loads(heard)["account"] for heard in queued("opt_out")} == {fox.id}


def test_a_reply_whose_words_are_gone_is_moved_with_what_it_counts(fox: Account, wattle: Account) -> None:
    texted(fox)
    receive(body="o" * 200)
    [reply] = replies(fox)
    retentions.forget(reply)

    moved(reply, to=wattle)

    [there] = replies(wattle)
    assert (there.body, there.body_expired, there.units, there.charged_units) == ("", True, reply.units, reply.units)
    assert (received(fox), received(wattle)) == ((0, 0), (1, reply.units))


def test_a_near_miss_that_is_moved_before_anybody_heard_it_asks_the_right_staff_alone(
    fox: Account, wattle: Account
) -> None:
    texted(fox)
    receive(body="please stop texting me")
    [reply] = replies(fox)
    moved(reply, to=wattle)

    for body in queued("opt_out"):
        opt_out_worker.hear(queues.read(HearKeyword, body), LATER)

    asked = {one.id: questions.page(one.id, limit=9, cursor=None)[0] for one in (fox, wattle)}
    assert [len(of_studio) for of_studio in asked.values()] == [0, 1]
    assert opt_outs.history(PHONE, "account-10000001", LATER) == []
