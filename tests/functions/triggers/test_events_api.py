"""The events API: an event is written once and plans, moves or drops the texts of the studio's triggers."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from longcode.accounts.account import Account
from longcode.clients import store as clients
from longcode.triggers import store as triggers
from longcode.triggers.planning import OccurrenceState
from tests.support.aws_calls import failing, losing_the_first_response
from tests.support.fakes import NOW, ApiResponse, LambdaContext, call, client, studio, take_queued
from tests.support.trigger_steps import SESSION, planned, report_event, write_trigger
from triggers import events_api

pytestmark = pytest.mark.account(edition="professional", rule=True)

EVENT = json.loads((Path(__file__).parents[3] / "events" / "post_events.json").read_text())
MINUTE = timedelta(minutes=1)


def post(account: Account, key: str | None = "k", body: object = None, **changes: Any) -> ApiResponse:
    headers = {"Idempotency-Key": key} if key else {}
    return call(events_api, "POST", "/events", body or SESSION | changes, account=account.id, headers=headers)


def stored(account: Account) -> tuple[object, object]:
    return triggers.get_record(account.id, "session", "s1"), planned(account)


def test_an_event_of_the_gateway_is_accepted(account: Account) -> None:
    answer = events_api.handler(EVENT, LambdaContext())

    assert answer["statusCode"] == 202
    assert list(planned(account)) == ["2150-12-03"]


def test_the_response_lists_planned_texts_and_triggers_that_plan_none(account: Account) -> None:
    write_trigger(name="tentative", statuses=("tentative",))
    write_trigger(name="task", watches="task", statuses=("open",), timing=None)

    answer = post(account, session_date="2150-12-03")

    assert answer.status == 202
    assert answer.json == {
        "id": answer.json["id"],
        "kind": "session",
        "record_id": "s1",
        "newest": True,
        "planned": [{"trigger": "reminder", "date": "2150-12-03", "fires_at": "2150-12-02T15:00:00.000Z"}],
        "not_planned": [
            {
                "trigger": "tentative",
                "reason": "conditions_not_met",
                "why": "Its status or type is not one that the trigger watches.",
            }
        ],
    }


def test_a_planned_text_is_stored_and_not_enqueued(account: Account) -> None:
    report_event(account)

    assert [(day, occurrence.state) for day, occurrence in planned(account).items()] == [
        ("2026-12-03", OccurrenceState.PLANNED)
    ]
    assert take_queued("event") == []


def test_a_text_to_send_at_once_is_enqueued(account: Account) -> None:
    write_trigger(name="thanks", timing=None)

    report_event(account)

    assert take_queued("event") == [
        '{"account":"10000001","kind":"session","record_id":"s1","trigger":"thanks","day":"2026-11-22"}'
    ]


def test_an_event_whose_job_cannot_be_enqueued_stays_due(account: Account) -> None:
    write_trigger(name="thanks", timing=None)

    with failing("sqs", "SendMessageBatch", "ServiceUnavailable"):
        assert report_event(account).newest
    assert planned(account)["2026-11-22"].due_at == NOW + 2 * MINUTE


def test_the_standard_edition_is_refused(aws: None) -> None:
    account = studio()
    client(account)

    answer = post(account)

    assert (answer.status, answer.json["code"]) == (403, "edition_not_entitled")
    assert stored(account) == (None, {})


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"kind": "weather"}, 422, "kind"),
        ({"kind": "keyword"}, 422, "kind"),
        ({"id": ""}, 422, "id"),
        ({"id": "a#b"}, 422, "id"),
        ({"status": "eaten"}, 422, "status"),
        ({"client_id": "nobody"}, 404, "client_id"),
        ({"kind": "client", "id": "nobody", "client_id": None, "status": None}, 404, "id"),
        ({"kind": "client", "id": "c1", "client_id": "c2", "status": None}, 422, "client_id"),
        ({"session_date": "2026-02-30"}, 422, "session_date"),
        ({"session_date": "tomorrow"}, 422, "session_date"),
        ({"session_date": 20261203}, 422, "session_date"),
        ({"session_date": "2026-12-03T00:00:00"}, 422, "session_date"),
        ({"session_date": "1826-12-03"}, 422, "session_date"),
        ({"due_date": "2200-01-01"}, 422, "due_date"),
        ({"due_date": "03/12/2026"}, 422, "due_date"),
        ({"session_time": "25:00"}, 422, "session_time"),
        ({"session_time": "2:30 PM"}, 422, "session_time"),
        ({"at": "2026-11-22T15:30:00"}, 422, "at"),
        ({"at": "2999-01-01T00:00:00.000Z"}, 422, "at"),
        ({"at": "9999-12-31T23:59:59-14:00"}, 422, "at"),
        ({"at": "0001-01-01T00:00:00.000Z"}, 422, "at"),
        ({"at": "0001-01-01T00:00:00+14:00"}, 422, "at"),
        ({"values": {"client.first_name": "Eve"}}, 422, "values.client.first_name"),
        ({"values": {"weather": "fine"}}, 422, "values.weather"),
        ({"values": {"order.number": "{{studio.name}}"}}, 422, "values.order.number"),
        ({"values": {"order.number": "x" * 201}}, 422, "values.order.number"),
        ({"type": "{{session.type}}"}, 422, "type"),
        ({"cancelled": "perhaps"}, 422, "cancelled"),
        ({"place": "the lake"}, 422, "place"),
    ],
)
def test_an_invalid_event_is_refused_with_the_field_and_nothing_is_written(
    account: Account, changes: dict[str, Any], status: int, field: str
) -> None:
    answer = post(account, **changes)

    assert answer.status == status
    assert [error["field"] for error in answer.json["errors"]] == [field]
    assert stored(account) == (None, {})


def test_an_unknown_status_is_refused_with_the_known_ones(account: Account) -> None:
    detail = post(account, status="eaten").json["detail"]

    assert detail.startswith("Unknown status: eaten. A session can be cancelled, checked_in, completed, confirmed, ")


def test_the_same_key_and_body_return_the_same_response_and_plan_nothing_more(account: Account) -> None:
    write_trigger(name="thanks", timing=None)
    first = post(account, session_date="2150-12-03")
    take_queued("event")
    write_trigger(name="later")
    clients.delete(account.id, "c1")

    assert post(account, session_date="2150-12-03") == first
    assert take_queued("event") == []
    assert len(planned(account)) == 2


def test_another_body_under_the_same_key_is_a_conflict(account: Account) -> None:
    post(account)
    before = stored(account)

    answer = post(account, session_date="2026-12-10")

    assert (answer.status, answer.json["code"]) == (409, "idempotency_conflict")
    assert stored(account) == before


def test_a_refused_request_may_be_repeated_under_its_key(account: Account) -> None:
    before = post(account, client_id="c2")
    client(account, "c2", "+12125550199")

    assert (before.status, post(account, client_id="c2").status) == (404, 202)


def test_events_without_a_key_are_never_the_same(account: Account) -> None:
    assert post(account, key=None).json["id"] != post(account, key=None).json["id"]


def test_fifty_requests_at_once_take_effect_once_and_get_one_response(account: Account) -> None:
    write_trigger(name="thanks", timing=None)
    with ThreadPoolExecutor(50) as pool:
        responses = list(
            pool.map(lambda second: report_event(account, now=NOW + timedelta(seconds=second)), range(50))
        )

    assert [response == responses[0] for response in responses] == [True] * 50
    assert len(take_queued("event")) == 1


def test_a_transaction_whose_response_is_lost_takes_effect_once(account: Account) -> None:
    with losing_the_first_response("dynamodb", "TransactWriteItems"):
        assert report_event(account).newest

    assert list(planned(account)) == ["2026-12-03"]


def test_a_moved_session_moves_its_text(account: Account) -> None:
    report_event(account)

    report_event(account, "k2", NOW + MINUTE, session_date="2026-12-10")

    states = {day: (occurrence.state, occurrence.reason) for day, occurrence in planned(account).items()}
    assert states == {"2026-12-03": (OccurrenceState.DROPPED, "moved"), "2026-12-10": (OccurrenceState.PLANNED, None)}


def test_a_session_moved_back_gets_its_text_again(account: Account) -> None:
    report_event(account)
    report_event(account, "k2", NOW + MINUTE, session_date="2026-12-10")

    report_event(account, "k3", NOW + 2 * MINUTE)

    states = {day: occurrence.state for day, occurrence in planned(account).items()}
    assert states == {"2026-12-03": OccurrenceState.PLANNED, "2026-12-10": OccurrenceState.DROPPED}
    assert planned(account)["2026-12-03"].due_at == planned(account)["2026-12-03"].fires_at


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"cancelled": True}, "cancelled"),
        ({"status": "cancelled"}, "cancelled"),
        ({"status": "tentative"}, "conditions_not_met"),
        ({"session_date": None}, "no_date"),
    ],
)
def test_an_event_that_fails_the_conditions_drops_the_text(
    account: Account, changes: dict[str, Any], reason: str
) -> None:
    report_event(account)

    report_event(account, "k2", NOW + MINUTE, **changes)

    dropped = planned(account)["2026-12-03"]
    assert (dropped.state, dropped.reason, dropped.due_at) == (OccurrenceState.DROPPED, reason, None)


def test_an_older_event_that_arrives_late_changes_nothing(account: Account) -> None:
    report_event(account, "new", session_date="2026-12-10")

    late = report_event(account, "old", NOW + MINUTE, at=NOW - MINUTE)

    assert (late.newest, late.planned) == (False, [])
    assert list(planned(account)) == ["2026-12-10"]


def test_the_response_to_a_late_event_is_repeated_too(account: Account) -> None:
    report_event(account, "new", session_date="2026-12-10")

    assert report_event(account, "old", at=NOW - MINUTE) == report_event(
        account, "old", NOW + MINUTE, at=NOW - MINUTE
    )


def test_ten_events_of_one_record_at_once_leave_one_planned_text(account: Account) -> None:
    days = [f"2026-12-{day:02}" for day in range(3, 13)]
    with ThreadPoolExecutor(10) as pool:
        list(
            pool.map(lambda day: report_event(account, day, at=NOW - MINUTE * int(day[-2:]), session_date=day), days)
        )

    states = {day: occurrence.state for day, occurrence in planned(account).items()}
    assert [day for day, state in states.items() if state is OccurrenceState.PLANNED] == ["2026-12-03"]
    assert set(states.values()) <= {OccurrenceState.PLANNED, OccurrenceState.DROPPED}


def test_an_event_cannot_name_a_client_of_another_account(account: Account) -> None:
    other = studio("10000002", edition="professional")

    answer = post(other)

    assert (answer.status, answer.json["errors"][0]["field"]) == (404, "client_id")
    assert planned(account) == planned(other) == {}


def test_a_clients_event_has_the_clients_own_id(account: Account) -> None:
    write_trigger(name="welcome", watches="client", statuses=("lead",), timing=None)

    answer = post(account, body={"kind": "client", "id": "c1", "status": "Lead"})

    assert [planned["trigger"] for planned in answer.json["planned"]] == ["welcome"]


@pytest.mark.long
def test_an_event_fits_into_a_transaction_with_the_most_triggers(account: Account) -> None:
    for number in range(39):
        write_trigger(name=f"t{number}")
    report_event(account)

    report_event(account, "k2", NOW + MINUTE, session_date="2026-12-10")

    every = triggers.occurrences_of_record(account.id, "session", "s1")
    assert Counter(occurrence.state for occurrence in every) == {
        OccurrenceState.DROPPED: 40,
        OccurrenceState.PLANNED: 40,
    }
