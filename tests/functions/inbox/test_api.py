"""The Messages hub: folders, one message, read and unread, links, and bad queries."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from inbox import api
from longcode.accounts.account import Account
from longcode.clients import store as clients
from longcode.messages import store as messages
from longcode.table import keys
from longcode.table.store import write
from longcode.table.writes import Update
from tests.support.fakes import NOW, ApiResponse, LambdaContext, call, client, studio
from tests.support.reply_steps import receive, record_text
from tests.support.text_steps import accept

EVENTS = Path(__file__).parents[3] / "events"
EVENT = json.loads((EVENTS / "get_messages.json").read_text())
LINK = json.loads((EVENTS / "put_link.json").read_text())  # of the reply that `receive` makes
UNLINKED = "+12125550666"


@pytest.fixture
def account(account: Account) -> Account:
    """A studio that has two clients and texts with one."""
    client(account, "c2", "+12125550177")
    record_text(account)
    return account


def get(account: Account, **query: str) -> ApiResponse:
    return call(api, "GET", "/messages", account=account.id, query=query)


def bodies(answer: ApiResponse) -> list[str]:
    return [item["body"] for item in answer.json["items"]]


def reply(account: Account) -> str:
    receive()
    return str(get(account, folder="inbox").json["items"][0]["id"])


def test_an_api_gateway_event_lists_the_inbox(account: Account) -> None:
    receive(body="Hello back")

    answer = api.handler(EVENT, LambdaContext())

    [shown] = json.loads(answer["body"])["items"]
    assert (shown["body"], shown["read"], shown["client_id"]) == ("Hello back", False, "c1")
    assert "candidates" not in shown


def test_an_api_gateway_event_links_a_message(account: Account) -> None:
    receive()

    answer = api.handler(LINK, LambdaContext())

    shown = json.loads(answer["body"])
    assert (answer["statusCode"], shown["client_id"], shown["record"]) == (200, "c2", {"kind": "session", "id": "s1"})


def test_each_folder_lists_its_messages_newest_first(account: Account) -> None:
    record_text(account, phone=UNLINKED, client_id=None)
    accept(account, "1", body="out to c1")
    accept(account, "2", body="out to nobody", client_id=None, to=UNLINKED, now=NOW + timedelta(seconds=1))
    receive("SM1", "in from c1", at=NOW + timedelta(seconds=2))
    receive("SM2", "in from nobody", phone=UNLINKED, at=NOW + timedelta(seconds=3))

    assert bodies(get(account, folder="sent")) == ["out to nobody", "out to c1"]
    assert bodies(get(account, folder="inbox")) == ["in from nobody", "in from c1"]
    assert bodies(get(account, folder="unlinked")) == ["in from nobody", "out to nobody"]


def test_pages_list_each_message_once_although_all_have_the_same_time(account: Account) -> None:
    record_text(account, phone=UNLINKED, client_id=None)
    for index in range(7):
        receive(f"SM{index}", str(index), phone=UNLINKED if index % 2 else "+12125550123")

    seen, query = [], {"folder": "inbox", "limit": "3"}
    while True:
        page = get(account, **query)
        seen += bodies(page)
        if not page.json["next_cursor"]:
            break
        query["cursor"] = page.json["next_cursor"]

    assert sorted(seen) == ["0", "1", "2", "3", "4", "5", "6"]


def test_a_folder_is_filtered_by_client_or_phone(account: Account) -> None:
    accept(account, "1", body="to c1")
    accept(account, "2", body="to c2", client_id="c2")

    assert bodies(get(account, folder="sent", client_id="c2")) == ["to c2"]
    assert bodies(get(account, folder="sent", phone="+12125550123")) == ["to c1"]
    assert bodies(get(account, folder="sent", client_id="c2", phone="+12125550123")) == []


def test_a_reply_is_marked_read_and_unread(account: Account) -> None:
    message = reply(account)

    marked = call(api, "PUT", f"/messages/{message}/read", account=account.id)
    read = call(api, "GET", f"/messages/{message}", account=account.id).json["read"]
    call(api, "DELETE", f"/messages/{message}/read", account=account.id)
    unread = call(api, "GET", f"/messages/{message}", account=account.id).json["read"]

    assert (marked.status, read, unread) == (204, True, False)


def unread(account: Account) -> Any:
    return call(api, "GET", "/messages/unread", account=account.id).json


def test_unread_replies_are_counted_and_unlinked_ones_apart(account: Account) -> None:
    record_text(account, phone=UNLINKED, client_id=None)
    receive("SM1")
    receive("SM2", phone=UNLINKED)

    assert unread(account) == {"unread": 2, "unread_unlinked": 1}
    assert unread(studio("10000002")) == {"unread": 0, "unread_unlinked": 0}


def test_marking_twice_changes_the_unread_count_once(account: Account) -> None:
    message = reply(account)

    for _ in range(2):
        call(api, "PUT", f"/messages/{message}/read", account=account.id)
    read = unread(account)
    for _ in range(2):
        call(api, "DELETE", f"/messages/{message}/read", account=account.id)

    assert read == {"unread": 0, "unread_unlinked": 0}
    assert unread(account) == {"unread": 1, "unread_unlinked": 0}


def test_a_sent_message_cannot_be_marked_as_unread(account: Account) -> None:
    message = accept(account)

    refused = call(api, "DELETE", f"/messages/{message.id}/read", account=account.id)
    read = call(api, "PUT", f"/messages/{message.id}/read", account=account.id)

    assert (refused.status, refused.json["code"], refused.json["errors"][0]["field"]) == (422, "not_a_reply", "id")
    assert read.status == 204
    assert messages.get(account.id, message.id) == message


def test_linking_and_unlinking_moves_a_message_between_the_folders(account: Account) -> None:
    message = reply(account)

    unlinked = call(api, "DELETE", f"/messages/{message}/link", account=account.id)
    while_unlinked = bodies(get(account, folder="unlinked"))
    linked = call(api, "PUT", f"/messages/{message}/link", {"client_id": "c2"}, account=account.id)

    assert unlinked.json["client_id"] is None
    assert while_unlinked == ["Yes, thank you"]
    assert linked.json["client_id"] == "c2"
    assert bodies(get(account, folder="unlinked")) == []
    assert bodies(get(account, folder="inbox", client_id="c2")) == ["Yes, thank you"]


def test_a_message_is_linked_to_a_session_besides_its_client(account: Account) -> None:
    path = f"/messages/{reply(account)}/link"
    session, task = {"kind": "session", "id": "s1"}, {"kind": "task", "id": "4711"}

    linked = call(api, "PUT", path, {"record": session}, account=account.id)
    changed = call(api, "PUT", path, {"client_id": "c2", "record": task}, account=account.id)
    other_client = call(api, "PUT", path, {"client_id": "c1"}, account=account.id)
    removed = call(api, "PUT", path, {"record": None}, account=account.id)
    nothing = call(api, "DELETE", path, account=account.id)

    answers = [linked, changed, other_client, removed, nothing]
    assert [(answer.json["client_id"], answer.json["record"]) for answer in answers] == [
        ("c1", session),
        ("c2", task),
        ("c1", task),
        ("c1", None),
        (None, None),
    ]
    assert get(account, folder="unlinked").json["items"] == [nothing.json]


@pytest.mark.parametrize(
    ("link", "field"),
    [
        ({}, "body"),
        ({"client_id": ""}, "client_id"),
        ({"client_id": "c" * 101}, "client_id"),
        ({"record": {"kind": "cake", "id": "1"}}, "record.kind"),
        ({"record": {"kind": "session"}}, "record.id"),
        ({"record": {"kind": "session", "id": " "}}, "record.id"),
        ({"session": "s1"}, "session"),
    ],
)
def test_an_invalid_link_is_refused_with_its_field(account: Account, link: Any, field: str) -> None:
    message = reply(account)

    answer = call(api, "PUT", f"/messages/{message}/link", link, account=account.id)

    assert (answer.status, answer.json["errors"][0]["field"]) == (422, field)
    assert get(account, client_id="c1").json["items"]


def test_messages_of_a_deleted_client_keep_its_id_and_can_be_linked_to_another(account: Account) -> None:
    message = reply(account)
    clients.delete(account.id, "c1")

    receive("SM2", "Still there?", at=NOW + timedelta(seconds=1))

    kept = get(account, folder="inbox", client_id="c1")
    back = call(api, "PUT", f"/messages/{message}/link", {"client_id": "c1"}, account=account.id)
    moved = call(api, "PUT", f"/messages/{message}/link", {"client_id": "c2"}, account=account.id)
    assert bodies(kept) == ["Yes, thank you"]
    assert bodies(get(account, folder="unlinked")) == ["Still there?"]
    assert (back.status, back.json["errors"][0]["field"]) == (404, "client_id")
    assert moved.json["client_id"] == "c2"


def test_a_message_cannot_be_linked_to_another_studios_client(account: Account) -> None:
    message = reply(account)
    client(studio("10000002"), "theirs")

    answer = call(api, "PUT", f"/messages/{message}/link", {"client_id": "theirs"}, account=account.id)

    assert (answer.status, answer.json["code"]) == (404, "not_found")
    assert answer.json["errors"][0]["field"] == "client_id"
    assert get(account, client_id="c1").json["items"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("PUT", "/read", None),
        ("DELETE", "/read", None),
        ("PUT", "/link", {"client_id": "own"}),
        ("DELETE", "/link", None),
    ],
)
def test_another_studios_message_is_not_found(account: Account, method: str, path: str, body: Any) -> None:
    message, other = reply(account), studio("10000002")
    client(other, "own", "+12125550188")
    before = messages.get(account.id, message)

    answer = call(api, method, f"/messages/{message}{path}", body, account=other.id)

    assert (answer.status, answer.json["detail"]) == (404, f"There is no message '{message}'.")
    assert messages.get(account.id, message) == before
    assert messages.get(other.id, message) is None


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"folder": "drafts"}, "folder"),
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"phone": "212"}, "phone"),
        ({"phone": ""}, "phone"),
        ({"phone": "%2B12125550123"}, "phone"),
        ({"cursor": "x" * 201}, "cursor"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"cursor": "2026-11-22T15:30:00.000Z"}, "cursor"),
        ({"text": ""}, "text"),
        ({"text": " \u0301 "}, "text"),
        ({"text": "x" * 201}, "text"),
        ({"record": "s1"}, "record"),
        ({"record": "cake:1"}, "record"),
        ({"record": "session:"}, "record"),
    ],
)
def test_a_bad_query_is_a_problem_document_with_the_field(
    account: Account, query: dict[str, str], field: str
) -> None:
    answer = get(account, **query)

    assert (answer.status, answer.json["errors"][0]["field"]) == (422, field)


def test_an_unreadable_message_is_left_out_of_the_list(account: Account) -> None:
    broken = reply(account)
    receive("SM2", "Whole", at=NOW + timedelta(seconds=1))
    write(Update(keys.message(account.id, broken), changes={"state": "lost"}))

    assert bodies(get(account, folder="inbox")) == ["Whole"]
