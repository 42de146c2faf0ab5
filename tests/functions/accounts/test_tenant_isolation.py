"""One studio never sees, changes or learns of another's settings, clients and templates."""

from types import ModuleType

import pytest

from accounts import credentials_api, settings_api
from clients import api
from longcode.accounts import passwords
from longcode.accounts import store as accounts
from longcode.clients import store as clients
from tests.support.fakes import PASSWORD, call, client, studio

MINE, THEIRS = "10000001", "10000002"


@pytest.fixture(autouse=True)
def _two_studios(aws: None) -> None:
    studio(MINE, name="Foxglove")
    client(studio(THEIRS, name="Wattle"), "c1", "+12125550123")
    call(settings_api, "PUT", "/templates/t1", {"body": "Theirs"}, account=THEIRS)


def test_a_studio_changes_its_own_settings_only() -> None:
    call(settings_api, "PATCH", "/account", {"phone": "555"}, account=MINE)

    assert call(settings_api, "GET", "/account", account=MINE).json["name"] == "Foxglove"
    assert call(settings_api, "GET", "/account", account=THEIRS).json["phone"] is None


def test_a_studio_changes_its_own_password_only() -> None:
    call(credentials_api, "POST", "/account/password", {"present": PASSWORD}, account=MINE)

    assert passwords.matches(PASSWORD, accounts.password_hash(THEIRS))


@pytest.mark.parametrize(("method", "kind"), [("GET", "client"), ("DELETE", "client"), ("GET", "template")])
def test_another_studios_items_count_as_absent(method: str, kind: str) -> None:
    name, door = {"client": ("c1", api), "template": ("t1", settings_api)}[kind]

    theirs = call(door, method, f"/{kind}s/{name}", account=MINE)
    nobodys = call(door, method, f"/{kind}s/none", account=MINE)

    assert theirs.status == 404
    assert theirs.headers == nobodys.headers
    assert theirs.text == nobodys.text.replace("none", name)


def test_a_studio_cannot_delete_another_studios_template() -> None:
    answer = call(settings_api, "DELETE", "/templates/t1", account=MINE)

    assert answer.status == 404
    assert call(settings_api, "GET", "/templates/t1", account=THEIRS).status == 200


def test_two_studios_can_have_clients_with_the_same_id() -> None:
    call(api, "DELETE", "/clients/c1", account=MINE)
    answer = call(api, "PUT", "/clients/c1", {"phones": [{"number": "2125550123"}]}, account=MINE)

    theirs = clients.get(THEIRS, "c1")
    assert answer.status == 201
    assert theirs
    assert theirs.first_name == "Zoë"
    assert clients.with_phone(THEIRS, "+12125550123") == {"c1": True}
    assert clients.with_phone(MINE, "+12125550123") == {"c1": False}


def test_an_import_writes_the_callers_clients_only() -> None:
    call(api, "POST", "/clients/import", "id\nc1\n", account=MINE, headers={"content-type": "text/csv"})

    theirs = clients.get(THEIRS, "c1")
    assert theirs
    assert theirs.first_name == "Zoë"


def test_two_studios_can_have_templates_with_the_same_name() -> None:
    call(settings_api, "PUT", "/templates/t1", {"body": "Mine"}, account=MINE)

    assert call(settings_api, "GET", "/templates/t1", account=THEIRS).json["body"] == "Theirs"


@pytest.mark.parametrize(("door", "path"), [(api, "/clients"), (settings_api, "/templates")])
def test_a_list_has_the_callers_items_only(door: ModuleType, path: str) -> None:
    for query in (None, {"cursor": "a"}, {"cursor": "#"}, {"cursor": "../account#10000002"}):
        assert call(door, "GET", path, account=MINE, query=query).json == {"items": [], "next_cursor": None}
