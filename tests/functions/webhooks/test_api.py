"""A studio lists its webhooks and replays them."""

from datetime import timedelta

import pytest

from longcode.accounts import store as accounts
from longcode.accounts.account import Account, ReplyDelivery
from longcode.aws import clients
from longcode.webhooks import delivery
from longcode.webhooks import store as webhooks
from longcode.webhooks.delivery import Delivery, DeliveryState
from longcode.webhooks.webhook import EndpointResponse
from tests.support.fakes import ApiResponse, call
from tests.support.webhook_endpoint import (
    MINUTE,
    FakeEndpoint,
    hosted,
    run_webhook_jobs,
    stored,
    sweep_webhooks,
    write_delivery,
)
from webhooks import api

DAY = timedelta(days=1)


@pytest.fixture
def account(aws: None) -> Account:
    """Create a hosted studio."""
    return hosted()


def ask(method: str, path: str = "", account: str = "10000001", **query: str) -> ApiResponse:
    return call(api, method, f"/webhooks/deliveries{path}", account=account, query=query or None)


def given_up(account: Account, of: str, days_ago: int = 0) -> Delivery:
    at = clients.now() - days_ago * DAY
    pending = write_delivery(account, of, at)
    failed = delivery.given_up(pending, "status_500", at)
    assert webhooks.change(pending, failed)
    return failed


def test_failed_webhooks_are_listed_newest_first_in_pages(account: Account) -> None:
    old, new = given_up(account, "old", 2), given_up(account, "new", 1)

    first = ask("GET", limit="1").json
    second = ask("GET", limit="1", cursor=first["next_cursor"]).json

    assert [item["id"] for item in first["items"] + second["items"]] == [new.id, old.id]
    assert second["next_cursor"] is None
    assert first["items"][0]["error"] == "status_500"
    assert first["items"][0]["data"] == {"id": "new"}


def test_webhooks_that_wait_for_another_attempt_are_listed_as_pending(account: Account) -> None:
    now = clients.now()
    waiting, fresh = write_delivery(account, "waiting", now - 5 * MINUTE), write_delivery(account, "fresh", now)
    run_webhook_jobs(FakeEndpoint(EndpointResponse(503)), now, sweep_webhooks(now))

    [shown] = ask("GET", state="pending").json["items"]

    assert (shown["id"], shown["attempts"], shown["error"]) == (waiting.id, 1, "status_503")
    assert shown["next_try_at"]
    assert ask("GET", f"/{fresh.id}").json["attempts"] == 0
    assert ask("GET").json["items"] == []


def test_a_webhook_that_failed_thirty_days_ago_is_hidden(account: Account) -> None:
    webhook = given_up(account, "old", 31)

    assert ask("GET").json == {"items": [], "next_cursor": None}
    assert ask("GET", f"/{webhook.id}").status == 404
    assert ask("POST", f"/{webhook.id}/replay").status == 404


@pytest.mark.long
def test_a_replay_is_attempted_at_once_and_up_to_ten_times(account: Account) -> None:
    webhook = given_up(account, "a")
    endpoint = FakeEndpoint(always=EndpointResponse(500))

    answer = ask("POST", f"/{webhook.id}/replay")
    now = clients.now()
    run_webhook_jobs(endpoint, now)
    for hour in range(1, 90):
        at = now + timedelta(hours=hour)
        run_webhook_jobs(endpoint, at, sweep_webhooks(at))

    assert (answer.status, answer.json["state"], answer.json["attempts"]) == (202, "pending", 0)
    assert endpoint.ids == [webhook.id] * 10
    assert stored(account, webhook.id, now + 4 * DAY).state is DeliveryState.FAILED


def test_two_replays_before_an_attempt_are_one_call(account: Account) -> None:
    webhook = given_up(account, "a")
    endpoint = FakeEndpoint()

    first, second = ask("POST", f"/{webhook.id}/replay"), ask("POST", f"/{webhook.id}/replay")
    run_webhook_jobs(endpoint, clients.now())

    assert (first.status, second.status) == (202, 202)
    assert endpoint.ids == [webhook.id]


def test_an_accepted_webhook_can_be_replayed(account: Account) -> None:
    now = clients.now()
    webhook = write_delivery(account, "a", now - 5 * MINUTE)
    endpoint = FakeEndpoint()
    run_webhook_jobs(endpoint, now, sweep_webhooks(now))

    ask("POST", f"/{webhook.id}/replay")
    run_webhook_jobs(endpoint, clients.now())

    assert endpoint.ids == [webhook.id, webhook.id]


def test_a_replay_ends_the_back_off_of_the_endpoint(account: Account) -> None:
    now = clients.now()
    webhook, endpoint = write_delivery(account, "a", now - 5 * MINUTE), FakeEndpoint(EndpointResponse(500))
    run_webhook_jobs(endpoint, now, sweep_webhooks(now))

    ask("POST", f"/{webhook.id}/replay")
    run_webhook_jobs(endpoint, clients.now())

    assert endpoint.ids == [webhook.id, webhook.id]


def test_a_replay_is_refused_while_webhooks_are_off(account: Account) -> None:
    webhook = given_up(account, "a")
    accounts.change_settings(account.id, {"delivery": ReplyDelivery.POLL})

    refused = ask("POST", f"/{webhook.id}/replay")

    assert (refused.status, refused.json["code"]) == (409, "webhook_off")
    assert stored(account, webhook.id).state is DeliveryState.FAILED


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("POST", "/replay")])
def test_another_studios_webhook_is_not_found(account: Account, method: str, path: str) -> None:
    hosted("10000002")
    webhook = given_up(account, "a")

    theirs = ask(method, f"/{webhook.id}{path}", account="10000002")
    nobodys = ask(method, f"/none{path}", account="10000002")

    assert (theirs.status, nobodys.status) == (404, 404)
    assert theirs.text == nobodys.text.replace("none", webhook.id)
    assert stored(account, webhook.id).state is DeliveryState.FAILED


def test_a_list_contains_only_the_callers_webhooks(account: Account) -> None:
    hosted("10000002")
    given_up(account, "a")

    for query in ({}, {"state": "pending"}, {"cursor": "~"}, {"cursor": "../account#10000001"}):
        assert ask("GET", account="10000002", **query).json == {"items": [], "next_cursor": None}


def test_an_unlisted_state_is_refused(account: Account) -> None:
    refused = ask("GET", state="delivered")

    assert (refused.status, refused.json["errors"][0]["field"]) == (422, "state")


def test_a_studio_tests_its_endpoint_once_for_a_key_whatever_events_it_has_chosen(account: Account) -> None:
    accounts.change_settings(account.id, {"webhook_events": []})
    endpoint, key = FakeEndpoint(), {"Idempotency-Key": "k"}

    first, second = (call(api, "POST", "/webhooks/test", account=account.id, headers=key) for _ in range(2))
    run_webhook_jobs(endpoint, clients.now())

    assert (first.status, second.json["id"]) == (202, first.json["id"])
    assert endpoint.events == [("webhook.test", {"account": account.id})]
    assert ask("GET", f"/{first.json['id']}").json["state"] == "delivered"


def test_an_endpoint_that_is_off_cannot_be_tested(account: Account) -> None:
    accounts.change_settings(account.id, {"delivery": ReplyDelivery.POLL})

    assert call(api, "POST", "/webhooks/test", account=account.id).json["code"] == "webhook_off"
