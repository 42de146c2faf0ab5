"""A broadcast in a real browser: what is found, the preview and the totals move by themselves, and so it goes out."""

import pytest
from playwright.sync_api import Page, expect

from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.aws import clients
from longcode.broadcasts import store as broadcasts
from tests.support.broadcast_steps import advance, create_broadcast, deliver_bulk_texts
from tests.support.fakes import FakeCarrier

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]


def test_whom_and_what_show_what_each_choice_comes_to(signed_in: Page, hub: str) -> None:
    signed_in.goto(f"{hub}/broadcasts/new")
    signed_in.get_by_label("Those with a tag, a status or a name").check()
    signed_in.get_by_label("And this in the name or number").fill("lee")
    expect(signed_in.get_by_text("1 client found")).to_be_visible()
    signed_in.get_by_label("All clients").check()
    expect(signed_in.get_by_text("2 clients found")).to_be_visible()
    signed_in.get_by_role("button", name="Continue").click()
    _wait_for_words(signed_in)

    signed_in.get_by_label("The text").fill("Hello !")
    signed_in.get_by_label("The text").evaluate("box => box.setSelectionRange(6, 6)")
    signed_in.get_by_text("Merge fields").click()
    signed_in.get_by_role("button", name="First name").click()
    expect(signed_in.get_by_text("Hello Ann!")).to_be_visible()
    signed_in.get_by_role("button", name="Next").click()
    expect(signed_in.get_by_text("Hello Ben!")).to_be_visible()
    signed_in.get_by_label("Show it for").fill("lee")
    expect(signed_in.get_by_text("Hello Ann!")).to_be_visible()


def test_a_broadcast_goes_to_the_clients_who_were_not_left_out(
    signed_in: Page, hub: str, account: Account, faults: list[str]
) -> None:
    _open_words(signed_in, hub)
    signed_in.get_by_label("The text").fill("Hello {{client.first_name|there}}!")
    signed_in.get_by_role("button", name="Continue").click()
    signed_in.wait_for_url("**/check")
    signed_in.get_by_label("Include Ben Øst").uncheck()
    signed_in.get_by_role("link", name="2 What").click()
    _wait_for_words(signed_in)
    signed_in.get_by_label("The text").fill("Hello {{client.first_name|there}}!!")
    signed_in.get_by_role("link", name="3 Check").click()
    expect(signed_in.get_by_label("Include Ben Øst")).not_to_be_checked()
    expect(signed_in.get_by_text("Hello Ann!!")).to_be_visible()
    expect(signed_in.get_by_text("You left 1 client out.")).to_be_visible()  # added up, or the next page would do it
    signed_in.get_by_role("button", name="Continue").click()
    signed_in.wait_for_url("**/go")
    signed_in.get_by_label("At a time").check()
    signed_in.get_by_label("Day and time").fill("2020-01-01T10:00")
    expect(signed_in.get_by_text("Choose a day and time between now and a year ahead")).to_be_visible()
    signed_in.get_by_label("Now", exact=True).check()
    signed_in.get_by_role("button", name="Send to 1 phone").click()
    signed_in.wait_for_url("**/broadcasts/b*")

    (made,), _ = broadcasts.page(account.id, limit=10, cursor=None)
    assert made.body == "Hello {{client.first_name|there}}!!"
    assert broadcasts.audience(made).except_client_ids == ("ben",)
    faults[:] = [fault for fault in faults if "404 (Not Found)" not in fault]


def test_words_that_are_typed_are_found_again_after_the_tab_was_closed(
    signed_in: Page, hub: str, account: Account
) -> None:
    _open_words(signed_in, hub)
    signed_in.get_by_label("The text").fill("Hello {{client.first_name|there}}!")
    expect(signed_in.get_by_text("Hello Ann!")).to_be_visible()
    signed_in.get_by_label("The text").press_sequentially(" Bye")
    draft = signed_in.url

    # At once: before the script has asked what the last letters come to.
    _leave_and_find_again(signed_in, draft, "Hello {{client.first_name|there}}! Bye")


def test_words_whose_request_failed_are_sent_again_when_the_page_is_left(
    signed_in: Page, hub: str, account: Account, faults: list[str]
) -> None:
    _open_words(signed_in, hub)
    signed_in.route("**/preview", lambda request: request.abort())
    with signed_in.expect_event("requestfailed"):
        signed_in.get_by_label("The text").fill("Hello {{client.first_name|there}}!")
    signed_in.unroute("**/preview")
    draft = signed_in.url

    _leave_and_find_again(signed_in, draft, "Hello {{client.first_name|there}}!")
    faults[:] = [fault for fault in faults if "ERR_FAILED" not in fault]


def _open_words(page: Page, hub: str) -> None:
    """Open the step of a new draft in which its words are written."""
    page.goto(f"{hub}/broadcasts/new")
    page.get_by_label("All clients").check()
    page.get_by_role("button", name="Continue").click()
    _wait_for_words(page)


def _wait_for_words(page: Page) -> None:
    """Wait for the step in which the words are written, and for its script."""
    page.get_by_label("The text").wait_for()
    page.wait_for_load_state()


def _leave_and_find_again(page: Page, draft: str, words: str) -> None:
    page.goto("about:blank")
    for _ in range(25):  # the next request can overtake the one that the left page sent
        page.goto(draft)
        if page.get_by_label("The text").input_value() == words:
            break
        page.wait_for_timeout(200)
    expect(page.get_by_label("The text")).to_have_value(words)


def test_the_numbers_of_a_broadcast_move_while_it_goes_out(signed_in: Page, hub: str, account: Account) -> None:
    accounts.change_settings(account.id, {"quiet_hours": False})
    broadcast_id = create_broadcast(account, now=clients.now())
    advance(clients.now())
    signed_in.clock.install()
    signed_in.goto(f"{hub}/broadcasts/{broadcast_id}")
    expect(signed_in.locator("#progress")).to_contain_text("0 of 2 texts handed over")

    deliver_bulk_texts(clients.now(), FakeCarrier())
    signed_in.clock.run_for(5000)

    expect(signed_in.locator("#progress")).to_contain_text("2 of 2 texts handed over")
    expect(signed_in.get_by_role("button", name="Pause")).to_be_hidden()
