"""A studio's password and its API keys."""

import re
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

from longcode.web.scopes import scopes_of
import pytest

from accounts import authorizer, credentials_api, settings_api
from longcode.accounts import api_keys, passwords
from longcode.accounts import store as accounts
from longcode.accounts.api_keys import ApiKey
from longcode.accounts.passwords import KeyScope
from tests.support.aws_calls import parallel_calls
from tests.support.crashes import recorded_calls
from tests.support.fakes import NOW, PASSWORD, ApiResponse, call, studio

pytestmark = pytest.mark.usefixtures("aws")

MINE, THEIRS = "10000001", "10000002"
KEY = {"name": "Booking system", "scope": "send"}


def new_password(present: str, account: str = "10000001") -> ApiResponse:
    return call(credentials_api, "POST", "/account/password", {"present": present}, account=account)


def test_a_new_password_replaces_the_old_one() -> None:
    studio()

    answer = new_password(PASSWORD)

    kept = accounts.password_hash("10000001")
    assert answer.status == 200
    assert passwords.matches(answer.json["password"], kept)
    assert not passwords.matches(PASSWORD, kept)


def test_a_wrong_current_password_changes_nothing() -> None:
    studio()

    answer = new_password("wrong")

    assert (answer.status, answer.json["code"]) == (403, "wrong_password")
    assert passwords.matches(PASSWORD, accounts.password_hash("10000001"))


def test_of_two_parallel_changes_of_the_password_one_succeeds() -> None:
    studio()

    with parallel_calls() as threads:
        answers = list(threads.map(lambda _: new_password(PASSWORD), range(3)))

    given = [answer.json["password"] for answer in answers if answer.status == 200]
    assert [answer.status for answer in answers if answer.status != 200] == [403] * (3 - len(given))
    assert passwords.matches(given[-1], accounts.password_hash("10000001"))
    assert len(given) == 1


def test_no_log_shows_a_password(capsys: pytest.CaptureFixture[str]) -> None:
    studio()

    answer = new_password(PASSWORD)
    new_password("another-try")

    shown = "".join(capsys.readouterr())
    assert PASSWORD not in shown
    assert answer.json["password"] not in shown
    assert "another-try" not in shown


def create(account: str = MINE, **changes: Any) -> ApiResponse:
    return call(credentials_api, "POST", "/account/keys", KEY | changes, account=account)


def ask(account: str, secret: str, now: datetime = NOW) -> authorizer.Caller | None:
    return authorizer.authenticate("Basic " + b64encode(f"{account}:{secret}".encode()).decode(), "192.0.2.10", now)


def test_a_new_key_opens_its_account_with_its_scope() -> None:
    studio()

    answer = create()

    assert answer.status == 201
    assert re.fullmatch(r"lck_[a-z2-9]{8}_[a-z2-9]{30}", answer.json["key"])
    assert (answer.json["name"], answer.json["scope"], answer.json["ends_at"]) == ("Booking system", "send", None)
    assert ask(MINE, answer.json["key"]) == authorizer.Caller(MINE, KeyScope.SEND, answer.json["id"])
    assert ask(MINE, PASSWORD) == authorizer.Caller(MINE, KeyScope.ALL, "")


def test_the_key_is_shown_once_and_stored_as_a_hash() -> None:
    studio()

    created = create()
    listed = call(credentials_api, "GET", "/account/keys", account=MINE)

    assert listed.json == {"items": [{n: v for n, v in created.json.items() if n != "key"}], "next_cursor": None}
    (_, hashed) = api_keys.find(MINE, created.json["id"]) or ("", "")
    assert hashed.startswith("$blake2b$")
    assert created.headers["Cache-Control"] == "no-store"


def test_a_key_never_opens_another_account() -> None:
    studio(MINE)
    studio(THEIRS)
    mine, theirs = create(MINE).json, create(THEIRS).json

    assert ask(THEIRS, mine["key"]) is None
    assert ask(THEIRS, f"lck_{theirs['id']}_{mine['key'][-30:]}") is None
    assert ask("10000009", mine["key"]) is None
    assert call(credentials_api, "DELETE", f"/account/keys/{theirs['id']}", account=MINE).status == 404
    assert [key["id"] for key in call(credentials_api, "GET", "/account/keys", account=MINE).json["items"]] == [
        mine["id"]
    ]
    assert ask(THEIRS, theirs["key"])


def test_a_deleted_key_opens_nothing() -> None:
    studio()
    created = create().json

    deleted = call(credentials_api, "DELETE", f"/account/keys/{created['id']}", account=MINE)

    assert (deleted.status, ask(MINE, created["key"])) == (204, None)
    assert call(credentials_api, "DELETE", f"/account/keys/{created['id']}", account=MINE).status == 404


def test_a_key_opens_nothing_from_its_end_on() -> None:
    studio()
    ends_at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)

    created = create(ends_at=ends_at.isoformat()).json

    assert ask(MINE, created["key"], ends_at - timedelta(milliseconds=1))
    assert ask(MINE, created["key"], ends_at) is None
    assert [key["id"] for key in call(credentials_api, "GET", "/account/keys", account=MINE).json["items"]] == [
        created["id"]
    ]


def test_the_last_use_is_written_once_an_hour() -> None:
    studio()
    created = create().json

    def used(minutes: int) -> tuple[list[str], str]:
        with recorded_calls() as calls:
            ask(MINE, created["key"], NOW + timedelta(minutes=minutes))
        return list(calls), call(credentials_api, "GET", "/account/keys", account=MINE).json["items"][0][
            "last_used_at"
        ]

    assert used(0) == (["GetItem", "UpdateItem"], "2026-11-22T15:30:00.000Z")
    assert used(59) == (["GetItem"], "2026-11-22T15:30:00.000Z")
    assert used(60) == (["GetItem", "UpdateItem"], "2026-11-22T16:30:00.000Z")


def test_a_key_that_was_deleted_during_its_use_stays_deleted() -> None:
    studio()
    created = create().json
    key, _ = api_keys.find(MINE, created["id"]) or pytest.fail("no key")
    api_keys.delete(MINE, key.id)

    api_keys.note_use(key, NOW)

    assert api_keys.find(MINE, key.id) is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"scope": "admin"}, "scope"),
        ({"scope": None}, "scope"),
        ({"ends_at": "2020-01-01T00:00:00.000Z"}, "ends_at"),
        ({"ends_at": "tomorrow"}, "ends_at"),
        ({"key": "lck_mine"}, "key"),
    ],
)
def test_an_invalid_key_is_refused_with_its_field(changes: dict[str, Any], field: str) -> None:
    studio()

    answer = create(**changes)

    assert answer.status == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]
    assert api_keys.of_account(MINE) == []


def test_an_account_has_twenty_keys_at_most() -> None:
    account = studio()
    for index in range(20):
        key = ApiKey(account=account.id, id=f"key{index}", name="Old", scope=KeyScope.READ, created_at=NOW)
        api_keys.create(key, "")

    refused = create()

    assert (refused.status, refused.json["code"]) == (409, "too_many_keys")
    assert len(api_keys.of_account(MINE)) == 20


def test_a_key_reaches_only_the_routes_of_its_scope() -> None:
    studio()

    def status(method: str, path: str, scope: str, body: object = None) -> int:
        module = credentials_api if path.startswith("/account/") else settings_api
        return call(module, method, path, body, account=MINE, scope=scope).status

    template = {"body": "Hello"}
    assert [status("GET", "/templates", scope) for scope in ("read", "send", "all")] == [200, 403, 200]
    assert [status("PUT", "/templates/t1", scope, template) for scope in ("read", "send", "all")] == [403, 403, 200]
    assert [status("GET", "/account", scope) for scope in ("read", "send", "all")] == [403, 403, 200]
    assert [status("POST", "/account/keys", scope, KEY) for scope in ("read", "send", "all")] == [403, 403, 201]
    assert [status("GET", "/account/keys", scope) for scope in ("read", "send", "all")] == [403, 403, 200]
    refused = call(settings_api, "GET", "/account", account=MINE, scope="read").json
    assert refused["code"] == "not_in_scope"
    assert refused["detail"] == "The scope of this API key, read, does not include this."


def test_a_key_of_scope_read_changes_nothing_and_one_of_scope_send_only_sends() -> None:
    assert KeyScope.READ not in scopes_of("POST", "/messages")
    assert KeyScope.SEND in scopes_of("POST", "/messages")
    assert scopes_of("PATCH", "/account") == scopes_of("DELETE", "/clients/{client_id}") == {KeyScope.ALL}


def test_no_log_shows_a_key(capsys: pytest.CaptureFixture[str]) -> None:
    studio()

    created = create().json
    ask(MINE, created["key"])
    ask(MINE, created["key"][:-1] + "x")

    assert created["key"][-30:-1] not in "".join(capsys.readouterr())
