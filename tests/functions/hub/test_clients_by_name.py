"""The hub's list of clients is in the order of their names, whatever wrote them, on pages and in a search."""

import re
from itertools import pairwise

import pytest

from clients import api as clients_api
from longcode.accounts.account import Account
from longcode.aws import clients as aws_clients
from longcode.clients import lists
from longcode.clients import store as clients
from longcode.clients.client import Client
from longcode.table import consent_keys, keys, store
from longcode.table.writes import Delete, Put, Update, attributes
from send import api as send_api
from tests.support.aws_calls import meanwhile
from tests.support.browser import Browser, Page
from tests.support.fakes import NOW, call, studio
from tests.support.fakes import client as write_client

NAMES = ("Zoë Müller", "Émile", "ann lee", "Ann", "Ann Zuñiga", "Ann-Marie", "Øyvind", "Мария", "O'Hara", "Cem")
IN_ORDER = ["Ann", "ann lee", "Ann Zuñiga", "Ann-Marie", "Cem", "Émile", "O'Hara", "Øyvind", "Zoë Müller", "Мария"]


def shown(page: Page) -> list[str]:
    return re.findall(r'class="for-readers">Choose ([^<]+)</span></label></td>', page.html.replace("&#39;", "'"))


def write(account: Account, names: tuple[str, ...]) -> None:
    clients.delete(account.id, "c1")
    for index, name in enumerate(names):
        first, _, last = name.partition(" ")
        allows = index % 2 == 0
        write_client(account, f"n{index}", first_name=first, last_name=last, allow_text_marketing=allows)


def make_old(account: Account, *client_ids: str) -> None:
    """Take from clients what releases before this one did not write, and forget that all were looked at."""
    for client_id in client_ids:
        old = Update(keys.client(account.id, client_id), remove=("folder", "folder_at", "found_by"))
        store.write(old)
    store.write(Delete(consent_keys.client_survey(account.id)))


def test_clients_are_in_the_order_of_names_without_case_and_accents(account: Account, signed_in: Browser) -> None:
    write(account, NAMES)

    assert shown(signed_in.get("clients")) == IN_ORDER


def test_clients_without_a_name_are_last_in_the_order_of_numbers(account: Account, signed_in: Browser) -> None:
    write(account, ("Мария",))
    write_client(account, "a", "+13105550177", first_name="")
    write_client(account, "b", "+12125550188", first_name="", allow_text_marketing=False)

    page = signed_in.get("clients")

    assert shown(page) == ["Мария", "No name", "No name"]
    assert page.text.index("(212) 555-0188") < page.text.index("(310) 555-0177")


def test_a_client_moves_when_renamed_and_leaves_when_deleted(account: Account, signed_in: Browser) -> None:
    write(account, ("Ann", "Bob", "Cem"))

    signed_in.submit(signed_in.get("clients/n0"), "clients/n0", first_name="Dana")
    call(clients_api, "PUT", "/clients/n1", {"first_name": "Éva"}, account=account.id)
    moved = shown(signed_in.get("clients"))
    clients.delete(account.id, "n2")

    assert moved == ["Cem", "Dana", "Éva"]
    assert shown(signed_in.get("clients")) == ["Dana", "Éva"]


@pytest.mark.account(create_clients=True)
def test_clients_of_imports_and_texts_are_listed(account: Account, signed_in: Browser) -> None:
    file = b"id,first_name,phone\ni1,\xc3\x81da,(310) 555-0177\n"
    kept = signed_in.upload(signed_in.get("clients/import"), "clients/import", "a.csv", file)
    signed_in.submit(kept, kept.path, do="import")
    body = {"to": "+12125550188", "body": "Hello"}
    call(send_api, "POST", "/messages", body, account=account.id, headers={"Idempotency-Key": "key"})

    assert shown(signed_in.get("clients")) == ["Áda", "Zoë", "No name"]


@pytest.mark.account(people=3)
def test_clients_of_older_releases_are_in_their_places_and_are_found(account: Account, signed_in: Browser) -> None:
    write(account, ("Bob", "Ann", "Cem"))
    make_old(account, "n0", "n1")

    assert shown(signed_in.get("clients", "q=n")) == ["Ann", "Bob", "Cem"]
    assert shown(signed_in.get("clients"))[:3] == ["Ann", "Bob", "Cem"]


@pytest.mark.account(people=410)
def test_the_survey_of_many_older_clients_goes_on_in_steps_and_keeps_the_search(
    account: Account, signed_in: Browser
) -> None:
    make_old(account, *(f"p{index:04}" for index in range(410)))

    first = lists.survey(account.id, aws_clients.now(), 0)
    step = signed_in.get("clients", "q=p0007")
    assert "400 clients looked at so far" in step.text
    while "looked at so far" in step.text:
        step = signed_in.submit(step, "clients")

    assert first == (False, 200)
    assert "/hub/clients/p0007" in " ".join(step.addresses)
    assert "/hub/clients/p0008" not in " ".join(step.addresses)


def test_a_survey_writes_over_no_change_that_comes_meanwhile(account: Account) -> None:
    make_old(account, "c1")
    renamed = Client(account=account.id, id="c1", updated_at=NOW, first_name="Dana")

    with meanwhile("Query", lambda: clients.put(renamed)):
        lists.survey(account.id, aws_clients.now(), 4)

    page, _ = lists.page(account.id, 40, None)
    item = store.get(keys.client(account.id, "c1"))
    assert [one.first_name for one in page] == ["Dana"]
    assert item
    assert item["folder_at"] == "0 dana  c1"


@pytest.mark.account(people=100)
@pytest.mark.parametrize("query", ["", "q=an", "tag=vip", "q=an&tag=vip"])
def test_pages_have_each_client_once_and_in_order(account: Account, signed_in: Browser, query: str) -> None:
    written = clients.page(account.id, None, 100)
    for index, before in enumerate(written):
        letters = f"{chr(ord('z') - index % 26)}{chr(ord('a') + index % 7)}"
        named = {"first_name": f"{letters}an", "tags": ("vip",)}
        item = {"type": "client", **attributes(before), **named}
        after = Client(account=account.id, id=before.id, updated_at=NOW, first_name=f"{letters}an")
        store.write(Put(keys.client(account.id, before.id), {**item, **lists.listing(after)}))

    pages = [signed_in.get("clients", query)]
    while "More clients" in pages[-1].text:
        more = next(one for one in reversed(pages[-1].addresses) if "after=" in one)
        pages.append(signed_in.get("clients", more.partition("?")[2]))

    names = [name for page in pages for name in shown(page)]
    ids = [one for page in pages for one in page.addresses if re.search(r"/clients/p\d+$", one)]
    assert [len(shown(page)) for page in pages] == [40, 40, 20]
    assert all(before <= after for before, after in pairwise(names))
    assert len(set(ids)) == 100


@pytest.mark.account(people=60)
def test_the_next_page_is_right_though_its_first_client_is_deleted(account: Account, signed_in: Browser) -> None:
    more = next(address for address in signed_in.get("clients").addresses if "after=" in address)
    clients.delete(account.id, "p0040")

    second = signed_in.get("clients", more.partition("?")[2])

    assert [one.rpartition("/")[2] for one in second.addresses if "/clients/p" in one] == [
        f"p{index:04}" for index in range(41, 60)
    ]


@pytest.mark.parametrize("after", ["%00", "~", "p5000", "9" * 2000, "2026-11-30T09%3A00%3A00.000Z%23x"])
def test_a_place_that_was_never_given_shows_no_fault(signed_in: Browser, after: str) -> None:
    assert signed_in.get("clients", f"after={after}").status == 200
    assert signed_in.get("clients", f"q=zo&after={after}").status == 200


def test_a_name_whose_letters_become_many_is_kept(account: Account, signed_in: Browser) -> None:
    write_client(account, "l" * 100, first_name="\ufdfa" * 100, last_name="\ufdfa" * 100)

    assert len(shown(signed_in.get("clients"))) == 2


def test_the_list_has_no_client_of_another_studio(account: Account, signed_in: Browser) -> None:
    write_client(studio("10000002"), "theirs", "+13105550177", first_name="Theirs")

    for query in ("", "q=the", "after=0"):
        assert "Theirs" not in signed_in.get("clients", query).html
    assert shown(signed_in.get("clients")) == ["Zoë"]
    assert account.id == "10000001"
