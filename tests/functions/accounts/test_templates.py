"""A studio's templates."""

from itertools import chain

import pytest

from accounts import settings_api
from tests.support.fakes import ApiResponse, call, studio
from tests.support.trigger_steps import write_trigger
from triggers import rules_api

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
        "shortcut": None,
        "changed_at": written.json["changed_at"],
        "changed_by": None,
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


def test_former_words_are_kept_newest_first_and_restored_by_writing_them_again() -> None:
    studio()
    for number in range(23):
        put("reminder", f"Words {number}")
    put("reminder", "Words 22")  # the same again: nothing changes

    kept = call(settings_api, "GET", "/templates/reminder/versions", account="10000001").json["items"]
    put("reminder", kept[0]["body"])
    after = call(settings_api, "GET", "/templates/reminder/versions", account="10000001").json["items"]

    assert [version["body"] for version in kept] == [f"Words {number}" for number in range(21, 1, -1)]
    assert kept[0]["changed_at"] > kept[1]["changed_at"]
    assert show("reminder").json["body"] == "Words 21"
    assert [version["body"] for version in after[:2]] == ["Words 22", "Words 21"]


def test_a_renamed_template_keeps_its_former_words_and_its_triggers() -> None:
    studio(edition="professional")
    put("reminder", "Old")
    put("reminder", "New")
    put("taken")
    write_trigger(name="t", template="reminder", body=None)

    taken, renamed = (
        call(settings_api, "PATCH", "/templates/reminder", {"name": name}, account="10000001")
        for name in ("taken", "Session reminder")
    )

    assert (taken.status, taken.json["code"], renamed.status) == (409, "name_taken", 200)
    assert show("reminder").status == 404
    assert show("Session%20reminder").json["body"] == "New"
    versions = call(settings_api, "GET", "/templates/Session reminder/versions", account="10000001").json["items"]
    assert [version["body"] for version in versions] == ["Old"]
    assert call(rules_api, "GET", "/triggers/t", account="10000001").json["template"] == "Session reminder"


def test_a_shortcut_belongs_to_one_template_and_stays_until_it_is_removed() -> None:
    studio()

    def write(name: str, **form: str | None) -> ApiResponse:
        return call(settings_api, "PUT", f"/templates/{name}", {"body": "We open at 9.", **form}, account="10000001")

    first, second, bad = (
        write("hours", shortcut="hours"),
        write("other", shortcut="hours"),
        write("x", shortcut="a b"),
    )
    kept, removed, free = write("hours"), write("hours", shortcut=None), write("other", shortcut="hours")

    assert (first.json["shortcut"], second.json["code"], second.json["errors"][0]["field"]) == (
        "hours",
        "name_taken",
        "shortcut",
    )
    assert (bad.status, kept.json["shortcut"], removed.json["shortcut"], free.status) == (422, "hours", None, 200)
