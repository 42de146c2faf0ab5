"""Every route that takes a JSON object refuses any other body in the same way, and changes nothing."""

from types import ModuleType

import pytest

from accounts import credentials_api, settings_api, signup_api
from billing import plan_api
from broadcasts import api as broadcasts_api
from clients import api
from inbox import api as inbox_api
from longcode.aws.clients import client as aws_client
from optout import api as optout_api
from send import api as send_api
from tests.support.fakes import call, client, studio, take_queued
from triggers import events_api, rules_api

ROUTES: list[tuple[ModuleType, str, str]] = [
    (signup_api, "POST", "/signup"),
    (signup_api, "POST", "/accounts"),
    (settings_api, "PATCH", "/account"),
    (credentials_api, "POST", "/account/password"),
    (credentials_api, "POST", "/account/email"),
    (credentials_api, "POST", "/account/keys"),
    (api, "PUT", "/clients/c1"),
    (api, "POST", "/client-tags"),
    (settings_api, "PUT", "/templates/t"),
    (rules_api, "PUT", "/triggers/t"),
    (send_api, "POST", "/messages"),
    (send_api, "POST", "/messages/preview"),
    (events_api, "POST", "/events"),
    (inbox_api, "PUT", "/messages/m/link"),
    (optout_api, "PUT", "/optouts/+12125550123"),
    (plan_api, "PUT", "/account/plan"),
]


def everything() -> list[object]:
    """Return what the table has, but not the counts of calls: a refused call is one."""
    items = aws_client("dynamodb").scan(TableName="longcode")["Items"]
    return [item for item in items if item["type"] != {"S": "calls"}]


@pytest.mark.long
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route[1]} {route[2]}")
@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        ('{"a": ', "application/json", 400, "malformed_json"),
        ("[" * 100_000, "application/json", 400, "malformed_json"),
        (f'{{"a": {"1" * 5_000}}}', "application/json", 400, "malformed_json"),
        ('[{"plan": "small"}]', "application/json", 422, "invalid"),
        ('"plan"', "application/json; charset=utf-8", 422, "invalid"),
        ("null", "APPLICATION/JSON", 422, "invalid"),
        ('{"plan": "small"}', "text/plain", 415, "unsupported_media_type"),
        ('{"plan": "small"}', "", 415, "unsupported_media_type"),
        ("id\n1\n", "text/csv", 415, "unsupported_media_type"),
        ("--x", "multipart/form-data; boundary=x", 415, "unsupported_media_type"),
    ],
)
def test_a_body_that_is_not_a_json_object_is_refused(  # noqa: PLR0917  # pytest names them all
    aws: None, route: tuple[ModuleType, str, str], body: str, kind: str, status: int, code: str
) -> None:
    account = studio()
    client(account)
    before = everything()

    answer = call(*route, body, account=account.id, headers={"content-type": kind})

    assert (answer.status, answer.json["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert everything() == before
    assert take_queued("send") == take_queued("sign_up") == []


HELLO = {"to": "+12125550123", "body": "Hello"}
SESSION = {"kind": "session", "id": "s1"}
TRIGGER = {"watches": "session", "statuses": ["confirmed"], "body": "Hello"}
TIMING = {"days": 1, "of": "session_date", "at": "09:00"}
OTHER_TYPES: list[tuple[tuple[ModuleType, str, str], dict[str, object], str]] = [
    ((settings_api, "PATCH", "/account"), {"smart_encoding": "no"}, "smart_encoding"),
    ((settings_api, "PATCH", "/account"), {"quiet_hours": 0}, "quiet_hours"),
    ((settings_api, "PATCH", "/account"), {"units_a_day": "5"}, "units_a_day"),
    ((settings_api, "PATCH", "/account"), {"units_a_day": 5.5}, "units_a_day"),
    ((settings_api, "PATCH", "/account"), {"texts_an_hour": True}, "texts_an_hour"),
    ((settings_api, "PATCH", "/account"), {"retention_days": "30"}, "retention_days"),
    ((settings_api, "PATCH", "/account"), {"name": 5}, "name"),
    ((settings_api, "PATCH", "/account"), {"name": None}, "name"),
    ((settings_api, "PATCH", "/account"), {"allowed_countries": "AU"}, "allowed_countries"),
    ((settings_api, "PATCH", "/account"), {"allowed_countries": [61]}, "allowed_countries.0"),
    ((api, "PUT", "/clients/c1"), {"allow_text_marketing": "yes"}, "allow_text_marketing"),
    ((api, "PUT", "/clients/c1"), {"phones": [{"number": "2125550123", "sms": 1}]}, "phones.0.sms"),
    ((api, "PUT", "/clients/c1"), {"phones": None}, "phones"),
    ((send_api, "POST", "/messages"), {**HELLO, "send_at": 1796115600}, "send_at"),
    ((send_api, "POST", "/messages"), {**HELLO, "send_at": "1796115600"}, "send_at"),
    ((send_api, "POST", "/messages"), {**HELLO, "send_at": "2026-12-03"}, "send_at"),
    ((send_api, "POST", "/messages"), {**HELLO, "values": None}, "values"),
    ((events_api, "POST", "/events"), {**SESSION, "cancelled": "false"}, "cancelled"),
    ((events_api, "POST", "/events"), {**SESSION, "session_date": 20261203}, "session_date"),
    ((events_api, "POST", "/events"), {**SESSION, "at": 1764000000.5}, "at"),
    ((rules_api, "PUT", "/triggers/t"), {**TRIGGER, "enabled": "on"}, "enabled"),
    ((rules_api, "PUT", "/triggers/t"), {**TRIGGER, "timing": {**TIMING, "days": "1"}}, "timing.days"),
    ((broadcasts_api, "POST", "/broadcasts"), {"audience": {"all": "true"}, "body": "Hello"}, "audience.all"),
    ((broadcasts_api, "POST", "/broadcasts"), {"audience": {"all": True}, "body": "x", "dry_run": 1}, "dry_run"),
]


@pytest.mark.parametrize(("route", "body", "field"), OTHER_TYPES, ids=str)
def test_a_field_of_another_type_is_refused_and_not_converted(
    aws: None, route: tuple[ModuleType, str, str], body: dict[str, object], field: str
) -> None:
    account = studio(edition="professional")
    client(account)
    before = everything()

    answer = call(*route, body, account=account.id)

    assert (answer.status, answer.json["code"]) == (422, "invalid")
    assert [error["field"] for error in answer.json["errors"]] == [field]
    assert everything() == before


def test_a_number_without_a_fraction_is_an_integer(aws: None) -> None:
    """JSON Schema: 5.0 is an integer, and some programs write every number so."""
    studio()

    answer = call(settings_api, "PATCH", "/account", {"units_a_day": 5.0}, account="10000001")

    assert (answer.status, answer.json["units_a_day"]) == (200, 5)


def test_a_row_of_json_lines_with_a_field_of_another_type_is_refused(aws: None) -> None:
    rows = '{"id": "a", "allow_text_marketing": "no"}\n{"id": "b", "allow_text_marketing": false}'
    account = studio()

    report = call(
        api, "POST", "/clients/import", rows, account=account.id, headers={"content-type": "application/x-ndjson"}
    ).json

    assert [item["status"] for item in report["items"]] == ["refused", "created"]
    assert report["items"][0]["field"] == "allow_text_marketing"


@pytest.mark.parametrize(
    ("module", "method", "path"), [(settings_api, "GET", "/account"), (api, "DELETE", "/clients/c1")], ids=str
)
def test_a_body_of_another_type_is_refused_where_none_is_needed(
    aws: None, module: ModuleType, method: str, path: str
) -> None:
    client(studio())

    answer = call(module, method, path, "a=b", account="10000001", headers={"content-type": "text/plain"})

    assert (answer.status, answer.json["code"]) == (415, "unsupported_media_type")


def test_the_response_to_many_long_unknown_fields_is_short(aws: None) -> None:
    studio()
    wrong = {f"field-{index}" + "x" * 500: 1 for index in range(500)}

    answer = call(settings_api, "PATCH", "/account", wrong, account="10000001")

    assert answer.status == 422
    assert len(answer.text) < 10_000


def test_the_form_of_a_web_page_signs_nobody_up(aws: None) -> None:
    form = "studio_name=Fox&email=a%40b.example&product=spectra&edition=standard&plan=small"

    answer = call(signup_api, "POST", "/signup", form, headers={"content-type": "application/x-www-form-urlencoded"})

    assert (answer.status, answer.json["code"]) == (415, "unsupported_media_type")
    assert take_queued("sign_up") == []
