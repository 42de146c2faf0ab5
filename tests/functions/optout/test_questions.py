"""A possible opt-out holds its studio's texts to that phone until its staff, or the client, answer."""

from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from broadcasts import api
from inbox import worker as inbox_worker
from longcode.accounts.account import Account
from longcode.aws import queues
from longcode.carriers.carrier import Inbound
from longcode.clients import store as clients
from longcode.errors import OnlyTheClient
from longcode.jobs import HandleKeyword
from longcode.message import HoldReason, MessageState
from longcode.messages import folders, replies
from longcode.numbers import store as numbers
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED, account_scope
from optout import api as optout_api
from optout import questions, worker
from send import api as send_api
from sweeper import sweep_schedule
from tests.support.admin_orders import send_accepted_order
from tests.support.aws_calls import meanwhile, parallel_calls
from tests.support.crashes import every_crash
from tests.support.fakes import ACTOR, NOW, ApiResponse, FakeCarrier, call, client, studio, take_queued
from tests.support.reply_steps import NUMBER, PHONE, record_text
from tests.support.text_steps import accept, deliver, stored

pytestmark = pytest.mark.account(texted=NOW - timedelta(hours=1))

MINE, THEIRS = "10000001", "10000002"
WORDS = " Please stop texting me!! 🙏"


def at(minute: int) -> datetime:
    return NOW + timedelta(minutes=minute)


def reply(words: str = WORDS, minute: int = 0) -> None:
    """Receive the client's words and act on them."""
    inbound = Inbound(carrier="twilio", carrier_id=f"SM{minute}", phone=PHONE, number=NUMBER, body=words)
    inbox_worker.receive(inbound, at(minute))
    act(minute)


def act(minute: int) -> None:
    for body in take_queued("opt_out"):
        worker.handle_keyword(queues.read(HandleKeyword, body), at(minute))


def say(keyword: str, minute: int, event_id: str | None = None) -> None:
    worker.handle_keyword(
        HandleKeyword(
            id=event_id or f"{keyword}-{minute}",
            keyword=keyword,
            phone=PHONE,
            number=NUMBER,
            words=keyword,
            at=at(minute),
            account=MINE,
        ),
        at(minute),
    )


def listed(account: str = MINE) -> list[Any]:
    return list(call(optout_api, "GET", "/questions", account=account).json["items"])


def answer(opted_out: bool, minute: int = 2, by: str | None = None) -> None:
    questions.answer(MINE, PHONE, ACTOR, opted_out=opted_out, message_id=None, by=by, now=at(minute))


def put(opted_out: bool, account: str = MINE, **fields: Any) -> ApiResponse:
    return call(optout_api, "PUT", f"/questions/{PHONE}", {"opted_out": opted_out} | fields, account=account)


def history(account: str = MINE) -> list[tuple[str, bool, bool, str | None]]:
    shown = call(optout_api, "GET", f"/optouts/{PHONE}", account=account).json["history"]
    return [(entry["means"], entry["asks"], entry["out"], entry["by"]) for entry in shown]


def delivered(minute: int) -> list[str]:
    """Sweep, deliver what is due, and return the bodies of the studio's texts."""
    carrier = FakeCarrier()
    sweep_schedule.sweep(at(minute))
    deliver(carrier, at(minute))
    return [text.body for text in carrier.texts if text.reference.startswith(MINE)]


def test_staff_are_asked_about_a_possible_opt_out_in_its_exact_words(account: Account) -> None:
    reply()

    [question] = listed()
    [(_, message)] = replies.after(MINE, 0, 10)
    assert question == {
        "phone": PHONE,
        "message_id": message.id,
        "words": WORDS,
        "asked_at": "2026-11-22T15:30:00.000Z",
        "number": NUMBER,
        "clients": [{"id": "c1", "first_name": "Zoë", "last_name": ""}],
    }
    assert (message.keyword, message.charged_units, message.read) == ("near_stop", 1, False)


def test_a_possible_opt_out_gets_no_automatic_reply(account: Account) -> None:
    reply()

    assert folders.page("longcode", "sent", limit=9, cursor=None).messages == []
    assert take_queued("send") == []


def test_a_text_accepted_before_or_after_a_possible_opt_out_waits(account: Account) -> None:
    before = accept(account, "before", now=at(0))
    reply(minute=1)
    after = accept(account, "after", now=at(2))
    carrier = FakeCarrier()

    deliver(carrier, at(2))

    assert carrier.texts == []
    assert [(text.state, text.held) for text in map(stored, [account] * 2, [before.id, after.id])] == [
        (MessageState.QUEUED, HoldReason.ASKED),
        (MessageState.QUEUED, HoldReason.ASKED),
    ]


def test_a_no_of_staff_releases_the_texts_within_a_minute(account: Account) -> None:
    text = accept(account, now=at(0))
    reply(minute=1)
    deliver(FakeCarrier(), at(1))

    answer(False, 2, by="Kim")

    assert history() == [("text", True, False, None), ("text_and_staff", False, False, "Kim")]
    assert listed() == []
    assert delivered(3) == ["Hello"]
    assert stored(account, text.id).held is None


def test_a_yes_of_staff_opts_out_of_that_studio_and_its_texts_are_refused(account: Account) -> None:
    text = accept(account, now=at(0))
    reply(minute=1)
    deliver(FakeCarrier(), at(1))

    answer(True, 2)

    assert optouts.blocked([(MINE, PHONE), (THEIRS, PHONE)]) == {(MINE, PHONE)}
    assert history() == [("text", True, False, None), ("text_and_staff", False, True, None)]
    assert delivered(3) == []
    assert (stored(account, text.id).state, stored(account, text.id).error) == (MessageState.REFUSED, "opted_out")


def test_an_answer_is_recorded_with_who_gave_it_and_the_exact_words(account: Account) -> None:
    reply()

    answered = put(True, by="Kim", message_id=listed()[0]["message_id"])

    assert (answered.status, answered.json["opted_out"]) == (200, True)
    assert [entry["words"] for entry in answered.json["history"]] == [WORDS, WORDS]
    assert answered.json["history"][1]["by"] == "Kim"
    assert listed() == []


def test_a_waiting_text_expires_when_it_is_too_late_to_send(account: Account) -> None:
    text = accept(account, now=at(0))
    reply(minute=1)
    deliver(FakeCarrier(), at(1))

    for hour in range(1, 6):
        assert delivered(hour * 60 + 2) == []

    ended = stored(account, text.id)
    assert (ended.state, ended.error) == (MessageState.EXPIRED, "asked")


def test_other_studios_still_text_the_phone_and_cannot_see_the_question(account: Account) -> None:
    other = studio(THEIRS)
    numbers.dedicate(other, "+15555550177", at(0))
    client(other, "c9", PHONE)
    reply()

    accept(other, now=at(1), client_id="c9")
    carrier = FakeCarrier()
    deliver(carrier, at(1))

    assert len(carrier.texts) == 1
    assert listed(THEIRS) == []
    assert put(True, THEIRS).status == 404
    assert put(True, THEIRS).json["code"] == "not_found"
    assert call(optout_api, "GET", f"/optouts/{PHONE}", account=THEIRS).json == {
        "phone": PHONE,
        "opted_out": False,
        "history": [],
    }


@pytest.mark.parametrize("keyword", ["stop", "start"])
def test_a_keyword_from_the_client_closes_the_question(account: Account, keyword: str) -> None:
    text = accept(account, now=at(0))
    reply(minute=1)
    deliver(FakeCarrier(), at(1))

    say(keyword, 2)

    out = keyword == "stop"
    assert listed() == []
    assert delivered(3) == ([] if out else ["Hello"])
    assert stored(account, text.id).state is (MessageState.REFUSED if out else MessageState.SENT)
    assert put(True).status == 404
    assert put(False).status == (403 if out else 404)


def test_a_yes_after_a_stop_does_not_reopen_the_question(account: Account) -> None:
    reply(minute=0)
    say("stop", 1)

    say("yes", 2)

    assert listed() == []
    assert optouts.pair_blocks([(MINE, PHONE)]).asked == set()


POSSIBLE, STOP, START, LATER = ("possible", 1), ("stop", 0), ("start", 2), ("possible", 3)


@pytest.mark.long
@pytest.mark.parametrize("order", list(permutations([POSSIBLE, STOP, START, LATER])))
def test_keywords_and_possible_opt_outs_in_any_order_leave_the_latest_question(
    account: Account, order: list[tuple[str, int]]
) -> None:
    for word, minute in [*order, *order]:
        if word == "possible":
            reply(WORDS, minute)
        else:
            say(word, minute)

    assert [item["asked_at"] for item in listed()] == ["2026-11-22T15:33:00.000Z"]


@pytest.mark.long
@pytest.mark.parametrize("order", list(permutations([POSSIBLE, STOP, START])))
def test_keywords_and_possible_opt_outs_in_any_order_are_all_closed_by_the_latest_start(
    account: Account, order: list[tuple[str, int]]
) -> None:
    for word, minute in [*order, *order]:
        if word == "possible":
            reply(WORDS, minute)
        else:
            say(word, minute)

    standing = optouts.pair_blocks([(MINE, PHONE)])
    assert (standing.blocked, standing.asked, listed()) == (set(), set(), [])


def test_no_question_is_asked_about_a_phone_that_is_opted_out(account: Account) -> None:
    say("stop", 0)
    reply(minute=1)

    assert listed() == []
    assert put(False).status == 403


def test_two_possible_opt_outs_are_one_question_about_the_newer(account: Account) -> None:
    reply("please stop texting me", 0)
    first = listed()[0]["message_id"]

    reply("take me off your list", 1)

    assert [item["words"] for item in listed()] == ["take me off your list"]
    stale = put(False, message_id=first)
    assert (stale.status, stale.json["errors"][0]["field"]) == (404, "message_id")
    assert put(False).status == 200
    assert listed() == []


def test_the_same_answer_again_changes_nothing(account: Account) -> None:
    reply()

    for minute in (1, 2):
        answer(False, minute)

    assert len(history()) == 2


def test_a_no_can_become_a_yes_and_only_the_client_can_undo_that(account: Account) -> None:
    reply()

    answer(False, 1)
    answer(True, 2)

    assert put(False).json["code"] == "only_the_client"
    assert optouts.blocked([(MINE, PHONE)]) == {(MINE, PHONE)}
    say("start", 3)
    assert put(True).status == 200
    assert optouts.blocked([(MINE, PHONE)]) == set()


def test_concurrent_yes_and_no_end_opted_out(account: Account) -> None:
    reply()

    def give(opted_out: bool) -> None:
        try:
            answer(opted_out, 1)
        except OnlyTheClient:
            return

    with parallel_calls() as threads:
        list(threads.map(give, [True, False, True, False]))

    assert optouts.blocked([(MINE, PHONE)]) == {(MINE, PHONE)}
    assert listed() == []


def test_a_new_possible_opt_out_after_an_answer_asks_again(account: Account) -> None:
    reply(minute=0)
    answer(False, 1)

    reply("take me off your list", 2)

    assert [item["words"] for item in listed()] == ["take me off your list"]


def test_a_possible_opt_out_delivered_again_after_its_answer_asks_nobody(account: Account) -> None:
    reply(minute=0)
    answer(False, 1)

    reply(minute=0)

    assert listed() == []
    assert len(history()) == 2


def test_an_opt_out_recorded_by_staff_answers_the_question(account: Account) -> None:
    reply()

    call(optout_api, "PUT", f"/optouts/{PHONE}", {"opted_out": True, "how": "She rang."}, account=MINE)

    assert listed() == []
    assert put(True).status == 200
    assert put(False).status == 403


def test_a_text_that_is_being_held_during_the_answer_is_released_too(account: Account) -> None:
    text = accept(account, now=at(0))
    reply(minute=1)

    with meanwhile("UpdateItem", lambda: answer(False, 1)):
        deliver(FakeCarrier(), at(1))

    assert delivered(2) == ["Hello"]
    assert stored(account, text.id).state is MessageState.SENT


@pytest.mark.long
def test_a_possible_opt_out_killed_anywhere_is_asked_about_once(account: Account) -> None:
    inbound = Inbound(carrier="twilio", carrier_id="SM0", phone=PHONE, number=NUMBER, body=WORDS)
    inbox_worker.receive(inbound, at(0))
    [job] = [queues.read(HandleKeyword, body) for body in take_queued("opt_out")]

    for crash in every_crash(after=False):
        with crash:
            worker.handle_keyword(job, at(0))
        worker.handle_keyword(job, at(1))

        assert len(listed()) == 1
        assert len(optouts.history(PHONE, account_scope(MINE), NOW)) == 1


@pytest.mark.long
def test_an_answer_killed_anywhere_and_repeated_counts_once(account: Account) -> None:
    text = accept(account, now=at(0))
    reply(minute=1)
    deliver(FakeCarrier(), at(1))

    for crash in every_crash(after=False):
        with crash:
            answer(False, 2)
        answer(False, 3)

        assert len(history()) == 2
        assert delivered(4) == ["Hello"]
        assert stored(account, text.id).state is MessageState.SENT


def test_a_stop_during_the_write_of_a_question_closes_it(account: Account) -> None:
    with meanwhile("TransactWriteItems", lambda: say("stop", 5)):
        reply(minute=0)
    say("start", 6)

    assert optouts.pair_blocks([(MINE, PHONE)]).asked == set()
    assert optouts.get_question(MINE, PHONE).open is False  # type: ignore[union-attr]  # it was put


def test_an_unattributed_possible_opt_out_asks_nobody(aws: None) -> None:
    studio(MINE)

    reply()

    assert listed() == []
    assert optouts.history(PHONE, SHARED, NOW) == []


def test_an_unattributed_possible_opt_out_that_is_handed_over_asks_the_staff(aws: None) -> None:
    client(studio(MINE), "c1", PHONE)
    reply()

    for _ in range(2):
        send_accepted_order("replies.hand_over", at(5), carrier="twilio", carrier_id="SM0", account=MINE)
        act(5)

    assert [item["words"] for item in listed()] == [WORDS]


def test_a_moved_possible_opt_out_asks_only_the_new_studio(account: Account) -> None:
    other = studio(THEIRS)
    client(other, "c9", PHONE)
    reply()
    message_id = listed()[0]["message_id"]

    for _ in range(2):
        send_accepted_order("replies.move", at(5), account=MINE, message_id=message_id, to=THEIRS)
        act(5)

    assert (listed(), [item["message_id"] for item in listed(THEIRS)]) == ([], [message_id])
    assert optouts.pair_blocks([(MINE, PHONE), (THEIRS, PHONE)]).asked == {(THEIRS, PHONE)}


def test_a_late_copy_of_a_moved_possible_opt_out_asks_only_the_new_studio(account: Account) -> None:
    client(studio(THEIRS), "c9", PHONE)
    reply()
    message_id = listed()[0]["message_id"]
    send_accepted_order("replies.move", at(5), account=MINE, message_id=message_id, to=THEIRS)

    reply()

    assert optouts.pair_blocks([(MINE, PHONE), (THEIRS, PHONE)]).asked == {(THEIRS, PHONE)}


def test_questions_are_listed_oldest_first_in_pages(account: Account) -> None:
    phones = [f"+1212555010{index}" for index in range(3)]
    for minute, phone in enumerate(reversed(phones)):
        record_text(account, at=at(-1), phone=phone, client_id=None)
        inbound = Inbound(carrier="twilio", carrier_id=phone, phone=phone, number=NUMBER, body=WORDS)
        inbox_worker.receive(inbound, at(minute))
        act(minute)

    first = call(optout_api, "GET", "/questions", account=MINE, query={"limit": "2"}).json
    second = call(
        optout_api, "GET", "/questions", account=MINE, query={"limit": "2", "cursor": first["next_cursor"]}
    ).json

    assert [item["phone"] for item in first["items"]] == [phones[2], phones[1]]
    assert [item["phone"] for item in second["items"]] == [phones[0]]
    assert second["next_cursor"] is None


@pytest.mark.parametrize("form", [{"client_id": "c1"}, {"to": PHONE}])
def test_the_preview_lists_the_texts_that_would_wait(account: Account, form: dict[str, str]) -> None:
    client(account, "c1", PHONE, "+12125550199")
    reply()

    shown = call(send_api, "POST", "/messages/preview", form | {"body": "Hello"}, account=MINE).json

    assert (shown["may_be_sent"], shown["skipped"]) == (True, [])
    assert [(item["phone"], item["code"]) for item in shown["held"]] == [(PHONE, "asked")]


def test_a_dry_run_lists_the_texts_that_would_wait(account: Account) -> None:
    reply()

    body = {"audience": {"all": True}, "body": "Hello", "dry_run": True}
    shown = call(api, "POST", "/broadcasts", body, account=MINE).json

    [outcome] = shown["items"]
    assert (outcome["would_be_sent"], outcome["text"], outcome["code"]) == (True, "Hello", "asked")
    assert (shown["totals"]["texts"], shown["totals"]["held"], shown["totals"]["skipped"]) == (1, 1, {})


def test_a_client_written_after_the_possible_opt_out_is_marked_too(account: Account) -> None:
    reply()

    client(account, "c2", PHONE)

    written = clients.get(MINE, "c2")
    assert written
    assert set(written.heard_stop) == {PHONE}


@pytest.mark.parametrize(
    ("form", "field"),
    [({}, "opted_out"), ({"opted_out": True, "by": ""}, "by"), ({"opted_out": True, "why": "x"}, "why")],
)
def test_an_invalid_answer_is_refused(account: Account, form: dict[str, object], field: str) -> None:
    reply()

    refused = call(optout_api, "PUT", f"/questions/{PHONE}", form, account=MINE)

    assert (refused.status, refused.json["errors"][0]["field"]) == (422, field)
    assert len(listed()) == 1


def test_no_log_contains_a_phone_or_a_body(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    reply()
    put(True)

    shown = "".join(capsys.readouterr())
    assert "5550123" not in shown
    assert "texting" not in shown
