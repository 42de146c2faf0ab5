"""The clients API: records under the studio's own ids, with numbers as people type them."""

import json
from itertools import chain
from typing import Any

import pytest

from clients import api
from longcode.clients import store as clients
from tests.support.aws_calls import parallel_calls
from tests.support.fakes import ApiResponse, LambdaContext, call, studio
from tests.support.readers import sample_event

pytestmark = pytest.mark.usefixtures("aws")


def put(client_id: str = "c1", account: str = "10000001", **form: Any) -> ApiResponse:
    return call(api, "PUT", f"/clients/{client_id}", form, account=account)


def show(client_id: str = "c1", account: str = "10000001") -> ApiResponse:
    return call(api, "GET", f"/clients/{client_id}", account=account)


def phones(*numbers: str) -> list[dict[str, str]]:
    return [{"number": number} for number in numbers]


def test_a_client_is_created_and_then_updated() -> None:
    studio()

    created = api.handler(sample_event("put_clients"), LambdaContext())
    updated = api.handler(sample_event("put_clients"), LambdaContext())

    body = json.loads(created["body"])
    assert (created["statusCode"], updated["statusCode"]) == (201, 200)
    assert body["id"] == "1042"
    assert body["last_name"] == "Nguyễn 🌸"
    assert body["phones"] == [
        {"number": "+12125550123", "entered": "(212) 555-0123", "sms": True, "label": "mobile"},
        {"number": "+61123456789", "entered": "+61 123456789", "sms": False, "label": None},
    ]
    assert (body["allow_text_marketing"], body["tags"], body["status"]) == (True, ["family"], "active")


def test_a_number_that_cannot_receive_texts_is_proposed_to_be_unticked_until_staff_untick_it() -> None:
    studio()
    number, other = "+12125550123", "+12125550124"
    put(phones=phones(number, other))
    for message_id, failing in (("m1", number), ("m1", number), ("m2", number), ("m3", other)):
        clients.mark_unreachable("10000001", failing, message_id)

    proposed = [show().json["unreachable"], put(phones=phones(number, other)).json["unreachable"]]
    unticked = put(phones=[{"number": number, "sms": False}, {"number": other}]).json["unreachable"]
    ticked_again = put(phones=phones(number, other)).json["unreachable"]

    assert proposed == [[number], [number]]
    assert (unticked, ticked_again) == ([], [])


@pytest.mark.parametrize(
    ("country_code", "entered", "numbers"),
    [
        ("1", ["2125550123", "212-555-0123", "212.555.0123", " 1 (212) 555 0123 "], ["+12125550123"] * 4),
        ("1", ["+61 123456789", "+12125550123"], ["+61123456789", "+12125550123"]),
        ("61", ["0412 345 678", "+1 212 555 0123"], ["+61412345678", "+12125550123"]),
    ],
)
def test_numbers_are_read_in_the_studios_own_country(
    country_code: str, entered: list[str], numbers: list[str]
) -> None:
    studio(country_code=country_code)

    written = put(phones=phones(*entered)).json["phones"]

    assert [phone["number"] for phone in written] == numbers


def test_an_impossible_number_is_refused_with_its_place_and_nothing_is_written() -> None:
    studio()

    answer = put(phones=phones("212 555 0123", "12"))

    assert (answer.status, answer.json["code"]) == (422, "bad_phone")
    assert answer.json["errors"] == [{"field": "phones.1.number", "message": "This phone number is too short."}]
    assert show().status == 404
    assert clients.with_phone("10000001", "+12125550123") == {}


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"first_name": None}, "first_name"),
        ({"first_name": "\ud800"}, "first_name"),
        ({"nickname": "Zo"}, "nickname"),
        ({"phones": [{"number": "2125550123", "voice": True}]}, "phones.0.voice"),
        ({"phones": [{}]}, "phones.0.number"),
        ({"tags": ["a", ""]}, "tags.1"),
        ({"allow_text_marketing": "perhaps"}, "allow_text_marketing"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": ""}, "time_zone"),
        ({"time_zone": 5}, "time_zone"),
    ],
)
def test_an_invalid_field_is_refused_with_its_name(form: dict[str, Any], field: str) -> None:
    studio()

    answer = put(**form)

    assert (answer.status, answer.json["code"]) == (422, "invalid")
    assert [error["field"] for error in answer.json["errors"]] == [field]
    assert show().status == 404


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"first_name": "x" * 101}, "String should have at most 100 characters"),
        ({"status": "x" * 51}, "String should have at most 50 characters"),
        ({"tags": ["\u200b"]}, "shows nothing; write a word"),
    ],
)
def test_words_that_are_too_long_or_show_nothing_are_refused_in_words_for_a_text(
    form: dict[str, Any], message: str
) -> None:
    studio()

    assert [error["message"] for error in put(**form).json["errors"]] == [message]


def test_a_number_that_texts_come_from_is_refused() -> None:
    studio()

    answer = put(phones=phones("212 555 0123", "(555) 555-0100"))

    assert (answer.status, answer.json["code"]) == (422, "our_own_number")
    assert answer.json["errors"][0]["field"] == "phones.1.number"
    assert show().status == 404


def test_an_unknown_time_zone_is_refused_with_an_example() -> None:
    studio()

    assert put(time_zone="America/Miami").json["errors"] == [
        {"field": "time_zone", "message": "no such time zone; an example is America/Chicago"}
    ]


def test_a_clients_time_zone_is_stored_and_removed() -> None:
    studio()

    written = put(time_zone="Pacific/Honolulu").json
    shown = show().json
    removed = put(time_zone=None).json

    assert written["time_zone"] == shown["time_zone"] == "Pacific/Honolulu"
    assert removed["time_zone"] is None


def test_a_new_client_has_not_allowed_marketing() -> None:
    studio()

    assert put().json["allow_text_marketing"] is False


def test_a_phone_entered_twice_is_linked_once() -> None:
    studio()

    answer = put(phones=phones("212-555-0123", "+1 212 555 0123"), allow_text_marketing=True)

    assert answer.status == 201
    assert clients.with_phone("10000001", "+12125550123") == {"c1": True}


def test_a_phone_moves_from_one_client_to_another() -> None:
    studio()
    put("c1", phones=phones("2125550123"), allow_text_marketing=True)

    put("c2", phones=phones("2125550123"))
    put("c1", phones=phones("2125550199"), allow_text_marketing=True)

    assert clients.with_phone("10000001", "+12125550123") == {"c2": False}
    assert clients.with_phone("10000001", "+12125550199") == {"c1": True}


def test_deleting_a_client_removes_its_phones() -> None:
    studio()
    put(phones=phones("2125550123"))

    deleted = call(api, "DELETE", "/clients/c1", account="10000001")
    again = call(api, "DELETE", "/clients/c1", account="10000001")

    assert (deleted.status, again.status, show().status) == (204, 404, 404)
    assert clients.with_phone("10000001", "+12125550123") == {}


def test_concurrent_writes_of_a_client_leave_only_the_last_ones_phone() -> None:
    studio()
    numbers = [f"+1212555010{last}" for last in range(6)]

    with parallel_calls() as threads:
        list(threads.map(lambda number: put(phones=phones(number)), numbers))

    last = show().json["phones"][0]["number"]
    assert {number: clients.with_phone("10000001", number) for number in numbers} == {
        number: ({"c1": False} if number == last else {}) for number in numbers
    }


def test_paging_lists_each_client_once() -> None:
    studio()
    for number in range(25):
        put(f"c{number:02}")

    pages: list[list[str]] = []
    cursor: str | None = None
    while cursor or not pages:
        query = {"limit": "10"} | ({"cursor": cursor} if cursor else {})
        page = call(api, "GET", "/clients", account="10000001", query=query).json
        pages.append([item["id"] for item in page["items"]])
        cursor = page["next_cursor"]

    assert [len(page) for page in pages] == [10, 10, 5]
    assert list(chain.from_iterable(pages)) == [f"c{number:02}" for number in range(25)]


def test_a_full_page_without_further_clients_has_no_cursor() -> None:
    studio()
    put("c1")
    put("c2")

    page = call(api, "GET", "/clients", account="10000001", query={"limit": "2"}).json

    assert (len(page["items"]), page["next_cursor"]) == (2, None)


@pytest.mark.parametrize("limit", ["0", "201", "many"])
def test_an_invalid_limit_is_refused(limit: str) -> None:
    answer = call(api, "GET", "/clients", account="10000001", query={"limit": limit})

    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "limit")


def test_no_log_shows_a_number_or_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    studio()

    put(phones=phones("2125550123"), first_name="Zoë")
    put(phones=phones("2125550123", "999555012399999"))

    logs = "".join(capsys.readouterr())
    assert "5550123" not in logs
    assert "Zo" not in logs
