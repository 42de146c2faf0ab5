"""The pages of many clients in a real browser: an import that goes on by itself, tags for a page of the list."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from clients import kept_imports
from longcode.accounts.account import Account
from longcode.aws import clients as aws_clients
from longcode.clients import store as clients
from longcode.clients.imports import KeptImport
from longcode.clients.permission import Via, Writer
from tests.support.axe import violations

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]


def test_a_file_is_checked_and_imported(signed_in: Page, hub: str, account: Account, tmp_path: Path) -> None:
    file = tmp_path / "clients.csv"
    file.write_text("id,first_name,phone\n1,Zoë,(310) 555-0177\n2,Bob,12\n")
    signed_in.goto(f"{hub}/clients")
    signed_in.get_by_role("link", name="Import").click()
    signed_in.get_by_label("The file with your clients").set_input_files(file)
    signed_in.get_by_role("button", name="Check the file").click()
    expect(signed_in.get_by_text("This phone number is too short.")).to_be_visible()
    faults = violations(signed_in)

    signed_in.get_by_role("button", name="Import 1 client").click()

    expect(signed_in.get_by_role("heading", name="Imported")).to_be_visible()
    assert clients.get(account.id, "1")
    assert faults == []


def test_the_check_of_a_large_file_goes_on_by_itself(signed_in: Page, hub: str, account: Account) -> None:
    signed_in.goto(f"{hub}/clients/import/{_begin_large_import(account)}")

    expect(signed_in.get_by_role("button", name="Import 250 clients")).to_be_visible()


def test_work_in_steps_waits_if_the_account_made_too_many_calls_and_shows_any_other_error(
    signed_in: Page, hub: str, account: Account, faults: list[str]
) -> None:
    place = f"{hub}/clients/import/{_begin_large_import(account)}"
    statuses = [429, 500, 500]

    def answer(route: Route) -> None:
        if route.request.method == "GET":
            route.continue_()
        else:
            route.fulfill(status=statuses.pop(0), body="<p>An error", content_type="text/html")

    signed_in.route(place, answer)
    signed_in.clock.install()
    with signed_in.expect_response(lambda answered: answered.status == 429):
        signed_in.goto(place)
    expect(signed_in.get_by_role("progressbar")).to_be_visible()

    # The script may not have begun to wait yet, as it reads the answer of 429 at this time.
    with signed_in.expect_response(lambda answered: answered.status == 500):
        signed_in.clock.run_for(5000)

    expect(signed_in.get_by_text("An error")).to_be_visible()
    assert statuses == []
    faults.clear()  # the browser notes each error


def _begin_large_import(account: Account) -> str:
    now, file = aws_clients.now(), b"id\n" + b"".join(b"n%d\n" % number for number in range(250))
    new = KeptImport(account=account.id, id="a" * 32, name="a.csv", size=len(file), at=now, since=now, rows=0)
    kept_imports.begin(new, account, file, Writer(via=Via.IMPORT), seconds=0)
    return new.id


def test_one_box_chooses_the_page_and_a_tag_is_added(signed_in: Page, hub: str, account: Account) -> None:
    signed_in.goto(f"{hub}/clients")
    expect(signed_in.get_by_label("Tag for the chosen clients")).to_be_hidden()
    signed_in.get_by_label("Choose these 2").check()
    signed_in.get_by_label("Tag for the chosen clients").fill("wedding")
    signed_in.get_by_role("button", name="Add").click()

    expect(signed_in.get_by_text("was added to 2 clients")).to_be_visible()
    assert {client.tags for client in clients.page(account.id, None, 9)} == {("wedding",)}
