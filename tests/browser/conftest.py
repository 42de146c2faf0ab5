"""A browser that shows the hub of a studio with some messages."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from accounts import authorizer, signup_worker
from longcode.accounts.account import Account
from longcode.aws import clients
from tests.support.fakes import client as write_client
from tests.support.fakes import studio, take_queued
from tests.support.hub_server import CHROMIUM_OPTIONS, chromium, serving_hub
from tests.support.mails import sent_mails
from tests.support.reply_steps import receive, record_text

ANNS, BENS = "+12125550123", "+12125550188"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start a browser."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=[*CHROMIUM_OPTIONS])
        yield started
        started.close()


@pytest.fixture
def account(aws: None) -> Account:
    """A studio with two clients, who have replied to a text."""
    authorizer.limits.clear()
    account = studio()
    for client_id, first, last, phone in (("ann", "Ann", "Lee", ANNS), ("ben", "Ben", "Øst", BENS)):
        write_client(account, client_id, phone, first_name=first, last_name=last)
        record_text(account, phone=phone, client_id=client_id, message_id=client_id)
        receive(f"SM{client_id}", f"Hello from {first}", phone=phone, at=clients.now())
    return account


@pytest.fixture
def hub(account: Account) -> Iterator[str]:
    """The address of the hub."""
    with serving_hub() as address:
        yield address


@pytest.fixture
def faults() -> list[str]:
    """What the browser complained of, and each request to another host."""
    return []


@pytest.fixture
def page(browser: Browser, hub: str, faults: list[str]) -> Iterator[Page]:
    """A page in the browser; a test that complains of something fails."""
    context = browser.new_context(color_scheme="light", viewport={"width": 1280, "height": 800})
    context.set_default_timeout(10_000)
    shown = context.new_page()
    shown.on("console", lambda said: faults.append(said.text))
    shown.on("pageerror", lambda error: faults.append(str(error)))
    shown.on(
        "request", lambda asked: None if asked.url.startswith(hub.removesuffix("hub")) else faults.append(asked.url)
    )
    yield shown
    context.close()
    assert faults == []


def link_by_mail(page: Page, hub: str, email: str) -> str:
    """Ask for a link by mail, and return it."""
    page.goto(f"{hub}/sign-in")
    page.get_by_label("Your email address").fill(email)
    page.get_by_role("button", name="Mail me a link").click()
    page.get_by_text("a mail with a link is on its way").wait_for()
    for body in take_queued("sign_up"):
        signup_worker.handle(body)
    return f"{hub}{sent_mails()[-1].text.partition('/hub')[2].split()[0]}"


@pytest.fixture
def signed_in(page: Page, hub: str, account: Account) -> Page:
    """The home page in a browser that is signed in, with its script."""
    page.goto(link_by_mail(page, hub, account.email))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Home").wait_for()
    page.wait_for_load_state()
    return page
