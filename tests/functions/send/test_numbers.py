"""The number from which a text is sent, for every kind of text."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from broadcasts import api, worker
from longcode import jobs
from longcode.accounts.account import Account
from longcode.aws.settings import settings
from longcode.message import Message
from longcode.messages import store as messages
from longcode.numbers import choose as choose_number
from longcode.numbers import store as number_store
from longcode.table import keys, store
from longcode.triggers import store as triggers
from send import api as send_api
from send import worker as send_worker
from sweeper import sweep_schedule
from tests.support import trigger_steps
from tests.support.crashes import every_crash
from tests.support.fakes import NOW, FakeCarrier, call, client, studio, take_queued
from tests.support.trigger_samples import trigger
from triggers import events_api

PHONE, FOUR = "+12125550123", [f"+1555555010{index}" for index in range(4)]
HELLO = {"client_id": "c1", "body": "Hello"}


@pytest.fixture
def account(account: Account, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """A studio with one client, on four shared numbers."""
    monkeypatch.setenv("SHARED_NUMBERS", ",".join(FOUR))
    settings.cache_clear()
    yield account
    settings.cache_clear()


def post(account: Account, body: dict[str, object] | None = None, key: str = "k") -> Message:
    answer = call(send_api, "POST", "/messages", body or HELLO, account=account.id, headers={"Idempotency-Key": key})
    assert answer.status == 202
    shown = answer.json["messages"][0]
    kept = messages.get(account.id, shown["id"])
    assert kept
    assert shown["number"] == kept.number
    return kept


def sticky_sender(account: Account, phone: str = PHONE) -> str:
    item = store.get(keys.sticky_senders(phone)) or {"numbers": {}}
    return str(item["numbers"].get(account.id))


def test_two_studios_text_one_phone_from_two_numbers_and_each_keeps_its_own(account: Account) -> None:
    other = studio("10000002")
    client(other)

    first, theirs, second = post(account), post(other), post(account, key="k2")

    assert first.number == second.number == sticky_sender(account)
    assert theirs.number == sticky_sender(other) != first.number


def test_the_carrier_gets_the_sticky_sender(account: Account) -> None:
    carrier, text = FakeCarrier(), post(account)

    [body] = take_queued("send")
    send_worker.prepare([body], carrier, NOW)(body)

    assert [sent.origin for sent in carrier.texts] == [text.number]


def test_a_repeated_request_has_the_number_of_the_first(account: Account) -> None:
    assert post(account) == post(account)


def test_a_preview_keeps_no_sticky_sender(account: Account) -> None:
    answer = call(send_api, "POST", "/messages/preview", HELLO, account=account.id)

    assert answer.json["may_be_sent"]
    assert store.get(keys.sticky_senders(PHONE)) is None


def test_a_broadcast_texts_each_client_from_its_sticky_sender(account: Account) -> None:
    client(account, "c2", "+12125550124")
    began = post(account).number

    order = {"audience": {"all": True}, "body": "Two slots are left."}
    call(api, "POST", "/broadcasts", {**order, "dry_run": True}, account=account.id)
    unasked = sticky_sender(account, "+12125550124")
    shown = call(api, "POST", "/broadcasts", order, account=account.id)
    for _ in range(2):
        [job] = take_queued("broadcast")
        step = json.loads(job)["step"]
        worker.advance(jobs.AdvanceBroadcast(account=account.id, broadcast_id=shown.json["id"], step=step), NOW)

    texts = [messages.get(account.id, json.loads(job)["message_id"]) for job in take_queued("bulk")]
    numbers = {text.phone: text.number for text in texts if text}
    assert unasked == "None"
    assert numbers == {PHONE: began, "+12125550124": sticky_sender(account, "+12125550124")}


@pytest.mark.parametrize("number", FOUR)
def test_a_text_to_one_of_our_numbers_is_refused(account: Account, number: str) -> None:
    answer = call(send_api, "POST", "/messages", {"to": number, "body": "Hello"}, account=account.id)

    assert (answer.status, answer.json["code"]) == (422, "our_own_number")
    assert answer.json["errors"][0]["field"] == "to"


def test_a_conversation_from_a_shared_number_has_the_studios_name_in_front_once(
    account: Account,
) -> None:
    named = studio("10000003", sender_name="Foxglove")
    client(named)
    first = post(named)
    [body] = [job for job in take_queued("send") if first.id in job]
    send_worker.prepare([body], FakeCarrier(), NOW)(body)

    goes_on = post(named, key="k2")

    assert first.body == "Foxglove: Hello"
    assert goes_on.body == "Hello"


def test_with_one_shared_number_no_sticky_sender_is_kept(aws: None) -> None:
    account = studio()
    client(account)

    text = post(account)

    assert text.number == "+15555550100"
    assert store.get(keys.sticky_senders(PHONE)) is None


def test_a_triggered_text_is_sent_from_the_sticky_sender_and_its_listing_keeps_none(
    account: Account,
) -> None:
    professional = studio("10000004", edition="professional")
    client(professional)
    triggers.put(trigger(account=professional.id))
    trigger_steps.report_event(professional)
    nine = datetime(2026, 12, 2, 15, 1, tzinfo=UTC)

    listed = call(events_api, "GET", "/upcoming", account=professional.id)
    unasked = sticky_sender(professional)
    sweep_schedule.sweep(nine)
    trigger_steps.fire_all(nine)

    [text] = trigger_steps.stored_texts(professional)
    assert [item["phones"] for item in listed.json["items"]] == [[PHONE]]
    assert unasked == "None"
    assert text.number == sticky_sender(professional)


def test_an_account_sends_all_texts_from_its_dedicated_number_without_its_name_in_front(account: Account) -> None:
    named = studio("10000005", sender_name="Foxglove")
    client(named)
    number_store.dedicate(named, "+15555550177", NOW)

    text = post(named)

    assert (text.number, text.body) == ("+15555550177", "Hello")
    assert store.get(keys.sticky_senders(PHONE)) is None
    refused = call(send_api, "POST", "/messages", {"to": "+15555550177", "body": "Hello"}, account=named.id)
    assert refused.json["code"] == "our_own_number"


def test_a_broadcast_is_written_at_the_throughput_of_the_shared_numbers_or_of_its_own(account: Account) -> None:
    own = studio("10000006")
    number_store.dedicate(own, "+15555550177", NOW)

    paces = [choose_number.segments_a_second(studio.id) for studio in (account, own)]

    assert paces == [1_000_000, 500_000]


def test_a_request_killed_anywhere_and_repeated_is_sent_from_the_number_that_was_chosen(account: Account) -> None:
    for crash in every_crash(after=False):
        with crash:
            post(account)
        chosen = sticky_sender(account)

        text = post(account)

        assert chosen in ("None", text.number)
        assert len(trigger_steps.stored_texts(account)) == 1
