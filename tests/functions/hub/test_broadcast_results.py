"""Broadcasts in the hub: the list, progress, pause and cancel, results, those not reached, replies, sending again."""

import csv
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from broadcasts import api
from hub.broadcasts import wording
from longcode.accounts import store as accounts
from longcode.accounts.account import Account, AccountStatus
from longcode.aws import clients as aws_clients
from longcode.broadcasts import store as broadcasts
from longcode.broadcasts.broadcast import Broadcast
from longcode.broadcasts.counts import CountedPart, Counts, Mark
from longcode.carriers.carrier import RefusalReason, Refused, SendResult
from longcode.clients.client import Phone
from longcode.message import BroadcastState
from longcode.table import keys, store
from longcode.table.writes import Update
from longcode.triggers import call_tasks
from tests.support.broadcast_steps import advance, create_broadcast, deliver_bulk_texts, stored
from tests.support.browser import Browser, Page
from tests.support.fakes import NOW, FakeCarrier
from tests.support.fakes import client as write_client
from tests.support.reply_steps import receive

pytestmark = [pytest.mark.account(client=False, quiet_hours=False), pytest.mark.usefixtures("five")]

WORDS = "Hi {{client.first_name|there}}, two slots are left."
LANDLINE, FILTERED = Refused(RefusalReason.NOT_MOBILE, "21614"), Refused(RefusalReason.FILTERED, "30007")
HOSTILE = "=HYPERLINK(1)"


def phone(index: int) -> str:
    return f"+1212555010{index}"


@pytest.fixture
def now() -> datetime:
    return aws_clients.now()


@pytest.fixture
def five(account: Account) -> None:
    """Four clients, one of whom has a hostile name, and one without a ticked number."""
    for index, name in enumerate((HOSTILE, "Ann", "Ben", "Cem")):
        write_client(account, f"c{index}", phone(index), first_name=name, last_name="", tags=("wedding",))
    unticked = (Phone(number=phone(9), entered=phone(9), sms=False),)
    write_client(account, "c9", first_name="Uma", last_name="", phones=unticked)


def send(account: Account, now: datetime, *answers: SendResult) -> str:
    """Send a broadcast to all clients; the carrier gives these answers for the clients in their order."""
    broadcast_id = create_broadcast(account, now=now, body=WORDS)
    advance(now)
    deliver_bulk_texts(now, FakeCarrier(answers=list(answers)))
    return broadcast_id


def post(browser: Browser, path: str, **fields: str) -> Page:
    return browser.post(path, token=browser.get("home").fields["token"], **fields)


def test_an_account_without_broadcasts_is_led_to_the_first_one(signed_in: Browser) -> None:
    page = signed_in.get("broadcasts")

    assert "No broadcasts yet." in page.text
    assert any(address.endswith("/hub/broadcasts/new") for address in page.addresses)


def test_the_list_has_state_whom_words_totals_and_who_made_it(
    account: Account, signed_in: Browser, now: datetime
) -> None:
    send(account, now, LANDLINE)
    later = now + timedelta(seconds=1)
    create_broadcast(account, "later", now=later, audience={"tags": ["wedding"]}, send_at=now + timedelta(days=3))

    text = signed_in.get("broadcasts").text

    assert "Hi [first name], two slots are left. Sent To all clients" in text
    assert "3 of 4 sent · 0 delivered · 1 not delivered · 1 skipped" in text
    assert text.index("To clients with the tag “wedding”") < text.index("To all clients")
    assert "Goes out" in text


def test_the_list_goes_on_with_the_broadcasts_after_the_twentieth(
    account: Account, signed_in: Browser, now: datetime
) -> None:
    for index in range(21):
        at = now - timedelta(minutes=index)
        create_broadcast(account, str(index), now=at, body=f"Number {index}", send_at=now + timedelta(days=3))

    first = signed_in.get("broadcasts")
    [after] = [address.partition("?")[2] for address in first.addresses if "broadcasts?after=" in address]
    second = signed_in.get("broadcasts", after)

    assert ("Number 19" in first.text, "Number 20" in first.text) == (True, False)
    assert ("Number 19" in second.text, "Number 20" in second.text) == (False, True)
    assert signed_in.get("broadcasts", "after=x").status == 422


def test_a_broadcast_shows_its_results_in_words_and_who_was_not_reached(
    account: Account, signed_in: Browser, now: datetime
) -> None:
    broadcast_id = send(account, now, LANDLINE, FILTERED)

    page = signed_in.get(f"broadcasts/{broadcast_id}")
    missed = signed_in.get(f"broadcasts/{broadcast_id}", "show=not-reached")
    filtered = signed_in.get(f"broadcasts/{broadcast_id}", "show=failed.twilio:30007")

    assert "2 of 4 texts handed over" in page.text
    assert "Not sent: the phone cannot receive texts. Use a mobile number of the client." in page.text
    assert "No text: no number has its SMS box ticked" in page.text
    assert [name in page.text for name in (HOSTILE, "Ann", "Ben", "Cem", "Uma")] == [True] * 5
    assert [name in missed.text for name in (HOSTILE, "Ann", "Ben", "Cem", "Uma")] == [True, True, False, False, True]
    assert [name in filtered.text for name in (HOSTILE, "Ann", "Ben", "Cem", "Uma")] == [False, True] + [False] * 3


def test_a_broadcast_that_goes_out_moves_and_a_finished_one_stands(
    account: Account, signed_in: Browser, now: datetime
) -> None:
    broadcast_id = create_broadcast(account, now=now, body=WORDS)
    advance(now)

    going = signed_in.get(f"broadcasts/{broadcast_id}")
    deliver_bulk_texts(now, FakeCarrier(answers=[LANDLINE] * 4))
    finished = signed_in.get(f"broadcasts/{broadcast_id}")

    assert ("data-moves" in going.html, "data-moves" in finished.html) == (True, False)
    assert "0 of 4 texts handed over , less than a minute left" in going.text


def test_a_broadcast_is_paused_resumed_and_cancelled_by_name(
    account: Account, signed_in: Browser, now: datetime
) -> None:
    broadcast_id = create_broadcast(account, now=now, body=WORDS)
    advance(now)

    paused = post(signed_in, f"broadcasts/{broadcast_id}/pause")
    home = signed_in.get("home")
    resumed = post(signed_in, f"broadcasts/{broadcast_id}/resume")
    asked = signed_in.get(f"broadcasts/{broadcast_id}/cancel")
    cancelled = post(signed_in, f"broadcasts/{broadcast_id}/cancel")
    again = post(signed_in, f"broadcasts/{broadcast_id}/cancel")

    assert "paused it. None of its texts go out" in paused.text
    assert "A broadcast is paused:" in home.text
    assert "data-moves" in resumed.html
    assert "The 4 texts that have not gone do not go out" in asked.text
    assert (cancelled.status, again.status) == (200, 200)
    assert "What had not gone does not go out." in cancelled.text
    assert stored(account, broadcast_id).state is BroadcastState.CANCELLED


def test_a_broadcast_whose_texts_have_gone_is_not_cancelled(
    account: Account, signed_in: Browser, now: datetime
) -> None:
    broadcast_id = send(account, now)

    asked = signed_in.get(f"broadcasts/{broadcast_id}/cancel")
    cancelled = post(signed_in, f"broadcasts/{broadcast_id}/cancel")

    assert "There is nothing left to cancel." in asked.text
    assert "All its texts have gone" in cancelled.text
    assert stored(account, broadcast_id).state is BroadcastState.DONE


def test_home_shows_a_paused_broadcast_before_twenty_newer_ones(
    account: Account, signed_in: Browser, now: datetime
) -> None:
    old = create_broadcast(account, now=now - timedelta(days=1), body="The old one")
    api.pause(account.id, old, "Ann")
    for index in range(21):
        create_broadcast(account, str(index), now=now, send_at=now + timedelta(days=3))

    page = signed_in.get("home")

    assert "The old one Ann paused it." in page.text.replace("”", "")
    assert any(address.endswith(f"/hub/broadcasts/{old}") for address in page.addresses)


def test_those_not_reached_are_a_file_that_no_spreadsheet_runs(
    account: Account, signed_in: Browser, now: datetime
) -> None:
    broadcast_id = send(account, now, LANDLINE)

    file = signed_in.get(f"broadcasts/{broadcast_id}/not-reached.csv")

    rest = signed_in.get(f"broadcasts/{broadcast_id}/not-reached.csv", "from=1")

    assert len(rest.html.splitlines()) == 2
    assert list(csv.reader(file.html.removeprefix("\ufeff").splitlines())) == [
        ["name", "phone", "reason"],
        [
            f"'{HOSTILE}",
            f"'{phone(0)}",
            "Not sent: the phone cannot receive texts. Use a mobile number of the client.",
        ],
        ["Uma", "", "No number of the record has its SMS box ticked."],
    ]


def test_call_tasks_are_made_once_for_each_client_who_was_not_reached(
    account: Account, signed_in: Browser, now: datetime
) -> None:
    broadcast_id = send(account, now, LANDLINE)

    asked = signed_in.get(f"broadcasts/{broadcast_id}/calls")
    first, second = (post(signed_in, f"broadcasts/{broadcast_id}/calls") for _ in range(2))
    tasks = call_tasks.call_page(account.id, None, 10)
    for task in tasks:
        call_tasks.delete_call(account.id, task.id)
    post(signed_in, f"broadcasts/{broadcast_id}/calls")

    assert "Make call tasks for these 2 clients" in asked.text
    assert "2 call tasks were made." in first.text
    assert "There was nobody left to make a call task for." in second.text
    assert {(task.client_id, task.phones, task.broadcast) for task in tasks} == {
        ("c0", (phone(0),), broadcast_id),
        ("c9", (phone(9),), broadcast_id),
    }
    assert f"Hi {HOSTILE}, two slots are left." in {task.text for task in tasks}
    assert call_tasks.call_page(account.id, None, 10) == []


def test_a_broadcast_is_sent_again_once_to_those_whom_it_may_reach(
    account: Account, signed_in: Browser, now: datetime
) -> None:
    broadcast_id = send(account, now, LANDLINE, FILTERED, FILTERED)

    asked = signed_in.get(f"broadcasts/{broadcast_id}/again")
    first, second = (
        post(signed_in, f"broadcasts/{broadcast_id}/again", body=f"Two slots, {index}") for index in (1, 2)
    )
    advance(now)
    carrier = deliver_bulk_texts(now)

    assert "2 texts , 2 units of 160 characters" in asked.text
    assert "1 left out: the number cannot receive texts" in asked.text
    assert first.path == second.path
    assert [(text.to, text.body) for text in carrier.texts] == [
        (phone(1), "Two slots, 1"),
        (phone(2), "Two slots, 1"),
    ]
    assert "Sent again" in signed_in.get(f"broadcasts/{broadcast_id}").text


@pytest.mark.account(people=97, client=False, quiet_hours=False)
def test_of_many_texts_that_did_not_arrive_a_person_asks_whose_are_sent_again(
    account: Account, signed_in: Browser, now: datetime
) -> None:
    broadcast_id = create_broadcast(account, now=now, body=WORDS)
    advance(now)
    broadcast = api.broadcast_or_raise(account.id, broadcast_id)
    for text in broadcasts.texts_page(broadcast, None, 200).texts:
        ended = {"state": "failed", "error": "twilio:30007"}
        store.write(Update(keys.message(account.id, text.id), changes=ended, remove=("due_shard", "due_at")))

    asked = signed_in.get(f"broadcasts/{broadcast_id}/again")
    looked = post(signed_in, f"broadcasts/{broadcast_id}/again", body="Two slots", preview="1")

    assert "101 texts of it did not arrive." in asked.text
    assert "Show who gets it" in asked.text
    assert ("Send 101 texts" in asked.text, "101 units" in asked.text) == (False, False)
    assert "101 texts , 101 units of 160 characters" in looked.text
    assert "Send 101 texts" in looked.text


@pytest.mark.account(client=False, quiet_hours=False, units_a_day=3)
def test_a_broadcast_is_sent_again_to_those_whose_text_did_not_fit_the_limits(
    account: Account, signed_in: Browser, now: datetime
) -> None:
    broadcast_id = create_broadcast(account, now=now, body=WORDS, limit="part")
    advance(now)
    deliver_bulk_texts(now)
    accounts.change_settings(account.id, {"units_a_day": 10})

    page = signed_in.get(f"broadcasts/{broadcast_id}")
    asked = signed_in.get(f"broadcasts/{broadcast_id}/again")

    assert "does not fit what is left of your limits" in page.text
    assert f"/prod/hub/broadcasts/{broadcast_id}/again" in page.addresses
    assert "1 text , 1 unit of 160 characters" in asked.text


def test_replies_to_a_broadcast_are_found_by_the_text_that_they_answer(
    account: Account, signed_in: Browser, now: datetime
) -> None:
    receive("SM0", "Before it", phone=phone(1), at=now)
    broadcast_id = send(account, now)
    for index in range(6):
        receive(f"SMr{index}", f"Answer {index}", phone=phone(index % 4), at=now + timedelta(minutes=1))

    page = signed_in.get(f"broadcasts/{broadcast_id}")
    all_of_them = signed_in.get(f"broadcasts/{broadcast_id}/replies")

    assert "6 replies" in page.text
    assert [f"Answer {index}" in page.text for index in range(6)] == [False, False, True, True, True, True]
    assert [f"Answer {index}" in all_of_them.text for index in range(6)] == [True] * 6
    assert "Before it" not in all_of_them.text


def test_the_page_says_why_the_service_paused_a_broadcast(
    account: Account, signed_in: Browser, now: datetime
) -> None:
    broadcast_id = create_broadcast(account, now=now, body=WORDS)
    advance(now)
    broadcasts.pause_if_not_allowed(replace(account, status=AccountStatus.SUSPENDED), broadcast_id)

    page = signed_in.get(f"broadcasts/{broadcast_id}")

    assert "We paused it: The operator has suspended this account" in page.text


def broadcast_of(now: datetime, **fields: Any) -> Broadcast:
    known: dict[str, Any] = {"created_at": now, "fingerprint": "", "seed": "s", "body": "Hello", "step": 1}
    return Broadcast(account="1", id="b", **(known | {"state": BroadcastState.SENDING} | fields))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (20, "less than a minute left"),
        (61, "about 2 minutes left"),
        (3500, "about 59 minutes left"),
        (7300, "about 2 hours left"),
    ],
)
def test_the_time_left_is_told_in_round_numbers(seconds: float, words: str) -> None:
    assert wording.time_left(seconds) == words


def test_the_time_left_is_that_of_the_throughput_or_of_the_pace_if_that_is_slower() -> None:
    one = broadcast_of(NOW, planned_texts=600, texts=600, segments=1200)
    part = CountedPart(at=NOW, texts={"sent": 300, "queued": 200, "queued quiet_hours": 100})
    slow = Counts(parts=(part,), marks=(Mark(NOW - timedelta(seconds=60), 288),))

    known = wording.steps(one, Counts(parts=(part,)), NOW, 4)
    measured = wording.steps(one, slow, NOW, 4)

    assert (known.done, known.total, known.left) == (300, 600, "about 2 minutes left")  # 200 texts of two segments
    assert measured.left == "about 17 minutes left"  # 200 texts, twelve a minute
    assert [(line.said, line.count) for line in known.waiting] == [("it is night where the client is", 100)]
