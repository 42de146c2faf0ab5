"""An account's email address changes when the new one is confirmed; both are told, and sign-in follows it."""

import re
from datetime import timedelta
from typing import Any

import pytest

from accounts import credentials_api, mailed_links, signup_worker
from longcode.accounts import account_links, people, sessions
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.accounts.account_links import LinkKind
from longcode.aws import clients
from longcode.errors import AddressTaken
from sweeper import sweep_schedule
from tests.functions.hub.test_people import add, sign_in
from tests.support.admin_orders import send_accepted_order, send_order
from tests.support.aws_calls import parallel_calls
from tests.support.browser import Browser, Page
from tests.support.crashes import every_crash
from tests.support.fakes import ACTOR, NOW, PASSWORD, ApiResponse, call, studio, take_queued
from tests.support.mails import mails_to

NEW, OLD = "bo@new.example", "10000001@studio.example"
DAY = timedelta(hours=24)


@pytest.fixture
def owner(account: Account) -> Browser:
    """A browser in which the owner is signed in by mail."""
    return sign_in(account.email, account.id)


def work() -> None:
    for body in take_queued("sign_up"):
        signup_worker.handle(body)
    sweep_schedule.sweep(clients.now())


def ask(browser: Browser, email: str = NEW) -> Page:
    """Ask for a change on the account page, and have the mails sent."""
    asked = browser.submit(browser.get("account"), "account", email=email)
    work()
    return asked


def ask_api(email: str = NEW, present: str = PASSWORD, account: str = "10000001") -> ApiResponse:
    form = {"email": email, "present": present}
    return call(credentials_api, "POST", "/account/email", form, account=account)


def link(address: str = NEW) -> str:
    """Return the newest link that was mailed to an address, below /hub/."""
    return re.findall(r"/hub/(address/\S+)", mails_to(address)[-1].text)[0]  # type: ignore[no-any-return]


def click(path: str) -> Page:
    return Browser().submit(Browser().get(path), path)


def subjects(address: str) -> list[str]:
    return [mail.subject for mail in mails_to(address)]


def test_the_address_changes_when_it_is_confirmed_and_both_are_told(account: Account, owner: Browser) -> None:
    asked = ask(owner)
    before = accounts.get_or_raise(account.id).email
    waiting = owner.get("account").text
    shown = Browser().get(link())
    changed = click(link())
    work()

    assert "If no other account has this address, a mail with a link is on its way to it." in asked.text
    assert before == OLD
    assert f"The link to {NEW} has not been used yet." in waiting
    assert f"Studio Foxglove Portraits Account {account.id} New email address {NEW}" in shown.text
    assert f"From now on, {NEW} is the address of the account." in changed.text
    assert accounts.get_or_raise(account.id).email == NEW
    assert subjects(OLD)[1:] == [
        "Your Longcode account is to get another email address",
        "Your Longcode account has another email address",
    ]
    assert subjects(NEW) == [
        "Confirm the new address of your Longcode account",
        "Your Longcode account has another email address",
    ]
    assert f"from {OLD} to {NEW}" in mails_to(OLD)[-1].text
    assert "If not, please make a new password" in mails_to(OLD)[-2].text


def test_signing_in_by_mail_follows_the_address(account: Account, owner: Browser) -> None:
    lost = account_links.request(LinkKind.PASSWORD, account.id, clients.now())
    ask(owner)
    click(link())

    again = sign_in(NEW, account.id)

    assert again.get("home").path == "home"
    assert people.with_email(OLD) == []
    assert owner.get("home").path == "sign-in"  # its session began with a link to the old address
    assert account_links.find(LinkKind.PASSWORD, lost, clients.now()) is None
    assert accounts.with_email(OLD) is None


def test_looking_at_a_link_changes_nothing_and_it_works_once(account: Account, owner: Browser) -> None:
    ask(owner)
    looked, path = Browser().get(link()), link()
    before = accounts.get_or_raise(account.id).email

    clicks = [click(path), click(path), Browser().post(path)]

    assert (looked.status, before) == (200, OLD)
    assert [page.status for page in clicks] == [200, 404, 404]
    assert "This link was used already, or it is too old." in clicks[1].text


def test_a_newer_link_ends_the_one_before_and_a_link_works_for_a_day(account: Account, owner: Browser) -> None:
    ask(owner, "first@new.example")
    ask(owner)

    assert click(link("first@new.example")).status == 404
    token = link().rpartition("/")[2]
    now = clients.now()
    assert account_links.find(LinkKind.ADDRESS, token, now + DAY) is None
    assert account_links.find(LinkKind.ADDRESS, token, now + DAY - timedelta(minutes=1))
    assert account_links.find(LinkKind.PASSWORD, token, now) is None


def test_an_address_that_another_account_has_gets_no_link_and_the_answer_is_the_same(
    account: Account, owner: Browser
) -> None:
    other = studio("10000002")

    unknown, known = ask(owner), ask(owner, other.email)

    assert unknown.text.replace("bo@new.example", other.email) == known.text
    assert mails_to(other.email) == []


def test_an_address_that_is_taken_before_the_click_stays_the_others(account: Account, owner: Browser) -> None:
    ask(owner)
    studio("10000002", email=NEW)

    refused = click(link())

    assert (refused.status, "Another account has this email address." in refused.text) == (409, True)
    assert accounts.get_or_raise(account.id).email == OLD
    assert accounts.with_email(NEW) == "10000002"


@pytest.mark.parametrize("email", ["", "bo", f"{OLD}\r\nBcc: x@y.example", OLD.upper(), "ann@studio.example"])
def test_an_impossible_address_is_refused_beside_its_field(account: Account, signed_in: Browser, email: str) -> None:
    add(signed_in)
    work()

    refused = ask(signed_in, email)

    assert refused.status == 422
    assert "address" in refused.text
    assert refused.fields["email"] == email
    assert subjects(OLD) == ["Somebody can now sign in to your Longcode account"]  # the person of the setup alone


def test_what_was_typed_outlives_a_lost_session(account: Account, signed_in: Browser) -> None:
    page = signed_in.get("account")
    for session in sessions.of_account(account.id, clients.now()):
        sessions.end(session)

    lost = signed_in.submit(page, "account", email=NEW)
    again = signed_in.submit(lost, "sign-in", account=account.id, password=PASSWORD)

    assert (again.path, again.fields["email"]) == ("account", NEW)
    assert take_queued("sign_up") == []


def test_an_account_asks_for_five_mails_an_hour(account: Account, signed_in: Browser) -> None:
    answers = [ask(signed_in, f"{number}@new.example").status for number in range(6)]

    assert answers == [200] * 5 + [429]


def test_an_address_gets_three_such_mails_an_hour_from_whichever_accounts(account: Account) -> None:
    for number in range(2, 7):
        studio(f"1000000{number}")
        assert ask_api(account=f"1000000{number}").status == 202
    work()

    assert len(mails_to(NEW)) == 3


def test_the_api_wants_the_password_too(account: Account) -> None:
    wrong, right = ask_api(present="wrong"), ask_api()
    work()

    assert (wrong.status, wrong.json["code"], right.status) == (403, "wrong_password", 202)
    assert click(link()).status == 200
    assert accounts.get_or_raise(account.id).email == NEW


def test_staff_and_other_sites_change_no_address(account: Account, signed_in: Browser) -> None:
    add(signed_in)
    ann = sign_in("ann@studio.example", account.id)
    form: dict[str, Any] = ann.get("people").fields | {"email": NEW}
    page = signed_in.get("account")
    signed_in.origin = "https://evil.example"

    refused = [ann.post("account", **form), signed_in.submit(page, "account", email=NEW)]

    assert [page.status for page in refused] == [403, 403]
    assert take_queued("sign_up") == []


def test_a_link_of_one_account_changes_no_other(account: Account) -> None:
    studio("10000002")
    token = account_links.request(LinkKind.ADDRESS, account.id, clients.now(), email=NEW)

    swapped = f"address/10000002.{token.partition('.')[2]}"

    assert [Browser().get(swapped).status, Browser().post(swapped).status] == [404, 404]


def test_a_closed_account_keeps_its_address(account: Account) -> None:
    token = account_links.request(LinkKind.ADDRESS, account.id, clients.now(), email=NEW)
    send_accepted_order("accounts.close", account=account.id)

    assert ask_api().json["code"] == "account_closed"
    assert Browser().post(f"address/{token}").status == 403
    assert accounts.get_or_raise(account.id).email == OLD


def test_the_operator_asks_for_an_address_which_is_confirmed_as_ever(account: Account) -> None:
    asked = send_accepted_order("accounts.change_address", clients.now(), account=account.id, email=NEW, by="Ann")
    work()
    refused = send_order("accounts.change_address", account=account.id, email="bo")

    assert asked == {"account": account.id, "asked": True}
    assert subjects(OLD) == ["Your Longcode account is to get another email address"]
    assert click(link()).status == 200
    assert (refused["code"], refused["field"]) == ("invalid", "email")


def test_of_parallel_clicks_one_changes_the_address(account: Account) -> None:
    token = account_links.request(LinkKind.ADDRESS, account.id, NOW, email=NEW)

    with parallel_calls() as threads:
        changed = list(threads.map(lambda _: mailed_links.change_address(token, NOW, ACTOR), range(4)))

    (one,) = filter(None, changed)
    assert one.email == NEW


def test_of_two_accounts_that_want_one_address_at_once_one_has_it(account: Account) -> None:
    studio("10000002")
    tokens = [account_links.request(LinkKind.ADDRESS, n, NOW, email=NEW) for n in (account.id, "10000002")]

    def change(token: str) -> str:
        try:
            changed = mailed_links.change_address(token, NOW, ACTOR)
        except AddressTaken:
            return ""
        return changed.id if changed else ""

    with parallel_calls() as threads:
        changed = list(threads.map(change, tokens))

    assert accounts.with_email(NEW) == max(changed)
    assert [accounts.get_or_raise(n).email for n in (account.id, "10000002")].count(NEW) == 1


def test_a_click_killed_anywhere_can_be_repeated_or_was_done(account: Account) -> None:
    token = account_links.request(LinkKind.ADDRESS, account.id, NOW, email=NEW)

    for crash in every_crash():
        with crash:
            mailed_links.change_address(token, NOW, ACTOR)
        mailed_links.change_address(token, NOW, ACTOR)

        assert accounts.get_or_raise(account.id).email == NEW
        assert accounts.with_email(OLD) is None


def test_sessions_with_the_password_go_on(account: Account, signed_in: Browser) -> None:
    ask(signed_in)
    click(link())

    assert signed_in.get("home").path == "home"
    assert len(sessions.of_account(account.id, clients.now())) == 1
