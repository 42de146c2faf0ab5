"""Signing in to the hub and out of it, and what a session may not do."""

from datetime import timedelta

import pytest

from accounts import authorizer
from longcode.accounts import api_keys, passwords, sessions
from longcode.accounts.account import Account, NoticeKind
from longcode.accounts.api_keys import ApiKey
from longcode.accounts.owner_notices import new
from longcode.accounts.passwords import KeyScope
from longcode.aws import clients
from tests.support.browser import HOST, Browser
from tests.support.fakes import NOW, PASSWORD, studio

HOUR = timedelta(hours=1)


def test_a_person_signs_in_with_the_account_number_and_password_and_out(account: Account, password: str) -> None:
    browser = Browser()

    home = browser.sign_in(f" {account.id} ", password)
    token = browser.cookies["session"]
    out = browser.submit(home, "sign-out")

    assert (home.path, home.status) == ("home", 200)
    assert account.name in home.text
    assert (out.path, browser.cookies) == ("sign-in", {})
    assert sessions.find(token, clients.now()) is None


@pytest.mark.parametrize(("number", "given"), [("", "wrong"), ("99999999", None), ("", ""), ("a\x00\ud800", "é")])
def test_wrong_credentials_get_one_sentence_and_what_was_typed_stays(
    account: Account, password: str, number: str, given: str | None
) -> None:
    browser, number = Browser(), number.encode(errors="replace").decode() or account.id

    refused = browser.sign_in(number, password if given is None else given)

    assert refused.status == 403
    assert "No account has this number and password." in refused.text
    assert refused.fields["account"] == number.strip()
    assert browser.cookies == {}


def test_wrong_passwords_slow_the_address_down_as_at_the_api(account: Account, password: str) -> None:
    browser = Browser()
    for wrong in "abcde":
        browser.sign_in(account.id, wrong)
    authorizer.limits.clear()  # another process: the count in the table holds there too

    assert browser.sign_in(account.id, password).status == 403


def test_an_api_key_does_not_sign_in(account: Account) -> None:
    key_id, secret = passwords.generate_key()
    now = clients.now()
    key = ApiKey(account=account.id, id=key_id, name="poll", scope=KeyScope.ALL, created_at=now, ends_at=None)
    api_keys.create(key, passwords.hash_of(secret), new(account.id, NoticeKind.KEY, now, key_id))

    assert Browser().sign_in(account.id, secret).status == 403


@pytest.mark.parametrize("origin", [None, "https://evil.example", f"https://{HOST}.evil.example", "null"])
def test_a_form_of_another_site_has_no_effect(
    account: Account, password: str, signed_in: Browser, origin: str | None
) -> None:
    home, stranger = signed_in.get("home"), Browser(origin=origin)
    signed_in.origin = origin

    kept = signed_in.submit(home, "sign-out")
    refused = stranger.post("sign-in", account=account.id, password=password)

    assert (kept.status, refused.status, stranger.cookies) == (403, 403, {})
    assert signed_in.get("home").path == "home"


def test_a_form_without_the_token_of_its_session_has_no_effect(account: Account, signed_in: Browser) -> None:
    another = Browser()
    token = another.sign_in(account.id, PASSWORD).fields["token"]

    refused = [signed_in.post("sign-out", token=wrong).status for wrong in ("", token, "é")]

    assert refused == [403] * 3
    assert signed_in.get("home").path == "home"


def test_the_cookie_is_for_the_hub_alone(account: Account, password: str) -> None:
    browser = Browser()
    answer = browser._call("POST", "sign-in", f"account={account.id}&password={password}", "")

    _, *attributes = answer.headers["Set-Cookie"][0].split("; ")

    assert sorted(attributes) == ["HttpOnly", "SameSite=Lax", "Secure"]


@pytest.mark.parametrize("token", ["", "x", "10000001.", "10000001.guess", "é.é", "10000002.{secret}", "{secret}"])
def test_a_wrong_cookie_leads_to_the_sign_in(account: Account, signed_in: Browser, token: str) -> None:
    studio("10000002")
    secret = signed_in.cookies["session"].partition(".")[2]
    signed_in.cookies["session"] = token.format(secret=secret)

    assert signed_in.get("home").path == "sign-in"


@pytest.mark.parametrize(
    "back", ["https://evil.example", "//evil.example", "messages/1/../../x", "clients/..", "sign-out", "", "é"]
)
def test_a_sign_in_leads_to_no_other_address(account: Account, password: str, back: str) -> None:
    browser = Browser()

    home = browser.submit(browser.get("sign-in"), "sign-in", account=account.id, password=password, back=back)

    assert (home.path, home.status) == ("home", 200)


def test_a_sign_in_leads_back_to_a_page_with_what_was_asked_of_it(account: Account, password: str) -> None:
    browser = Browser()
    sign_in = browser.get("new", "to=2125550123")

    opened = browser.submit(sign_in, "sign-in", account=account.id, password=password)

    assert (opened.path, opened.fields["to"]) == ("new", "Zoë, (212) 555-0123")


def test_a_sign_in_leads_back_to_the_page_that_was_asked_for(account: Account, password: str) -> None:
    browser = Browser()
    asked = browser.get("messages")

    assert browser.submit(asked, "sign-in", account=account.id, password=password).path == "messages"


def test_a_session_ends_after_twelve_hours_without_a_request_and_after_fourteen_days(account: Account) -> None:
    idle = sessions.begin(account.id, "Chrome", NOW)
    used = sessions.begin(account.id, "Firefox", NOW)
    seen = [sessions.find(used, NOW + hours * HOUR) is not None for hours in range(0, 400, 11)]

    assert sessions.find(idle, NOW + 11.9 * HOUR) is not None
    assert sessions.find(idle, NOW + 11.9 * HOUR + 12 * HOUR) is None
    assert seen == [hours < 14 * 24 for hours in range(0, 400, 11)]


def test_only_hashes_of_tokens_are_stored(account: Account) -> None:
    token = sessions.begin(account.id, "Chrome", NOW)

    (session,) = sessions.of_account(account.id, NOW)

    assert token.partition(".")[2] not in str(session)
    assert session.browser == "Chrome"
