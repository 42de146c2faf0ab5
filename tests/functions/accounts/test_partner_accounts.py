"""A hosted product opens its studios' accounts with a partner key, and reaches nothing else with it."""

import re
from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest

from accounts import authorizer, partner_accounts, signup_api, signup_worker
from accounts.partner_accounts import StudioOfPartner
from longcode.accounts import account_links, passwords, people
from longcode.accounts import store as accounts
from longcode.aws import clients, mail
from longcode.jobs import Product
from longcode.mails.content import MailContent
from longcode.partners import store as partners
from send import api as send_api
from sweeper import sweep_schedule
from tests.functions.hub.test_people import sign_in
from tests.support.admin_orders import send_accepted_order, send_order
from tests.support.aws_calls import parallel_calls
from tests.support.browser import Browser
from tests.support.crashes import every_crash
from tests.support.fakes import NOW, ApiResponse, call, studio, take_queued
from tests.support.mails import mails_to, sent_mails

pytestmark = pytest.mark.usefixtures("aws")

ANN = "ann@foxglove.example"
FORM = {
    "studio_id": "studio-4711",
    "studio_name": "Foxglove Portraits",
    "email": ANN,
    "product": "mystratus",
    "edition": "Professional",
    "plan": "medium",
}
ASKED = StudioOfPartner(**(FORM | {"product": Product.MYSTRATUS, "country_code": "1"}))  # type: ignore[arg-type]
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _nothing_is_remembered() -> None:
    signup_api.limits.clear()


@pytest.fixture
def secret() -> str:
    return make_key()


def make_key(partner: str = "fotoware") -> str:
    order = {"partner": partner, "name": f"{partner.title()} Studio", "by": "Ann"}
    return str(send_accepted_order("partners.make_key", clients.now(), **order)["key"])


def open_account(secret: str, **changes: Any) -> ApiResponse:
    headers = {"authorization": f"Bearer {secret}"}
    return call(signup_api, "POST", "/accounts", FORM | changes, headers=headers)


def caller(account: str, key: str) -> authorizer.Caller | None:
    header = "Basic " + b64encode(f"{account}:{key}".encode()).decode()
    return authorizer.authenticate(header, "192.0.2.10", clients.now())


def work() -> None:
    for body in take_queued("sign_up"):
        signup_worker.handle(body)
    sweep_schedule.sweep(clients.now() + timedelta(minutes=1))


def link(address: str = ANN) -> str:
    return re.findall(r"/hub/(address/\S+)", mails_to(address)[-1].text)[0]  # type: ignore[no-any-return]


def confirm(address: str = ANN) -> int:
    path = link(address)
    return Browser().submit(Browser().get(path), path).status


def test_the_product_gets_number_and_key_at_once(secret: str) -> None:
    answer = open_account(secret)

    account = accounts.get_or_raise(answer.json["account"])
    assert (answer.status, answer.json["email_confirmed"]) == (201, False)
    assert caller(account.id, answer.json["key"])
    assert (account.name, account.edition) == ("Foxglove Portraits", "professional")
    assert account.partner == "Fotoware Studio"
    assert account.trial_units_a_day == 50
    assert account.id in [item["id"] for item in send_accepted_order("accounts.list_unapproved")["items"]]
    assert call(send_api, "POST", "/messages", {"to": "+12125550123", "body": "Hi"}, account=account.id).status == 202


def test_the_studio_is_mailed_a_link_without_the_forms_words_and_before_its_use_nothing_else(
    secret: str,
) -> None:
    number = open_account(secret, studio_name="You Won Prizes").json["account"]
    send_accepted_order("accounts.approve", clients.now(), account=number)
    work()
    mail.send(accounts.get_or_raise(number).email, MailContent(subject="Your invoice", parts=(), why=""))

    (mailed,) = sent_mails()

    assert (mailed.to, mailed.subject) == (ANN, "Confirm your address for Longcode")
    assert "Fotoware Studio has opened an account" in mailed.text
    assert "Prizes" not in mailed.text
    assert people.with_email(ANN) == []
    assert send_order("sessions.link", account=number)["code"] == "wrong_status"


def test_the_studio_confirms_its_address_and_signs_in(secret: str) -> None:
    number = open_account(secret).json["account"]
    work()
    shown = Browser().get(link()).text

    confirmed = confirm()
    work()

    assert "Opened by Fotoware Studio Plan Medium, $35.00 a month" in shown
    assert confirmed == 200
    assert accounts.get_or_raise(number).email == ANN
    assert mails_to(ANN)[-1].subject == "Welcome to Longcode"
    assert f"Your studio software opened the account {number} for you" in mails_to(ANN)[-1].text
    assert open_account(secret).json["email_confirmed"]
    owner = sign_in(ANN, number)
    made = owner.submit(owner.get("account/password"), "account/password")
    assert re.search(r" Password [a-z2-9-]{35} ", made.text)


def test_a_repeated_request_opens_nothing_and_has_the_same_answer(secret: str) -> None:
    first, second = open_account(secret), open_account(secret)
    work()
    third = open_account(secret)
    work()

    assert (first.status, second.status, third.status) == (201, 200, 200)
    assert first.json == second.json == third.json
    assert list(accounts.all_ids()) == [first.json["account"]]
    assert len(mails_to(ANN)) == 2  # the second came before the first was mailed; the third found a link


def test_a_repeated_request_shows_the_key_for_a_day_and_only_to_the_partner_key_that_made_it(secret: str) -> None:
    other = make_key()
    key, renewed = partners.with_secret(secret, NOW), partners.with_secret(other, NOW)
    assert key
    assert renewed
    first = partner_accounts.open_account(key, secret, ASKED, NOW)

    day = partner_accounts.open_account(key, secret, ASKED, NOW + 23.9 * HOUR)
    later = partner_accounts.open_account(key, secret, ASKED, NOW + 24 * HOUR)
    with_other = partner_accounts.open_account(renewed, other, ASKED, NOW)

    assert first.key == day.key
    assert (later.key, with_other.key) == (None, None)
    assert first.account.id == later.account.id == with_other.account.id


def test_other_details_under_the_same_id_are_refused(secret: str) -> None:
    open_account(secret)

    refused = open_account(secret, plan="large")

    assert (refused.status, refused.json["code"]) == (409, "idempotency_conflict")


def test_a_wrong_address_is_corrected_until_one_is_confirmed(secret: str) -> None:
    number = open_account(secret, email="wrong@foxglove.example").json["account"]
    work()
    corrected = open_account(secret)
    work()
    wrong = Browser().post(link("wrong@foxglove.example")).status
    confirm()

    refused = open_account(secret, email="eve@evil.example")

    assert (corrected.status, corrected.json["account"], wrong) == (200, number, 404)
    assert accounts.get_or_raise(number).email == ANN
    assert refused.json["code"] == "idempotency_conflict"


def test_an_existing_studio_is_neither_reached_nor_shown(secret: str) -> None:
    theirs = studio(email=ANN)

    answer = open_account(secret)
    work()

    assert answer.status == 201
    assert answer.json["account"] != theirs.id
    assert sent_mails() == []
    assert accounts.get_or_raise(theirs.id) == theirs
    assert accounts.with_email(ANN) == theirs.id


def test_partners_do_not_see_each_others_studios(secret: str) -> None:
    mine, theirs = open_account(secret), open_account(make_key("other"))

    assert (mine.status, theirs.status) == (201, 201)
    assert mine.json["account"] != theirs.json["account"]
    assert mine.json["key"] != theirs.json["key"]


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer ",
        "Bearer x",
        "Bearer lcp_aaaaaaaa_" + "a" * 30,
        "Basic {secret}",
        "Bearer {basic}",
        "Bearer {secret}x",
        "Bearer é",
    ],
)
def test_without_a_partner_key_nothing_is_opened(secret: str, header: str | None) -> None:
    basic = b64encode(f"10000001:{secret}".encode()).decode()
    headers = {} if header is None else {"authorization": header.format(secret=secret, basic=basic)}

    refused = call(signup_api, "POST", "/accounts", FORM, headers=headers)

    assert (refused.status, refused.json["code"]) == (401, "unauthorized")
    assert refused.headers["WWW-Authenticate"] == "Bearer"
    assert list(accounts.all_ids()) == []


def test_a_partner_key_opens_no_account_by_basic_and_no_api_key_opens_accounts(secret: str) -> None:
    opened = open_account(secret).json

    assert caller(opened["account"], secret) is None
    assert open_account(opened["key"], studio_id="2").status == 401


def test_an_ended_key_opens_nothing_and_what_it_opened_stays(secret: str) -> None:
    opened = open_account(secret).json
    (listed,) = send_accepted_order("partners.list_keys")["items"]

    ended = [send_accepted_order("partners.end_key", clients.now(), key_id=listed["id"]) for _ in range(2)]

    assert ended[0] == ended[1]
    assert ended[0]["ended_at"]
    assert listed["last_used_at"]
    assert open_account(secret, studio_id="2").status == 401
    assert caller(opened["account"], opened["key"])
    assert send_order("partners.end_key", key_id="none")["code"] == "not_found"


def test_no_list_and_no_log_has_a_secret(secret: str, capsys: pytest.CaptureFixture[str]) -> None:
    key = open_account(secret).json["key"]
    shown = str(send_accepted_order("partners.list_keys")) + "".join(capsys.readouterr())

    assert secret not in shown
    assert key not in shown
    assert passwords.key_id_of(secret, passwords.KeyKind.PARTNER) in shown  # type: ignore[operator]


def test_a_partner_opens_sixty_accounts_an_hour(secret: str) -> None:
    for _ in range(60):
        partners.count_opened("fotoware", clients.now())

    assert open_account(secret).json["code"] == "too_many_accounts"
    assert open_account(make_key("other")).status == 201


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"edition": "Lite"}, "edition_not_entitled", "edition"),
        ({"plan": "gigantic"}, "unknown_plan", "plan"),
        ({"studio_id": "a#b"}, "invalid", "studio_id"),
        ({"email": "ann"}, "invalid", "email"),
        ({"studio_name": "Win at evil.com"}, "invalid", "studio_name"),
    ],
)
def test_an_invalid_request_is_refused_with_its_field(
    secret: str, changes: dict[str, Any], code: str, field: str
) -> None:
    refused = open_account(secret, **changes)

    assert (refused.json["code"], refused.json["errors"][0]["field"]) == (code, field)


def test_parallel_requests_open_one_account_and_have_one_key(secret: str) -> None:
    key = partners.with_secret(secret, NOW)
    assert key

    with parallel_calls() as threads:
        opened = list(threads.map(lambda _: partner_accounts.open_account(key, secret, ASKED, NOW), range(4)))

    assert [one.is_new for one in opened].count(True) == 1
    assert len({one.key for one in opened}) == 1
    assert list(accounts.all_ids()) == [opened[0].account.id]


def test_a_request_killed_anywhere_can_be_repeated(secret: str) -> None:
    key = partners.with_secret(secret, NOW)
    assert key

    for crash in every_crash():
        with crash:
            partner_accounts.open_account(key, secret, ASKED, NOW)
        opened = partner_accounts.open_account(key, secret, ASKED, NOW)
        for body in take_queued("sign_up"):
            signup_worker.handle(body)

        assert caller(opened.account.id, opened.key or "")
        assert account_links.newest(account_links.LinkKind.ADDRESS, opened.account.id, clients.now())


def test_the_operator_mails_an_owner_the_hubs_own_link() -> None:
    account = studio()

    answers = [send_accepted_order("sessions.link", account=account.id, by="Ann") for _ in range(6)]
    work()

    mailed = mails_to(account.email)
    assert answers[0] == {"account": account.id, "asked": True}
    assert [mail.subject for mail in mailed] == ["Sign in to Longcode"] * 2  # while a link works
    assert "/hub/sign-in/" in mailed[0].text
    assert send_order("sessions.link", account="10000009")["code"] == "not_found"
