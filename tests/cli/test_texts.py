"""`longcode texts`: what happened to a text, in words, without phones and bodies unless they are asked for."""

from datetime import timedelta

import pytest

from longcode.accounts.account import Account
from longcode.carriers.carrier import RefusalReason, Refused
from longcode.message import Message
from tests.support.broadcast_steps import send
from tests.support.fakes import NOW, FakeCarrier, client, studio
from tests.support.operator import longcode
from tests.support.text_steps import accept, deliver

PHONE, WORDS = "+12125550123", "Your proofs are ready."


@pytest.fixture
def account(aws: None) -> Account:
    """A studio with a client."""
    account = studio(name="Foxglove Photo", created_at=NOW - timedelta(days=1))
    client(account)
    return account


@pytest.fixture(autouse=True)
def text(account: Account) -> Message:
    """A text to a landline."""
    accepted = accept(account, body=WORDS)
    deliver(FakeCarrier(answers=[Refused(RefusalReason.NOT_MOBILE, "30006")]))
    return accepted


def test_one_command_says_why_the_client_of_a_phone_did_not_get_a_text(text: Message) -> None:
    ended = longcode("texts", "find", "(212) 555-0123")

    assert ended.exit_code == 0
    assert (
        f"2026-11-22 15:30 10000001 Foxglove Photo {text.id} +1212…0123 failed The carrier refused it:"
        in ended.printed
    )
    assert "the phone is a landline (twilio:30006). The studio needs a mobile number" in ended.printed


def test_a_text_begins_with_why_it_did_not_go_and_then_has_its_steps_and_cost(text: Message) -> None:
    ended = longcode("texts", "show", text.id)

    assert ended.printed.startswith("The carrier refused it: the phone is a landline (twilio:30006).")
    assert "account 10000001 Foxglove Photo" in ended.printed
    assert "phone +1212…0123" in ended.printed
    assert "attempt 1 taken up by a worker" in ended.printed
    assert "not charged" in ended.printed
    assert "webhooks none" in ended.printed


@pytest.mark.parametrize("form", [[], ["--json"]])
@pytest.mark.parametrize("command", [["find", PHONE], ["show", "ID"]])
def test_phones_and_words_are_shown_only_when_they_are_asked_for(
    text: Message, command: list[str], form: list[str]
) -> None:
    words = [text.id if word == "ID" else word for word in command]
    plain = longcode(*form, "texts", *words)
    asked = longcode(*form, "texts", *words, "--phones", "--words")

    assert PHONE not in plain.printed.replace("\\n", "")
    assert WORDS not in plain.printed
    assert PHONE in asked.printed
    assert WORDS in asked.printed


def test_a_day_and_a_time_bound_the_search(text: Message) -> None:
    on_the_day = longcode("--json", "texts", "find", PHONE, "--from", "2026-11-22", "--until", "2026-11-23")
    the_day_before = longcode("texts", "find", PHONE, "--until", "2026-11-22")
    later = longcode("--json", "texts", "find", "--account", "10000001", "--from", "2026-11-22T15:30:01Z")
    wrong = longcode("texts", "find", PHONE, "--from", "yesterday")

    assert [item["message_id"] for item in on_the_day.answer["items"]] == [text.id]
    assert the_day_before.printed == "No text was found."
    assert later.answer["items"] == []
    assert (wrong.exit_code, "is no time" in wrong.printed) == (2, True)


def test_what_stops_a_text_now_is_said_also_where_no_text_was_stored() -> None:
    longcode("accounts", "suspend", "10000001", "--reason", "October is unpaid.")

    ended = longcode("texts", "find", PHONE)

    assert "A text of account 10000001 would not go now. The account was suspended" in ended.printed
    assert "October is unpaid." in ended.printed


def test_a_phone_that_no_account_knows_is_searched_in_one_account_only() -> None:
    ended = longcode("texts", "find", "+12125550199")

    assert ended.printed.startswith("No text was found. No account talked with this phone")
    assert "--account" in ended.printed


def test_a_time_alone_finds_the_texts_of_all_accounts_the_newest_first(text: Message) -> None:
    for index in range(100):
        studio(f"2{index:07}")
    other = studio("30000000", name="Büro Zoë", created_at=NOW - timedelta(days=1))
    client(other, "z1", "+12125550144")
    newer = accept(other, "z", client_id="z1", now=NOW + timedelta(minutes=1))
    words = ("texts", "find", "--from", "2026-11-22")

    both, one = longcode("--json", *words).answer, longcode("--json", *words, "--limit", "1").answer

    assert [item["message_id"] for item in both["items"]] == [newer.id, text.id]
    assert ([item["message_id"] for item in one["items"]], one["looked_back_to"]) == (
        [newer.id],
        "2026-11-22T15:31:00.000Z",
    )
    assert longcode("texts", "find").exit_code == 1


def test_a_broadcast_says_who_got_it_and_the_search_by_phone_whom_it_left_out(account: Account) -> None:
    client(account, "c2", "+12125550144", allow_text_marketing=False)
    broadcast = send(account)

    listed = longcode("texts", "broadcasts", "10000001")
    recipients = longcode("texts", "recipients", "10000001", broadcast.id)
    found = longcode("texts", "find", "+12125550144")
    for_programs = longcode("--json", "texts", "recipients", "10000001", broadcast.id, "--phones")

    assert f"2026-11-22 15:30 {broadcast.id} done 1 1" in listed.printed
    assert "Hello" not in listed.printed
    assert "Hello" in longcode("texts", "broadcasts", "10000001", "--words").printed
    assert "c1 +1212…0123 accepted" in recipients.printed
    assert "left out" in recipients.printed
    assert "No text was found. no text at (UTC) account of why 2026-11-22 15:30 10000001" in found.printed
    assert f"broadcast {broadcast.id} " in found.printed
    assert [one["phone"] for one in for_programs.answer][:1] == [PHONE]


def test_times_say_that_they_are_in_utc(text: Message) -> None:
    assert longcode("texts", "find", PHONE).printed.startswith("at (UTC) account")
    assert "times in UTC" in longcode("texts", "show", text.id).printed


def test_an_unknown_id_ends_with_1_and_says_what_would_find_it() -> None:
    ended = longcode("texts", "show", "c0ffee-9")

    assert ended.exit_code == 1
    assert "No account has a text 'c0ffee-9'" in ended.printed
