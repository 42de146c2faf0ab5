"""Tags for many clients over the API, and who allowed texts when software writes the client."""

from typing import Any

import pytest

from clients import api
from longcode.clients import store as clients
from tests.support.fakes import ApiResponse, call, client, studio

pytestmark = pytest.mark.usefixtures("aws")


def change_tags(account: str = "10000001", **form: Any) -> ApiResponse:
    return call(api, "POST", "/client-tags", form, account=account)


def tagged(tag: str = "vip", account: str = "10000001") -> list[str]:
    return [one.id for one in clients.page(account, None, 9) if tag in one.tags]


@pytest.mark.parametrize(
    ("form", "ids"),
    [
        ({"client_ids": ["b", "a", "gone", "theirs"]}, ["a", "b"]),
        ({"with_tag": "old"}, ["b", "c"]),
        ({"with_tag": "old", "status": "active"}, ["c"]),
        ({"text": "ann"}, ["a"]),
        ({"everyone": True}, ["a", "b", "c"]),
    ],
)
def test_a_tag_is_added_to_those_who_are_meant_and_removed_again(form: dict[str, Any], ids: list[str]) -> None:
    account = studio()
    client(account, "a", first_name="Ann")
    client(account, "b", tags=("old",))
    client(account, "c", tags=("old",), status="active")
    client(studio("10000002"), "theirs", first_name="Ann", tags=("old",))

    added = change_tags(tag="vip", **form)
    after = tagged()
    removed = change_tags(tag="vip", remove=True, everyone=True)

    assert (added.status, added.json["changed"], added.json["next_cursor"]) == (200, len(ids), None)
    assert after == ids
    assert removed.json == {"looked_at": 3, "changed": len(ids), "full": 0, "next_cursor": None}
    assert (tagged(), tagged("old")) == ([], ["b", "c"])
    assert tagged(account="10000002") == []


@pytest.mark.parametrize(
    "form",
    [{}, {"client_ids": ["a"], "everyone": True}, {"client_ids": ["a"], "with_tag": "old"}, {"everyone": False}],
)
def test_a_request_that_does_not_say_one_way_who_is_meant_is_refused(form: dict[str, Any]) -> None:
    client(studio(), "a")

    answer = change_tags(tag="vip", **form)

    assert (answer.status, answer.json["code"]) == (422, "invalid")
    assert tagged() == []


def test_a_record_says_when_texts_were_allowed_and_by_which_software() -> None:
    studio()

    allowed = call(api, "PUT", "/clients/c1", {"allow_text_marketing": True}, account="10000001").json["permission"]
    renamed = {"allow_text_marketing": True, "first_name": "Ann"}
    later = call(api, "PUT", "/clients/c1", renamed, account="10000001").json["permission"]
    never = call(api, "PUT", "/clients/c2", {"first_name": "Bob"}, account="10000001").json["permission"]

    assert (allowed["via"], allowed["key"], allowed["person"]) == ("api", None, None)
    assert later == allowed
    assert never is None


def test_a_file_that_allows_texts_says_so_and_one_that_does_not_changes_nothing_of_it() -> None:
    studio()

    for file in ("id,allow_text_marketing\nc1,yes\n", "id,first_name\nc1,Ann\n"):
        call(api, "POST", "/clients/import", file, account="10000001", headers={"content-type": "text/csv"})

    shown = call(api, "GET", "/clients/c1", account="10000001").json
    assert (shown["first_name"], shown["permission"]["via"]) == ("Ann", "import")
