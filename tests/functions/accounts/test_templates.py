"""A studio's templates."""

from itertools import chain

import pytest

from accounts import settings_api
from tests.support.fakes import ApiResponse, call, studio

pytestmark = pytest.mark.usefixtures("aws")


def put(name: str, body: str = "Hi {{client.first_name|there}}!", account: str = "10000001") -> ApiResponse:
    return call(settings_api, "PUT", f"/templates/{name}", {"subject": "Reminder", "body": body}, account=account)


def show(name: str, account: str = "10000001") -> ApiResponse:
    return call(settings_api, "GET", f"/templates/{name}", account=account)


def test_a_template_is_written_shown_and_deleted() -> None:
    studio()

    written = put("reminder")
    shown = show("reminder")
    deleted = call(settings_api, "DELETE", "/templates/reminder", account="10000001")

    assert (written.status, shown.status, deleted.status) == (200, 200, 204)
    assert shown.json == {
        "account": "10000001",
        "name": "reminder",
        "subject": "Reminder",
        "body": "Hi {{client.first_name|there}}!",
    }
    assert show("reminder").status == 404


def test_an_unknown_template_cannot_be_deleted() -> None:
    studio()

    answer = call(settings_api, "DELETE", "/templates/reminder", account="10000001")

    assert (answer.status, answer.json["detail"]) == (404, "There is no template 'reminder'.")


def test_unknown_fields_are_refused_with_their_names() -> None:
    studio()

    answer = put("reminder", "Hi {{client.nickname}}, {{weather}} {{client.name}}")

    assert (answer.status, answer.json["code"]) == (422, "bad_template")
    assert "Unknown merge fields: client.nickname, weather." in answer.json["detail"]
    assert [error["field"] for error in answer.json["errors"]] == ["body"]
    assert show("reminder").status == 404


@pytest.mark.parametrize("body", ["", "   ", "x" * 1601])
def test_a_body_longer_than_carriers_accept_is_refused(body: str) -> None:
    answer = put("reminder", body)

    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "body")


@pytest.mark.parametrize("subject", ["", " ", "\u200b", "\u3164", "\u0301"])
def test_a_subject_that_shows_nothing_is_empty(subject: str) -> None:
    studio()

    answer = call(settings_api, "PUT", "/templates/t", {"subject": subject, "body": "Hi"}, account="10000001")

    assert answer.json["subject"] == ""


def test_each_template_is_on_one_page() -> None:
    studio()
    for number in range(25):
        put(f"t{number:02}")

    pages: list[list[str]] = []
    cursor: str | None = None
    while cursor or not pages:
        query = {"limit": "10"} | ({"cursor": cursor} if cursor else {})
        page = call(settings_api, "GET", "/templates", account="10000001", query=query).json
        pages.append([one["name"] for one in page["items"]])
        cursor = page["next_cursor"]

    assert [len(page) for page in pages] == [10, 10, 5]
    assert list(chain.from_iterable(pages)) == [f"t{number:02}" for number in range(25)]


def test_no_log_shows_a_body(capsys: pytest.CaptureFixture[str]) -> None:
    studio()

    put("reminder", "Your proofs are ready.")
    put("reminder", "Your proofs are ready, {{nobody}}.")

    assert "proofs" not in "".join(capsys.readouterr())
