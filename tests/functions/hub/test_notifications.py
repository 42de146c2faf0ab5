"""Each person chooses for themselves how they are told of replies."""

from datetime import timedelta

from longcode.accounts import people, sessions
from longcode.accounts.account import Account
from longcode.accounts.people import OWNER, Person, Role
from longcode.aws import clients
from longcode.messages import reply_notices
from longcode.messages.reply_notices import ReplyNotices
from tests.support.browser import HOST, Browser, Page
from tests.support.fakes import NOW, studio


def chosen(account: Account, person: str = OWNER) -> tuple[bool, int, bool]:
    notices = reply_notices.of_person(account.id, person)
    return notices.wanted, notices.delay_minutes, notices.quiet_at_night


def choose(browser: Browser, **fields: str) -> Page:
    return browser.submit(browser.get("notifications"), "notifications", **fields)


def checked(page: Page) -> list[str | None]:
    return [given.get("value") for tag, given in page.tags if tag == "input" and "checked" in given]


def staff(account: Account) -> Browser:
    """Return the browser of a person who is signed in by mail."""
    ann = Person(account=account.id, id="ann", name="Ann Lee", email="ann@x.example", role=Role.STAFF, added_at=NOW)
    people.add(ann)
    browser = Browser()
    browser.cookies["session"] = sessions.begin(account.id, "Chrome", clients.now(), ann)
    return browser


def test_a_person_is_told_after_a_quarter_of_an_hour_until_they_choose(account: Account, signed_in: Browser) -> None:
    before = checked(signed_in.get("notifications"))

    saved = choose(signed_in, tell="60", quiet="yes")

    assert before == ["15"]
    assert "Saved." in saved.text
    assert checked(saved) == ["60", "yes"]
    assert chosen(account) == (True, 60, True)


def test_a_person_can_choose_no_mails_and_take_it_back(account: Account, signed_in: Browser) -> None:
    never = checked(choose(signed_in, tell="never"))
    choose(signed_in, tell="0")

    assert never == ["never"]
    assert chosen(account) == (True, 0, False)


def test_staff_choose_for_themselves_only(account: Account, signed_in: Browser) -> None:
    ann = staff(account)

    page = choose(ann, tell="5")

    assert "Mails go to ann@x.example." in page.text
    assert chosen(account, "ann") == (True, 5, False)
    assert chosen(account) == (True, 15, False)
    assert checked(signed_in.get("notifications")) == ["15"]


def test_a_choice_that_does_not_exist_is_refused(account: Account, signed_in: Browser) -> None:
    refused = choose(signed_in, tell="1", quiet="yes")

    assert refused.status == 422
    assert "Choose one of these." in refused.text
    assert checked(refused) == ["yes"]
    assert chosen(account) == (True, 15, False)


def test_another_studio_and_another_site_change_nothing(account: Account, signed_in: Browser) -> None:
    other = studio("10000002")
    page = signed_in.get("notifications")

    choose(signed_in, tell="0", account=other.id, person="ann")
    foreign = Browser(origin=f"https://not.{HOST}")
    foreign.cookies |= signed_in.cookies

    assert foreign.submit(page, "notifications", tell="never").status == 403
    assert Browser().get("notifications").path == "sign-in"
    assert reply_notices.of_account(other.id) == {}
    assert set(reply_notices.of_account(account.id)) == {OWNER}


def test_a_choice_of_a_removed_person_is_deleted(account: Account, signed_in: Browser) -> None:
    choose(staff(account), tell="5")

    signed_in.submit(signed_in.get("people"), "people/ann/remove")

    assert reply_notices.of_account(account.id) == {}


def test_a_choice_keeps_what_was_told(account: Account, signed_in: Browser) -> None:
    notices = ReplyNotices(account=account.id, person=OWNER)
    reply_notices.note_mailed(notices, [], 7, NOW + timedelta(minutes=1))

    choose(signed_in, tell="0")

    assert reply_notices.of_person(account.id, OWNER).through == 7
