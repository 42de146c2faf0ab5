import json
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from msgspec.structs import replace

from inbox import worker
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.accounts.account import ReplyDelivery as Mode
from longcode.aws import queues
from longcode.carriers.carrier import Inbound
from longcode.jobs import Deliver
from longcode.table import due, keys, store
from longcode.table.writes import Update
from longcode.webhooks import store as deliveries
from longcode.webhooks.delivery import DeliveryState
from longcode.webhooks.webhook import Answer, Webhook
from tests.support.aws_calls import failing
from tests.support.crashes import every_crash
from tests.support.fakes import NOW, LambdaContext, client, sqs_event
from tests.support.readers import logged
from tests.support.reply_steps import NUMBER, PHONE, receive, texted
from tests.support.webhook_endpoint import MINUTE, Receiver, happened, hosted, jobs, stored, swept, work
from webhooks import worker as delivering

EVENT = json.loads((Path(__file__).parents[2] / "events" / "sqs_webhook.json").read_text())
DAY = timedelta(days=1)


@pytest.fixture
def account(aws: None) -> Account:
    """Give a hosted studio that has texted a client."""
    account = hosted()
    client(account)
    texted(account)
    return account


def test_a_reply_is_told_at_once_with_its_words(account: Account) -> None:
    receiver = Receiver()

    receive(body="Yes please")
    work(receiver)

    [(event, data)] = receiver.told
    assert event == "message.received"
    assert (data["body"], data["client_id"], data["phone"]) == ("Yes please", "c1", "+12125550123")
    one = stored(account, receiver.ids[0])
    assert (one.state, one.attempt, one.due_at) == (DeliveryState.DELIVERED, 1, None)


def test_the_same_text_twice_is_told_once(account: Account) -> None:
    receiver = Receiver()

    receive("SM1")
    receive("SM1", at=NOW + MINUTE)
    work(receiver)

    assert len(receiver.ids) == 1


def test_the_same_job_twice_is_one_call(account: Account) -> None:
    receiver = Receiver()
    receive()
    bodies = jobs()

    work(receiver, bodies=bodies)
    work(receiver, bodies=bodies)

    assert len(receiver.ids) == 1


def test_a_lost_job_is_brought_by_the_sweeper(account: Account) -> None:
    receiver = Receiver()
    with failing("sqs", "SendMessageBatch", "ServiceUnavailable"):
        receive()

    work(receiver, NOW + 3 * MINUTE, swept(NOW + 3 * MINUTE))

    assert len(receiver.ids) == 1
    assert swept(NOW + 9 * MINUTE) == []


def test_what_is_not_taken_is_tried_again_by_the_due_index_with_the_same_id(account: Account) -> None:
    receiver = Receiver(Answer(500))
    receive()

    work(receiver)
    between = swept(NOW + timedelta(seconds=40))
    work(receiver, NOW + 2 * MINUTE, swept(NOW + 2 * MINUTE))

    assert between == []
    assert len(receiver.ids) == 2
    assert len(set(receiver.ids)) == 1
    assert stored(account, receiver.ids[0]).state is DeliveryState.DELIVERED


def test_after_ten_tries_in_three_days_it_is_given_up(account: Account) -> None:
    receiver = Receiver(always=Answer(error="timed_out"))
    receive()
    work(receiver)

    for hour in range(1, 90):
        at = NOW + timedelta(hours=hour)
        work(receiver, at, swept(at))

    one = stored(account, receiver.ids[0], NOW + 4 * DAY)
    assert (one.state, one.attempt, one.error, one.due_at) == (DeliveryState.FAILED, 10, "timed_out", None)
    assert len(receiver.ids) == 10
    assert one.finished_at
    assert one.finished_at - NOW <= 3 * DAY + timedelta(hours=1)  # the sweeper comes by once an hour here


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 404, 500, 503])
def test_whatever_is_no_success_is_tried_again(account: Account, status: int) -> None:
    receiver = Receiver(Answer(status))
    one = happened(account, "call")

    work(receiver, NOW + 3 * MINUTE, swept(NOW + 3 * MINUTE))

    assert stored(account, one.id).error == f"status_{status}"
    assert stored(account, one.id).due_at


def test_gone_switches_the_webhooks_off_and_nothing_more_is_called(account: Account) -> None:
    receiver = Receiver(Answer(410))
    told = [happened(account, str(index)) for index in range(3)]

    work(receiver, NOW + 3 * MINUTE, swept(NOW + 3 * MINUTE))
    receive()

    after = accounts.need(account.id)
    assert (after.delivery, after.webhook_gone_at) == (Mode.POLL, NOW + 3 * MINUTE)
    assert len(receiver.ids) == 1
    assert sorted(stored(account, one.id).error or "" for one in told) == ["status_410", "webhook_off", "webhook_off"]
    assert jobs() == []


def test_gone_from_an_address_that_was_changed_meanwhile_switches_nothing_off(account: Account) -> None:
    one = happened(account, "call")

    def moved(_webhook: Webhook) -> Answer:
        accounts.change_settings(account.id, {"webhook_url": "https://studio.example/new"})
        return Answer(410)

    work(moved, NOW + 3 * MINUTE, swept(NOW + 3 * MINUTE))

    assert accounts.need(account.id).delivery is Mode.WEBHOOK
    assert stored(account, one.id).error == "status_410"


def test_a_studio_that_polls_by_now_is_not_called(account: Account) -> None:
    receiver = Receiver()
    receive()
    accounts.change_settings(account.id, {"delivery": Mode.POLL})

    work(receiver)

    assert receiver.ids == []


def test_a_reply_whose_message_is_gone_is_given_up_and_holds_up_no_other(account: Account) -> None:
    receiver = Receiver()
    receive("SM1")
    [body] = jobs()
    lost = json.loads(body)["delivery_id"]
    found = stored(account, lost)
    deliveries.change(found, replace(found, message_id="no-such-message"))
    happened(account, "call")

    work(receiver, NOW + 3 * MINUTE, swept(NOW + 3 * MINUTE))

    assert stored(account, lost).error == "nothing_left_to_tell"
    assert [event for event, _ in receiver.told] == ["call.created"]


class Hanging(Receiver):
    """Hangs for one studio's address, and answers every other."""

    def __call__(self, webhook: Webhook) -> Answer:
        answer = super().__call__(webhook)
        return Answer(error="timed_out") if "hangs" in webhook.url else answer

    def calls(self, host: str) -> int:
        return sum(host in one.url for one in self.webhooks)


def _two_studios() -> tuple[Account, Account]:
    hanging = hosted(webhook_url="https://hangs.example/hook")
    return hanging, hosted("10000002", webhook_url="https://well.example/hook")


def test_a_receiver_that_hangs_with_a_hundred_deliveries_costs_one_call_and_harms_nobody_else(aws: None) -> None:
    hanging, well = _two_studios()
    for index in range(100):
        happened(hanging, str(index))
    for index in range(10):
        happened(well, str(index))
    receiver = Hanging()

    work(receiver, NOW + 3 * MINUTE, swept(NOW + 3 * MINUTE))

    assert (receiver.calls("hangs"), receiver.calls("well")) == (1, 10)


def test_a_receiver_that_goes_on_hanging_costs_one_call_a_pause(aws: None) -> None:
    hanging, _ = _two_studios()
    for index in range(100):
        happened(hanging, str(index))
    receiver = Hanging()

    for minute in range(3, 63):
        work(receiver, NOW + minute * MINUTE, swept(NOW + minute * MINUTE))

    assert receiver.calls("hangs") <= 8  # pauses of 1, 4 and then 15 minutes in an hour


def test_a_receiver_that_is_well_again_gets_all_that_waited(aws: None) -> None:
    account = hosted()
    told = [happened(account, str(index)) for index in range(30)]
    receiver = Receiver(Answer(error="timed_out"))

    for minute in range(3, 13):
        work(receiver, NOW + minute * MINUTE, swept(NOW + minute * MINUTE))

    assert {stored(account, one.id).state for one in told} == {DeliveryState.DELIVERED}
    assert len(receiver.ids) == 31


def test_a_hanging_receiver_and_a_good_one_in_one_batch_are_called_side_by_side(aws: None) -> None:
    hanging, well = _two_studios()
    first, second = happened(hanging, "a"), happened(well, "b")
    good_one_was_called = Event()

    def post(webhook: Webhook) -> Answer:
        if "well" in webhook.url:
            good_one_was_called.set()
            return Answer(200)
        return Answer(200 if good_one_was_called.wait(30) else None, error="alone")

    work(post, NOW + 3 * MINUTE, swept(NOW + 3 * MINUTE))

    assert stored(hanging, first.id).state is DeliveryState.DELIVERED
    assert stored(well, second.id).state is DeliveryState.DELIVERED


def test_an_endpoint_that_failed_is_called_by_one_worker_and_the_rest_stays_due(aws: None) -> None:
    account = hosted()
    failing = [happened(account, str(index)) for index in range(2)]
    receiver = Receiver(Answer(500))
    work(receiver, NOW + 3 * MINUTE, swept(NOW + 3 * MINUTE))
    first, second = swept(NOW + 5 * MINUTE)
    others = [second]

    def post(webhook: Webhook) -> Answer:
        if others:
            work(receiver, NOW + 5 * MINUTE, [others.pop()])  # another worker, before the first has its answer
        return receiver(webhook)

    work(post, NOW + 5 * MINUTE, [first])
    probes = len(receiver.ids) - 1
    work(receiver, NOW + 8 * MINUTE, swept(NOW + 8 * MINUTE))

    assert probes == 1
    assert {stored(account, one.id).state for one in failing} == {DeliveryState.DELIVERED}
    assert len(receiver.ids) == 3


def test_workers_whose_calls_fail_at_once_begin_one_pause(aws: None) -> None:
    account = hosted()
    for index in range(5):
        happened(account, str(index))
    bodies = swept(NOW + 3 * MINUTE)

    def post(_webhook: Webhook) -> Answer:
        if bodies:
            work(post, NOW + 3 * MINUTE, [bodies.pop()])  # another worker, before the first has its answer
        return Answer(500)

    work(post, NOW + 3 * MINUTE, [bodies.pop()])

    endpoint = deliveries.look_up(account.id, []).endpoint
    assert endpoint.failures == 1
    assert endpoint.paused_until
    assert endpoint.paused_until <= NOW + 4 * MINUTE


def test_an_endpoint_that_answers_costs_no_write_of_its_own(aws: None) -> None:
    account = hosted()
    happened(account, "a")

    work(Receiver(), NOW + 3 * MINUTE, swept(NOW + 3 * MINUTE))

    assert store.get(keys.receiver(account.id)) is None


def test_a_slow_endpoint_holds_up_a_worker_for_twenty_seconds_and_the_rest_stays_due(aws: None) -> None:
    account = hosted()
    waiting = [happened(account, str(index)) for index in range(5)]
    receiver = Receiver()
    jobs = [queues.read(Deliver, body) for body in swept(NOW + 3 * MINUTE)]

    delivering.deliver(account.id, jobs, receiver, NOW + 3 * MINUTE, timer=lambda: 9.0 * len(receiver.ids))
    called = len(receiver.ids)
    work(receiver, NOW + 6 * MINUTE, swept(NOW + 6 * MINUTE))

    assert called == 3
    assert sorted(receiver.ids) == sorted(one.id for one in waiting)
    assert [stored(account, one.id).error for one in waiting] == [None] * 5


def test_texts_come_before_webhooks_in_the_sweep(account: Account) -> None:
    happened(account, "call")

    [item] = [one for one in due.by(NOW + 3 * MINUTE, 100) if one["type"] == "delivery"]

    assert item["due_shard"].startswith("told-due")


def test_an_event_of_sqs_is_taken_and_one_that_cannot_be_read_fails_alone(account: Account) -> None:
    answer = delivering.handler(EVENT, LambdaContext())
    broken = delivering.handler(sqs_event("no JSON", EVENT["Records"][0]["body"]), LambdaContext())

    assert answer == {"batchItemFailures": []}
    assert broken == {"batchItemFailures": [{"itemIdentifier": "m0"}]}


def test_the_log_has_neither_the_address_nor_the_words_nor_the_phone(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    accounts.change_settings(account.id, {"webhook_url": "https://studio.example/hook?key=hidden"})
    receive(body="Secret words")

    work(Receiver(Answer(500)))

    log = logged(caplog)
    assert "status_500" in log
    for hidden in ("hidden", "studio.example", "Secret words", "2125550123", "whsec_"):
        assert hidden not in log


@pytest.mark.parametrize("at", [NOW + 3 * MINUTE])
def test_a_worker_that_was_killed_is_followed_by_another(account: Account, at: datetime) -> None:
    one = happened(account, "call")

    def die(_webhook: Webhook) -> Answer:
        raise KeyError("killed")

    with pytest.raises(KeyError):
        work(die, at, swept(at))
    receiver = Receiver()
    work(receiver, at + 3 * MINUTE, swept(at + 3 * MINUTE))

    assert receiver.ids == [one.id]


@pytest.mark.parametrize("status", [200, 500])
def test_killed_before_or_after_any_call_it_is_told_all_the_same(account: Account, status: int) -> None:
    at = NOW + 3 * MINUTE
    one = happened(account, "call")
    bodies = swept(at)

    for crash in every_crash():
        receiver = Receiver(Answer(status))
        with crash:
            work(receiver, at, bodies)
        for minutes in (3, 6, 9, 12):
            work(receiver, at + minutes * MINUTE, swept(at + minutes * MINUTE))

        assert stored(account, one.id).state is DeliveryState.DELIVERED
        assert set(receiver.ids) == {one.id}
        assert swept(at + DAY) == []


def test_two_workers_with_one_job_write_one_outcome(account: Account) -> None:
    one = happened(account, "call")
    at = NOW + 3 * MINUTE
    bodies = swept(at)
    others = [bodies]

    def post(_webhook: Webhook) -> Answer:
        if others:
            work(Receiver(Answer(500)), at, others.pop())
        return Answer(200)

    work(post, at, bodies)

    found = stored(account, one.id)
    assert (found.state, found.attempt, found.error) == (DeliveryState.PENDING, 1, "status_500")


def test_a_delivery_that_cannot_be_read_rings_the_alarm_and_holds_up_no_other(account: Account) -> None:
    broken, well = happened(account, "broken"), happened(account, "well")
    store.write(Update(keys.delivery(account.id, broken.id), changes={"created_at": "no time"}))
    receiver = Receiver()

    work(receiver, NOW + 3 * MINUTE, swept(NOW + 3 * MINUTE))

    assert receiver.ids == [well.id]


def test_words_that_have_expired_are_told_no_more(account: Account) -> None:
    accounts.change_settings(account.id, {"retention_days": 1})
    receiver = Receiver(Answer(500))
    receive(body="Secret words")

    work(receiver)
    for hour in (1, 2, 30):
        at = NOW + timedelta(hours=hour)
        receiver.answers = [Answer(500)] if hour < 30 else []
        work(receiver, at, swept(at))

    first, last = receiver.told[0][1], receiver.told[-1][1]
    assert (first["body"], first["body_expired"]) == ("Secret words", False)
    assert (last["body"], last["body_expired"]) == ("", True)


def test_a_reply_that_waited_for_days_in_its_queue_is_tried_as_often_as_any(account: Account) -> None:
    receiver, now = Receiver(always=Answer(500)), NOW + 4 * DAY
    inbound = Inbound(carrier="twilio", carrier_id="SM1", phone=PHONE, number=NUMBER, body="Yes please")

    worker.receive(inbound, NOW, now)
    work(receiver, now)

    one = stored(account, receiver.ids[0], now)
    assert (one.state, one.attempt) == (DeliveryState.PENDING, 1)
    assert receiver.told[0][1]["received_at"] == "2026-11-22T15:30:00+00:00"
