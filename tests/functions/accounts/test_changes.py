"""GET /changes: who changed what in an account, when and from where."""

import pytest

from accounts import credentials_api, settings_api
from longcode.aws import clients
from tests.support.admin_orders import send_accepted_order
from tests.support.fakes import call, studio

pytestmark = pytest.mark.usefixtures("aws")

MINE, THEIRS = "10000001", "10000002"


def rename(name: str, account: str = MINE) -> None:
    call(settings_api, "PATCH", "/account", {"name": name}, account=account, identity={"sourceIp": "198.51.100.7"})


def test_a_change_is_shown_with_its_values_and_who_made_it() -> None:
    studio()
    rename("Foxglove Studio")

    (change,) = call(credentials_api, "GET", "/changes", account=MINE).json["items"]

    assert change.pop("id")
    assert change.pop("at")
    assert change == {
        "kind": "settings",
        "about": "",
        "details": [{"name": "name", "before": "Foxglove Portraits", "after": "Foxglove Studio"}],
        "actor": {"way": "api", "who": "password", "name": "", "address": "198.51.100.7", "browser": ""},
        "unfinished": False,
    }


def test_changes_are_listed_newest_first_by_page() -> None:
    studio()
    for number in range(3):
        rename(f"Name {number}")

    first = call(credentials_api, "GET", "/changes", account=MINE, query={"limit": "2"}).json
    cursor = {"limit": "2", "cursor": first["next_cursor"]}
    rest = call(credentials_api, "GET", "/changes", account=MINE, query=cursor).json

    names = [change["details"][0]["after"] for change in (*first["items"], *rest["items"])]
    assert sorted(names) == ["Name 0", "Name 1", "Name 2"]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize("scope", ["read", "send"])
def test_only_the_password_and_a_key_for_everything_show_changes(scope: str) -> None:
    studio()

    assert call(credentials_api, "GET", "/changes", account=MINE, scope=scope).status == 403


def test_no_change_of_another_studio_is_shown_whatever_the_cursor() -> None:
    studio()
    studio(THEIRS)
    rename("Others", THEIRS)
    (theirs,) = call(credentials_api, "GET", "/changes", account=THEIRS).json["items"]

    for cursor in (f"{theirs['at']}#{theirs['id']}", "9998-12-01T00:00:00.000Z#~"):
        answer = call(credentials_api, "GET", "/changes", account=MINE, query={"cursor": cursor})
        assert (answer.status, answer.json["items"]) == (200, [])
    assert call(credentials_api, "GET", "/changes", account=MINE, query={"cursor": "x"}).status == 422


def test_an_order_of_the_operator_is_shown_without_who_gave_it() -> None:
    studio()
    send_accepted_order("accounts.suspend", clients.now(), account=MINE, reason="Unpaid", by="Carla")

    answer = call(credentials_api, "GET", "/changes", account=MINE)

    (change,) = answer.json["items"]
    assert (change["kind"], change["about"]) == ("order", "accounts.suspend")
    assert change["details"] == [{"name": "reason", "before": None, "after": "Unpaid"}]
    assert "Carla" not in answer.text
