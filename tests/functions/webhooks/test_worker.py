"""Webhooks are posted, retried, given up and replayed; a failing or slow endpoint delays no other studio."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from msgspec.structs import replace

from inbox import worker
from longcode.accounts import store as accounts
from longcode.accounts.account import Account, ReplyDelivery
from longcode.aws import queues
from longcode.carriers.carrier import Inbound
from longcode.jobs import Deliver
from longcode.table import due, keys, store
from longcode.table.writes import Update
from longcode.webhooks import store as deliveries
from longcode.webhooks.delivery import DeliveryState
from longcode.webhooks.webhook import EndpointResponse, Webhook
from tests.support.aws_calls import failing
from tests.support.crashes import every_crash
from tests.support.fakes import NOW, LambdaContext, client, sqs_event
from tests.support.readers import log_lines
from tests.support.reply_steps import NUMBER, PHONE, receive, record_text
from tests.support.webhook_endpoint import (
    MINUTE,
    FakeEndpoint,
    hosted,
    run_webhook_jobs,
    stored,
    sweep_webhooks,
    take_webhook_jobs,
    write_delivery,
)
from webhooks import worker as delivering

EVENT = json.loads((Path(__file__).parents[3] / "events" / "sqs_webhook.json").read_text())
DAY = timedelta(days=1)


@pytest.fixture
def account(aws: None) -> Account:
    """Create a hosted studio that has texted a client."""
    account = hosted()
    client(account)
    record_text(account)
    return account


def test_a_reply_is_posted_at_once_with_its_body(account: Account) -> None:
    endpoint = FakeEndpoint()

    receive(body="Yes please")
    run_webhook_jobs(endpoint)

    [(event, data)] = endpoint.events
    assert event == "message.received"
    assert (data["body"], data["client_id"], data["phone"]) == ("Yes please", "c1", "+12125550123")
    delivery = stored(account, endpoint.ids[0])
    assert (delivery.state, delivery.attempt, delivery.due_at) == (DeliveryState.DELIVERED, 1, None)


def test_the_same_text_twice_is_posted_once(account: Account) -> None:
    endpoint = FakeEndpoint()

    receive("SM1")
    receive("SM1", at=NOW + MINUTE)
    run_webhook_jobs(endpoint)

    assert len(endpoint.ids) == 1


def test_the_same_job_twice_is_one_call(account: Account) -> None:
    endpoint = FakeEndpoint()
    receive()
    bodies = take_webhook_jobs()

    run_webhook_jobs(endpoint, bodies=bodies)
    run_webhook_jobs(endpoint, bodies=bodies)

    assert len(endpoint.ids) == 1


def test_a_delivery_whose_job_was_lost_is_enqueued_by_the_sweeper(account: Account) -> None:
    endpoint = FakeEndpoint()
    with failing("sqs", "SendMessageBatch", "ServiceUnavailable"):
        receive()

    run_webhook_jobs(endpoint, NOW + 3 * MINUTE, sweep_webhooks(NOW + 3 * MINUTE))

    assert len(endpoint.ids) == 1
    assert sweep_webhooks(NOW + 9 * MINUTE) == []


def test_a_failed_delivery_is_retried_with_the_same_id(account: Account) -> None:
    endpoint = FakeEndpoint(EndpointResponse(500))
    receive()

    run_webhook_jobs(endpoint)
    between = sweep_webhooks(NOW + timedelta(seconds=40))
    run_webhook_jobs(endpoint, NOW + 2 * MINUTE, sweep_webhooks(NOW + 2 * MINUTE))

    assert between == []
    assert len(endpoint.ids) == 2
    assert len(set(endpoint.ids)) == 1
    assert stored(account, endpoint.ids[0]).state is DeliveryState.DELIVERED


@pytest.mark.long
def test_a_delivery_is_given_up_after_ten_attempts_in_three_days(account: Account) -> None:
    endpoint = FakeEndpoint(always=EndpointResponse(error="timed_out"))
    receive()
    run_webhook_jobs(endpoint)

    for hour in range(1, 90):
        at = NOW + timedelta(hours=hour)
        run_webhook_jobs(endpoint, at, sweep_webhooks(at))

    delivery = stored(account, endpoint.ids[0], NOW + 4 * DAY)
    assert (delivery.state, delivery.attempt, delivery.error, delivery.due_at) == (
        DeliveryState.FAILED,
        10,
        "timed_out",
        None,
    )
    assert len(endpoint.ids) == 10
    assert delivery.finished_at
    assert delivery.finished_at - NOW <= 3 * DAY + timedelta(hours=1)  # the sweeper runs once an hour in this test


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 404, 500, 503])
def test_a_response_other_than_success_is_retried(account: Account, status: int) -> None:
    endpoint = FakeEndpoint(EndpointResponse(status))
    delivery = write_delivery(account, "call")

    run_webhook_jobs(endpoint, NOW + 3 * MINUTE, sweep_webhooks(NOW + 3 * MINUTE))

    assert stored(account, delivery.id).error == f"status_{status}"
    assert stored(account, delivery.id).due_at


def test_gone_switches_the_webhooks_off(account: Account) -> None:
    endpoint = FakeEndpoint(EndpointResponse(410))
    pending = [write_delivery(account, str(index)) for index in range(3)]

    run_webhook_jobs(endpoint, NOW + 3 * MINUTE, sweep_webhooks(NOW + 3 * MINUTE))
    receive()

    after = accounts.get_or_raise(account.id)
    assert (after.delivery, after.webhook_gone_at) == (ReplyDelivery.POLL, NOW + 3 * MINUTE)
    assert len(endpoint.ids) == 1
    assert sorted(stored(account, delivery.id).error or "" for delivery in pending) == [
        "status_410",
        "webhook_off",
        "webhook_off",
    ]
    assert take_webhook_jobs() == []


def test_gone_from_a_former_address_does_not_switch_the_webhooks_off(account: Account) -> None:
    delivery = write_delivery(account, "call")

    def moved(_webhook: Webhook) -> EndpointResponse:
        accounts.change_settings(account.id, {"webhook_url": "https://studio.example/new"})
        return EndpointResponse(410)

    run_webhook_jobs(moved, NOW + 3 * MINUTE, sweep_webhooks(NOW + 3 * MINUTE))

    assert accounts.get_or_raise(account.id).delivery is ReplyDelivery.WEBHOOK
    assert stored(account, delivery.id).error == "status_410"


def test_a_studio_that_switched_to_polling_is_not_called(account: Account) -> None:
    endpoint = FakeEndpoint()
    receive()
    accounts.change_settings(account.id, {"delivery": ReplyDelivery.POLL})

    run_webhook_jobs(endpoint)

    assert endpoint.ids == []


def test_a_delivery_whose_message_is_gone_is_given_up_and_delays_no_other(account: Account) -> None:
    endpoint = FakeEndpoint()
    receive("SM1")
    [body] = take_webhook_jobs()
    lost = json.loads(body)["delivery_id"]
    found = stored(account, lost)
    deliveries.change(found, replace(found, message_id="no-such-message"))
    write_delivery(account, "call")

    run_webhook_jobs(endpoint, NOW + 3 * MINUTE, sweep_webhooks(NOW + 3 * MINUTE))

    assert stored(account, lost).error == "nothing_left_to_tell"
    assert [event for event, _ in endpoint.events] == ["call.created"]


class Hanging(FakeEndpoint):
    """An endpoint that times out at one studio's address and accepts at every other."""

    def __call__(self, webhook: Webhook) -> EndpointResponse:
        answer = super().__call__(webhook)
        return EndpointResponse(error="timed_out") if "hangs" in webhook.url else answer

    def calls(self, host: str) -> int:
        return sum(host in webhook.url for webhook in self.webhooks)


def _two_studios() -> tuple[Account, Account]:
    hanging = hosted(webhook_url="https://hangs.example/hook")
    return hanging, hosted("10000002", webhook_url="https://well.example/hook")


@pytest.mark.long
def test_a_hanging_endpoint_with_a_hundred_deliveries_costs_one_call_and_delays_no_other(aws: None) -> None:
    hanging, well = _two_studios()
    for index in range(100):
        write_delivery(hanging, str(index))
    for index in range(10):
        write_delivery(well, str(index))
    endpoint = Hanging()

    run_webhook_jobs(endpoint, NOW + 3 * MINUTE, sweep_webhooks(NOW + 3 * MINUTE))

    assert (endpoint.calls("hangs"), endpoint.calls("well")) == (1, 10)


@pytest.mark.long
def test_an_endpoint_that_keeps_hanging_costs_one_call_for_each_pause(aws: None) -> None:
    hanging, _ = _two_studios()
    for index in range(20):  # two batches at each sweep
        write_delivery(hanging, str(index))
    endpoint = Hanging()

    for minute in range(3, 63):
        run_webhook_jobs(endpoint, NOW + minute * MINUTE, sweep_webhooks(NOW + minute * MINUTE))

    assert endpoint.calls("hangs") <= 8  # pauses of 1, 4 and then 15 minutes in an hour


@pytest.mark.long
def test_an_endpoint_that_recovers_gets_all_waiting_deliveries(aws: None) -> None:
    account = hosted()
    pending = [write_delivery(account, str(index)) for index in range(30)]
    endpoint = FakeEndpoint(EndpointResponse(error="timed_out"))

    for minute in range(3, 13):
        run_webhook_jobs(endpoint, NOW + minute * MINUTE, sweep_webhooks(NOW + minute * MINUTE))

    assert {stored(account, delivery.id).state for delivery in pending} == {DeliveryState.DELIVERED}
    assert len(endpoint.ids) == 31


def test_a_hanging_and_a_good_endpoint_in_one_batch_are_called_in_parallel(aws: None) -> None:
    hanging, well = _two_studios()
    first, second = write_delivery(hanging, "a"), write_delivery(well, "b")
    good_endpoint_was_called = Event()

    def post(webhook: Webhook) -> EndpointResponse:
        if "well" in webhook.url:
            good_endpoint_was_called.set()
            return EndpointResponse(200)
        return EndpointResponse(200 if good_endpoint_was_called.wait(30) else None, error="alone")

    run_webhook_jobs(post, NOW + 3 * MINUTE, sweep_webhooks(NOW + 3 * MINUTE))

    assert stored(hanging, first.id).state is DeliveryState.DELIVERED
    assert stored(well, second.id).state is DeliveryState.DELIVERED


def test_an_endpoint_that_failed_is_called_by_one_worker_at_a_time(aws: None) -> None:
    account = hosted()
    failing = [write_delivery(account, str(index)) for index in range(2)]
    endpoint = FakeEndpoint(EndpointResponse(500))
    run_webhook_jobs(endpoint, NOW + 3 * MINUTE, sweep_webhooks(NOW + 3 * MINUTE))
    first, second = sweep_webhooks(NOW + 5 * MINUTE)
    others = [second]

    def post(webhook: Webhook) -> EndpointResponse:
        if others:
            run_webhook_jobs(
                endpoint, NOW + 5 * MINUTE, [others.pop()]
            )  # another worker, before the first has its answer
        return endpoint(webhook)

    run_webhook_jobs(post, NOW + 5 * MINUTE, [first])
    probes = len(endpoint.ids) - 1
    run_webhook_jobs(endpoint, NOW + 8 * MINUTE, sweep_webhooks(NOW + 8 * MINUTE))

    assert probes == 1
    assert {stored(account, delivery.id).state for delivery in failing} == {DeliveryState.DELIVERED}
    assert len(endpoint.ids) == 3


def test_calls_that_fail_at_the_same_time_begin_one_pause(aws: None) -> None:
    account = hosted()
    for index in range(5):
        write_delivery(account, str(index))
    bodies = sweep_webhooks(NOW + 3 * MINUTE)

    def post(_webhook: Webhook) -> EndpointResponse:
        if bodies:
            run_webhook_jobs(
                post, NOW + 3 * MINUTE, [bodies.pop()]
            )  # another worker, before the first has its answer
        return EndpointResponse(500)

    run_webhook_jobs(post, NOW + 3 * MINUTE, [bodies.pop()])

    endpoint = deliveries.delivery_facts(account.id, []).endpoint
    assert endpoint.failures == 1
    assert endpoint.paused_until
    assert endpoint.paused_until <= NOW + 4 * MINUTE


def test_an_endpoint_without_failures_is_not_written(aws: None) -> None:
    account = hosted()
    write_delivery(account, "a")

    run_webhook_jobs(FakeEndpoint(), NOW + 3 * MINUTE, sweep_webhooks(NOW + 3 * MINUTE))

    assert store.get(keys.webhook_endpoint(account.id)) is None


def test_a_slow_endpoint_is_called_for_twenty_seconds_and_the_rest_stays_due(aws: None) -> None:
    account = hosted()
    waiting = [write_delivery(account, str(index)) for index in range(5)]
    endpoint = FakeEndpoint()
    jobs = [queues.read(Deliver, body) for body in sweep_webhooks(NOW + 3 * MINUTE)]

    delivering.deliver(account.id, jobs, endpoint, NOW + 3 * MINUTE, timer=lambda: 9.0 * len(endpoint.ids))
    called = len(endpoint.ids)
    run_webhook_jobs(endpoint, NOW + 6 * MINUTE, sweep_webhooks(NOW + 6 * MINUTE))

    assert called == 3
    assert sorted(endpoint.ids) == sorted(delivery.id for delivery in waiting)
    assert [stored(account, delivery.id).error for delivery in waiting] == [None] * 5


def test_webhooks_have_a_due_list_of_their_own_after_the_texts(account: Account) -> None:
    write_delivery(account, "call")

    [item] = [item for item in due.find(NOW + 3 * MINUTE, 100) if item["type"] == "delivery"]

    assert item["due_shard"].startswith("told-due")


def test_an_sqs_event_is_accepted_and_an_unreadable_record_fails_alone(account: Account) -> None:
    answer = delivering.handler(EVENT, LambdaContext())
    broken = delivering.handler(sqs_event("no JSON", EVENT["Records"][0]["body"]), LambdaContext())

    assert answer == {"batchItemFailures": []}
    assert broken == {"batchItemFailures": [{"itemIdentifier": "m0"}]}


def test_the_log_contains_neither_the_address_nor_the_body_nor_the_phone(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    accounts.change_settings(account.id, {"webhook_url": "https://studio.example/hook?key=hidden"})
    receive(body="Secret words")

    run_webhook_jobs(FakeEndpoint(EndpointResponse(500)))

    log = log_lines(caplog)
    assert "status_500" in log
    for hidden in ("hidden", "studio.example", "Secret words", "2125550123", "whsec_"):
        assert hidden not in log


@pytest.mark.parametrize("at", [NOW + 3 * MINUTE])
def test_a_delivery_of_a_killed_worker_is_posted_by_another(account: Account, at: datetime) -> None:
    delivery = write_delivery(account, "call")

    def die(_webhook: Webhook) -> EndpointResponse:
        raise KeyError("killed")

    with pytest.raises(KeyError):
        run_webhook_jobs(die, at, sweep_webhooks(at))
    endpoint = FakeEndpoint()
    run_webhook_jobs(endpoint, at + 3 * MINUTE, sweep_webhooks(at + 3 * MINUTE))

    assert endpoint.ids == [delivery.id]


@pytest.mark.long
@pytest.mark.parametrize("status", [200, 500])
def test_a_delivery_killed_at_any_call_is_posted_in_the_end(account: Account, status: int) -> None:
    at = NOW + 3 * MINUTE
    delivery = write_delivery(account, "call")
    bodies = sweep_webhooks(at)

    for crash in every_crash():
        endpoint = FakeEndpoint(EndpointResponse(status))
        with crash:
            run_webhook_jobs(endpoint, at, bodies)
        for minutes in (3, 6, 9, 12):
            run_webhook_jobs(endpoint, at + minutes * MINUTE, sweep_webhooks(at + minutes * MINUTE))

        assert stored(account, delivery.id).state is DeliveryState.DELIVERED
        assert set(endpoint.ids) == {delivery.id}
        assert sweep_webhooks(at + DAY) == []


def test_two_workers_with_one_job_write_one_outcome(account: Account) -> None:
    delivery = write_delivery(account, "call")
    at = NOW + 3 * MINUTE
    bodies = sweep_webhooks(at)
    others = [bodies]

    def post(_webhook: Webhook) -> EndpointResponse:
        if others:
            run_webhook_jobs(FakeEndpoint(EndpointResponse(500)), at, others.pop())
        return EndpointResponse(200)

    run_webhook_jobs(post, at, bodies)

    found = stored(account, delivery.id)
    assert (found.state, found.attempt, found.error) == (DeliveryState.PENDING, 1, "status_500")


def test_an_unreadable_delivery_delays_no_other(account: Account) -> None:
    broken, well = write_delivery(account, "broken"), write_delivery(account, "well")
    store.write(Update(keys.delivery(account.id, broken.id), changes={"created_at": "no time"}))
    endpoint = FakeEndpoint()

    run_webhook_jobs(endpoint, NOW + 3 * MINUTE, sweep_webhooks(NOW + 3 * MINUTE))

    assert endpoint.ids == [well.id]


def test_an_expired_body_is_not_posted(account: Account) -> None:
    accounts.change_settings(account.id, {"retention_days": 1})
    endpoint = FakeEndpoint(EndpointResponse(500))
    receive(body="Secret words")

    run_webhook_jobs(endpoint)
    for hour in (1, 2, 30):
        at = NOW + timedelta(hours=hour)
        endpoint.answers = [EndpointResponse(500)] if hour < 30 else []
        run_webhook_jobs(endpoint, at, sweep_webhooks(at))

    first, last = endpoint.events[0][1], endpoint.events[-1][1]
    assert (first["body"], first["body_expired"]) == ("Secret words", False)
    assert (last["body"], last["body_expired"]) == ("", True)


def test_a_reply_that_waited_for_days_in_its_queue_gets_all_its_attempts(account: Account) -> None:
    endpoint, now = FakeEndpoint(always=EndpointResponse(500)), NOW + 4 * DAY
    inbound = Inbound(carrier="twilio", carrier_id="SM1", phone=PHONE, number=NUMBER, body="Yes please")

    worker.receive(inbound, NOW, now)
    run_webhook_jobs(endpoint, now)

    delivery = stored(account, endpoint.ids[0], now)
    assert (delivery.state, delivery.attempt) == (DeliveryState.PENDING, 1)
    assert endpoint.events[0][1]["received_at"] == "2026-11-22T15:30:00.000Z"
