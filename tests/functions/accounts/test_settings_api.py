"""A studio's settings."""

from typing import Any

import pytest
from msgspec.structs import fields

from accounts import settings_api
from longcode.accounts import store as accounts
from longcode.accounts.account import Account, QuietZone
from tests.support.fakes import ApiResponse, call, studio

pytestmark = pytest.mark.usefixtures("aws")


def change(settings: object, account: str = "10000001") -> ApiResponse:
    return call(settings_api, "PATCH", "/account", settings, account=account)


def test_a_setting_that_is_left_out_stays() -> None:
    studio()

    changed = change({"name": "Foxglove & Co", "time_zone": "Australia/Sydney", "smart_encoding": False})
    shown = call(settings_api, "GET", "/account", account="10000001")

    assert changed.status == 200
    assert changed.json == shown.json
    assert (shown.json["name"], shown.json["time_zone"]) == ("Foxglove & Co", "Australia/Sydney")
    assert (shown.json["smart_encoding"], shown.json["country_code"]) == (False, "1")
    assert (shown.json["email"], shown.json["delivery"]) == ("10000001@studio.example", "poll")


def test_a_studio_sees_all_fields_of_its_account_except_internal_ones() -> None:
    studio(stripe_customer="cus_NffrFeUfNV2Hib", watched_month="2026-11")

    shown = call(settings_api, "GET", "/account", account="10000001").json
    changed = change({"smart_encoding": False}).json

    kept = {field.encode_name for field in fields(Account)} - shown.keys()
    assert kept == {"ceiling_units_a_day", "first_country_code", "owner_told_at", "stripe_customer", "watched_month"}
    assert shown.keys() == changed.keys()


def test_quiet_hours_use_the_likely_zone_unless_the_studio_changes_that() -> None:
    studio()

    shown = call(settings_api, "GET", "/account", account="10000001").json
    changed = change({"quiet_hours": False, "quiet_zone": "studio"}).json

    assert (shown["quiet_hours"], shown["quiet_zone"]) == (True, "likely")
    assert (changed["quiet_hours"], changed["quiet_zone"]) == (False, "studio")
    assert accounts.get_or_raise("10000001").quiet_zone is QuietZone.STUDIO


def test_a_studio_sets_its_own_statuses_of_a_session() -> None:
    studio()

    changed = change({"statuses": {"session": ["Booked", "At the lake"]}})
    back = change({"statuses": {}})

    assert changed.json["statuses"] == {"session": ["Booked", "At the lake"]}
    assert back.json["statuses"] == {}


def test_a_list_or_an_object_replaces_the_whole_stored_one() -> None:
    studio()
    change({"webhook_events": ["message.status", "opt_out.recorded"], "allowed_countries": ["AU", "GB"]})
    change({"statuses": {"session": ["Booked"], "order": ["Ready"]}})

    changed = change(
        {"webhook_events": ["opt_out.recorded"], "allowed_countries": ["MX"], "statuses": {"task": ["Due"]}}
    )
    other = change({"name": "Fox"})

    for shown in (changed.json, other.json):
        assert shown["webhook_events"] == ["opt_out.recorded"]
        assert shown["allowed_countries"] == ["MX"]
        assert shown["statuses"] == {"task": ["Due"]}


@pytest.mark.parametrize(
    ("entered", "shown"),
    [
        (["AU"], ["AU"]),
        (["+61"], ["AU"]),
        (["61"], ["AU"]),
        ([" au "], ["AU"]),
        (["AU", "+61", "61", "au"], ["AU"]),
        (["+44", "+52", "AU"], ["GB", "MX", "AU"]),
        (["1"], ["US", "CA"]),
        (["+1", "US"], ["US", "CA"]),
        ([], []),
    ],
)
def test_allowed_countries_are_entered_in_any_spelling_and_shown_in_one(entered: list[str], shown: list[str]) -> None:
    studio()

    assert change({"allowed_countries": entered}).json["allowed_countries"] == shown
    assert call(settings_api, "GET", "/account", account="10000001").json["allowed_countries"] == shown


def test_the_phone_can_be_removed() -> None:
    studio(phone="+12125550100")

    assert change({"phone": None}).json["phone"] is None


def test_a_required_setting_cannot_be_removed() -> None:
    studio()

    for field in (
        "name",
        "country_code",
        "time_zone",
        "delivery",
        "smart_encoding",
        "on_uncertain",
        "create_clients",
        "allowed_countries",
        "quiet_hours",
        "quiet_zone",
        "statuses",
    ):
        answer = change({field: None})

        assert (answer.status, answer.json["errors"][0]["field"]) == (422, field)
    assert call(settings_api, "GET", "/account", account="10000001").status == 200


@pytest.mark.parametrize(
    ("settings", "status", "field"),
    [
        ({"time_zone": "Mars/Olympus"}, 422, "time_zone"),
        ({"time_zone": "../../etc/passwd"}, 422, "time_zone"),
        ({"time_zone": "America/Chicago\0"}, 422, "time_zone"),
        ({"time_zone": ""}, 422, "time_zone"),
        ({"time_zone": "America"}, 422, "time_zone"),
        ({"time_zone": "localtime"}, 422, "time_zone"),
        ({"time_zone": "right/America/Chicago"}, 422, "time_zone"),
        ({"quiet_hours": "at night"}, 422, "quiet_hours"),
        ({"quiet_zone": "ours"}, 422, "quiet_zone"),
        ({"country_code": "+1"}, 422, "country_code"),
        ({"country_code": "999"}, 422, "country_code"),
        ({"name": "Fox\nPassword: x"}, 422, "name"),
        ({"webhook_url": "https://x:99999/"}, 422, "webhook_url"),
        ({"webhook_url": "https://169.254.169.254/"}, 422, "webhook_url"),
        ({"delivery": "pigeon"}, 422, "delivery"),
        ({"units_a_day": 0}, 422, "units_a_day"),
        ({"allowed_countries": ["61", "999"]}, 422, "allowed_countries.1"),
        ({"webhook_url": "http://studio.example"}, 422, "webhook_url"),
        ({"create_clients": "often"}, 422, "create_clients"),
        ({"on_uncertain": "guess"}, 422, "on_uncertain"),
        ({"name": " "}, 422, "name"),
        ({"name": "ann@evil.example"}, 422, "name"),
        ({"sender_name": "www.evil.com"}, 422, "sender_name"),
        ({"sender_name": "\u3164"}, 422, "sender_name"),
        ({"sender_name": "\u2800 \u0301"}, 422, "sender_name"),
        ({"trial_units_a_day": None}, 422, "trial_units_a_day"),
        ({"sender_name": "{{studio.name}}"}, 422, "sender_name"),
        ({"name": "\ud800"}, 422, "name"),
        ({"statuses": {"session": [" - "]}}, 422, "statuses.session.0"),
        ({"statuses": {"session": []}}, 422, "statuses.session"),
        ({"statuses": {"keyword": ["a"]}}, 422, "statuses"),
        ({"statuses": {"cake": ["a"]}}, 422, "statuses.cake.[key]"),
        ({"id": "10000002"}, 422, "id"),
        ({"plan_changes": []}, 422, "plan_changes"),
        ([], 422, "body"),
        (None, 422, "body"),
    ],
)
def test_an_invalid_setting_is_refused_with_its_field(settings: Any, status: int, field: str) -> None:
    answer = change(settings)

    assert (answer.status, answer.json["code"]) == (status, "invalid")
    assert [error["field"] for error in answer.json["errors"]] == [field]


def test_malformed_json_is_refused() -> None:
    studio()

    answer = change('{"name": ')

    assert (answer.status, answer.json["code"]) == (400, "malformed_json")


def test_a_studio_chooses_what_happens_to_an_uncertain_text() -> None:
    studio()

    before = call(settings_api, "GET", "/account", account="10000001").json["on_uncertain"]
    after = change({"on_uncertain": "resend"}).json["on_uncertain"]

    assert (before, after) == ("give_up", "resend")


def test_a_studio_chooses_whether_a_text_to_an_unknown_number_creates_a_client() -> None:
    studio()

    before = call(settings_api, "GET", "/account", account="10000001").json["create_clients"]
    after = change({"create_clients": True}).json["create_clients"]

    assert (before, after) == (False, True)


def test_an_empty_change_changes_nothing() -> None:
    studio()

    assert change({}).json == call(settings_api, "GET", "/account", account="10000001").json


def test_the_hash_of_the_password_is_not_shown() -> None:
    studio()

    assert "blake2b" not in call(settings_api, "GET", "/account", account="10000001").text
