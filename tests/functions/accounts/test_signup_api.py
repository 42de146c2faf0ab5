"""The sign-up form reveals no account, and the link in the mail changes a plan once, by a click."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from accounts import mailed_links, signup_api
from longcode.accounts import store as accounts
from longcode.aws import clients
from longcode.jobs import OpenAccount
from longcode.plans.plans import PlanChange
from tests.support.admin_orders import send_accepted_order
from tests.support.aws_calls import meanwhile, parallel_calls
from tests.support.browser import Browser
from tests.support.crashes import every_crash
from tests.support.fakes import ACTOR, NOW, ApiResponse, LambdaContext, call, studio, take_queued
from tests.support.local_aws import load_plans
from tests.support.readers import sample_event

pytestmark = pytest.mark.usefixtures("aws")

CUTOFF = datetime(2026, 11, 30, 23, tzinfo=UTC)
FORM = {
    "studio_name": "Foxglove Portraits",
    "email": "ann@foxglove.example",
    "product": "spectra",
    "edition": "professional",
    "plan": "medium",
}


def sign_up(**changes: Any) -> ApiResponse:
    return call(signup_api, "POST", "/signup", FORM | changes)


def plans_of(account: str) -> list[str]:
    found = accounts.get(account)
    assert found
    return [change.plan for change in found.plan_changes]


def test_the_plans_are_public() -> None:
    answer = call(signup_api, "GET", "/plans")

    assert answer.status == 200
    assert [plan["name"] for plan in answer.json["items"]] == ["starter", "small", "medium", "large", "volume"]


def test_the_form_is_queued_and_the_response_announces_a_mail() -> None:
    answer = signup_api.handler(sample_event("post_signup"), LambdaContext())

    assert answer["statusCode"] == 202
    assert "mail" in answer["body"]
    assert take_queued("sign_up") == [
        '{"id":"2f9c1a60-7d1e-4a55-8b6f-0d2e4c6a8b10","studio_name":"Foxglove Portraits",'
        '"email":"ann@foxglove.example","product":"spectra","edition":"Professional","plan":"medium",'
        '"country_code":"1","address_confirmed":false}'
    ]


def test_a_known_address_gets_the_same_answer_as_an_unknown_one() -> None:
    studio(email="ann@foxglove.example")

    known, unknown = sign_up(), sign_up(email="nobody@foxglove.example")

    assert (known.status, known.text, known.headers) == (unknown.status, unknown.text, unknown.headers)
    assert len(take_queued("sign_up")) == 2


@pytest.mark.parametrize(
    ("changes", "status", "code", "field"),
    [
        ({"edition": "Lite"}, 403, "edition_not_entitled", "edition"),
        ({"plan": "gigantic"}, 422, "unknown_plan", "plan"),
        ({"product": "photoshop"}, 422, "invalid", "product"),
        ({"email": "ann"}, 422, "invalid", "email"),
        ({"email": "ann@foxglove"}, 422, "invalid", "email"),
        ({"email": "straße@foxglove.example"}, 422, "invalid", "email"),
        ({"email": "ann@foxglove.example,eve@evil.example"}, 422, "invalid", "email"),
        ({"email": "ann@foxglove.example\r\nBcc: eve@evil.example"}, 422, "invalid", "email"),
        ({"studio_name": "  "}, 422, "invalid", "studio_name"),
        ({"studio_name": "Win at evil.com"}, 422, "invalid", "studio_name"),
        ({"studio_name": "Call 212-555-0123"}, 422, "invalid", "studio_name"),
        ({"studio_name": "\u200b\u00ad"}, 422, "invalid", "studio_name"),
        ({"studio_name": "Fox\u202e99999999 tnuocca ,"}, 422, "invalid", "studio_name"),
        ({"country_code": "+1"}, 422, "invalid", "country_code"),
        ({"admin": True}, 422, "invalid", "admin"),
    ],
)
def test_an_invalid_form_is_refused_with_its_field(
    changes: dict[str, Any], status: int, code: str, field: str
) -> None:
    answer = sign_up(**changes)

    assert (answer.status, answer.json["code"]) == (status, code)
    assert [error["field"] for error in answer.json["errors"]] == [field]
    assert take_queued("sign_up") == []


def test_an_edition_without_texting_is_refused_with_the_editions_that_have_it() -> None:
    assert sign_up(edition="Lite").json["detail"] == (
        "Texting is an add-on of the Standard, Professional and Enterprise editions."
    )


def test_opening_the_link_changes_nothing() -> None:
    studio()
    token = accounts.request_confirmation("10000001", "large", clients.now())

    shown = [Browser().get(f"/signup/confirm/{token}") for _ in range(2)]

    assert [page.status for page in shown] == [200, 200]
    assert "If you make the change by 17:00 Central Time on " in shown[1].text
    assert "Foxglove Portraits Account 10000001 Plan now Medium, $35.00 a month New plan Large, $" in shown[1].text
    assert shown[1].headers["Cache-Control"] == ["no-store"]
    assert "frame-ancestors 'none'" in shown[1].headers["Content-Security-Policy"][0]
    assert plans_of("10000001") == ["medium"]


def test_a_click_on_the_link_changes_the_plan_once() -> None:
    studio()
    token = accounts.request_confirmation("10000001", "large", clients.now())

    first = Browser().post(f"/signup/confirm/{token}")
    second = Browser().post(f"/signup/confirm/{token}")
    look = Browser().get(f"/signup/confirm/{token}")

    assert (first.status, second.status, look.status) == (200, 404, 404)
    assert "Your plan is now Large. It counts from " in first.text
    assert second.text == look.text
    assert "This link was used already, or it is too old." in second.text
    assert plans_of("10000001") == ["medium", "large"]


@pytest.mark.parametrize(
    ("clicked", "month"),
    [(CUTOFF - timedelta(hours=1), "2026-11"), (CUTOFF, "2026-11"), (CUTOFF + timedelta(milliseconds=1), "2026-12")],
)
def test_the_change_dates_from_the_click_and_not_from_the_form(clicked: datetime, month: str) -> None:
    studio()
    token = accounts.request_confirmation("10000001", "large", CUTOFF - timedelta(hours=2))

    taken = mailed_links.change_plan(token, clicked, ACTOR)

    assert taken
    assert (taken[0].name, taken[1]) == ("large", month)
    assert accounts.get_or_raise("10000001").plan_changes[-1] == PlanChange(clicked, "large")


def test_a_link_to_the_present_plan_is_used_up_and_changes_nothing() -> None:
    studio()
    token = accounts.request_confirmation("10000001", "medium", NOW)

    taken, again = mailed_links.change_plan(token, NOW, ACTOR), mailed_links.change_plan(token, NOW, ACTOR)

    assert taken
    assert (taken[0].name, taken[1], again) == ("medium", "2026-11", None)
    assert plans_of("10000001") == ["medium"]


def test_a_link_to_a_plan_that_is_no_longer_offered_is_refused() -> None:
    studio()
    token = accounts.request_confirmation("10000001", "starter", clients.now())
    file = json.loads((Path(__file__).parents[3] / "infra/plans.json").read_text())
    versions = file["plans"][0]["versions"]
    versions.append(versions[0] | {"version": 2, "from_month": "2026-02", "on_offer": False})
    load_plans(json.dumps(file))

    look = Browser().get(f"/signup/confirm/{token}")
    answer = Browser().post(f"/signup/confirm/{token}")
    form, listed = sign_up(plan="starter"), call(signup_api, "GET", "/plans")

    assert (answer.status, "The plan Starter is no longer offered." in answer.text) == (409, True)
    assert (look.status, look.text) == (answer.status, answer.text)
    assert plans_of("10000001") == ["medium"]
    assert (form.status, form.json["code"]) == (422, "unknown_plan")
    assert [plan["name"] for plan in listed.json["items"]] == ["small", "medium", "large", "volume"]


def test_an_unknown_token_changes_nothing() -> None:
    studio()
    accounts.request_confirmation("10000001", "large", clients.now())

    answers = [Browser().get("/signup/confirm/another"), Browser().post("/signup/confirm/another")]

    assert [answer.status for answer in answers] == [404, 404]
    assert plans_of("10000001") == ["medium"]


def test_a_link_is_valid_for_a_day() -> None:
    studio()
    token = accounts.request_confirmation("10000001", "large", NOW)

    assert mailed_links.change_plan(token, NOW + timedelta(hours=24), ACTOR) is None
    assert plans_of("10000001") == ["medium"]
    assert mailed_links.change_plan(token, NOW + timedelta(hours=24, milliseconds=-1), ACTOR)
    assert plans_of("10000001") == ["medium", "large"]


def test_parallel_clicks_change_the_plan_once() -> None:
    studio()
    token = accounts.request_confirmation("10000001", "large", NOW)

    with parallel_calls() as threads:
        taken = list(threads.map(lambda _: mailed_links.change_plan(token, NOW, ACTOR), range(4)))

    assert sum(plan is not None for plan in taken) == 1
    assert plans_of("10000001") == ["medium", "large"]


def test_a_parallel_change_does_not_use_the_link_up() -> None:
    account = studio()
    token = accounts.request_confirmation("10000001", "large", NOW)

    with meanwhile("TransactWriteItems", lambda: accounts.change_plan(account, PlanChange(NOW, "small"), ACTOR)):
        taken = mailed_links.change_plan(token, NOW, ACTOR)

    assert taken
    assert taken[0].name == "large"
    assert plans_of("10000001") == ["medium", "small", "large"]


def test_a_click_killed_anywhere_can_be_repeated() -> None:
    number = studio().id
    token = accounts.request_confirmation(number, "large", NOW)

    for crash in every_crash(after=False):
        with crash:
            mailed_links.change_plan(token, NOW, ACTOR)
        mailed_links.change_plan(token, NOW, ACTOR)

        assert plans_of(number) == ["medium", "large"]


def test_the_form_is_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    sign_up()
    sign_up(studio_name="")

    shown = "".join(capsys.readouterr())
    assert "foxglove" not in shown.casefold()


def test_a_form_fits_its_job() -> None:
    assert set(OpenAccount.__struct_fields__) == {"id", "country_code", "address_confirmed", *FORM}


def test_a_link_mailed_before_the_account_was_closed_changes_nothing() -> None:
    account = studio()
    token = accounts.request_confirmation(account.id, "large", clients.now())
    send_accepted_order("accounts.close", account=account.id)

    answer = Browser().post(f"/signup/confirm/{token}")

    assert answer.status == 403
    assert accounts.get_or_raise(account.id).plan_changes == account.plan_changes


@pytest.mark.parametrize(
    "name", ["שירה צילום", "ستوديو", "株式会社", "Zoë & Co. (NYC)", "🦊", "👩‍👩‍👧", "e\u0301", "7", "!"]
)
def test_a_studios_name_can_be_in_any_script(name: str) -> None:
    assert sign_up(studio_name=name).status == 202
