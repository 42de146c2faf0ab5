"""A new studio sends little, and only to its own country, until the operator approves it."""

from datetime import timedelta
from typing import Any

import pytest

from accounts import settings_api
from longcode.accounts import store as accounts
from longcode.aws import clients
from send import api
from sweeper import sweep_schedule
from tests.support.admin_orders import send_accepted_order, send_order
from tests.support.fakes import NOW, ApiResponse, call, studio
from tests.support.fakes import client as write_client
from tests.support.mails import mails_to

pytestmark = pytest.mark.usefixtures("aws")

MINE, OWNER = "10000001", "10000001@studio.example"


def text(client_id: str = "c1") -> ApiResponse:
    return call(api, "POST", "/messages", {"client_id": client_id, "body": "Hello"}, account=MINE)


def change(settings: object) -> ApiResponse:
    return call(settings_api, "PATCH", "/account", settings, account=MINE)


def approve() -> dict[str, Any]:
    return send_accepted_order("accounts.approve", clients.now(), account=MINE, by="Ann")


def test_a_new_studio_is_stopped_at_its_daily_cap_until_it_is_approved() -> None:
    write_client(studio(trial_units_a_day=2, units_a_day=100))

    answers = [text(), text(), text()]
    approve()

    assert [answer.status for answer in answers] == [202, 202, 409]
    assert answers[2].json["code"] == "day_limit_reached"
    assert "It sends few texts until the operator has approved it." in answers[2].json["detail"]
    assert text().status == 202


def test_its_own_lower_limit_still_counts() -> None:
    write_client(studio(trial_units_a_day=50, units_a_day=1))

    assert [text().status, text().status] == [202, 409]


def test_a_new_studio_texts_no_other_country_and_cannot_change_its_own() -> None:
    write_client(studio(trial_units_a_day=50, allowed_countries=("61",)), "abroad", "+61491570156")

    before = text("abroad")
    moved = change({"country_code": "61"})
    same = change({"country_code": "1", "allowed_countries": ["61"]})
    approve()

    assert (before.status, before.json["code"]) == (409, "country_not_allowed")
    assert "until the operator has approved it" in before.json["detail"]
    assert (moved.status, moved.json["code"], moved.json["errors"][0]["field"]) == (
        403,
        "not_approved",
        "country_code",
    )
    assert same.status == 200
    assert text("abroad").status == 202


def test_the_studio_sees_its_cap_and_cannot_set_it() -> None:
    studio(trial_units_a_day=50)

    refused = change({"trial_units_a_day": 5000})
    before = call(settings_api, "GET", "/account", account=MINE).json["trial_units_a_day"]
    approve()

    assert (refused.status, before) == (422, 50)
    assert call(settings_api, "GET", "/account", account=MINE).json["trial_units_a_day"] is None


def test_the_operator_lists_who_waits_oldest_first_and_a_page_at_a_time() -> None:
    for number, minutes in ((MINE, 2), ("10000002", 1), ("10000003", 0)):
        studio(number, trial_units_a_day=50, created_at=NOW + timedelta(minutes=minutes))
    studio("10000004")

    first = send_accepted_order("accounts.list_unapproved", limit=2)
    second = send_accepted_order("accounts.list_unapproved", limit=2, cursor=first["next_cursor"])
    approve()
    left = send_accepted_order("accounts.list_unapproved")["items"]

    assert [item["id"] for item in first["items"] + second["items"]] == ["10000003", "10000002", MINE]
    assert first["items"][0]["email"] == "10000003@studio.example"
    assert [item["id"] for item in left] == ["10000003", "10000002"]


def test_an_approval_is_told_once_and_can_be_repeated() -> None:
    studio(trial_units_a_day=50)

    answers = [approve(), approve()]
    sweep_schedule.sweep(clients.now() + timedelta(minutes=1))

    assert answers[0] == answers[1]
    assert answers[0]["approved"] is True
    assert [mail.subject for mail in mails_to(OWNER)] == ["Your Longcode account is approved"]
    assert accounts.get_or_raise(MINE).trial_units_a_day is None
    assert send_order("accounts.approve", account="10000009")["code"] == "not_found"
