"""The owner's page of changes, and what is recorded of the changes that the hub makes."""

import re
from datetime import timedelta
from typing import Any

from accounts import credentials_api, settings_api
from inbox import api as inbox_api
from longcode.accounts import account_links, people, sessions
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.accounts.account_links import LinkKind
from longcode.accounts.people import Person, Role
from longcode.aws import clients
from longcode.changes import store as changes
from longcode.changes.change import RecordedChange, Span
from tests.support.admin_orders import send_accepted_order
from tests.support.aws_calls import parallel_calls
from tests.support.browser import Browser
from tests.support.crashes import every_crash
from tests.support.fakes import NOW, PASSWORD, call, studio
from tests.support.reply_steps import receive, record_text

ADDRESS = {"sourceIp": "198.51.100.7"}
HOSTILE = "<script>alert(1)</script>\"'>&amp;{}{{7*7}}"


def recorded(account: str = "10000001") -> list[RecordedChange]:
    found, _ = changes.of_account(account, Span(limit=200), clients.now() + timedelta(minutes=1))
    return found


def summary(account: str = "10000001") -> list[tuple[Any, ...]]:
    """Return each change, the oldest first: kind, about, and the details with their values."""
    return [
        (change.kind.value, change.about, *((each.name, each.before, each.after) for each in change.details))
        for change in reversed(recorded(account))
    ]


def of_person(account: Account, role: Role = Role.OWNER, name: str = "Ann Lee") -> Browser:
    """Return the browser of a person who has signed in by mail."""
    person = Person(
        account=account.id, id=f"id-{role}", name=name, email=f"{role}@x.example", role=role, added_at=NOW
    )
    people.add(person)
    return Browser({"session": sessions.begin(account.id, "Firefox on Mac", clients.now(), person)})


def set_general(browser: Browser, **fields: str) -> None:
    page = browser.get("account")
    given = {name: value for name, value in page.fields.items() if name not in ("email", "account")} | fields
    assert browser.post("account", **given).path == "account"


def test_a_change_of_settings_is_recorded_with_its_old_and_new_values_and_who_made_it(account: Account) -> None:
    owner = of_person(account)

    set_general(owner, name="Foxglove Studio", sender_name="Foxglove")

    (change,) = recorded()
    assert {(each.name, each.before, each.after) for each in change.details} == {
        ("name", "Foxglove Portraits", "Foxglove Studio"),
        ("sender_name", None, "Foxglove"),
    }
    assert (change.actor.way, change.actor.who, change.actor.name) == ("hub", "id-owner", "Ann Lee")
    assert change.actor.browser == "Firefox on Mac"
    assert (change.account, change.kind, change.unfinished) == (account.id, "settings", False)


def test_a_form_that_changes_nothing_is_not_recorded(account: Account, signed_in: Browser) -> None:
    set_general(signed_in)
    call(settings_api, "PATCH", "/account", {"name": account.name, "retention_days": None}, account=account.id)

    assert recorded() == []


def test_a_change_through_the_api_is_recorded_with_its_key_or_password_and_its_address(account: Account) -> None:
    call(settings_api, "PATCH", "/account", {"texts_an_hour": 5}, account=account.id, identity=ADDRESS)

    (change,) = recorded()
    assert (change.actor.way, change.actor.who, change.actor.address) == ("api", "password", "198.51.100.7")
    assert summary() == [("settings", "", ("texts_an_hour", "10", "5"))]


def test_neither_secrets_nor_words_for_clients_are_in_the_record(account: Account) -> None:
    settings = {
        "webhook_url": "https://hooks.example/in/s3cret",
        "delivery": "webhook",
        "opening_hours": {"monday": [{"opens": "09:00", "closes": "17:00"}]},
        "away_text": "We are closed.",
        "statuses": {"session": ["booked"]},
    }

    answer = call(settings_api, "PATCH", "/account", settings, account=account.id)
    renewed = call(settings_api, "POST", "/account/webhook-secret", account=account.id).json["webhook_secret"]

    assert answer.status == 200, answer.text
    first, second = recorded()[::-1]
    assert {(each.name, each.before, each.after) for each in first.details} == {
        ("webhook_url", None, "hooks.example"),
        ("delivery", "poll", "webhook"),
        ("opening_hours", None, None),
        ("away_text", None, None),
        ("statuses", None, None),
    }
    assert (second.kind, second.details) == ("webhook_secret", ())
    assert renewed not in str(second)


def test_a_plan_a_password_and_keys_are_recorded(account: Account, signed_in: Browser) -> None:
    page = signed_in.get("plan/change", "plan=large")
    signed_in.submit(page, "plan/change", plan="large")
    signed_in.submit(signed_in.get("account/password"), "account/password")
    made = signed_in.submit(signed_in.get("keys"), "keys", name="Booking page", scope="read")
    secret = re.search(r"lck_(\w+)_", made.text)
    assert secret
    for _ in range(2):
        signed_in.submit(signed_in.get("keys"), f"keys/{secret[1]}/end")

    assert summary() == [
        ("plan", "", ("plan", "medium", "large")),
        ("password", ""),
        ("key_made", "Booking page", ("id", None, secret[1]), ("scope", None, "read")),
        ("key_ended", "Booking page", ("id", None, secret[1])),
    ]


def test_what_a_mailed_link_changes_is_recorded_with_where_it_was_opened(
    account: Account,
) -> None:
    now, browser = clients.now(), Browser()
    link = account_links.request(LinkKind.PASSWORD, account.id, now)
    browser.submit(browser.get(f"/password/{link}"), f"/password/{link}")
    address = account_links.request(LinkKind.ADDRESS, account.id, now, email="new@studio.example")
    for _ in range(2):
        browser.submit(browser.get(f"/hub/address/{address}"), f"/hub/address/{address}")

    assert summary() == [
        ("password", ""),
        ("address", "", ("email", "10000001@studio.example", "new@studio.example")),
    ]
    assert {(one.actor.way, one.actor.who, one.actor.address, one.actor.browser) for one in recorded()} == {
        ("link", "link", "192.0.2.1", "Chrome on Windows")
    }


def test_people_their_sessions_and_a_wish_for_another_address_are_recorded(account: Account) -> None:
    owner = of_person(account)
    owner.submit(owner.get("people"), "people", name="Bo Berg", email="Bo@x.example", role="staff")
    (bo,) = (person for person in people.of_account(account) if person.name == "Bo Berg")
    sessions.begin(account.id, "Safari on iPhone", clients.now(), bo)
    (session,) = (one for one in sessions.of_account(account.id, clients.now()) if one.person == bo.id)
    for path in (f"sessions/{session.hash}/end", f"people/{bo.id}/remove"):
        for _ in range(2):
            owner.submit(owner.get("people"), path)
    owner.submit(owner.get("account"), "account", email="new@studio.example")

    assert summary() == [
        ("person_added", "Bo Berg", ("role", None, "staff"), ("email", None, "bo@x.example")),
        ("session_ended", "Bo Berg", ("browser", "Safari on iPhone", None)),
        ("person_removed", "Bo Berg", ("role", "staff", None), ("email", "bo@x.example", None)),
        ("address_asked", "", ("email", "10000001@studio.example", "new@studio.example")),
    ]


def test_a_refused_wish_is_not_recorded(account: Account) -> None:
    owner = of_person(account)
    owner.submit(owner.get("people"), "people", name="Bo Berg", email="nobody", role="staff")
    owner.submit(owner.get("people"), "people", name="Bo Berg", email=account.email, role="staff")
    owner.submit(owner.get("account"), "account", email="nobody")
    owner.submit(owner.get("keys"), "keys", name="", scope="read")

    assert recorded() == []


def test_closing_the_account_is_recorded_once_whoever_closes_it(account: Account) -> None:
    owner = of_person(account)
    owner.submit(owner.get("account/close"), "account/close", studio_name=account.name)
    send_accepted_order("accounts.close", clients.now(), account=account.id)

    assert summary() == [("closed", "")]


def test_a_change_and_its_record_are_written_together_or_not_at_all(account: Account) -> None:
    for crash in every_crash():
        with crash:
            call(settings_api, "PATCH", "/account", {"name": "Other"}, account=account.id)

        is_changed = accounts.get_or_raise(account.id).name == "Other"
        assert len(recorded()) == int(is_changed)


def test_a_password_made_twice_at_once_is_recorded_once(account: Account) -> None:
    accounts.set_password(account.id, accounts.password_hash(studio("10000002").id) or "")

    with parallel_calls() as calls:
        asked = {"present": PASSWORD}
        made = list(
            calls.map(
                lambda _: call(credentials_api, "POST", "/account/password", asked, account=account.id).status,
                range(3),
            )
        )

    assert sorted(made) == [200, 403, 403]
    assert summary() == [("password", "")]


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
