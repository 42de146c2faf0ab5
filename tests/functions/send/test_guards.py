"""The limits that guard an account against misuse: units a day, and the countries that it may text."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from accounts import settings_api
from longcode.accounts.account import Account
from longcode.carriers.carrier import RefusalReason, Refused
from longcode.errors import RequestError
from send import api
from tests.support.fakes import NOW, FakeCarrier, call, client, studio
from tests.support.text_steps import accept, deliver

pytestmark = pytest.mark.account(units_a_day=100)


def try_to_send(account: Account, key: str, units: int = 1, now: datetime = NOW) -> str | None:
    try:
        api.accept(account.id, api.NewMessage(client_id="c1", body="a" * 160 * units), key, now)
    except RequestError as refusal:
        return refusal.code
    return None


def test_the_last_unit_of_a_day_is_sent_and_the_next_is_refused_until_tomorrow(account: Account) -> None:
    for index in range(10):
        accept(account, f"use-{index}", body="a" * 160 * (9 if index == 9 else 10))
    tomorrow = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)

    tried = [try_to_send(account, key) for key in ("last", "past")]

    assert tried == [None, "day_limit_reached"]
    assert try_to_send(account, "tomorrow", now=tomorrow) is None


def test_the_daily_limits_refusal_says_until_when_and_which_setting_to_change(account: Account) -> None:
    for index in range(10):
        accept(account, f"use-{index}", body="a" * 1600)
    now = {"client_id": "c1", "body": "Hello"}

    with pytest.raises(RequestError) as refusal:
        api.accept(account.id, api.NewMessage.model_validate(now), "k", NOW)

    assert refusal.value.detail == (
        "This needs 1 of the 100 units that this account may send in a day, of which none is left for 2026-11-22"
        " (in Chicago). All are free again at 00:00 Central Time on 23 November 2026."
        " The limit is units_a_day in the settings."
    )


@pytest.mark.long
def test_200_texts_at_once_never_exceed_a_daily_limit_of_100(account: Account) -> None:
    with ThreadPoolExecutor(40) as pool:
        sent = list(pool.map(lambda index: try_to_send(account, f"race-{index}"), range(200)))

    assert sent.count(None) == 100
    assert set(sent) == {None, "day_limit_reached"}


def test_a_failed_text_releases_the_days_units(account: Account) -> None:
    for index in range(10):
        accept(account, f"use-{index}", body="a" * 1600)
    deliver(FakeCarrier(answers=[Refused(RefusalReason.BAD_NUMBER, "21211")] * 10))

    assert try_to_send(account, "again", units=10) is None


def test_texts_sent_before_the_daily_limit_was_set_count_too(aws: None) -> None:
    charging = studio()
    client(charging)
    accept(charging, body="a" * 1600)
    deliver(FakeCarrier())

    call_settings(charging, {"units_a_day": 10})

    assert try_to_send(charging, "next") == "day_limit_reached"


def test_a_number_in_a_country_that_is_not_allowed_is_refused_and_others_are_not(account: Account) -> None:
    abroad = {"to": "+61 491 570 156", "body": "G'day"}
    before = call(api, "POST", "/messages", abroad, account=account.id)

    call_settings(account, {"allowed_countries": ["61"]})
    after = call(api, "POST", "/messages", abroad, account=account.id)

    assert (before.status, before.json["code"]) == (409, "country_not_allowed")
    assert before.json["errors"][0]["field"] == "to"
    assert after.status == 202


def test_a_clients_number_abroad_is_skipped_and_listed_in_every_response(account: Account) -> None:
    client(account, "c2", "+12125550124", "+61491570156")

    answers = [
        call(
            api,
            "POST",
            "/messages",
            {"client_id": "c2", "body": "Hello"},
            account=account.id,
            headers={"Idempotency-Key": "k"},
        ).json
        for _ in "12"
    ]

    assert answers[0] == answers[1]
    assert [(phone["phone"], phone["code"]) for phone in answers[0]["skipped"]] == [
        ("+61491570156", "country_not_allowed")
    ]


def call_settings(account: Account, settings: dict[str, object]) -> None:
    assert call(settings_api, "PATCH", "/account", settings, account=account.id).status == 200
