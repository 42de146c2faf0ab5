"""The number from which a text is sent, for every kind of text."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from broadcasts import api, worker
from inbox import api as inbox_api
from longcode import jobs
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.aws import clients
from longcode.aws.settings import settings
from longcode.carriers.carrier import Receipt, RefusalReason, Refused
from longcode.message import Message, MessageState
from longcode.numbers import choose as choose_number
from longcode.numbers import store as number_store
from longcode.numbers.routing import last_text_of
from longcode.table import keys, store
from longcode.triggers import store as triggers
from longcode.triggers.facts import read_facts
from send import api as send_api
from send.pacing import Turns
from send.receipts import apply_receipt
from sweeper import sweep_schedule
from tests.support import trigger_steps
from tests.support.crashes import every_crash
from tests.support.fakes import NOW, FakeCarrier, call, client, studio, take_queued
from tests.support.text_steps import counted_units, deliver, stored
from tests.support.trigger_samples import trigger
from triggers import forecast

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
    assert shown["number"] == account.number
    return stored(account, shown["id"])


def sent(account: Account, body: dict[str, object] | None = None, key: str = "k") -> Message:
    message = post(account, body, key)
    deliver(FakeCarrier(), clients.now())  # the clock with which it was posted
    return stored(account, message.id)


def sticky_sender(account: Account, phone: str = PHONE) -> str | None:
    return number_store.conversations_with(phone).sticky_sender(account.id, FOUR)


def test_two_studios_text_one_phone_from_two_numbers_and_each_keeps_its_own(account: Account) -> None:
    other = studio("10000002")
    client(other)

    first, theirs, second = sent(account), sent(other), sent(account, key="k2")

    assert first.number == second.number == sticky_sender(account)
    assert theirs.number == sticky_sender(other) != first.number


def test_the_number_is_shown_once_the_text_has_gone_and_is_the_carriers_origin(account: Account) -> None:
    carrier, text = FakeCarrier(), post(account)
    before = call(inbox_api, "GET", f"/messages/{text.id}", account=account.id).json["number"]

    deliver(carrier)

    after = call(inbox_api, "GET", f"/messages/{text.id}", account=account.id).json["number"]
    assert before is None
    assert [sent.origin for sent in carrier.texts] == [after] == [sticky_sender(account)]


def test_a_text_that_is_accepted_scheduled_or_cancelled_takes_no_number(account: Account) -> None:
    scheduled = post(account, {**HELLO, "send_at": str(clients.now() + timedelta(days=300))}, "scheduled")
    call(send_api, "DELETE", f"/messages/{scheduled.id}", account=account.id)
    call(send_api, "POST", "/messages/preview", HELLO, account=account.id)
    post(account)

    assert store.get(keys.sticky_senders(PHONE)) is None


@pytest.mark.parametrize(
    "refused", [Refused(RefusalReason.NO_SUCH_NUMBER, "21211"), Refused(RefusalReason.FILTERED, "30007")]
)
def test_a_text_that_the_carrier_refuses_leaves_no_number_taken(account: Account, refused: Refused) -> None:
    post(account)

    deliver(FakeCarrier(answers=[refused]))

    assert sticky_sender(account) is None


def test_a_text_that_is_not_delivered_leaves_the_number_to_the_texts_before_it(account: Account) -> None:
    first = sent(account)
    second = sent(account, key="k2")
    for text, left in ((second, first), (first, None)):
        receipt = Receipt(
            carrier="twilio",
            reference=f"{account.id}.{text.id}",
            carrier_id=text.carrier_id,
            state=MessageState.UNDELIVERED,
            code="30003",
        )
        apply_receipt(receipt, NOW)

        known = number_store.conversations_with(PHONE).of(account.id)
        assert [last.message_id for last in known] == ([left.id] if left else [])


def test_a_text_that_gets_no_turn_has_its_number_until_it_ends(account: Account) -> None:
    class NoTurns(Turns):
        def wait(self, _text: Message) -> None:
            return None

    message = post(account)

    deliver(FakeCarrier(), turns_type=NoTurns)

    assert stored(account, message.id).state is MessageState.QUEUED
    assert sticky_sender(account)
    call(send_api, "DELETE", f"/messages/{message.id}", account=account.id)
    assert sticky_sender(account) is None


def test_a_text_that_is_cancelled_while_its_worker_waits_leaves_no_number_taken(account: Account) -> None:
    class CancelledMeanwhile(Turns):
        def wait(self, text: Message) -> None:
            call(send_api, "DELETE", f"/messages/{text.id}", account=account.id)
            # As if the worker had recorded it only now.
            choice = choose_number.shared_choice(account.id, PHONE, ())
            number_store.take_number(last_text_of(text, NOW), 10, choice, number_store.conversations_with(PHONE))

    post(account)

    deliver(FakeCarrier(), turns_type=CancelledMeanwhile)

    assert sticky_sender(account) is None


def test_a_newcomer_without_a_free_number_is_refused_and_told(account: Account) -> None:
    others = [studio(f"1000001{index}") for index in range(4)]
    for other in others:
        client(other)
        sent(other)

    refused = sent(account)

    assert (refused.state, refused.error, refused.number) == (MessageState.REFUSED, "no_shared_number", "")
    assert counted_units(account) == 0
    assert sticky_sender(account) is None


def test_a_repeated_request_has_the_message_of_the_first(account: Account) -> None:
    assert post(account) == post(account)


def test_a_broadcast_texts_each_client_from_its_sticky_sender(account: Account) -> None:
    client(account, "c2", "+12125550124")
    began = sent(account).number

    order = {"audience": {"all": True}, "body": "Two slots are left."}
    call(api, "POST", "/broadcasts", {**order, "dry_run": True}, account=account.id)
    shown = call(api, "POST", "/broadcasts", order, account=account.id)
    for _ in range(2):
        [job] = take_queued("broadcast")
        step = json.loads(job)["step"]
        worker.advance(jobs.AdvanceBroadcast(account=account.id, broadcast_id=shown.json["id"], step=step), NOW)
    queued = take_queued("bulk")
    deliver(FakeCarrier(), NOW, queued)

    texts = [stored(account, json.loads(job)["message_id"]) for job in queued]
    assert {text.phone: text.number for text in texts} == {
        PHONE: began,
        "+12125550124": sticky_sender(account, "+12125550124"),
    }


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
    first = sent(named)

    goes_on = post(named, key="k2")

    assert first.body == "Foxglove: Hello"
    assert goes_on.body == "Hello"


def test_a_triggered_text_is_sent_from_the_sticky_sender_and_its_listing_takes_none(
    account: Account,
) -> None:
    professional = studio("10000004", edition="professional")
    client(professional)
    triggers.put(trigger(account=professional.id))
    trigger_steps.report_event(professional)
    nine = datetime(2026, 12, 2, 15, 1, tzinfo=UTC)

    [planned] = trigger_steps.planned(professional).values()
    [listed] = [forecast.shown(facts, NOW) for facts in read_facts(professional, [planned], NOW)]
    sweep_schedule.sweep(nine)
    trigger_steps.fire_all(nine)
    unsent = sticky_sender(professional)
    deliver(FakeCarrier(), nine)

    [text] = trigger_steps.stored_texts(professional)
    assert listed.phones == (PHONE,)
    assert unsent is None
    assert text.number == sticky_sender(professional)


def test_an_account_sends_all_texts_from_its_dedicated_number_without_its_name_in_front(account: Account) -> None:
    named = studio("10000005", sender_name="Foxglove")
    client(named)
    number_store.dedicate(named, "+15555550177", NOW)

    text = post(accounts.get_or_raise(named.id))

    assert (text.number, text.body) == ("+15555550177", "Hello")
    assert store.get(keys.sticky_senders(PHONE)) is None
    refused = call(send_api, "POST", "/messages", {"to": "+15555550177", "body": "Hello"}, account=named.id)
    assert refused.json["code"] == "our_own_number"


def test_a_broadcast_is_written_at_the_throughput_of_the_shared_numbers_or_of_its_own(account: Account) -> None:
    own = studio("10000006")
    number_store.dedicate(own, "+15555550177", NOW)

    paces = [choose_number.segments_a_second(studio.id) for studio in (account, own)]

    assert paces == [1_000_000, 500_000]


@pytest.mark.long
def test_a_worker_killed_anywhere_leaves_one_text_and_one_number(account: Account) -> None:
    carrier = FakeCarrier()
    for crash in every_crash(after=False):
        message = post(account)
        with crash:
            deliver(carrier, NOW, [json.dumps({"account": account.id, "message_id": message.id, "attempt": 0})])

        sweep_schedule.sweep(NOW + timedelta(minutes=3))
        deliver(carrier, NOW + timedelta(minutes=3))

        assert len(carrier.texts) <= 1
        assert len(number_store.conversations_with(PHONE).texts) <= 1
        carrier.texts.clear()
