"""The hub in a real browser, with hostile words, addresses of another studio, and forms that are sent twice."""

import pytest
from playwright.sync_api import Page, expect

from longcode.accounts.account import Account
from longcode.aws import clients
from tests.browser.conftest import ANNS
from tests.browser.test_hub import bodies
from tests.support.fakes import client as write_client
from tests.support.fakes import studio
from tests.support.reply_steps import receive, record_text

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]

HOSTILE = """"'><img src=x onerror=alert(1)><script>alert(2)</script>"""


def test_hostile_words_in_each_field_stay_words(
    signed_in: Page, hub: str, account: Account, faults: list[str]
) -> None:
    signed_in.on("dialog", lambda dialog: faults.append(dialog.message))
    signed_in.goto(f"{hub}/clients/ann")
    for label in ("First name", "Last name", "Status"):
        signed_in.get_by_label(label).fill(HOSTILE[:50])
    signed_in.get_by_label("Tags").fill(HOSTILE[:50])
    signed_in.get_by_label("Name of number 1").fill(HOSTILE[:20])
    signed_in.get_by_role("button", name="Save").click()
    expect(signed_in.get_by_text("Saved.")).to_be_visible()
    receive("SMhostile", HOSTILE, phone=ANNS, at=clients.now())
    signed_in.goto(f"{hub}/messages/{ANNS[1:]}")
    signed_in.locator("#body").fill(HOSTILE)
    signed_in.get_by_role("button", name="Send").click()

    expect(signed_in.locator("article.out").last).to_contain_text(HOSTILE)
    expect(signed_in.locator("article.in").last).to_contain_text(HOSTILE)
    assert bodies(account) == [HOSTILE]
    for path in ("home", "messages", "clients", "clients/ann", "new", f"messages/{ANNS[1:]}/link"):
        signed_in.goto(f"{hub}/{path}")
    for path in ("messages", "clients"):
        signed_in.goto(f"{hub}/{path}")
        signed_in.locator("#search").fill(HOSTILE)
        signed_in.keyboard.press("Enter")
        signed_in.wait_for_url("**?*q=*")
        expect(signed_in.locator("#search")).to_have_value(HOSTILE)


def test_addresses_of_another_studio_lead_nowhere(signed_in: Page, hub: str, faults: list[str]) -> None:
    other, theirs = studio("10000002"), "+12125550177"
    write_client(other, "zoe", theirs, first_name="Zoë")
    record_text(other, phone=theirs, client_id="zoe", message_id="theirs")
    receive("SMtheirs", "My door code is 4711", phone=theirs, at=clients.now())

    for path in (f"messages/{theirs[1:]}", f"messages/{theirs[1:]}/link", "clients/zoe", "clients/zoe/delete"):
        signed_in.goto(f"{hub}/{path}")
        expect(signed_in.locator("main")).not_to_contain_text("Zoë")
        expect(signed_in.locator("main")).not_to_contain_text("4711")
        expect(signed_in.get_by_role("link", name="Go to the home page")).to_be_visible()
    faults.clear()  # the browser logs each 404


def test_a_form_that_is_sent_twice_sends_one_text(signed_in: Page, hub: str, account: Account) -> None:
    signed_in.goto(f"{hub}/messages/{ANNS[1:]}")
    signed_in.get_by_label("Your text to Ann Lee").fill("Without script")
    signed_in.evaluate("() => { const form = document.getElementById('body').form; form.submit(); form.submit(); }")
    expect(signed_in.locator("article.out").last).to_contain_text("Without script")

    signed_in.get_by_label("Your text to Ann Lee").fill("With script")
    signed_in.get_by_role("button", name="Send").dblclick()
    expect(signed_in.locator("article.out").last).to_contain_text("With script")

    assert bodies(account) == ["With script", "Without script"]
