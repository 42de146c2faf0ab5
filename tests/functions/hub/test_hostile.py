"""What a hostile studio, a stranger or a thief does with the pages and forms of the hub."""

from base64 import b64encode
from datetime import timedelta

import pytest

from accounts import authorizer
from hub import site_api
from longcode.accounts import passwords, people, sessions
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.accounts.credential_limits import CredentialLimits
from longcode.aws import clients
from longcode.usage import call_limits
from sweeper import sweep_schedule
from tests.support.browser import HOST, Browser
from tests.support.crashes import recorded_calls
from tests.support.fakes import PASSWORD, REQUEST_ID, LambdaContext, studio
from tests.support.mails import mails_to, sent_mails

LONG = "a" * 5_000
_MOST_BYTES_OF_HEADERS = 10_240  # API Gateway: quotas of REST APIs


def test_a_thief_is_out_once_the_password_is_new_and_a_person_stays(account: Account, signed_in: Browser) -> None:
    owner = sessions.begin(account.id, "Chrome", clients.now(), people.owner_of(account))
    assert signed_in.get("home").path == "home"

    accounts.set_password(account.id, passwords.hash_of("another"))

    assert signed_in.get("home").path == "sign-in"
    assert sessions.find(owner, clients.now())


def test_a_person_that_a_thief_adds_is_told_to_the_owner(account: Account, signed_in: Browser) -> None:
    signed_in.submit(signed_in.get("people"), "people", name="Zed", email="zed@evil.example", role="owner")

    sweep_schedule.sweep(clients.now())

    (told,) = mails_to(account.email)
    assert told.subject == "Somebody can now sign in to your Longcode account"
    assert "as owner, with an email address at evil.example." in told.text
    assert "Zed" not in told.text


def test_sessions_without_end_are_the_newest_twenty(account: Account) -> None:
    tokens = [sessions.begin(account.id, "Chrome", clients.now()) for _ in range(23)]

    assert len(sessions.of_account(account.id, clients.now())) == sessions.MOST_SESSIONS
    assert sessions.find(tokens[-1], clients.now())


@pytest.mark.usefixtures("password")
def test_sign_ins_with_the_right_password_count_as_calls(account: Account) -> None:
    for window in range(24):
        at = clients.now() + timedelta(seconds=window * call_limits.WINDOW_SECONDS)
        call_limits.take(account.id, call_limits.MOST, at)

    answers = [Browser().post("sign-in", account=account.id, password=PASSWORD).status for _ in range(12)]

    assert 429 in answers
    assert len(sessions.of_account(account.id, clients.now())) < 12


def test_a_password_of_megabytes_is_neither_read_for_nor_hashed(aws: None) -> None:
    header = "Basic " + b64encode(f"10000001:{'x' * 5_000_000}".encode()).decode()

    with recorded_calls() as calls:
        caller = authorizer.authenticate_within(CredentialLimits(), header, "192.0.2.1", clients.now())

    assert (caller, calls) == (None, [])


@pytest.mark.parametrize("path", [f"messages/{LONG}", f"clients/{LONG}", f"sign-in/{LONG}", f"{LONG}", "messages"])
@pytest.mark.parametrize("is_signed_in", [True, False])
def test_what_is_too_long_brings_no_fault_and_no_headers_that_the_gateway_refuses(
    account: Account, password: str, path: str, is_signed_in: bool
) -> None:
    browser = Browser()
    if is_signed_in:
        browser.sign_in(account.id, password)
    else:
        browser.cookies["session"] = f"{'1' * 5_000}.{LONG}"
    query = dict.fromkeys(("cursor", "before", "after", "template", "tab"), LONG)
    answers = [
        browser._call("GET", path, None, "&".join(f"{name}={value}" for name, value in query.items())),
        browser._call("POST", path, f"body={LONG}&key={LONG}&message_id={LONG}&client={LONG}&link={LONG}", ""),
        browser._call("POST", "sign-in", f"account={LONG}&password={LONG}&back=clients/{LONG}&body={LONG}", ""),
        browser._call("GET", "clients", None, f"after={LONG}"),
    ]

    assert [answer.status for answer in answers if answer.status >= 500] == []
    sizes = [sum(len(name) + len(value) for name, (value, *_) in answer.headers.items()) for answer in answers]
    assert max(sizes) < _MOST_BYTES_OF_HEADERS


@pytest.mark.parametrize("value", ["x", "é", "%00", "%F0%9F", "2026-11-22T15:30:00.000Z%23x"])
def test_odd_values_bring_no_fault(account: Account, signed_in: Browser, value: str) -> None:
    query = "&".join(
        f"{name}={value}" for name in ("cursor", "before", "after", "template", "tab", "q", "number", "to")
    )

    answers = [
        signed_in._call("GET", path, None, query)
        for path in ("messages", f"messages/{value}", "messages/12125550123", "clients", f"clients/{value}", "new")
    ]

    assert [answer.status for answer in answers if answer.status >= 500] == []


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("origin", ["https://[", "https://", "://", "x"])
def test_an_origin_that_is_no_address_brings_no_fault(origin: str) -> None:
    assert Browser(origin=origin).post("sign-in", account="1", password="x").status == 403


@pytest.mark.usefixtures("aws")
def test_a_body_that_is_no_text_brings_no_fault() -> None:
    headers = {"Host": HOST, "Origin": f"https://{HOST}", "Content-Type": "text/csv"}
    event = {
        "resource": "/hub/{page+}",
        "path": "/hub/sign-in",
        "httpMethod": "POST",
        "headers": headers,
        "requestContext": {"requestId": REQUEST_ID},
        "queryStringParameters": None,
        "body": "/w==",
        "isBase64Encoded": True,
    }

    assert site_api.handler(event, LambdaContext())["statusCode"] == 403


def test_no_address_shows_whether_a_phone_of_nobodys_opted_out(account: Account, signed_in: Browser) -> None:
    for query in ("", "before=2026-11-22T15:30:00.000Z%23x"):
        assert signed_in.get("messages/12125559999", query).status == 404


def test_a_session_in_which_the_password_is_made_anew_can_be_kept(account: Account, signed_in: Browser) -> None:
    session = sessions.find(signed_in.cookies["session"], clients.now())
    assert session
    accounts.set_password(account.id, passwords.hash_of("another"))

    sessions.keep(session)

    assert signed_in.get("home").path == "home"


@pytest.mark.parametrize("path", ["sign-out", "people/x/remove", "sessions/x/end", "messages/12125550123/unread"])
def test_a_link_to_the_address_of_a_form_changes_nothing(account: Account, signed_in: Browser, path: str) -> None:
    assert signed_in.get(path).status == 404
    assert signed_in.get("home").path == "home"


def test_an_address_gets_three_invitations_an_hour_whoever_sends_them(account: Account, signed_in: Browser) -> None:
    for _ in range(5):
        signed_in.submit(signed_in.get("people"), "people", name="Ann", email="ann@victim.example", role="staff")
        person = people.of_account(account)[1]
        signed_in.submit(signed_in.get("people"), f"people/{person.id}/remove")

    assert [mail.to for mail in sent_mails()] == ["ann@victim.example"] * 3


def test_a_new_account_mails_five_people_an_hour(aws: None) -> None:
    account = studio(trial_units_a_day=50)
    authorizer.limits.clear()
    browser = Browser()
    browser.sign_in(account.id, PASSWORD)

    for number in range(7):
        browser.submit(browser.get("people"), "people", name="Ann", email=f"a{number}@x.example", role="staff")

    assert len(sent_mails()) == len(people.of_account(account)[1:]) == 5


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("upcoming", "after=2026-99-99T99%3A99%3A99.999Z%23x"),
        ("upcoming", "day=9999-12-31"),
        ("upcoming", "day=0001-01-01"),
    ],
)
def test_days_that_there_are_not_bring_no_fault(signed_in: Browser, path: str, query: str) -> None:
    assert signed_in.get(path, query).status == 200


def test_a_text_for_the_end_of_time_is_refused(account: Account, signed_in: Browser) -> None:
    token = signed_in.get("home").fields["token"]
    page = signed_in.post("preview", token=token, to="+12125550144", body="Hello", at="9999-12-31T23:59")

    assert page.status < 500
