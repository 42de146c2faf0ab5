"""Where texts may go: neither a door nor the worker lets a text to a refused country or type of number pass."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from accounts import settings_api
from clients import api as clients_api
from longcode.accounts import store as accounts
from longcode.accounts.account import SERVICE, Account
from longcode.aws.settings import settings
from longcode.message import MessageKind, MessageState
from longcode.messages import compose, sending
from longcode.numbers import store as numbers
from longcode.triggers.trigger import TextTo
from send import api
from tests.support import broadcast_steps, trigger_steps
from tests.support.fakes import NOW, ApiResponse, FakeCarrier, call, client, studio, take_queued
from tests.support.text_steps import counted_units, deliver, stored
from triggers import rules_api

pytestmark = pytest.mark.account(edition="professional", quiet_hours=False)

JAMAICA, PREMIUM, TOLL_FREE, THEIRS = "+18765550123", "+19005550123", "+18005550123", "+13105550177"
REFUSED = [
    (JAMAICA, "country_not_allowed"),
    ("+447911123456", "country_not_allowed"),
    (PREMIUM, "number_type_not_allowed"),
    (TOLL_FREE, "number_type_not_allowed"),
    (THEIRS, "our_own_number"),
    ("+15555550100", "our_own_number"),
]


@pytest.fixture
def account(account: Account) -> Account:
    """A studio, and another one that has a number of its own."""
    assert numbers.dedicate(studio("10000002"), THEIRS, NOW)
    return account


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    settings.cache_clear()
    yield monkeypatch
    settings.cache_clear()


def text(account: Account, phone: str, **fields: object) -> ApiResponse:
    return call(api, "POST", "/messages", {"to": phone, "body": "Hello", **fields}, account=account.id)


def allow(account: Account, *countries: str) -> ApiResponse:
    return call(settings_api, "PATCH", "/account", {"allowed_countries": countries}, account=account.id)


@pytest.mark.parametrize(("phone", "code"), REFUSED)
def test_a_text_to_a_number_is_refused_and_so_is_its_preview(account: Account, phone: str, code: str) -> None:
    answer = text(account, phone)
    preview = call(api, "POST", "/messages/preview", {"to": phone, "body": "Hello"}, account=account.id).json

    assert (answer.json["code"], preview["code"]) == (code, code)
    assert answer.json["errors"][0]["field"] == "to"
    assert take_queued("send") == []


def test_the_refusal_of_another_studios_number_is_that_of_a_shared_number(account: Account) -> None:
    assert text(account, THEIRS).text == text(account, "+15555550100").text


@pytest.mark.parametrize(("phone", "code"), REFUSED)
def test_a_clients_number_is_skipped_by_texts_and_broadcasts(account: Account, phone: str, code: str) -> None:
    client(account, "c2", "+12125550124", phone)

    broadcast = broadcast_steps.send(account, audience={"client_ids": ["c2"]})
    broadcast_steps.deliver_bulk_texts(carrier=(carrier := FakeCarrier()))

    assert broadcast.skipped == {code: 1}
    assert [sent.phone for sent in broadcast_steps.texts(account, broadcast.id)] == ["+12125550124"]
    assert [sent.to for sent in carrier.texts] == ["+12125550124"]


@pytest.mark.parametrize(("phone", "code"), REFUSED)
def test_a_trigger_does_not_text_staff_or_clients_there(account: Account, phone: str, code: str) -> None:
    form = {"watches": "session", "statuses": ["booked"], "to": "staff", "staff_phone": phone, "body": "Hello"}

    answer = call(rules_api, "PUT", "/triggers/t", form, account=account.id)
    trigger_steps.write_trigger(to=TextTo.STAFF, staff_phone=phone, timing=None)
    trigger_steps.report_event(account)
    trigger_steps.fire_all(NOW)

    assert (answer.json["code"], answer.json["errors"][0]["field"]) == (code, "staff_phone")
    assert trigger_steps.stored_texts(account) == []


def set_rules(environment: pytest.MonkeyPatch, countries: str, toll_free: str = "false") -> None:
    environment.setenv("ALLOWED_COUNTRIES", countries)
    environment.setenv("TEXT_TOLL_FREE", toll_free)
    settings.cache_clear()


def delivered(account: Account) -> tuple[str | None, list[str]]:
    """Deliver the queued text; return its error, and the phones that the carrier was asked to text."""
    [job] = take_queued("send")
    deliver(carrier := FakeCarrier(), NOW, [job])
    message = stored(account, json.loads(job)["message_id"])
    assert (message.state is MessageState.REFUSED) == (carrier.texts == [])
    return message.error, [sent.to for sent in carrier.texts]


def test_a_text_is_refused_if_its_studio_stops_texting_the_country_before_it_goes(
    account: Account, environment: pytest.MonkeyPatch
) -> None:
    set_rules(environment, "US,JM")
    allow(account, "JM")
    assert text(account, JAMAICA).status == 202

    allow(account)

    assert delivered(account) == ("country_not_allowed", [])
    assert counted_units(account) == 0


def test_a_text_is_refused_if_the_operator_takes_its_country_off_the_list_before_it_goes(
    account: Account, environment: pytest.MonkeyPatch
) -> None:
    set_rules(environment, "US,JM")
    allow(account, "JM")
    assert text(account, JAMAICA).status == 202

    set_rules(environment, "US")

    assert delivered(account) == ("country_not_allowed", [])


def test_a_toll_free_number_is_texted_while_the_operator_allows_it(
    account: Account, environment: pytest.MonkeyPatch
) -> None:
    set_rules(environment, "US", toll_free="true")
    assert [text(account, TOLL_FREE).status, text(account, PREMIUM).status] == [202, 422]
    first = delivered(account)
    assert text(account, TOLL_FREE).status == 202

    set_rules(environment, "US")

    assert first == (None, [TOLL_FREE])
    assert delivered(account) == ("number_type_not_allowed", [])


def test_a_text_is_refused_if_its_phone_becomes_a_number_of_ours_before_it_goes(account: Account) -> None:
    assert text(account, "+13105550188").status == 202

    assert numbers.dedicate(studio("10000003"), "+13105550188", NOW)

    assert delivered(account) == ("our_own_number", [])


def test_a_number_that_a_studio_gave_up_gets_no_text_for_the_thirty_days_that_it_is_kept(account: Account) -> None:
    form = api.NewMessage(to=THEIRS, body="Hello")
    numbers.dedicate(accounts.get_or_raise("10000002"), None, NOW)

    kept = api.preview(account.id, form, NOW + timedelta(days=29))
    [later] = api.accept(account.id, form, "later", NOW + timedelta(days=31)).messages

    assert kept.code == "our_own_number"
    deliver(carrier := FakeCarrier(), NOW + timedelta(days=31))
    assert stored(account, later.id).state is MessageState.SENT
    assert [sent.to for sent in carrier.texts] == [THEIRS]


def test_a_client_cannot_have_the_number_of_any_studio(account: Account) -> None:
    form = {"phones": [{"number": "212 555 0123"}, {"number": THEIRS}]}
    rows = "\n".join(json.dumps({"id": f"r{index}", **form}) for index in range(2))

    put = call(clients_api, "PUT", "/clients/c9", form, account=account.id)
    imported = call(
        clients_api,
        "POST",
        "/clients/import",
        rows,
        account=account.id,
        headers={"content-type": "application/x-ndjson"},
    ).json

    assert (put.status, put.json["code"]) == (422, "our_own_number")
    assert put.json["errors"][0]["field"] == "phones.1.number"
    assert [(item["code"], item["field"]) for item in imported["items"]] == [
        ("our_own_number", "phones.1.number")
    ] * 2


def test_calling_codes_that_an_older_release_stored_are_read_and_shown_as_countries(account: Account) -> None:
    accounts.change_settings(account.id, {"allowed_countries": ["61", "1"]})

    shown = call(settings_api, "GET", "/account", account=account.id).json["allowed_countries"]

    assert shown == ["AU", "US", "CA"]
    assert [text(account, phone).status for phone in ("+61491570156", "+14165550123", JAMAICA)] == [202, 202, 409]
    assert [delivered_all(account)] == [["+14165550123", "+61491570156"]]


def delivered_all(account: Account) -> list[str]:
    deliver(carrier := FakeCarrier())
    return sorted(sent.to for sent in carrier.texts)


def test_countries_are_set_in_iso_3166_or_as_calling_codes_and_shown_in_iso_3166(account: Account) -> None:
    answer = allow(account, "AU", "+44", "52", "au", "1")

    assert answer.json["allowed_countries"] == ["AU", "GB", "MX", "US", "CA"]
    assert accounts.get_or_raise(account.id).allowed_countries == ("AU", "GB", "MX", "US", "CA")


def test_the_service_answers_no_keyword_from_a_country_that_nobody_may_text(account: Account) -> None:
    answers = [
        compose.draft(
            account=SERVICE,
            message_id=f"answer-{index}",
            kind=MessageKind.SERVICE,
            phone=phone,
            body="Text STOP to end.",
            now=NOW,
            number="+15555550100",
        )
        for index, phone in enumerate([JAMAICA, "+12125550123", "72345"])
    ]

    checks = sending.send_checks(answers, NOW)

    assert [checks.refusal(answer) for answer in answers] == ["country_not_allowed", None, "country_not_allowed"]
