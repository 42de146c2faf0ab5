"""Attacks of hostile studios on other studios' replies, each played against the service."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from inbox import api as inbox_api
from inbox import worker as inbox_worker
from longcode.accounts.account import Account
from longcode.aws.settings import settings
from longcode.carriers.carrier import Inbound, Receipt, RefusalReason, Refused
from longcode.message import Message, MessageState
from longcode.messages import replies
from optout import api as optout_api
from send import api as send_api
from send.receipts import apply_receipt
from sweeper import sweep_schedule
from tests.support.admin_orders import send_order
from tests.support.aws_calls import noted_calls
from tests.support.fakes import NOW, FakeCarrier, call, client, studio, take_queued
from tests.support.text_steps import accept, deliver, stored

PHONE = "+12125550123"
NUMBERS = ("+15555550100", "+15555550101")
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
SECRET = "the key is under the mat, my door code is 4711"


@pytest.fixture
def victim(account: Account, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """A studio with one client; there are two shared numbers."""
    monkeypatch.setenv("SHARED_NUMBERS", ",".join(NUMBERS))
    settings.cache_clear()
    yield account
    settings.cache_clear()


@pytest.fixture
def attackers(victim: Account) -> list[Account]:
    """Two throw-away accounts."""
    return [studio(f"1000002{index}") for index in range(2)]


def text(account: Account, at: datetime = NOW, carrier: FakeCarrier | None = None, **fields: Any) -> Message:
    """Text the victim's client at an instant; return the message as it is then."""
    message = accept(account, f"{at} {fields}", now=at, client_id=None, to=PHONE, **fields)
    deliver(carrier or FakeCarrier(), at)
    return stored(account, message.id)


def reply(number: str, at: datetime, body: str = SECRET) -> None:
    """Let the client reply to a number."""
    inbox_worker.receive(Inbound(carrier="twilio", carrier_id=f"SM{at}", phone=PHONE, number=number, body=body), at)


def words_of(account: Account) -> list[str]:
    return [message.body for _, message in replies.after(account.id, 0, 100)]


def test_texts_for_next_year_that_are_cancelled_take_no_number(victim: Account, attackers: list[Account]) -> None:
    for attacker in attackers:
        scheduled = accept(attacker, client_id=None, to=PHONE, send_at=NOW + 300 * DAY)
        call(send_api, "DELETE", f"/messages/{scheduled.id}", account=attacker.id)
    first = text(victim)
    again = [text(attacker, NOW + MINUTE, body=".") for attacker in attackers]

    reply(first.number, NOW + 2 * MINUTE)

    assert words_of(victim) == [SECRET]
    assert [words_of(attacker) for attacker in attackers] == [[], []]
    assert sorted(one.state for one in again) == [MessageState.REFUSED, MessageState.SENT]
    assert first.number not in {one.number for one in again}


def test_a_standing_conversation_is_never_joined_however_many_accounts_try(
    victim: Account, attackers: list[Account]
) -> None:
    first = text(victim)
    for day in (1, 9, 20, 29):
        for attacker in attackers:
            text(attacker, NOW + day * DAY, body=".")

    reply(first.number, NOW + 29 * DAY + MINUTE)

    assert words_of(victim) == [SECRET]
    assert [words_of(attacker) for attacker in attackers] == [[], []]


def test_a_reply_keeps_a_conversation_closed_to_others(victim: Account, attackers: list[Account]) -> None:
    first = text(victim)
    reply(first.number, NOW + 25 * DAY, "Can we move it to May?")
    tried = [text(attacker, NOW + 50 * DAY, body=".") for attacker in attackers]

    reply(first.number, NOW + 51 * DAY)

    assert words_of(victim) == ["Can we move it to May?", SECRET]
    assert first.number not in {one.number for one in tried}


def test_a_reply_within_the_day_of_a_text_counts_as_a_word_too(victim: Account, attackers: list[Account]) -> None:
    first = text(victim)
    reply(first.number, NOW + DAY - MINUTE, "See you")

    tried = [text(attacker, NOW + 30 * DAY + MINUTE, body=".") for attacker in attackers]

    assert first.number not in {one.number for one in tried}


def test_a_conversation_that_others_join_after_thirty_days_of_silence_gives_nobody_its_words(
    victim: Account, attackers: list[Account], capsys: pytest.CaptureFixture[str]
) -> None:
    first = text(victim)
    tried = [text(attacker, NOW + 31 * DAY, body=".") for attacker in attackers]
    assert first.number in {one.number for one in tried}

    reply(first.number, NOW + 32 * DAY)

    joined = next(attacker for attacker, one in zip(attackers, tried, strict=True) if one.number == first.number)
    [kept] = send_order("replies.list_unattributed", NOW + 32 * DAY)["items"]
    assert words_of(victim) == []
    assert [words_of(attacker) for attacker in attackers] == [[], []]
    assert (kept["body"], sorted(kept["candidates"])) == (SECRET, sorted([victim.id, joined.id]))
    assert "UnclearReplies" in capsys.readouterr().out


def test_a_reply_that_the_operator_hands_over_keeps_the_conversation_closed_to_others(
    victim: Account, attackers: list[Account]
) -> None:
    first = text(victim)
    tried = [text(attacker, NOW + 31 * DAY, body=".") for attacker in attackers]
    joined = next(attacker for attacker, one in zip(attackers, tried, strict=True) if one.number == first.number)
    reply(first.number, NOW + 55 * DAY)
    [kept] = send_order("replies.list_unattributed", NOW + 55 * DAY)["items"]
    named = {"carrier": "twilio", "carrier_id": kept["carrier_id"]}

    send_order("replies.hand_over", NOW + 56 * DAY, **named, account=victim.id)

    later = text(joined, NOW + 70 * DAY, body=".")
    assert words_of(victim) == [SECRET]
    assert later.number != first.number


def test_texts_that_the_carrier_refuses_hold_no_number(victim: Account, attackers: list[Account]) -> None:
    filtered = FakeCarrier(answers=[Refused(RefusalReason.FILTERED, "30007")] * 2)
    for attacker in attackers:
        text(attacker, carrier=filtered, body="BUY NOW")

    assert text(victim, NOW + MINUTE).state is MessageState.SENT


def test_a_stop_that_may_be_for_several_studios_stops_all_and_is_answered_once(
    victim: Account, attackers: list[Account]
) -> None:
    first = text(victim)
    for attacker in attackers:
        text(attacker, NOW + 31 * DAY, body=".")

    reply(first.number, NOW + 32 * DAY, "STOP")

    [job] = take_queued("opt_out")
    assert '"account":"longcode"' in job


def test_neither_number_nor_refusal_is_known_before_a_text_is_sent(victim: Account, attackers: list[Account]) -> None:
    client(victim, "c2", "+12125550199")  # to whom nobody talks
    for attacker in attackers:
        text(attacker)

    def asked(client_id: str, path: str) -> dict[str, Any]:
        answer = call(
            send_api,
            "POST",
            path,
            {"client_id": client_id, "body": "Hello"},
            account=victim.id,
            headers={"Idempotency-Key": f"{client_id}{path}"},
        )
        shown = dict(answer.json)
        for message in shown.get("messages", ()):
            message |= {"id": "", "phone": "", "client_id": "", "created_at": ""}
        return {"status": answer.status, **shown, "phones": []}

    for path in ("/messages", "/messages/preview"):
        assert asked("c1", path) == asked("c2", path)


def test_the_calls_for_a_phone_that_others_text_are_those_for_any_other_phone(
    victim: Account, attackers: list[Account]
) -> None:
    for number, name in (("+12125550199", "c2"), ("+12125550188", "c3")):  # to whom nobody talks
        client(victim, name, number)
    stranger = studio("10000030")
    for attacker in attackers:
        text(attacker)

    def calls(client_id: str, phone: str) -> list[list[str]]:
        headers = {"Idempotency-Key": phone}
        requests = [
            ("/messages/preview", {"client_id": client_id, "body": "Hi"}, victim),
            ("/messages", {"client_id": client_id, "body": "Hi"}, victim),
            ("/messages", {"to": phone, "body": "Hi"}, stranger),
        ]
        made = []
        for path, body, account in requests:
            with noted_calls() as noted:
                answer = call(send_api, "POST", path, body, account=account.id, headers=headers)
            assert answer.status in (200, 202)
            made.append(noted)
        with noted_calls() as noted:
            assert call(optout_api, "GET", f"/optouts/{phone}", account=stranger.id).status == 404
        return [*made, noted]

    calls("c2", "+12125550199")  # so that the counters of the day exist
    unknown, known = calls("c3", "+12125550188"), calls("c1", PHONE)

    assert known == unknown
    assert all(known)


def test_a_refused_text_says_what_would_help_and_not_why(victim: Account, attackers: list[Account]) -> None:
    for attacker in attackers:
        text(attacker)

    refused = text(victim, NOW + MINUTE)

    shown = call(inbox_api, "GET", f"/messages/{refused.id}", account=victim.id).json
    assert (shown["state"], shown["error"], shown["number"]) == ("refused", "no_shared_number", None)


def test_the_opt_out_of_a_phone_is_shown_to_those_who_have_the_client_or_texted_it(
    victim: Account, attackers: list[Account]
) -> None:
    stranger, texting = attackers
    sent = text(texting)

    answers = {
        account.id: call(optout_api, "GET", f"/optouts/{PHONE}", account=account.id).status
        for account in (victim, stranger, texting)
    }

    assert sent.state is MessageState.SENT
    assert answers == {victim.id: 200, stranger.id: 404, texting.id: 200}


def test_a_scheduled_text_gets_its_number_when_it_is_sent(victim: Account, attackers: list[Account]) -> None:
    later = accept(victim, client_id=None, to=PHONE, send_at=NOW + DAY)
    for attacker in attackers:
        text(attacker)
    sweep_schedule.sweep(NOW + DAY + MINUTE)
    deliver(FakeCarrier(), NOW + DAY + MINUTE)

    assert stored(victim, later.id).state is MessageState.REFUSED


def test_a_number_that_is_no_longer_shared_gives_its_new_owner_no_replies_to_others(
    victim: Account, attackers: list[Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = text(victim)
    monkeypatch.setenv("SHARED_NUMBERS", "+15555550102")
    settings.cache_clear()
    send_order("numbers.assign", NOW + DAY, account=attackers[0].id, number=first.number)

    reply(first.number, NOW + 2 * DAY)

    [kept] = send_order("replies.list_unattributed", NOW + 2 * DAY)["items"]
    assert words_of(attackers[0]) == []
    assert (kept["body"], victim.id in kept["candidates"]) == (SECRET, True)


def test_a_text_that_was_delivered_after_all_gives_nobody_else_the_reply_to_it(
    victim: Account, attackers: list[Account]
) -> None:
    first = text(victim)
    for minute, state in enumerate((MessageState.UNDELIVERED, MessageState.DELIVERED), 1):
        reference = f"{victim.id}.{first.id}"
        receipt = Receipt(carrier="twilio", reference=reference, carrier_id=first.carrier_id, state=state)
        apply_receipt(receipt, NOW + minute * MINUTE)
        for attacker in attackers:
            text(attacker, NOW + minute * MINUTE, body=f"{minute}")

    reply(first.number, NOW + 3 * MINUTE)

    assert [words_of(attacker) for attacker in attackers] == [[], []]


@pytest.mark.parametrize("word", ["STOP", "START"])
def test_a_keyword_to_a_number_that_is_not_ours_has_no_effect_and_is_kept_for_the_operator(
    victim: Account, word: str
) -> None:
    text(victim)

    reply("+19998887777", NOW + MINUTE, word)

    [kept] = send_order("replies.list_unattributed", NOW + DAY)["items"]
    assert take_queued("opt_out") == []
    assert kept["body"] == word


@pytest.mark.parametrize("state", ["shared", "dedicated", "given up", "texted over"])
def test_a_stop_to_any_number_of_ours_has_effect(
    victim: Account, attackers: list[Account], monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    number = "+15555550177"
    match state:
        case "shared":
            number = NUMBERS[1]
        case "dedicated" | "given up":
            send_order("numbers.assign", NOW, account=attackers[0].id, number=number)
            if state == "given up":
                send_order("numbers.assign", NOW, account=attackers[0].id, number=None)
        case _:
            number = text(victim).number
            monkeypatch.setenv("SHARED_NUMBERS", "+15555550102")
            settings.cache_clear()

    reply(number, NOW + MINUTE, "STOP")

    [job] = take_queued("opt_out")
    assert number in job
