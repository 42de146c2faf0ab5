"""What a studio sees of its webhooks, and how it has them tried again."""

from datetime import timedelta

import pytest

from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.accounts.account import ReplyDelivery as Mode
from longcode.aws import clients
from longcode.webhooks import delivery
from longcode.webhooks import store as webhooks
from longcode.webhooks.delivery import Delivery, DeliveryState
from longcode.webhooks.webhook import Answer
from tests.support.fakes import Answered, call
from tests.support.webhook_endpoint import MINUTE, Receiver, happened, hosted, stored, swept, work
from webhooks import api

DAY = timedelta(days=1)


@pytest.fixture
def account(aws: None) -> Account:
    """Give a hosted studio."""
    return hosted()


def ask(method: str, path: str = "", account: str = "10000001", **query: str) -> Answered:
    return call(api, method, f"/webhooks/deliveries{path}", account=account, query=query or None)


def given_up(account: Account, of: str, days_ago: int = 0) -> Delivery:
    at = clients.now() - days_ago * DAY
    one = happened(account, of, at)
    failed = delivery.given_up(one, "status_500", at)
    assert webhooks.change(one, failed)
    return failed


def test_what_was_given_up_is_listed_newest_first_and_page_by_page(account: Account) -> None:
    old, new = given_up(account, "old", 2), given_up(account, "new", 1)

    first = ask("GET", limit="1").json
    second = ask("GET", limit="1", cursor=first["next_cursor"]).json

    assert [one["id"] for one in first["items"] + second["items"]] == [new.id, old.id]
    assert second["next_cursor"] is None
    assert first["items"][0]["error"] == "status_500"
    assert first["items"][0]["data"] == {"id": "new"}


def test_what_waits_for_another_try_is_listed_apart(account: Account) -> None:
    now = clients.now()
    waiting, fresh = happened(account, "waiting", now - 5 * MINUTE), happened(account, "fresh", now)
    work(Receiver(Answer(503)), now, swept(now))

    [shown] = ask("GET", state="pending").json["items"]

    assert (shown["id"], shown["attempts"], shown["error"]) == (waiting.id, 1, "status_503")
    assert shown["next_try_at"]
    assert ask("GET", f"/{fresh.id}").json["attempts"] == 0
    assert ask("GET").json["items"] == []


def test_what_is_over_for_thirty_days_is_hidden_at_once(account: Account) -> None:
    one = given_up(account, "old", 31)

    assert ask("GET").json == {"items": [], "next_cursor": None}
    assert ask("GET", f"/{one.id}").status == 404
    assert ask("POST", f"/{one.id}/replay").status == 404


def test_a_replay_is_tried_at_once_and_ten_times_anew(account: Account) -> None:
    one = given_up(account, "a")
    receiver = Receiver(always=Answer(500))

    answer = ask("POST", f"/{one.id}/replay")
    now = clients.now()
    work(receiver, now)
    for hour in range(1, 90):
        at = now + timedelta(hours=hour)
        work(receiver, at, swept(at))

    assert (answer.status, answer.json["state"], answer.json["attempts"]) == (202, "pending", 0)
    assert receiver.ids == [one.id] * 10
    assert stored(account, one.id, now + 4 * DAY).state is DeliveryState.FAILED


def test_a_replay_that_is_asked_for_twice_is_one_call(account: Account) -> None:
    one = given_up(account, "a")
    receiver = Receiver()

    first, second = ask("POST", f"/{one.id}/replay"), ask("POST", f"/{one.id}/replay")
    work(receiver, clients.now())

    assert (first.status, second.status) == (202, 202)
    assert receiver.ids == [one.id]


def test_what_was_taken_can_be_replayed_too(account: Account) -> None:
    now = clients.now()
    one = happened(account, "a", now - 5 * MINUTE)
    receiver = Receiver()
    work(receiver, now, swept(now))

    ask("POST", f"/{one.id}/replay")
    work(receiver, clients.now())

    assert receiver.ids == [one.id, one.id]


def test_a_replay_does_not_wait_for_the_pause_of_a_receiver_that_failed(account: Account) -> None:
    now = clients.now()
    one, receiver = happened(account, "a", now - 5 * MINUTE), Receiver(Answer(500))
    work(receiver, now, swept(now))

    ask("POST", f"/{one.id}/replay")
    work(receiver, clients.now())

    assert receiver.ids == [one.id, one.id]


def test_nothing_is_replayed_while_webhooks_are_off(account: Account) -> None:
    one = given_up(account, "a")
    accounts.change_settings(account.id, {"delivery": Mode.POLL})

    refused = ask("POST", f"/{one.id}/replay")

    assert (refused.status, refused.json["code"]) == (409, "webhook_off")
    assert stored(account, one.id).state is DeliveryState.FAILED


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("POST", "/replay")])
def test_anothers_webhook_is_as_absent_as_one_that_never_was(account: Account, method: str, path: str) -> None:
    hosted("10000002")
    one = given_up(account, "a")

    theirs = ask(method, f"/{one.id}{path}", account="10000002")
    nobodys = ask(method, f"/none{path}", account="10000002")

    assert (theirs.status, nobodys.status) == (404, 404)
    assert theirs.text == nobodys.text.replace("none", one.id)
    assert stored(account, one.id).state is DeliveryState.FAILED


def test_a_list_has_what_is_the_callers(account: Account) -> None:
    hosted("10000002")
    given_up(account, "a")

    for query in ({}, {"state": "pending"}, {"cursor": "~"}, {"cursor": "../account#10000001"}):
        assert ask("GET", account="10000002", **query).json == {"items": [], "next_cursor": None}


def test_a_state_that_is_not_listed_is_refused(account: Account) -> None:
    refused = ask("GET", state="delivered")

    assert (refused.status, refused.json["errors"][0]["field"]) == (422, "state")
