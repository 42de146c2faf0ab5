"""The pages of the clients: the list, its search, and a client's record."""

from datetime import UTC, datetime
from typing import Any

import pytest

from longcode.accounts.account import Account, QuietZone
from longcode.aws import clients as aws_clients
from longcode.clients import store as clients
from longcode.clients.permission import Permission, Via
from longcode.jobs import Means
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED, OptOutEvent, account_scope
from tests.support.browser import PREFIX, Browser, Page
from tests.support.fakes import client as write_client
from tests.support.fakes import studio
from tests.support.reply_steps import receive, record_text


def records(page: Page) -> list[str]:
    """Return the addresses of the records that a list leads to."""
    others = ("/new", "/import", "/export/all")
    return [address for address in page.addresses if "/clients/" in address and not address.endswith(others)]


def test_a_client_is_found_changed_and_kept(account: Account, signed_in: Browser) -> None:
    found = signed_in.get("clients", "q=zoe")
    record = signed_in.get("clients/c1")
    saved = signed_in.submit(
        record, "clients/c1", last_name="Müller", tags="wedding, 2027,, wedding", number_1="(310) 555-0177"
    )

    written = clients.get(account.id, "c1")
    assert "Zoë" in found.text
    assert written
    assert (written.first_name, written.last_name, written.tags) == ("Zoë", "Müller", ("wedding", "2027"))
    assert [(phone.number, phone.entered) for phone in written.phones][1] == ("+13105550177", "(310) 555-0177")
    assert "Saved." in saved.text
    assert "Zoë Müller" in saved.text


def test_a_box_that_is_unticked_takes_the_permission_back(account: Account, signed_in: Browser) -> None:
    fields = signed_in.get("clients/c1").fields
    del fields["allow_text_marketing"]
    del fields["sms_0"]

    signed_in.post("clients/c1", **fields)

    written = clients.get(account.id, "c1")
    assert written
    assert (written.allow_text_marketing, [phone.sms for phone in written.phones]) == (False, [False])


def test_a_new_client_is_added_once(account: Account, signed_in: Browser) -> None:
    page = signed_in.get("clients/new")
    typed = {"first_name": "Ann", "number_0": "(310) 555-0177"}

    for _ in range(2):
        saved = signed_in.submit(page, "clients/new", **typed)

    added = [client for client in clients.page(account.id, None, 10) if client.first_name == "Ann"]
    assert "Saved." in saved.text
    assert [phone.number for phone in added[0].phones] == ["+13105550177"]
    assert len(added) == 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"number_1": "12"}, "too short"),
        ({"time_zone": "Mars/Olympus"}, "time zone"),
        ({"first_name": "x" * 101}, "first name"),
        ({"number_1": "+15555550100"}, "number"),
    ],
)
def test_a_refused_record_shows_why_and_keeps_what_was_typed(
    account: Account, signed_in: Browser, typed: dict[str, str], said: str
) -> None:
    before = clients.get(account.id, "c1")

    refused = signed_in.submit(signed_in.get("clients/c1"), "clients/c1", last_name="Kept", **typed)

    assert refused.status == 422
    assert said in refused.text
    assert refused.fields["last_name"] == "Kept"
    assert clients.get(account.id, "c1") == before


def test_the_record_says_which_number_asked_us_to_stop(account: Account, signed_in: Browser) -> None:
    event = OptOutEvent(
        id="e",
        phone="+12125550123",
        scope=account_scope(account.id),
        out=True,
        at=aws_clients.now(),
        means=Means.STAFF,
        words="by phone",
        account=account.id,
        by="Ann",
    )
    optouts.record(event)

    record = signed_in.get("clients/c1").text
    assert "Asked us to stop." in record
    assert "Ann wrote down that the client asked to stop: “by phone”" in record


@pytest.mark.account(people=60)
def test_the_list_comes_in_pages(account: Account, signed_in: Browser) -> None:
    first = signed_in.get("clients")
    more = next(address for address in first.addresses if "after=" in address)
    second = signed_in.get("clients", more.partition("?")[2])

    assert [len(records(page)) for page in (first, second)] == [40, 20]
    assert "More clients" not in second.text


def test_empty_lists_say_what_to_do(account: Account, signed_in: Browser) -> None:
    assert "Nobody is called “nobody”" in signed_in.get("clients", "q=nobody").text
    clients.delete(account.id, "c1")
    assert "No clients yet." in signed_in.get("clients").text


def test_another_studios_clients_are_absent(account: Account, signed_in: Browser) -> None:
    other = studio("10000002")
    write_client(other, "theirs", "+13105550177", first_name="Theirs")

    record = signed_in.get("clients/theirs")
    searched = signed_in.get("clients", "q=theirs")
    signed_in.submit(signed_in.get("clients/c1"), "clients/theirs", first_name="Mine")

    assert record.status == 404
    assert "Theirs" not in signed_in.get("clients").text
    assert "Nobody is called" in searched.text
    theirs = clients.get(other.id, "theirs")
    assert theirs
    assert theirs.first_name == "Theirs"


@pytest.mark.parametrize("client_id", ["ann@studio", "a+b", "Zoë", "a'b"])
def test_ids_of_all_kinds_open_their_record(account: Account, signed_in: Browser, client_id: str) -> None:
    write_client(account, client_id, first_name="Found")
    (row,) = records(signed_in.get("clients", "q=found"))

    assert "Found" in signed_in.get(row.partition("/hub/")[2]).text


def test_a_record_that_was_typed_is_still_there_after_a_lost_session(
    account: Account, password: str, signed_in: Browser
) -> None:
    page = signed_in.get("clients/c1")
    signed_in.cookies.clear()

    typed = {"last_name": "Müller & Söhne", "number_1": "(310) 555-0177", "label_1": "Work"}
    asked = signed_in.submit(page, "clients/c1", **typed)
    back = signed_in.submit(asked, "sign-in", account=account.id, password=password)

    assert (asked.path, back.path) == ("sign-in", "clients/c1")
    assert {name: back.fields[name] for name in typed} == typed
    assert "allow_text_marketing" in back.fields


def test_thousands_of_phone_lines_are_not_read(account: Account, signed_in: Browser) -> None:
    token = signed_in.get("clients/c1").fields["token"]
    many = {f"number_{index}": "(310) 555-0177" for index in range(190)}

    refused = signed_in.post("clients/c1", token=token, lines="9" * 5000, first_name="Zoë", **many)

    assert refused.status == 422


def test_the_record_says_since_when_texts_are_allowed_and_by_whom(account: Account, signed_in: Browser) -> None:
    page = signed_in.get("clients/new")
    saved = signed_in.submit(
        page, "clients/new", first_name="Ann", allow_text_marketing="on", means="paper", key="k1"
    )
    fields = dict(saved.fields)
    del fields["allow_text_marketing"]
    said = {"first_name": "Bob", "allow_text_marketing": "on", "key": "k2"}
    unsaid = signed_in.submit(page, "clients/new", **said)
    without_day = signed_in.submit(page, "clients/new", **said, means="phone", given_on="")
    unknown = signed_in.submit(page, "clients/new", **said, means="unknown", given_on="")
    again = signed_in.submit(saved, saved.path, last_name="Lee")
    unchecked = signed_in.post(saved.path, **fields)

    assert "Say how the client agreed to texts." in unsaid.text
    assert unsaid.fields["first_name"] == "Bob"
    (wrong,) = (given for _, given in without_day.tags if "aria-invalid" in given)
    assert (without_day.status, wrong["name"]) == (422, "given_on")
    assert "Choose the day on which the client agreed" in without_day.text
    assert "How the client agreed is not known." in unknown.text
    assert "Checked today with the account's password. Agreed on paper on" in saved.text
    assert "Checked today with the account's password." in again.text
    assert "Unchecked today with the account's password." in unchecked.text


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ({"via": "hub", "person": "Ann"}, "by Ann"),
        ({"via": "import", "person": "Ann"}, "by Ann, with an import"),
        ({"via": "import"}, "with an import"),
        ({"via": "api"}, "by your software"),
        ({"via": "api", "key": "gone"}, "by your software, with an API key since deleted"),
    ],
)
def test_the_ways_to_allow_texts_are_told_in_words(
    account: Account, signed_in: Browser, kept: dict[str, Any], said: str
) -> None:
    since = datetime(2025, 3, 5, 12, tzinfo=UTC)
    write_client(account, "c1", permission=Permission(since=since, **kept | {"via": Via(kept["via"])}))

    assert f"Checked on Wed 5 Mar 2025 {said}." in signed_in.get("clients/c1").text


def test_of_another_studios_stop_the_record_says_only_that_there_is_one(account: Account, signed_in: Browser) -> None:
    event = OptOutEvent(
        id="e",
        phone="+12125550123",
        scope=SHARED,
        out=True,
        at=aws_clients.now(),
        means=Means.TEXT,
        words="STOP, you terrible other studio",
        account="10000002",
    )
    optouts.record(event)

    record = signed_in.get("clients/c1").text

    assert "by a text to another one" in record
    assert "terrible" not in record
    assert "Text this client" not in record


def test_the_record_shows_the_last_message_and_leads_to_a_text(account: Account, signed_in: Browser) -> None:
    record_text(account)
    receive("SM1", "Can I bring the dog?", at=aws_clients.now())

    record = signed_in.get("clients/c1")

    assert "Can I bring the dog?" in record.text
    assert f"{PREFIX}/hub/messages/12125550123" in record.addresses
    to = next(address for address in record.addresses if "/new?" in address)
    assert signed_in.get("new", to.partition("?")[2]).fields["to"] == "Zoë, (212) 555-0123"


def test_a_client_is_deleted_after_a_question(account: Account, signed_in: Browser) -> None:
    asked = signed_in.get("clients/c1/delete")
    kept = clients.get(account.id, "c1")
    for _ in range(2):
        after = signed_in.submit(asked, "clients/c1/delete")

    assert "This cannot be undone." in asked.text
    assert kept
    assert clients.get(account.id, "c1") is None
    assert "The client was deleted." in after.text


@pytest.mark.parametrize("path", ["clients/theirs", "clients/theirs/delete"])
def test_another_studios_client_is_neither_shown_nor_deleted(account: Account, signed_in: Browser, path: str) -> None:
    other = studio("10000002")
    write_client(other, "theirs", "+13105550177")

    shown = signed_in.get(path)
    signed_in.submit(signed_in.get("clients/c1"), "clients/theirs/delete")

    assert shown.status == 404
    assert clients.get(other.id, "theirs")


@pytest.mark.account(quiet_zone=QuietZone.LIKELY)
def test_the_zone_that_the_number_implies_is_shown(account: Account, signed_in: Browser) -> None:
    assert "Without one, the number decides: America/New_York." in signed_in.get("clients/c1").text
