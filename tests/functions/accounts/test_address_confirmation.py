"""No account is opened, and nothing of a form is mailed, before the owner of the address has confirmed it."""

import re
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from accounts import signup_api, signup_worker
from longcode.accounts import sign_ups
from longcode.accounts import store as accounts
from longcode.accounts.sign_ups import Busy
from longcode.aws import clients, queues
from longcode.jobs import OpenAccount
from tests.support.aws_calls import parallel_calls
from tests.support.browser import Browser, Page
from tests.support.crashes import every_crash
from tests.support.fakes import ApiResponse, call, studio, take_queued
from tests.support.mails import Mail, mails_to

pytestmark = pytest.mark.usefixtures("aws")

ANN = "ann@foxglove.example"
FORM = {
    "studio_name": "Foxglove Portraits",
    "email": ANN,
    "product": "spectra",
    "edition": "professional",
    "plan": "medium",
}


def sign_up(**changes: Any) -> ApiResponse:
    return call(signup_api, "POST", "/signup", FORM | changes)


def work(minutes: float = 0) -> None:
    """Process the queued forms as if it were some minutes later; each form has an id of its own."""
    for number, body in enumerate(take_queued("sign_up")):
        form = queues.read(OpenAccount, body.replace('"id":"c6af', f'"id":"{minutes}-{number}-c6af'))
        signup_worker.process_sign_up(form, clients.now() + timedelta(minutes=minutes))


def mails(address: str = ANN) -> list[Mail]:
    return mails_to(address)


def link(mail: Mail) -> str:
    match = re.search(
        r"^https://longcode\.example(/signup/address/[0-9a-f]{32}\.[\w-]{43})$", mail.text, re.MULTILINE
    )
    assert match, mail.text
    return match[1]


def look(path: str) -> Page:
    return Browser().get(path)


def click(path: str) -> Page:
    """Open the link, and press the button on its page."""
    page = look(path)
    return Browser().submit(page, path) if page.status == 200 else page


def test_a_form_brings_a_link_without_its_words_and_no_account() -> None:
    sign_up(studio_name="You Won Big Prizes")

    work()

    (mail,) = mails()
    assert mail.subject == "Confirm your address for Longcode"
    assert link(mail)
    for words in ("Prizes", "medium", "Medium", "spectra", "professional", ANN):
        assert words not in mail.text
    assert list(accounts.all_ids()) == []


def test_the_click_opens_the_account_and_brings_the_welcome_mail() -> None:
    sign_up()
    work()

    page = click(link(mails()[0]))
    work()

    assert page.status == 200
    assert "Your account number comes by mail" in page.text
    (number,) = accounts.all_ids()
    assert mails()[1].subject == "Your Longcode account"
    assert f"Account number: {number}" in mails()[1].text
    assert accounts.get_or_raise(number).name == "Foxglove Portraits"


def test_looking_at_the_link_opens_nothing_and_shows_the_form() -> None:
    sign_up(studio_name="<b>Fox & Co</b>")
    work()

    page = look(link(mails()[0]))

    assert "Studio <b>Fox & Co</b> " in page.text
    assert "Plan Medium, $35.00 a month" in page.text
    assert page.headers["Cache-Control"] == ["no-store"]
    assert take_queued("sign_up") == []


def test_a_link_works_once() -> None:
    sign_up()
    work()
    path = link(mails()[0])

    pages = [click(path), click(path), Browser().post(path, form="x")]
    work()

    assert [page.status for page in pages] == [200, 404, 404]
    assert len(list(accounts.all_ids())) == 1


def test_an_address_gets_one_mail_an_hour_and_the_link_shows_the_newest_form() -> None:
    sign_up(studio_name="Eve")
    work()
    for minutes in (1, 30, 59):
        sign_up(studio_name=f"Foxglove {minutes}")
        work(minutes)

    page = look(link(mails()[0]))
    click(link(mails()[0]))
    work()

    assert "Studio Foxglove 59 " in page.text
    assert [mail.subject for mail in mails()] == ["Confirm your address for Longcode", "Your Longcode account"]
    (number,) = accounts.all_ids()
    assert accounts.get_or_raise(number).name == "Foxglove 59"


def test_a_form_that_comes_between_the_look_and_the_click_is_shown_first() -> None:
    sign_up()
    work()
    path = link(mails()[0])
    seen = look(path)
    sign_up(studio_name="Eve")
    work(5)

    page = Browser().submit(seen, path)

    assert "The form was filled in again meanwhile." in page.text
    assert "Studio Eve " in page.text
    assert take_queued("sign_up") == []


def test_a_new_link_an_hour_later_ends_the_one_before() -> None:
    sign_up()
    work()
    sign_up()
    work(60)

    older, newer = map(link, mails())
    assert (look(older).status, look(newer).status) == (404, 200)


def test_a_link_works_for_a_day() -> None:
    sign_up()
    work()
    token = link(mails()[0]).rpartition("/")[2]

    assert sign_ups.find(token, clients.now() + timedelta(hours=23, minutes=59))
    assert sign_ups.find(token, clients.now() + timedelta(hours=24)) is None


@pytest.mark.parametrize("token", ["x", ".", "x.y", "a" * 32 + "." + "b" * 43])
def test_another_token_opens_nothing(token: str) -> None:
    sign_up()
    work()

    path = f"/signup/address/{token}"
    assert [look(path).status, Browser().post(path).status] == [404, 404]


def test_a_known_address_gets_one_mail_an_hour_and_has_one_open_link() -> None:
    studio(email=ANN)
    for minutes, plan in ((0, "large"), (10, "small"), (60, "small")):
        sign_up(plan=plan)
        work(minutes)

    older, newer = (re.findall(r"/signup/confirm/[\w-]{43}", mail.text)[0] for mail in mails())
    assert look(older).status == 404
    assert "New plan Small, $" in look(newer).text


def test_one_source_address_sends_thirty_forms_an_hour_and_closes_the_door_for_nobody_else() -> None:
    def from_address(address: str, number: int) -> ApiResponse:
        event = {"sourceIp": address}
        return call(signup_api, "POST", "/signup", FORM | {"email": f"{number}@x.example"}, identity=event)

    flood = [from_address("198.51.100.7", number) for number in range(35)]
    other = from_address("192.0.2.10", 99)

    assert [answer.status for answer in flood] == [202] * 30 + [429] * 5
    assert flood[-1].json["code"] == "too_many_forms"
    assert other.status == 202
    assert len(take_queued("sign_up")) == 31
    assert sign_ups.count_form("198.51.100.7", clients.now() + timedelta(hours=1, seconds=1))


def test_another_mail_address_has_a_mail_of_its_own() -> None:
    sign_up()
    sign_up(email="bob@wattle.example")

    work()

    assert (len(mails()), len(mails("bob@wattle.example"))) == (1, 1)


def test_a_mailbox_gets_three_mails_an_hour_for_its_addresses_with_a_tag_and_keeps_its_own() -> None:
    tagged = [f"ann+{number}@foxglove.example" for number in range(20)]
    for address in tagged:
        sign_up(email=address)
    sign_up()

    work()

    assert sum(len(mails(address)) for address in tagged) == 3
    assert len(mails()) == 1
    sign_up(email="ann+later@foxglove.example")
    work(61)
    assert len(mails("ann+later@foxglove.example")) == 1


@pytest.mark.long
def test_a_form_killed_anywhere_ends_in_a_link_that_works() -> None:
    sign_up()
    form = queues.read(OpenAccount, take_queued("sign_up")[0])
    now = clients.now()

    for crash in every_crash():
        with crash:
            signup_worker.process_sign_up(form, now)
        signup_worker.process_sign_up(form, now + timedelta(minutes=2))

        assert len(mails()) in (1, 2)  # twice only if it was killed between the mail and its record
        assert look(link(mails()[-1])).status == 200


@pytest.mark.long
def test_a_click_killed_anywhere_can_be_repeated_and_opens_one_account() -> None:
    sign_up()
    work()
    path = link(mails()[0])

    for crash in every_crash():
        with crash:
            click(path)
        click(path)
        work()

        assert len(list(accounts.all_ids())) == 1
        assert [mail.subject for mail in mails()].count("Your Longcode account") == 1


def test_parallel_forms_with_one_address_bring_one_mail() -> None:
    for _ in range(4):
        sign_up()
    bodies = take_queued("sign_up")
    now = clients.now()

    def once(number: int) -> None:
        form = queues.read(OpenAccount, bodies[number].replace('"id":"c6af', f'"id":"{number}-c6af'))
        with suppress(Busy):
            signup_worker.process_sign_up(form, now)

    with parallel_calls() as threads:
        list(threads.map(once, range(4)))

    assert len(mails()) == 1
