"""The broadcast API: created once, refused with the reason, shown with progress, and hidden from other studios."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from broadcasts import api, worker
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.aws import clients
from longcode.messages import compose
from longcode.table import keys, store
from longcode.template import Template
from longcode.templates import store as template_store
from tests.support.broadcast_steps import advance, create_broadcast, deliver_bulk_texts, phone_number, send
from tests.support.fakes import NOW, ApiResponse, LambdaContext, call, client, studio, take_queued

pytestmark = pytest.mark.account(people=2)

HELLO = {"audience": {"all": True}, "body": "Hello"}
LONG_IDS = ["p0000", *(f"{index:04}" + "漢" * 96 for index in range(999))]
AHEAD = (datetime.now(UTC) + timedelta(days=40)).isoformat()


def post(account: Account, **fields: Any) -> ApiResponse:
    headers = {"Idempotency-Key": "key"}
    return call(api, "POST", "/broadcasts", HELLO | fields, account=account.id, headers=headers)


def get(account: Account, path: str = "", **query: str) -> ApiResponse:
    return call(api, "GET", f"/broadcasts{path}", account=account.id, query=query or None)


def written(account: Account) -> int:
    """Count the items of broadcasts, audiences and texts."""
    prefixes = (keys.broadcast(account.id), keys.audience(account.id, ""), keys.message(account.id))
    return sum(len(list(store.query(prefix))) for prefix in prefixes)


def test_a_broadcast_is_created_and_its_first_step_enqueued(account: Account) -> None:
    answer = post(account)

    assert answer.status == 202
    assert (answer.json["state"], answer.json["limit"], answer.json["texts"]) == ("planning", "all", 0)
    assert take_queued("broadcast") == [
        f'{{"account":"10000001","broadcast_id":"{answer.json["id"]}","step":0}}',
    ]


def test_the_same_key_and_body_return_the_same_broadcast(account: Account) -> None:
    first, second = post(account), post(account)

    assert first == second
    assert len(take_queued("broadcast")) == 1


def test_the_same_time_in_another_zone_returns_the_same_broadcast(account: Account) -> None:
    at = datetime.now(UTC).replace(microsecond=123456) + timedelta(days=40)

    first = post(account, send_at=at.astimezone(timezone(timedelta(hours=-9))).isoformat())
    second = post(account, send_at=at.isoformat())

    assert first.status == 202
    assert second == first


def test_another_body_under_the_same_key_is_a_conflict(account: Account) -> None:
    post(account)

    answer = post(account, body="Goodbye")

    assert (answer.status, answer.json["code"]) == (409, "idempotency_conflict")


def test_many_requests_at_once_create_one_broadcast(account: Account) -> None:
    # Not through the handler: Lambda never has one resolver answer two requests at once.
    with ThreadPoolExecutor(20) as pool:
        ids = list(pool.map(lambda _: create_broadcast(account), range(20)))

    assert len(set(ids)) == 1
    assert written(account) == 2


def test_a_broadcasts_id_differs_from_the_messages_of_the_same_key(account: Account) -> None:
    broadcast_id = post(account).json["id"]

    assert not broadcast_id.startswith(compose.request_id(account.id, "key"))


@pytest.mark.parametrize(
    ("fields", "refusal", "field"),
    [
        ({"audience": {"tags": ["nobody"]}}, (422, "empty_audience"), "audience"),
        ({"audience": {"client_ids": ["nobody"]}}, (422, "empty_audience"), "audience"),
        ({"audience": {"all": True, "except_client_ids": ["p0000", "p0001"]}}, (422, "empty_audience"), "audience"),
        ({"audience": {}}, (422, "invalid"), "audience"),
        ({"audience": {"all": True, "tags": ["vip"]}}, (422, "invalid"), "audience"),
        ({"audience": {"client_ids": ["c"] * 1001}}, (422, "invalid"), "audience.client_ids"),
        ({"audience": {"all": True, "who": 1}}, (422, "invalid"), "audience.who"),
        ({"audience": None}, (422, "invalid"), "audience"),
        ({"audience": {"client_ids": LONG_IDS, "except_client_ids": LONG_IDS}}, (422, "invalid"), "audience"),
        ({"limit": "some"}, (422, "invalid"), "limit"),
        ({"when": "now"}, (422, "invalid"), "when"),
        ({"template": "t"}, (422, "invalid"), "body"),
        ({"body": None}, (422, "invalid"), "body"),
        ({"body": None, "template": "none"}, (404, "not_found"), "template"),
        ({"body": "{{client.height}}"}, (422, "bad_template"), "body"),
        ({"body": "{{client.first_name"}, (422, "bad_template"), "body"),
        ({"body": "{% for c in clients %}"}, (422, "bad_template"), "body"),
        ({"body": "x" * 100_000}, (422, "invalid"), "body"),
        ({"body": "x" * 1601}, (422, "text_too_long"), "body"),
        ({"body": "x" * 1601 + "{{client.first_name}}"}, (422, "text_too_long"), "body"),
        ({"body": "   "}, (422, "empty_text"), "body"),
        ({"values": {"client.height": "2"}}, (422, "invalid"), "values.client.height"),
        ({"values": {"session.date": "x" * 201}}, (422, "invalid"), "values.session.date"),
        ({"values": {"session.date": "{{client.name}}"}}, (422, "invalid"), "values.session.date"),
        ({"send_at": "2020-01-01T00:00:00Z"}, (422, "bad_time"), "send_at"),
        ({"send_at": "2099-01-01T00:00:00Z"}, (422, "bad_time"), "send_at"),
        ({"send_at": "tomorrow"}, (422, "invalid"), "send_at"),
    ],
)
@pytest.mark.parametrize("dry_run", [False, True])
def test_a_form_that_cannot_be_sent_is_refused_with_its_field_and_nothing_is_written(
    account: Account, fields: dict[str, Any], refusal: tuple[int, str], field: str, dry_run: bool
) -> None:
    answer = post(account, dry_run=dry_run, **fields)

    assert (answer.status, answer.json["code"]) == refusal
    fields_named = [error["field"] for error in answer.json["errors"]]
    assert any(field in named for named in fields_named), fields_named
    assert written(account) == 0
    assert take_queued("broadcast") == []


def test_a_broadcast_can_be_scheduled(account: Account) -> None:
    answer = post(account, send_at=AHEAD)

    assert (answer.status, answer.json["state"]) == (202, "scheduled")
    assert take_queued("broadcast") == []


def test_a_broadcast_keeps_its_template_as_it_was_when_created(account: Account) -> None:
    template_store.put_template(
        Template(account=account.id, name="sale", subject="Sale", body="Sale on {{session.date}}")
    )
    answer = post(account, body=None, template="sale", values={"session.date": "May 5"})
    template_store.put_template(Template(account=account.id, name="sale", subject="", body="Over"))

    advance(NOW)

    assert answer.json["body"] == "Sale on {{session.date}}"
    assert {text.body for text in deliver_bulk_texts().texts} == {"Sale on May 5"}


def test_progress_counts_states_and_reasons(account: Account) -> None:
    client(account, "q", phone_number(9), allow_text_marketing=False)
    broadcast = send(account)
    deliver_bulk_texts()

    shown = get(account, f"/{broadcast.id}").json

    assert shown["progress"] == {"sent": 2}
    assert shown["skipped"] == {"no_permission": 1}
    assert shown["audience"]["all"] is True
    assert (shown["planned_clients"], shown["planned_texts"], shown["texts"], shown["reserved_units"]) == (
        3,
        2,
        2,
        None,
    )


def test_a_broadcast_is_waiting_until_none_of_its_texts_will_be_sent_any_more(account: Account) -> None:
    accounts.change_settings(account.id, {"quiet_hours": False})
    now = clients.now()
    broadcast = send(account, now=now)

    def states() -> list[str]:
        return [get(account).json["items"][0]["state"], get(account, f"/{broadcast.id}").json["state"]]

    waiting = states()
    deliver_bulk_texts(now)

    assert waiting == ["waiting", "waiting"]
    assert states() == ["done", "done"]


def test_a_repeated_request_shows_that_texts_wait(account: Account) -> None:
    accounts.change_settings(account.id, {"quiet_hours": False})
    post(account)
    advance(clients.now())

    assert post(account).json["state"] == "waiting"


def test_a_broadcast_whose_texts_were_cancelled_waits_for_nothing(account: Account) -> None:
    broadcast = send(account, now=clients.now())
    assert call(api, "DELETE", f"/broadcasts/{broadcast.id}", account=account.id).status == 204
    advance(clients.now())

    assert get(account).json["items"][0]["state"] == "cancelled"


def test_recipients_are_listed_page_by_page_with_skipped_clients_last(account: Account) -> None:
    client(account, "q1", phone_number(0))
    client(account, "q2", phone_number(1), phone_number(0), phone_number(9))
    client(account, "q3", allow_text_marketing=False)
    broadcast = send(account)
    items: list[Any] = []
    query = {"limit": "2"}

    while True:
        page = get(account, f"/{broadcast.id}/recipients", **query).json
        items += page["items"]
        if page["next_cursor"] is None:
            break
        query = {"limit": "2", "cursor": page["next_cursor"]}

    assert sorted(item["phone"] for item in items if item["state"] == "accepted") == [
        phone_number(0),
        phone_number(1),
        phone_number(9),
    ]
    assert [(item["client_id"], item["phone"], item["code"]) for item in items if item["state"] == "skipped"] == [
        ("q1", phone_number(0), "duplicate"),
        ("q2", phone_number(1), "duplicate"),
        ("q2", phone_number(0), "duplicate"),
        ("q3", None, "no_permission"),
    ]
    assert all(item["reason"] for item in items if item["state"] == "skipped")


@pytest.mark.parametrize("cursor", ["a", "skipped.", "skipped.1.2", "skipped.a.b.c", "skipped.0.0.-1", "~"])
def test_a_cursor_that_belongs_to_no_list_is_refused(account: Account, cursor: str) -> None:
    broadcast = send(account)

    answer = get(account, f"/{broadcast.id}/recipients", cursor=cursor)

    assert (answer.status, answer.json["code"], answer.json["errors"][0]["field"]) == (422, "bad_cursor", "cursor")


def test_broadcasts_are_listed_newest_first(account: Account) -> None:
    ids = [create_broadcast(account, f"k{minute}", now=NOW + timedelta(minutes=minute)) for minute in range(3)]

    first = get(account, limit="2").json
    second = get(account, limit="2", cursor=first["next_cursor"]).json

    assert [item["id"] for item in first["items"]] == [ids[2], ids[1]]
    assert ([item["id"] for item in second["items"]], second["next_cursor"]) == ([ids[0]], None)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/broadcasts/{}"),
        ("GET", "/broadcasts/{}/recipients"),
        ("DELETE", "/broadcasts/{}"),
        ("PUT", "/broadcasts/{}/paused"),
        ("DELETE", "/broadcasts/{}/paused"),
    ],
)
def test_a_broadcast_of_another_studio_looks_the_same_as_an_unknown_one(
    account: Account, method: str, path: str
) -> None:
    other = studio("10000002")
    broadcast_id = create_broadcast(account)

    theirs = call(api, method, path.format(broadcast_id), account=other.id)
    unknown = call(api, method, path.format("none"), account=other.id)

    assert theirs.status == unknown.status == 404
    assert theirs.text == unknown.text.replace("none", broadcast_id)
    assert get(account, f"/{broadcast_id}").json["state"] == "planning"


def test_another_studios_clients_templates_and_broadcasts_cannot_be_used(account: Account) -> None:
    other = studio("10000002")
    client(other, "theirs", phone_number(5), tags=("vip",))
    template_store.put_template(Template(account=other.id, name="sale", subject="", body="Sale"))
    create_broadcast(other)
    take_queued("broadcast")

    answers = [
        post(account, audience={"client_ids": ["theirs"]}),
        post(account, audience={"tags": ["vip"]}),
        post(account, body=None, template="sale"),
    ]

    assert [answer.status for answer in answers] == [422, 422, 404]
    assert get(account).json == {"items": [], "next_cursor": None}
    everyone = send(account)
    assert everyone.planned_clients == 2


def test_events_of_the_gateway_and_of_sqs_create_and_advance_a_broadcast(account: Account) -> None:
    client(account, "ann", phone_number(7), tags=("2026",))
    events = Path(__file__).parents[3] / "events"

    answer = api.handler(json.loads((events / "post_broadcasts.json").read_text()), LambdaContext())
    [job] = take_queued("broadcast")
    event = json.loads((events / "sqs_broadcast.json").read_text())
    response = worker.handler(event, LambdaContext())

    assert answer["statusCode"] == 202
    assert event["Records"][0]["body"] == job
    assert response == {"batchItemFailures": []}
    assert get(account, "/b012b0e6bdeeec809db050f7d").json["state"] == "sending"


def test_the_api_uses_the_current_time(account: Account) -> None:
    created_at = post(account).json["created_at"]

    assert abs(datetime.fromisoformat(created_at) - clients.now()) < timedelta(minutes=5)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, 409),
        ({"body": "  hello "}, 409),
        ({"audience": {"client_ids": ["p0001"]}}, 409),
        ({"body": "Hello again"}, 202),
        ({"audience": {"search": "nobody-p0000", "tags": ["none"]}}, 422),
        ({"send_at": AHEAD}, 202),
        ({"refuse_repeat": False}, 202),
    ],
)
def test_a_repetition_is_refused_only_if_that_is_asked_for(
    account: Account, changes: dict[str, Any], status: int
) -> None:
    post(account)
    headers = {"Idempotency-Key": "second"}
    fields = HELLO | {"refuse_repeat": True} | changes

    answer = call(api, "POST", "/broadcasts", fields, account=account.id, headers=headers)

    assert answer.status == status
    assert answer.json.get("code") == {409: "repeated_broadcast", 422: "empty_audience"}.get(status)


def test_an_audience_by_search_has_those_who_are_found(account: Account) -> None:
    client(account, "found", "+12125550777", first_name="Jörg")

    answer = call(
        api, "POST", "/broadcasts", HELLO | {"audience": {"search": "jorg"}, "dry_run": True}, account=account.id
    )

    assert [item["client_id"] for item in answer.json["items"]] == ["found"]
