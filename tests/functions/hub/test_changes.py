"""The owner's page of changes."""

from datetime import timedelta
from typing import Any

from accounts import settings_api
from inbox import api as inbox_api
from longcode.accounts.account import Account
from longcode.accounts.people import Role
from longcode.aws import clients
from longcode.changes import store as changes
from longcode.changes.change import Actor, ChangeKind, Way
from longcode.table import store
from tests.support.admin_orders import send_accepted_order
from tests.support.fakes import NOW, call, studio
from tests.support.recorded_changes import of_person, recorded, set_general
from tests.support.reply_steps import receive, record_text

ADDRESS = {"sourceIp": "198.51.100.7"}
HOSTILE = "<script>alert(1)</script>\"'>&amp;{}{{7*7}}"


def test_the_page_says_who_changed_what_when_and_from_where(account: Account) -> None:
    owner = of_person(account)
    set_general(owner, name="Foxglove Studio")
    call(settings_api, "PATCH", "/account", {"quiet_hours": False}, account=account.id, identity=ADDRESS)
    send_accepted_order("accounts.suspend", clients.now(), account=account.id, reason="Unpaid", by="Carla")

    text = owner.get("changes").text

    assert "Changed settings" in text
    assert "name: Foxglove Portraits → Foxglove Studio" in text
    assert "Ann Lee · Firefox on Mac, 192.0.2.1" in text
    assert "quiet hours: on → off" in text
    assert "Software with the account's password · 198.51.100.7" in text
    assert "Stopped the account" in text
    assert "reason: Unpaid" in text
    assert "Longcode's staff" in text
    assert "Carla" not in text


def test_the_page_is_filtered_by_person_and_kind_and_has_pages(account: Account) -> None:
    owner = of_person(account)
    for number in range(52):
        call(settings_api, "PATCH", "/account", {"name": f"Name {number}"}, account=account.id)
    set_general(owner, name="Last name")
    owner.submit(owner.get("account/password"), "account/password")

    first = owner.get("changes")
    rest = owner.get("changes", older(first.addresses))
    of_ann = owner.get("changes", "who=id-owner")
    of_both = owner.get("changes", "who=id-owner&kind=password")

    assert first.text.count("Changed settings") == 49
    assert rest.text.count("Changed settings") == 4
    assert "Older ones" not in rest.text
    assert (of_ann.text.count("Changed settings"), of_ann.text.count("Made a new password")) == (1, 1)
    assert (of_both.text.count("Changed settings"), of_both.text.count("Made a new password")) == (0, 1)
    assert "Nothing is found." in owner.get("changes", "who=id-owner&kind=plan").text
    assert "Somebody who is no longer here" in owner.get("changes", "who=gone").text


def older(addresses: list[str]) -> str:
    return next(address.partition("?")[2] for address in addresses if "changes?" in address and "after=" in address)


def test_whoever_floods_the_record_does_not_hide_a_change_nor_make_the_page_read_without_end(
    account: Account,
) -> None:
    owner, key, at = of_person(account), Actor(way=Way.API, who="abc"), clients.now() - timedelta(minutes=1)
    store.write(changes.new(account.id, ChangeKind.KEY_MADE, at, key, about="Thief's"))
    flood = [changes.new(account.id, ChangeKind.SETTINGS, at + timedelta(seconds=1), key) for _ in range(2_100)]
    for start in range(0, len(flood), 100):
        store.transact(flood[start : start + 100])

    first = owner.get("changes", "kind=key_made")
    second = owner.get("changes", older(first.addresses))

    assert "Made the API key" not in first.text
    assert "Nothing is found in this part of the list." in first.text
    assert "Made the API key Thief's" in second.text


def test_staff_do_not_see_the_page(account: Account) -> None:
    assert of_person(account, Role.STAFF).get("changes").status == 403


def test_no_change_of_another_studio_is_shown(account: Account) -> None:
    other = studio("10000002")
    call(settings_api, "PATCH", "/account", {"name": "Secret of others"}, account=other.id)
    (theirs,) = recorded(other.id)
    place = f"{theirs.at.isoformat().replace('+00:00', 'Z')}~"

    for query in ("", "who=password", f"after={place}", "after=../account%2310000002%23change"):
        assert "Secret of others" not in of_person(account).get("changes", query).text


def test_a_moved_reply_does_not_show_the_other_account(account: Account) -> None:
    other = studio("10000002")
    record_text(account, NOW)
    receive(body="Hello")
    message_id = inbox_items(account)[0]["delivery_id"]
    send_accepted_order("replies.move", clients.now(), account=account.id, message_id=message_id, to=other.id)

    text = of_person(account).get("changes").text

    assert "Moved a reply to the studio that it was for" in text
    assert other.id not in text
    (listed,) = send_accepted_order("changes.list", clients.now() + timedelta(seconds=1), account=account.id)["items"]
    assert ("to", other.id) in [(each["name"], each["after"]) for each in listed["details"]]


def inbox_items(account: Account) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = call(inbox_api, "GET", "/inbox", account=account.id).json["items"]
    return items


def test_hostile_names_are_shown_as_words(account: Account) -> None:
    owner = of_person(account, name=HOSTILE)
    owner.submit(owner.get("people"), "people", name=HOSTILE, email="bo@x.example", role="staff")
    call(settings_api, "PATCH", "/account", {"sender_name": "<b>&"}, account=account.id)

    page = owner.get("changes")

    assert page.status == 200
    assert "<script>alert" not in page.html
    assert f"Added {HOSTILE}, who can sign in" in page.text
    assert "sender name: none → <b>&" in page.text
