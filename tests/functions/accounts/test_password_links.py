"""A mailed link makes a new password, once, and shows it to nobody else."""

import re
from base64 import b64encode
from datetime import timedelta

import pytest

from accounts import authorizer, credentials_api, mailed_links, signup_worker
from longcode.accounts import account_links, people, sessions
from longcode.accounts import store as accounts
from longcode.accounts.account_links import LinkKind
from longcode.aws import clients
from longcode.aws.settings import settings
from longcode.jobs import OpenAccount, Product
from sweeper import sweep_schedule
from tests.support.admin_orders import send_accepted_order, send_order
from tests.support.aws_calls import parallel_calls
from tests.support.browser import Browser, Page
from tests.support.crashes import every_crash
from tests.support.fakes import ACTOR, NOW, PASSWORD, call, studio
from tests.support.mails import mails_to

pytestmark = pytest.mark.usefixtures("aws")

MINE, OWNER = "10000001", "10000001@studio.example"


def ordered_link(account: str = MINE) -> str:
    """Return the path of the link that the operator's order mails."""
    answer = send_accepted_order("passwords.link", clients.now(), account=account, by="Ann")
    path = linked(mails_to(f"{account}@studio.example")[-1].text)
    assert path.rpartition(".")[2] not in str(answer)
    return path


def linked(text: str) -> str:
    match = re.search(r"^https://longcode\.example(/password/\d{8}\.[\w-]{43})$", text, re.MULTILINE)
    assert match
    return match[1]


def look(path: str) -> Page:
    return Browser().get(path)


def click(path: str) -> Page:
    return Browser().post(path)


def shown_password(page: Page) -> str:
    match = re.search(r" Password ([a-z2-9-]{35}) ", page.text)
    assert match
    return match[1]


def opens(password: str, account: str = MINE) -> bool:
    header = "Basic " + b64encode(f"{account}:{password}".encode()).decode()
    return authorizer.authenticate(header, "192.0.2.10", NOW) is not None


def make_key(account: str) -> str:
    answer = call(credentials_api, "POST", "/account/keys", {"name": "Sync", "scope": "all"}, account=account)
    return str(answer.json["key"])


def test_a_click_shows_a_new_password_and_the_old_one_ends() -> None:
    studio()
    path = ordered_link()

    page = click(path)

    assert page.status == 200
    assert "Account number 10000001 " in page.text
    assert (opens(shown_password(page)), opens(PASSWORD)) == (True, False)
    assert page.headers["Cache-Control"] == ["no-store"]


def test_looking_at_the_link_changes_nothing() -> None:
    studio()
    path = ordered_link()

    pages = [look(path) for _ in range(2)]

    assert [page.status for page in pages] == [200, 200]
    assert "Make a new password? Studio Foxglove Portraits Account 10000001" in pages[1].text
    assert pages[1].headers["Cache-Control"] == ["no-store"]
    assert opens(PASSWORD)


def test_a_link_works_once() -> None:
    studio()
    path = ordered_link()
    password = shown_password(click(path))

    again, looked = click(path), look(path)

    assert (again.status, looked.status) == (404, 404)
    assert "used already, or it is too old" in again.text
    assert opens(password)


def test_of_parallel_clicks_one_makes_a_password() -> None:
    studio()
    path = ordered_link()

    with parallel_calls() as threads:
        made = list(
            threads.map(lambda _: mailed_links.set_password(path.rpartition("/")[2], clients.now(), ACTOR), range(4))
        )

    (number_and_password,) = filter(None, made)
    assert opens(number_and_password[1])


def test_a_newer_link_ends_the_one_before() -> None:
    studio()
    older, newer = ordered_link(), ordered_link()

    assert (click(older).status, click(newer).status) == (404, 200)


def test_a_link_works_for_a_day() -> None:
    studio()
    token = account_links.request(LinkKind.PASSWORD, MINE, NOW)

    assert account_links.find(LinkKind.PASSWORD, token, NOW + timedelta(hours=24, milliseconds=-1))
    assert account_links.find(LinkKind.PASSWORD, token, NOW + timedelta(hours=24)) is None


@pytest.mark.parametrize("token", ["x", "10000001.", ".x", "10000001.x", "10000009.x", "." * 40])
def test_another_token_opens_nothing(token: str) -> None:
    studio()
    ordered_link()

    assert [look(f"/password/{token}").status, click(f"/password/{token}").status] == [404, 404]
    assert opens(PASSWORD)


def test_a_link_of_one_account_opens_no_other() -> None:
    studio(MINE)
    studio("10000002")
    mine, theirs = ordered_link(MINE), ordered_link("10000002")

    swapped = theirs.rpartition(".")[0] + "." + mine.rpartition(".")[2]

    assert click(swapped).status == 404
    assert opens(PASSWORD, "10000002")


def test_the_owner_is_told_that_the_password_is_new() -> None:
    studio()

    click(ordered_link())
    sweep_schedule.sweep(clients.now() + timedelta(minutes=1))

    assert [mail.subject for mail in mails_to(OWNER)] == [
        "Set a new password for Longcode",
        "Your Longcode account has a new password",
    ]


def test_a_click_killed_anywhere_leaves_the_old_password_or_uses_the_link_up() -> None:
    studio()
    path = ordered_link()

    for crash in every_crash():
        with crash:
            click(path)

        assert opens(PASSWORD) == (click(path).status == 200)


def test_an_account_that_is_unknown_or_not_set_up_gets_no_link() -> None:
    studio(established_at=None)

    assert send_order("passwords.link", account="10000009")["code"] == "not_found"
    assert send_order("passwords.link", account=MINE)["code"] == "wrong_status"
    assert mails_to(OWNER) == []


def test_no_log_shows_a_link_or_a_password(capsys: pytest.CaptureFixture[str]) -> None:
    studio()

    path = ordered_link()
    password = shown_password(click(path))

    shown = "".join(capsys.readouterr())
    assert path.rpartition(".")[2] not in shown
    assert password not in shown


def test_a_welcome_mail_can_have_a_link_in_place_of_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WELCOME_MAIL", "link")
    settings.cache_clear()
    form = OpenAccount(
        id="form-1",
        studio_name="Foxglove",
        email="ann@foxglove.example",
        product=Product.SPECTRA,
        edition="standard",
        plan="small",
        country_code="1",
        address_confirmed=True,
    )

    signup_worker.process_sign_up(form, clients.now())
    monkeypatch.undo()
    settings.cache_clear()

    (mail,) = mails_to("ann@foxglove.example")
    (number,) = accounts.all_ids()
    path = linked(mail.text)
    assert f"Account number: {number}" in mail.text
    assert accounts.password_hash(number) is None
    assert f"Show the password? Studio Foxglove Account {number} " in look(path).text
    assert opens(shown_password(click(path)), number)
    assert click(path).status == 404
    sweep_schedule.sweep(clients.now() + timedelta(minutes=1))
    assert len(mails_to("ann@foxglove.example")) == 1  # the first password is no change


def test_an_order_ends_the_password_and_all_keys_of_one_account_and_a_link_sets_a_new_password() -> None:
    studio()
    studio("10000002")
    keys = [make_key(MINE), make_key(MINE)]
    others = make_key("10000002")
    assert all(map(opens, [PASSWORD, *keys]))
    owner = people.owner_of(accounts.get_or_raise(MINE))
    in_hub = [sessions.begin(MINE, "Chrome", clients.now(), person) for person in (None, owner)]

    ended = send_accepted_order("passwords.end", clients.now(), account=MINE, by="Ann")

    assert len(ended["keys"]) == 2
    assert not any(map(opens, [PASSWORD, *keys, ""]))
    assert [sessions.find(token, clients.now()) for token in in_hub] == [None, None]
    assert opens(PASSWORD, "10000002")
    assert opens(others, "10000002")

    sweep_schedule.sweep(clients.now())
    subject = "The password and API keys of your Longcode account have ended"
    assert [mail.subject for mail in mails_to(OWNER)].count(subject) == 1

    assert opens(shown_password(click(ordered_link())))
    assert not opens(PASSWORD)


def test_credentials_of_an_unknown_account_cannot_be_ended() -> None:
    assert send_order("passwords.end", account="10000009", by="Ann")["code"] == "not_found"
