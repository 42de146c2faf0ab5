"""Lists of clients in the hub: filters, tags for many clients, and exports that an import reads again."""

import csv
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from clients import export, tagging
from clients.export import Part
from clients.tagging import TagChange
from longcode.accounts.account import Account
from longcode.aws import clients as aws_clients
from longcode.clients import store as clients
from longcode.clients.client import Client, Phone
from longcode.clients.permission import Permission, Via, Writer
from longcode.clients.search import Wanted, find_all
from tests.support.browser import PREFIX, Browser, Page
from tests.support.fakes import client as write_client
from tests.support.fakes import studio

WRITER = Writer(via=Via.HUB)
HOSTILE = '=HYPERLINK("https://evil.example","<b>Zoë</b>")'


def tags(account: Account) -> dict[str, tuple[str, ...]]:
    return {client.id: client.tags for client in clients.page(account.id, None, 500)}


@pytest.fixture
def three(account: Account) -> list[Client]:
    """Three clients besides the studio's first."""
    return [
        write_client(account, "c2", "+13105550177", first_name="Ann", tags=("wedding", "2027"), status="active"),
        write_client(account, "c3", "+13105550178", first_name="Bob", tags=("wedding",), status="past"),
        write_client(account, "c4", "+13105550179", first_name="Cem", last_name="annan", tags=("newborn",)),
    ]


def names(page: Page) -> list[str]:
    return [name for name in ("Zoë", "Ann", "Bob", "Cem annan") if f"Choose {name} " in page.text]


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("tag=wedding", ["Ann", "Bob"]),
        ("tag=wedding&status=past", ["Bob"]),
        ("q=ann", ["Ann", "Cem annan"]),
        ("q=ann&tag=newborn", ["Cem annan"]),
        ("tag=wed", []),
        ("after=0%20b&q=ann", ["Cem annan"]),
        ("status=%3Cscript%3E", []),
    ],
)
def test_the_list_is_filtered_by_words_tag_and_status(
    account: Account, signed_in: Browser, query: str, found: list[str]
) -> None:
    page = signed_in.get("clients", query)

    assert names(page) == found
    assert page.status == 200


@pytest.mark.usefixtures("three")
def test_a_chip_narrows_the_list_and_is_taken_back(account: Account, signed_in: Browser) -> None:
    page = signed_in.get("clients", "q=ann")
    narrowed = signed_in.get("clients", next(one for one in page.addresses if "tag=2027" in one).partition("?")[2])
    back = next(one for one in narrowed.addresses if one.endswith("clients?q=ann"))

    assert names(narrowed) == ["Ann"]
    assert back == f"{PREFIX}/hub/clients?q=ann"


@pytest.mark.usefixtures("three")
def test_a_tag_is_added_to_the_chosen_clients_and_removed_again(account: Account, signed_in: Browser) -> None:
    page = signed_in.get("clients")

    added = signed_in.submit(page, "clients", id_0="c1", id_1="c2", new_tag="  vip ", do="add")
    after_adding = tags(account)
    again = signed_in.submit(page, "clients", id_0="c1", id_1="c2", new_tag="vip", do="add")
    removed = signed_in.submit(page, "clients", id_1="c2", new_tag="wedding", do="remove")

    assert after_adding == {"c1": ("vip",), "c2": ("wedding", "2027", "vip"), "c3": ("wedding",), "c4": ("newborn",)}
    assert "The tag “vip” was added to 2 clients." in added.text
    assert "The tag “vip” was added to 0 clients. 2 had it already." in again.text
    assert "The tag “wedding” was removed from 1 client." in removed.text
    assert tags(account)["c2"] == ("2027", "vip")


@pytest.mark.usefixtures("three")
def test_all_that_a_search_finds_get_a_tag(account: Account, signed_in: Browser) -> None:
    page = signed_in.get("clients", "tag=wedding&q=5")

    signed_in.submit(page, "clients", id_0="c2", all="on", new_tag="vip", do="add")

    assert [client_id for client_id, found in tags(account).items() if "vip" in found] == ["c2", "c3"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"new_tag": "", "id_0": "c1"}, "Please check the tag"),
        ({"new_tag": "x" * 51, "id_0": "c1"}, "Please check the tag"),
        ({"new_tag": "kept words"}, "Choose the clients first."),
    ],
)
def test_a_tag_that_is_refused_keeps_what_was_chosen(
    account: Account, signed_in: Browser, fields: dict[str, str], said: str
) -> None:
    refused = signed_in.submit(signed_in.get("clients"), "clients", **fields)

    assert refused.status == 422
    assert said in refused.text
    assert refused.fields["new_tag"] == fields["new_tag"]
    assert refused.fields.get("id_0") == fields.get("id_0")
    assert tags(account) == {"c1": ()}


@pytest.mark.account(people=150)
def test_many_clients_are_tagged_in_steps_that_go_on_where_they_were(account: Account) -> None:
    change, now = TagChange(tag="vip", adds=True, writer=WRITER), aws_clients.now()

    first = tagging.change_tags(account.id, change, 50, now, seconds=0)
    second = tagging.change_tags(account.id, change, 50, now, after=first.cursor, seconds=0)

    assert (first.looked_at, first.changed) == (100, 100)
    assert (second.looked_at, second.changed, second.cursor) == (50, 50, None)
    assert all(found == ("vip",) for found in tags(account).values())


def test_a_tag_is_not_lost_and_takes_nothing_away_while_somebody_writes_the_client(account: Account) -> None:
    old = clients.get(account.id, "c1")
    assert old
    clients.put(replace(old, last_name="Müller", tags=("new",)))

    assert clients.change_tags(old, lambda before: (*before, "vip"), WRITER, aws_clients.now())

    after = clients.get(account.id, "c1")
    assert after
    assert (after.last_name, after.tags) == ("Müller", ("new", "vip"))


def test_a_client_with_fifty_tags_gets_no_more(account: Account, signed_in: Browser) -> None:
    write_client(account, "c1", tags=tuple(map(str, range(50))))

    full = signed_in.submit(signed_in.get("clients"), "clients", id_0="c1", new_tag="vip", do="add")

    assert "1 have 50 tags already" in full.text
    assert len(tags(account)["c1"]) == 50


def test_tags_reach_no_client_of_another_studio(account: Account, signed_in: Browser) -> None:
    other = studio("10000002")
    write_client(other, "theirs", "+13105550177", tags=("old",))

    signed_in.submit(signed_in.get("clients"), "clients", id_0="theirs", all="on", new_tag="vip", do="add")
    signed_in.submit(signed_in.get("clients"), "clients", id_0="theirs", new_tag="vip", do="add")

    assert tags(other) == {"theirs": ("old",)}


def test_an_export_has_all_and_runs_nothing_in_a_spreadsheet(account: Account, signed_in: Browser) -> None:
    since = datetime(2026, 3, 5, 12, tzinfo=UTC)
    write_client(
        account,
        "c1",
        first_name=HOSTILE,
        phones=(Phone(number="+12125550123", entered="2125550123", sms=False),),
        tags=("-1", "2027"),
        status="@x",
        time_zone="America/Denver",
        permission=Permission(since=since, via=Via.IMPORT, person="=Ann"),
    )
    page = signed_in.get("clients/export/all")
    file = signed_in.get(*next(one for one in page.addresses if ".csv" in one).partition("/hub/")[2].split("?"))

    headings, row = csv.reader(file.html.removeprefix("\ufeff").splitlines())
    cells = dict(zip(headings, row, strict=True))
    assert file.headers["Content-Type"] == ["text/csv; charset=utf-8"]
    assert file.headers["Content-Disposition"] == ['attachment; filename="clients.csv"']
    assert {name: text for name, text in cells.items() if text} == {
        "id": "c1",
        "first_name": f"'{HOSTILE}",
        "phone": "'+12125550123",
        "sms": "no",
        "allow_text_marketing": "yes",
        "tags": "'-1; 2027",
        "status": "'@x",
        "time_zone": "America/Denver",
        "text_marketing_since": "2026-03-05T12:00:00.000Z",
        "text_marketing_via": "import",
        "text_marketing_by": "'=Ann",
        "text_marketing_means": "unknown",
    }


def test_an_export_can_be_imported_again_and_changes_nothing(account: Account, signed_in: Browser) -> None:
    seven = tuple(Phone(number=f"+1310555010{n}", entered=f"(310) 555-010{n}", sms=n != 3) for n in range(7))
    write_client(account, "c1", first_name=HOSTILE, phones=seven, tags=("-1", "x"), status="@x")
    file = export.csv_file(account.id, Part(None, 9), {})

    checked = signed_in.upload(signed_in.get("clients/import"), "clients/import", "a.csv", file.encode())

    assert "New 0 To change 0 Unchanged 1 With faults 0" in checked.text


@pytest.mark.account(people=60)
def test_a_large_export_comes_in_several_files_that_have_each_client_once(account: Account) -> None:
    parts = export.parts(account.id, most_bytes=4000)
    files = [export.csv_file(account.id, part, {}) for part in parts]

    ids = [line.partition(",")[0] for file in files for line in file.splitlines()[1:]]
    assert len(parts) > 1
    assert all(len(file.encode()) < 5000 for file in files)
    assert ids == [client.id for client in find_all(account.id, Wanted())]


def test_an_export_has_no_client_of_another_studio(account: Account, signed_in: Browser) -> None:
    write_client(studio("10000002"), "theirs", "+13105550177", first_name="Theirs")

    assert "Theirs" not in signed_in.get("clients/export/clients.csv", "count=9").html
    assert "theirs" not in signed_in.get("clients/export/clients.csv", "count=9&after=theirs").html
    assert signed_in.get("clients/export/clients.csv", "count=x").status == 404


def test_without_clients_there_is_nothing_to_export(account: Account, signed_in: Browser) -> None:
    clients.delete(account.id, "c1")

    assert "There are no clients to export yet." in signed_in.get("clients/export/all").text
