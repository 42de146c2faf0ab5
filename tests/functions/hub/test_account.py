"""The owner's page of the account: a new password, for the owner alone, shown once."""

import re
from contextlib import suppress

from accounts.mailed_links import renew_password
from admin import account_status
from longcode.accounts import passwords
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.aws import clients
from longcode.table.store import ConditionFailed
from sweeper import sweep_schedule
from tests.functions.hub.test_people import ANN, add, sign_in
from tests.support.aws_calls import parallel_calls
from tests.support.browser import Browser, Page
from tests.support.fakes import ACTOR, studio
from tests.support.mails import mails_to

NEW = "account/password"


def make(browser: Browser) -> Page:
    """Ask for a new password, and press the button."""
    return browser.submit(browser.get(NEW), NEW)


def shown_password(page: Page) -> str:
    match = re.search(r" Password ([a-z2-9-]{35}) ", page.text)
    assert match, page.text
    return match[1]


def works(account: Account, password: str) -> bool:
    return passwords.matches(password, accounts.password_hash(account.id))


def test_an_owner_who_lost_the_password_signs_in_by_mail_and_makes_a_new_one(account: Account, password: str) -> None:
    way = Browser().get("sign-in").text
    owner = sign_in(account.email, account.id)
    asked = owner.get(NEW)
    made = make(owner)
    sweep_schedule.sweep(clients.now())

    assert "Lost the password?" in way
    assert "Your studio software can then send no texts and fetch no replies" in asked.text
    assert f"Account number {account.id}" in made.text
    assert made.headers["Cache-Control"] == ["no-store"]
    assert (works(account, shown_password(made)), works(account, password)) == (True, False)
    assert mails_to(account.email)[-1].subject == "Your Longcode account has a new password"


def test_asking_changes_nothing_and_no_page_shows_the_password(
    account: Account, password: str, signed_in: Browser
) -> None:
    pages = [signed_in.get("account"), signed_in.get(NEW)]

    assert account.id in pages[0].text
    assert all(password not in page.html for page in pages)
    assert works(account, password)


def test_a_form_that_is_sent_twice_makes_one_password(account: Account, signed_in: Browser) -> None:
    asked = signed_in.get(NEW)

    first, second = signed_in.submit(asked, NEW), signed_in.submit(asked, NEW)

    assert (first.status, second.status) == (200, 409)
    assert works(account, shown_password(first))


def test_of_parallel_forms_one_makes_a_password(account: Account, password: str) -> None:
    old = accounts.password_hash(account.id)

    def make_one(_: int) -> str:
        with suppress(ConditionFailed):
            return renew_password(account.id, old, clients.now(), ACTOR)
        return ""

    with parallel_calls() as threads:
        made = list(threads.map(make_one, range(4)))

    assert made.count("") == 3
    assert works(account, max(made))


def test_staff_strangers_and_other_sites_make_no_password(
    account: Account, password: str, signed_in: Browser
) -> None:
    other = studio("10000002")
    add(signed_in)
    ann = sign_in(ANN, account.id)
    asked = signed_in.get(NEW)
    mine = ann.get("people").fields["token"]
    signed_in.origin = "https://evil.example"

    staff = [ann.get("account").status, ann.get(NEW).status, ann.post(NEW, **asked.fields | {"token": mine}).status]
    stranger = Browser().submit(asked, NEW)
    foreign = signed_in.submit(asked, NEW)

    assert staff == [403, 403, 403]
    assert (stranger.path, foreign.status) == ("sign-in", 403)
    assert works(account, password)
    assert accounts.password_hash(other.id)


def test_a_new_password_is_made_after_signing_in_again(account: Account, password: str) -> None:
    browser = Browser()

    asked = browser.submit(browser.get(NEW), "sign-in", account=account.id, password=password)

    assert asked.path == NEW


def test_an_owner_closes_the_account_with_the_studios_name_and_is_signed_out(
    account: Account, signed_in: Browser
) -> None:
    asked = signed_in.get("account/close")

    wrong = signed_in.submit(asked, "account/close", studio_name="Foxglove")
    still_open = accounts.get_or_raise(account.id).status
    closed = signed_in.submit(asked, "account/close", studio_name=f" {account.name.upper()} ")
    again = signed_in.submit(asked, "account/close", studio_name=account.name)
    sweep_schedule.sweep(clients.now())

    after = accounts.get_or_raise(account.id)
    (mail,) = mails_to(account.email)
    assert "is billed as a whole" in asked.text
    assert (wrong.status, wrong.fields["studio_name"], still_open) == (422, "Foxglove", "active")
    assert "The account is closed" in closed.text
    assert (after.status, [change.to for change in after.status_changes]) == ("closed", ["closed"])
    assert (again.path, signed_in.get("home").path) == ("sign-in", "sign-in")
    assert mail.subject == "Your Longcode account was closed"


def test_the_operator_opens_a_closed_account_again(account: Account, signed_in: Browser) -> None:
    signed_in.submit(signed_in.get("account/close"), "account/close", studio_name=account.name)

    account_status.set_status(account_status.Reopen(account=account.id), clients.now())

    assert accounts.get_or_raise(account.id).status == "active"
