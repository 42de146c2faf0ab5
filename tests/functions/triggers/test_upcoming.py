"""Upcoming texts, shown as they would be sent now, and the list of calls to make."""

from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

import pytest
from msgspec.structs import replace

from longcode.accounts.account import Account
from longcode.clients import store as clients
from longcode.clients.client import Client, Phone
from longcode.table import store
from longcode.triggers import store as triggers
from longcode.triggers.facts import read_facts
from longcode.triggers.trigger import TextTo
from tests.support.fakes import NOW, ApiResponse, call, client, studio
from tests.support.trigger_samples import DAY_BEFORE
from tests.support.trigger_steps import fire_all, planned, report_event, write_trigger
from triggers import events_api, forecast
from triggers.forms import Upcoming

pytestmark = pytest.mark.account(edition="professional", rule=True)

MINUTE = timedelta(minutes=1)
NINE = datetime(2026, 12, 2, 15, tzinfo=UTC)


def page(account: Account, **query: str) -> ApiResponse:
    return call(events_api, "GET", "/upcoming", account=account.id, query=query or None)


def shown(account: Account, now: datetime = NOW) -> Upcoming:
    """Return the only upcoming text."""
    [occurrence] = triggers.upcoming(account.id, now, limit=10, cursor=None).occurrences
    [facts] = read_facts(account, [occurrence], NOW)
    return forecast.shown(facts, now)


def test_an_upcoming_text_is_shown_with_its_time_recipient_body_and_reason(account: Account) -> None:
    report_event(account)

    assert shown(account).model_dump(mode="json") == {
        "trigger": "reminder",
        "kind": "session",
        "record_id": "s1",
        "date": "2026-12-03",
        "fires_at": "2026-12-02T15:00:00.000Z",
        "goes_at": "2026-12-02T15:00:00.000Z",
        "will_go": True,
        "why": "session s1 is confirmed; 1 day before its session date, at 09:00",
        "reason": None,
        "to": "client",
        "client_id": "c1",
        "phones": ["+12125550123"],
        "text": "Hi Zoë, see you on Thursday, December 3!",
        "cancelled_by": None,
    }


@pytest.mark.parametrize(
    ("changes", "reason", "why"),
    [
        ({"cancelled": True}, "cancelled", "It was cancelled."),
        ({"status": "tentative"}, "conditions_not_met", "Its status or type is not one that the trigger watches."),
        ({"session_date": None}, "no_date", "It has no date to count the trigger's days from."),
    ],
)
def test_a_dropped_text_is_shown_with_the_reason(
    account: Account, changes: dict[str, Any], reason: str, why: str
) -> None:
    report_event(account)
    report_event(account, "k2", NOW + MINUTE, **changes)

    dropped = shown(account)

    assert (dropped.will_go, dropped.reason, dropped.why, dropped.phones) == (False, reason, why, ())


@pytest.mark.parametrize(
    ("rules", "people", "reason"),
    [
        ({"enabled": False}, {}, "trigger_disabled"),
        ({"statuses": ("completed",)}, {}, "conditions_not_met"),
        ({"body": "{{order.number}}"}, {}, "empty_field"),
        ({}, {"allow_text_marketing": False}, "no_permission"),
        ({}, {"phones": ()}, "no_number_ticked"),
        ({"sms_else_call": True}, {"phones": ()}, "call_instead"),
    ],
)
def test_a_text_that_could_not_be_sent_now_is_shown_with_the_reason(
    account: Account, rules: dict[str, Any], people: dict[str, Any], reason: str
) -> None:
    report_event(account)
    write_trigger(**rules)
    client(account, "c1", **people)

    assert (shown(account).will_go, shown(account).reason) == (False, reason)


def test_a_text_whose_client_or_trigger_was_deleted_is_shown_with_the_reason(account: Account) -> None:
    report_event(account)
    clients.delete(account.id, "c1")
    without_client = shown(account)
    triggers.delete(account.id, "reminder")

    assert (without_client.reason, shown(account).reason) == ("not_found", "trigger_deleted")


def test_a_text_to_staff_is_shown_with_their_phone(account: Account) -> None:
    write_trigger(to=TextTo.STAFF, staff_phone="+12125550199", body="{{client.name}} comes")
    report_event(account)

    assert (shown(account).to, shown(account).phones) == (TextTo.STAFF, ("+12125550199",))


def test_quiet_hours_are_shown_in_advance(account: Account) -> None:
    write_trigger(timing=replace(DAY_BEFORE, at="22:30"))
    report_event(account)

    held = shown(account)

    assert held.fires_at == datetime(2026, 12, 3, 4, 30, tzinfo=UTC)
    assert held.goes_at == datetime(2026, 12, 3, 13, tzinfo=UTC)  # eight in New York, where 212 is


def test_a_sent_text_is_not_upcoming(account: Account) -> None:
    write_trigger(timing=None)
    report_event(account)
    fire_all(NOW)

    assert triggers.upcoming(account.id, NOW - MINUTE, limit=10, cursor=None).occurrences == []


def test_a_text_accepted_but_not_marked_as_done_is_shown_as_sent(account: Account) -> None:
    write_trigger(timing=None)
    report_event(account)
    [before] = planned(account).values()
    fire_all(NOW)
    [done] = planned(account).values()
    store.write(triggers.occurrence_write(done, before))  # as older releases left it

    assert (shown(account).will_go, shown(account).reason) == (False, "sent")


def test_a_dropped_text_is_shown_for_a_day(account: Account) -> None:
    report_event(account)
    report_event(account, "k2", NOW + MINUTE, cancelled=True)

    counts = [
        len(triggers.upcoming(account.id, NINE + after, limit=10, cursor=None).occurrences)
        for after in (timedelta(), timedelta(seconds=1))
    ]

    assert counts == [1, 0]


def test_upcoming_texts_are_listed_by_time_and_paging_lists_each_once(account: Account) -> None:
    for day in range(25):
        report_event(account, f"k{day}", id=f"s{day}", session_date=f"2150-03-{25 - day:02}")

    pages: list[list[str]] = []
    cursor: str | None = None
    while cursor or not pages:
        response = page(account, limit="10", **({"cursor": cursor} if cursor else {})).json
        pages.append([item["date"] for item in response["items"]])
        cursor = response["next_cursor"]

    assert [len(dates) for dates in pages] == [10, 10, 5]
    assert list(chain.from_iterable(pages)) == [f"2150-03-{day:02}" for day in range(1, 26)]


@pytest.mark.parametrize("cursor", ["~~", "zzz", "#", "account#10000002"])
def test_an_unknown_cursor_is_accepted(account: Account, cursor: str) -> None:
    assert page(account, cursor=cursor).status == 200


def test_another_account_sees_no_upcoming_text(account: Account) -> None:
    other = studio("10000002", edition="professional")
    report_event(account)

    assert page(other).json == {"items": [], "next_cursor": None}
    assert planned(other) == {}


def client_without_phone(account: Account, client_id: str) -> Client:
    return client(account, client_id, phones=())


def test_calls_are_listed_oldest_first_and_deleted_once_picked_up(account: Account) -> None:
    write_trigger(name="call", timing=None, sms_else_call=True)
    for minute in (3, 1, 2):
        client_without_phone(account, f"c{minute}")
        report_event(account, f"k{minute}", NOW + minute * MINUTE, id=f"s{minute}", client_id=f"c{minute}")
    fire_all(NOW + 3 * MINUTE)

    first = call(events_api, "GET", "/calls", account=account.id, query={"limit": "2"}).json
    rest = call(events_api, "GET", "/calls", account=account.id, query={"cursor": first["next_cursor"]}).json
    deleted = call(events_api, "DELETE", f"/calls/{first['items'][0]['id']}", account=account.id)

    assert [item["client_id"] for item in first["items"] + rest["items"]] == ["c1", "c2", "c3"]
    assert (deleted.status, rest["next_cursor"]) == (204, None)
    left = call(events_api, "GET", "/calls", account=account.id).json["items"]
    assert [item["client_id"] for item in left] == ["c2", "c3"]
    assert call(events_api, "DELETE", f"/calls/{first['items'][0]['id']}", account=account.id).status == 404


def test_a_call_shows_whom_to_call_and_what_about(account: Account) -> None:
    client(account, "c1", phones=(Phone(number="+12125550123", entered="x", sms=False),))
    write_trigger(name="call", timing=None, sms_else_call=True, body="Your order {{order.number}} is ready")
    report_event(account, values={"order.number": "A-17"})
    fire_all(NOW)

    [task] = call(events_api, "GET", "/calls", account=account.id).json["items"]

    assert {name: value for name, value in task.items() if name != "id"} == {
        "at": "2026-11-22T15:30:00.000Z",
        "client_id": "c1",
        "phones": ["+12125550123"],
        "text": "Your order A-17 is ready",
        "trigger": "call",
        "kind": "session",
        "record_id": "s1",
        "date": "2026-11-22",
        "broadcast": None,
        "done_at": None,
        "done_by": None,
        "note": None,
    }


def test_another_account_neither_sees_nor_deletes_a_call(account: Account) -> None:
    other = studio("10000002", edition="professional")
    client_without_phone(account, "c1")
    write_trigger(name="call", timing=None, sms_else_call=True)
    report_event(account)
    fire_all(NOW)
    [task] = call(events_api, "GET", "/calls", account=account.id).json["items"]

    assert call(events_api, "GET", "/calls", account=other.id).json == {"items": [], "next_cursor": None}
    assert call(events_api, "DELETE", f"/calls/{task['id']}", account=other.id).status == 404
    assert len(call(events_api, "GET", "/calls", account=account.id).json["items"]) == 1
