"""People sign in by a mailed link, as owner or staff; the owner adds and removes them."""

import re
from datetime import timedelta

import pytest

from accounts import signup_worker
from longcode.accounts import people, sessions, sign_in_links
from longcode.accounts.account import Account
from longcode.accounts.people import Person, Role
from longcode.aws import clients
from longcode.messages import folders
from sweeper import sweep_schedule
from tests.support.browser import HOST, Browser, Page
from tests.support.fakes import NOW, studio, take_queued
from tests.support.fakes import client as write_client
from tests.support.mails import sent_mails

ANN = "ann@studio.example"
TALK = "messages/12125550123"
BEGIN = "sign-in-by-link"
ASKED = "If {} belongs to somebody who can sign in, a mail with a link is on its way."


def ask(email: str, browser: Browser | None = None) -> Page:
    """Ask for a link, and have the mail sent if there is one to send."""
    browser = browser or Browser()
    answer = browser.submit(browser.get("sign-in"), "sign-in/mail", email=email)
    for body in take_queued("sign_up"):
        signup_worker.handle(body)
    return answer


def link_in(text: str) -> str:
    found = re.search(r"/hub/(sign-in/\S+)", text)
    assert found
    return found[1]


def sign_in(email: str, account: str) -> Browser:
    """Sign in by mail."""
    browser = Browser()
    ask(email)
    page = browser.get(link_in(sent_mails()[-1].text))
    assert browser.submit(page, BEGIN, account=account).path == "home"
    return browser


def add(owner: Browser, name: str = "Ann Lee", email: str = ANN, role: str = "staff") -> Page:
    return owner.submit(owner.get("people"), "people", name=name, email=email, role=role)


def test_the_owner_signs_in_by_mail(account: Account) -> None:
    owner = sign_in(account.email.upper(), account.id)

    assert account.name in owner.get("home").text
    assert "this browser" in owner.get("people").text


@pytest.mark.parametrize(
    ("asked", "shown"),
    [(TALK, TALK), ("notifications", "notifications"), ("clients/buy-now", "home"), ("//evil.example", "home")],
)
def test_a_mailed_link_leads_back_to_the_page_that_was_asked_for(account: Account, asked: str, shown: str) -> None:
    write_client(account)
    browser = Browser()
    browser.submit(browser.get("sign-in", f"back={asked}"), "sign-in/mail", email=account.email)
    for body in take_queued("sign_up"):
        signup_worker.handle(body)

    path, _, query = link_in(sent_mails()[-1].text).partition("?")
    page = browser.get(path, query)

    assert browser.submit(page, BEGIN, account=account.id).path == shown


def test_a_person_is_added_signs_in_and_is_removed(account: Account, signed_in: Browser) -> None:
    added = add(signed_in)
    invitation = sent_mails()[-1]
    ann = sign_in(ANN, account.id)
    home = ann.get("home")

    (person,) = people.of_account(account)[1:]
    signed_in.submit(signed_in.get("people"), f"people/{person.id}/remove")

    assert "Added." in added.text
    assert (invitation.to, "/hub/sign-in" in invitation.text) == (ANN, True)
    assert "Ann Lee" in home.text
    assert ann.get("home").path == "sign-in"
    assert people.with_email(ANN) == []


@pytest.mark.parametrize("by", ["bob@x.example", "10000001@studio.example", ""])
def test_the_owner_is_told_by_mail_who_removed_whom(account: Account, signed_in: Browser, by: str) -> None:
    add(signed_in)
    remover = signed_in
    if by:
        bob = Person(account=account.id, id="b", name="Bob", email="bob@x.example", role=Role.OWNER, added_at=NOW)
        people.add(bob)
        remover = sign_in(by, account.id)
    (ann,) = [person for person in people.of_account(account) if person.email == ANN]
    sweep_schedule.sweep(clients.now())

    remover.submit(remover.get("people"), f"people/{ann.id}/remove")
    sweep_schedule.sweep(clients.now() + timedelta(minutes=16))

    told = sent_mails()[-1]
    assert (told.to, told.subject) == (account.email, "Somebody can no longer sign in to your Longcode account")
    assert f"{ANN} can no longer sign in" in told.text
    assert f"by {by or 'somebody who is signed in with the account number and password'}." in told.text


def test_the_answer_is_the_same_for_an_address_that_nobody_has(account: Account) -> None:
    known, unknown = ask(account.email), ask("nobody@else.example")

    assert known.text == unknown.text.replace("nobody@else.example", account.email)
    assert ASKED.format(account.email) in known.text
    assert [mail.to for mail in sent_mails()] == [account.email]


def test_a_link_works_once_and_only_the_newest_one(account: Account) -> None:
    ask(account.email)
    ask(account.email)
    first, second = (link_in(mail.text) for mail in sent_mails())
    browser = Browser()

    tokens = [link.removeprefix("sign-in/") for link in (first, second, second)]
    opened = [browser.post(BEGIN, link=token, account=account.id).path for token in tokens]

    assert opened == [BEGIN, "home", BEGIN]
    assert len(sessions.of_account(account.id, clients.now())) == 1


def test_opening_a_link_signs_nobody_in(account: Account) -> None:
    ask(account.email)

    page = Browser().get(link_in(sent_mails()[-1].text))

    assert account.name in page.text
    assert sessions.of_account(account.id, clients.now()) == []


def test_a_link_works_for_a_quarter_of_an_hour(account: Account) -> None:
    token = sign_in_links.request(account.email, "j", NOW)
    assert token

    assert sign_in_links.find(token, NOW + timedelta(minutes=14, seconds=59))
    assert sign_in_links.find(token, NOW + timedelta(minutes=15)) is None
    assert sign_in_links.find(f"{token}x", NOW) is None
    assert sign_in_links.find("x", NOW) is None


def test_an_address_gets_five_mails_an_hour_though_each_link_is_used(account: Account) -> None:
    minute = timedelta(minutes=1)

    asked = []
    for index in range(7):
        token = sign_in_links.request(account.email, str(index), NOW + index * minute)
        link = sign_in_links.find(token or "", NOW + index * minute)
        asked.append(bool(link and sign_in_links.use(link)))
    within = sign_in_links.request(account.email, "within", NOW + 59 * minute)
    later = sign_in_links.request(account.email, "later", NOW + 60 * minute)

    assert asked == [True] * 5 + [False] * 2
    assert within is None
    assert later


def test_a_second_mail_comes_at_once_and_a_third_when_the_link_of_the_second_has_ended(account: Account) -> None:
    instants = [NOW + timedelta(minutes=minute) for minute in (0, 1, 15, 16)]

    asked = [sign_in_links.request(account.email, at.isoformat(), at) for at in instants]

    assert [bool(token) for token in asked] == [True, True, False, True]


def test_whoever_asks_for_links_of_another_keeps_them_out_at_no_time(account: Account) -> None:
    """Each minute of two hours, the newest mail has a link that works, and no hour has more than five mails."""
    newest, mailed = "", []
    for minute in range(120):
        at = NOW + timedelta(minutes=minute)
        if token := sign_in_links.request(account.email, f"stranger {minute}", at):
            newest = token
            mailed.append(minute)
        assert sign_in_links.find(newest, at)
        assert len([each for each in mailed if each > minute - 60]) <= 5

    link = sign_in_links.find(newest, NOW + timedelta(minutes=119))
    assert link
    assert sign_in_links.use(link)


def test_a_job_that_comes_twice_counts_once(account: Account) -> None:
    for _ in range(9):
        assert sign_in_links.request(account.email, "same", NOW)


def test_a_person_of_two_studios_chooses_one(account: Account, signed_in: Browser) -> None:
    other = studio("10000002", name="Another Studio", email=ANN)
    add(signed_in)
    ask(ANN)
    link = link_in(sent_mails()[-1].text)

    page = Browser().get(link)
    choice = page.text
    foreign = Browser().submit(page, BEGIN, account="10000003")
    home = Browser().submit(page, BEGIN, account=other.id)

    assert account.name in choice
    assert other.name in choice
    assert foreign.status == 404
    assert other.name in home.text
    assert account.name not in home.text


def test_staff_can_neither_add_nor_remove_people_nor_end_others_sessions(
    account: Account, signed_in: Browser
) -> None:
    add(signed_in)
    add(signed_in, "Bob", "bob@studio.example")
    ann = sign_in(ANN, account.id)
    bob = people.of_account(account)[2]
    page = ann.get("people")
    (owners,) = [one for one in sessions.of_account(account.id, clients.now()) if not one.person]

    refused = [
        ann.submit(page, "people", name="Eve", email="eve@studio.example", role="owner").status,
        ann.submit(page, f"people/{bob.id}/remove").status,
    ]
    kept = ann.submit(page, f"sessions/{owners.hash}/end")

    assert refused == [403, 403]
    assert (kept.status, "Only the owner of the account can end the session of somebody else." in kept.text) == (
        403,
        True,
    )
    assert [person.name for person in people.of_account(account)[1:]] == ["Ann Lee", "Bob"]
    assert signed_in.get("home").path == "home"
    assert "Add a person" not in page.text


def test_a_text_keeps_who_wrote_it_and_shows_it(account: Account, signed_in: Browser) -> None:
    add(signed_in)
    ann = sign_in(ANN, account.id)

    talk = ann.submit(ann.get(TALK), TALK, body="Hello from Ann")
    signed_in.submit(signed_in.get(TALK), TALK, body="Hello from the account")

    written = {text.body: text.by for text in folders.page(account.id, "sent", limit=10).messages}
    assert "Ann Lee · being sent" in talk.text
    assert written == {"Hello from Ann": "Ann Lee", "Hello from the account": None}


def test_the_owner_ends_a_session(account: Account, signed_in: Browser) -> None:
    add(signed_in)
    ann = sign_in(ANN, account.id)
    (hers,) = [one for one in sessions.of_account(account.id, clients.now()) if one.person]

    signed_in.submit(signed_in.get("people"), f"sessions/{hers.hash}/end")

    assert ann.get("home").path == "sign-in"


@pytest.mark.parametrize(
    ("name", "email", "said"),
    [
        ("", ANN, "name"),
        ("x" * 101, ANN, "name"),
        ("Ann", "ann", "email address"),
        ("Ann", "ann@studio.example\r\nBcc: all@else.example", "email address"),
        ("Ann", "10000001@studio.example", "this address already"),
    ],
)
def test_a_refused_person_is_shown_with_the_reason(
    account: Account, signed_in: Browser, name: str, email: str, said: str
) -> None:
    refused = add(signed_in, name, email)

    assert refused.status == 422
    assert said in refused.text
    assert sent_mails() == []


def test_an_address_is_added_once(account: Account, signed_in: Browser) -> None:
    add(signed_in)

    assert "this address already" in add(signed_in, email=ANN.upper()).text


def test_another_studios_people_and_sessions_are_out_of_reach(account: Account, signed_in: Browser) -> None:
    other = studio("10000002")
    theirs = people.Person(account=other.id, id="p", name="Eve", email="eve@x.example", role=Role.STAFF, added_at=NOW)
    people.add(theirs)
    sessions.begin(other.id, "Chrome", clients.now(), theirs)
    (session,) = sessions.of_account(other.id, clients.now())
    page = signed_in.get("people")

    signed_in.submit(page, "people/p/remove")
    signed_in.submit(page, f"sessions/{session.hash}/end")

    assert "Eve" not in page.text
    assert people.with_email("eve@x.example") == [theirs]
    assert sessions.of_account(other.id, clients.now()) == [session]


def test_a_form_of_another_site_asks_for_no_mail(account: Account) -> None:
    refused = ask(account.email, Browser(origin=f"https://not.{HOST}"))

    assert refused.status == 403
    assert sent_mails() == []


def test_an_address_that_is_too_long_is_refused(account: Account, signed_in: Browser) -> None:
    page = add(signed_in, email=f"{'a' * 250}@studio.example")

    assert page.status == 422
    assert "This is not an email address." in page.text
    assert people.of_account(account)[1:] == []
