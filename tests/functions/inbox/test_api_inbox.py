"""GET /inbox: each reply once, oldest first, by a cursor."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from accounts import settings_api
from inbox import api
from longcode.accounts.account import Account
from longcode.table import keys
from longcode.table.store import write
from longcode.table.writes import Delete, Update
from tests.support.fakes import NOW, LambdaContext, call, studio
from tests.support.reply_steps import receive

pytestmark = pytest.mark.account(texted=NOW)

EVENT = json.loads((Path(__file__).parents[3] / "events" / "get_inbox.json").read_text())


def fetch(account: Account, after: str = "0", limit: str = "50") -> Any:
    return call(api, "GET", "/inbox", account=account.id, query={"after": after, "limit": limit}).json


def test_an_api_gateway_event_fetches_the_new_replies(account: Account) -> None:
    receive(body="Hello back")

    answer = api.handler(EVENT, LambdaContext())

    fetched = json.loads(answer["body"])
    [item] = fetched["items"]
    assert item["message"]["body"] == "Hello back"
    assert item["delivery_id"] == item["message"]["id"]
    assert item["received_at"] == "2026-11-22T15:30:00.000Z"
    assert fetched["next_cursor"] == "1"


def test_before_the_first_reply_the_list_is_empty_and_the_cursor_stays(account: Account) -> None:
    assert fetch(account) == {"items": [], "next_cursor": "0"}


def test_the_cursor_returns_each_reply_once_in_the_order_of_arrival(account: Account) -> None:
    for index in range(7):
        receive(f"SM{index}", str(index), at=NOW - timedelta(seconds=index % 3))

    seen, after = [], "0"
    while (page := fetch(account, after, "3"))["items"]:
        seen += [item["message"]["body"] for item in page["items"]]
        after = page["next_cursor"]

    assert seen == ["0", "1", "2", "3", "4", "5", "6"]
    assert after == "7"


def test_the_tenth_reply_follows_the_ninth(account: Account) -> None:
    for index in range(11):
        receive(f"SM{index}", str(index))

    assert [item["message"]["body"] for item in fetch(account, "8")["items"]] == ["8", "9", "10"]


def test_the_same_reply_has_the_same_delivery_id_whenever_it_is_fetched(account: Account) -> None:
    receive()

    assert fetch(account) == fetch(account)


def test_a_studio_fetches_only_its_own_replies(account: Account) -> None:
    receive()

    assert fetch(studio("10000002"))["items"] == []


def test_a_studio_with_webhooks_can_fetch_its_first_reply(account: Account) -> None:
    webhooks = {"delivery": "webhook", "webhook_url": "https://studio.example/replies"}
    call(settings_api, "PATCH", "/account", webhooks, account=account.id)

    receive(body="The first")

    assert [item["message"]["body"] for item in fetch(account)["items"]] == ["The first"]


@pytest.mark.parametrize("how", ["unreadable", "gone"])
def test_an_unreadable_or_deleted_reply_is_skipped(account: Account, how: str) -> None:
    for index in range(4):
        receive(f"SM{index}", str(index))
    for item in fetch(account)["items"][:2]:
        key = keys.message(account.id, item["delivery_id"])
        write(Delete(key) if how == "gone" else Update(key, changes={"units": "many"}))

    page = fetch(account, limit="2")

    assert [item["message"]["body"] for item in page["items"]] == ["2", "3"]
    assert page["next_cursor"] == "4"


@pytest.mark.parametrize("after", ["-1", "one", "1234567890123", ""])
def test_a_cursor_that_is_not_a_number_is_refused(account: Account, after: str) -> None:
    answer = call(api, "GET", "/inbox", account=account.id, query={"after": after})

    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "after")
