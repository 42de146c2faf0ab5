"""The owner is told by mail of each change that could be somebody else's, once, without secrets."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from accounts import credentials_api, settings_api
from billing import plan_api
from longcode.accounts import owner_notices
from longcode.accounts import store as accounts
from longcode.accounts.account import NoticeKind
from longcode.aws import clients
from longcode.table import store
from sweeper import sweep_schedule
from tests.support.aws_calls import failing
from tests.support.crashes import every_crash
from tests.support.fakes import NOW, PASSWORD, ApiResponse, call, studio
from tests.support.mails import Mail, mails_to

pytestmark = pytest.mark.usefixtures("aws")

OWNER = "10000001@studio.example"
HOOK = "https://hooks.studio.example:8443/in?token=secret-token"


def change(method: str, path: str, body: object) -> ApiResponse:
    module = plan_api if path == "/account/plan" else settings_api if path == "/account" else credentials_api
    return call(module, method, path, body, account="10000001")


def mails(minutes: int = 1) -> list[Mail]:
    """Return the owner's mails after a sweep."""
    sweep_schedule.sweep(clients.now() + timedelta(minutes=minutes))
    return mails_to(OWNER)


@pytest.mark.parametrize(
    ("method", "path", "body", "subject", "words"),
    [
        ("POST", "/account/password", {"present": PASSWORD}, "has a new password", "The old one no longer works"),
        ("POST", "/account/keys", {"name": "Zed", "scope": "read"}, "has a new API key", "begins with lck_"),
        (
            "PATCH",
            "/account",
            {"webhook_url": HOOK},
            "has a new webhook address",
            "server hooks.studio.example while",
        ),
        (
            "PATCH",
            "/account",
            {"allowed_countries": ["61"]},
            "may text further countries",
            "may now also text phones in AU",
        ),
        ("PATCH", "/account", {"country_code": "44"}, "may text further countries", "may now also text phones in GB"),
        ("PUT", "/account/plan", {"plan": "large"}, "has a new plan", "It is now Large. It counts from "),
    ],
)
def test_the_owner_is_told_of_a_change_once(method: str, path: str, body: object, subject: str, words: str) -> None:
    studio()

    answer = change(method, path, body)

    assert answer.status in (200, 201), answer.text
    (mail,) = mails(1)
    assert mail.subject == f"Your Longcode account {subject}"
    assert words in mail.text.replace("\n", " ")
    assert "account 10000001" in mail.text.replace("\n", " ")
    assert "tell us at once: help@longcode.example" in mail.text
    assert mails(10) == mails(3 * 24 * 60) == [mail]


def test_no_mail_has_a_secret_or_the_callers_words() -> None:
    studio()

    password = change("POST", "/account/password", {"present": PASSWORD}).json["password"]
    key = change("POST", "/account/keys", {"name": "Call +1 900 555 0100", "scope": "all"}).json["key"]
    secret = change("PATCH", "/account", {"webhook_url": HOOK}).json["webhook_secret"]

    texts = "".join(mail.text for mail in mails())
    for hidden in (password, PASSWORD, key, key[-30:], secret, "secret-token", "900 555"):
        assert hidden not in texts
    assert key[:12] in texts


@pytest.mark.parametrize(
    "settings",
    [{"name": "Fox"}, {"allowed_countries": []}, {"webhook_url": HOOK}, {"allowed_countries": ["1", "61"]}],
)
def test_other_changes_and_repeated_ones_are_not_told(settings: object) -> None:
    studio(webhook_url=HOOK, webhook_secret="whsec_1", allowed_countries=("61", "44"))

    change("PATCH", "/account", settings)

    assert mails() == []


def test_many_changes_are_one_mail_each_quarter_of_an_hour_and_hide_none_of_another_kind() -> None:
    studio()
    for number in range(30):
        change("PATCH", "/account", {"webhook_url": f"https://h{number}.example.com/x"})
    change("PATCH", "/account", {"allowed_countries": ["61"]})
    at_once = len(mails(1))
    for number in range(30, 60):
        change("PATCH", "/account", {"webhook_url": f"https://h{number}.example.com/x"})
    within = len(mails(10))
    later = mails(17)

    assert (at_once, within, len(later), len(mails(60))) == (1, 1, 2, 2)
    assert later[0].subject == later[1].subject == "Your Longcode account was changed several times"
    assert "may now also text phones in AU" in later[0].text.replace("\n", " ")
    assert "These are the last 5 of 30 such changes." in later[0].text
    assert [host for host in ("h24.", "h25.", "h29.") if host in later[0].text] == ["h25.", "h29."]


def test_a_stop_is_told_at_once_whatever_was_changed_just_before() -> None:
    studio()
    change("PATCH", "/account", {"webhook_url": HOOK})
    mails(1)
    store.write(owner_notices.new("10000001", NoticeKind.STOPPED, clients.now(), "It sent much."))

    assert [mail.subject for mail in mails(2)][1:] == ["Your Longcode account is stopped"]


def test_a_change_that_fails_is_not_told() -> None:
    studio()

    change("POST", "/account/password", {"present": "wrong"})
    change("PUT", "/account/plan", {"plan": "medium"})

    assert mails() == []


@pytest.mark.parametrize("act", [lambda: change("POST", "/account/password", {"present": PASSWORD})])
def test_a_change_killed_anywhere_is_told_if_it_was_made(act: Callable[[], ApiResponse]) -> None:
    studio()
    before = accounts.password_hash("10000001")

    for crash in every_crash():
        with crash:
            act()

        was_made = accounts.password_hash("10000001") != before
        assert len(mails()) == was_made


def test_a_sweep_killed_anywhere_mails_the_notice_in_the_end() -> None:
    studio()
    store.write(owner_notices.new("10000001", NoticeKind.PASSWORD, NOW))

    for crash in every_crash():
        with crash:
            sweep_schedule.sweep(NOW + timedelta(minutes=1))
        sweep_schedule.sweep(NOW + timedelta(minutes=7))
        sweep_schedule.sweep(NOW + timedelta(minutes=14))

        assert len(mails_to(OWNER)) in (1, 2)  # twice only if it was killed between the mail and its record


def test_a_notice_whose_mail_fails_is_mailed_later() -> None:
    studio()
    store.write(owner_notices.new("10000001", NoticeKind.PASSWORD, NOW))

    with failing("sesv2", "SendEmail", "LimitExceededException"):
        sweep_schedule.sweep(NOW + timedelta(minutes=1))
    assert mails_to(OWNER) == []
    sweep_schedule.sweep(NOW + timedelta(minutes=7))

    assert len(mails_to(OWNER)) == 1


def test_a_notice_that_could_not_be_mailed_for_two_days_is_given_up() -> None:
    studio()
    store.write(owner_notices.new("10000001", NoticeKind.PASSWORD, NOW))

    sweep_schedule.sweep(NOW + timedelta(days=2))
    sweep_schedule.sweep(NOW + timedelta(days=2, hours=1))

    assert mails_to(OWNER) == []


def test_a_kind_is_told_once_a_day() -> None:
    studio()

    for hours in (0, 1, 8, 9):
        owner_notices.tell_once_a_day(
            "10000001", NoticeKind.WRONG_PASSWORDS, NOW + timedelta(hours=hours), "192.0.2.1"
        )
        sweep_schedule.sweep(NOW + timedelta(hours=hours, minutes=1))

    assert len(mails_to(OWNER)) == 2
    assert "from the internet address 192.0.2.1" in mails_to(OWNER)[0].text.replace("\n", " ")
