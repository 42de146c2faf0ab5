"""The record of the changes that the hub and the API make, each once."""

import re

import pytest

from accounts import mailed_links, settings_api
from clients import api as clients_api
from longcode.accounts import account_links, people, sessions
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.accounts.account_links import LinkKind
from longcode.aws import clients, queues
from longcode.clients import store as client_store
from longcode.jobs import HandleKeyword
from longcode.table.store import ConditionFailed
from longcode.triggers.store import put as put_trigger
from optout import api as optout_api
from optout import worker as optout_worker
from tests.support.admin_orders import send_accepted_order
from tests.support.aws_calls import meanwhile, parallel_calls
from tests.support.browser import Browser
from tests.support.crashes import every_crash
from tests.support.fakes import ACTOR, NOW, call, studio, take_queued
from tests.support.recorded_changes import of_person, recorded, set_general, summary
from tests.support.reply_steps import receive, record_text
from tests.support.trigger_samples import trigger
from triggers import rules_api

ADDRESS = {"sourceIp": "198.51.100.7"}


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


def test_a_webhook_address_elsewhere_on_the_same_server_is_recorded(account: Account) -> None:
    for path in ("mine", "somebody-elses", "somebody-elses"):
        call(settings_api, "PATCH", "/account", {"webhook_url": f"https://hooks.example/{path}"}, account=account.id)

    assert summary() == [
        ("settings", "", ("webhook_url", None, "hooks.example")),
        ("settings", "", ("webhook_url", None, None)),
    ]


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
    plan = accounts.request_confirmation(account.id, "large", now)
    for path in (f"/hub/address/{address}", f"/signup/confirm/{plan}"):
        for _ in range(2):
            browser.submit(browser.get(path), path)

    assert summary() == [
        ("password", ""),
        ("address", "", ("email", "10000001@studio.example", "new@studio.example")),
        ("plan", "", ("plan", "medium", "large")),
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
    old = accounts.password_hash(account.id)

    def renew(_: int) -> str | None:
        try:
            return mailed_links.renew_password(account.id, old, clients.now(), ACTOR)
        except ConditionFailed:
            return None

    with parallel_calls() as calls:
        made = list(calls.map(renew, range(3)))

    assert sum(password is not None for password in made) == 1
    assert summary() == [("password", "")]


def test_templates_and_own_fields_are_recorded_without_their_words(account: Account) -> None:
    owner = of_person(account)
    typed = {"name": "Hours", "subject": "Our hours", "body": "Secret words", "shortcut": "hours"}
    owner.submit(owner.get("new-template"), "new-template", **typed)
    for _ in range(2):
        owner.submit(owner.get("templates/Hours"), "templates/Hours", body="Other words")
    owner.submit(owner.get("templates/Hours"), "templates/Hours", name="Opening", body="Other words")
    for _ in range(2):
        owner.submit(
            owner.get("templates"), "templates/Opening/delete", token=owner.get("canned-replies").fields["token"]
        )
    for _ in range(2):
        owner.submit(owner.get("own-fields"), "own-fields", label="Album style")
    owner.submit(owner.get("own-fields"), "own-fields/album_style/remove")

    assert summary() == [
        (
            "template_written",
            "Hours",
            ("subject", None, "Our hours"),
            ("shortcut", None, "hours"),
            ("body", None, None),
        ),
        ("template_written", "Hours", ("body", None, None)),
        ("template_renamed", "Hours", ("name", "Hours", "Opening")),
        ("template_deleted", "Opening"),
        ("settings", "", ("client_fields", None, None)),
        ("settings", "", ("client_fields", None, None)),
    ]
    assert "words" not in str(recorded()).replace("words_", "")


@pytest.mark.account(edition="professional")
def test_triggers_are_recorded_without_their_words_and_phones(account: Account) -> None:
    rule = {"watches": "keyword", "keyword": "hours", "body": "Secret words", "to": "client"}
    for body in ("Secret words", "Secret words", "Other words"):
        call(rules_api, "PUT", "/triggers/hours", rule | {"body": body}, account=account.id)
    owner = of_person(account)
    for _ in range(2):
        owner.submit(owner.get("triggers"), "triggers/hours/switch", on="0")
    for _ in range(2):
        call(rules_api, "DELETE", "/triggers/hours", account=account.id)

    assert summary() == [
        ("trigger_written", "hours"),
        ("trigger_written", "hours", ("body", None, None)),
        ("trigger_switched", "hours", ("enabled", "on", "off")),
        ("trigger_deleted", "hours"),
    ]


def test_a_trigger_above_the_limit_is_neither_there_nor_in_the_record(account: Account) -> None:
    accounts.change_settings(account.id, {"edition": "professional"})
    account = accounts.get_or_raise(account.id)
    for number in range(39):
        put_trigger(trigger(account=account.id, name=f"t{number:02}"))
    rule = {"watches": "keyword", "keyword": "hours", "body": "Hello", "to": "client"}

    with meanwhile("TransactWriteItems", lambda: put_trigger(trigger(account=account.id, name="t40"))):
        refused = call(rules_api, "PUT", "/triggers/hours", rule, account=account.id)

    assert refused.status == 409
    assert recorded() == []


def test_the_join_page_is_recorded_without_its_address(account: Account) -> None:
    owner = of_person(account)
    for _ in range(2):
        owner.submit(owner.get("join-page"), "join-page", shown="on", topics="my offers")
    owner.submit(owner.get("join-page"), "join-page/renew")

    (_, _, *first), second = summary()
    assert ("shown", None, "on") in first
    assert ("topics", None, "my offers") in first
    assert ("code", None, None) in first
    assert second == ("join_page", "", ("code", None, None))


def test_opt_outs_that_staff_record_or_answer_have_the_end_of_the_phone_only(account: Account) -> None:
    said = {"opted_out": True, "how": "She asked on the phone."}
    call(optout_api, "PUT", "/optouts/+12125550188", said, account=account.id)
    record_text(account, NOW)
    receive(body="Please stop texting me!!")
    for body in take_queued("opt_out"):
        optout_worker.handle_keyword(queues.read(HandleKeyword, body), NOW)
    for _ in range(2):
        call(optout_api, "PUT", "/questions/+12125550123", {"opted_out": True}, account=account.id)

    assert summary() == [
        ("opt_out", "…0188"),
        ("opt_out_answer", "…0123", ("opted_out", None, "yes")),
    ]


def test_imports_are_recorded_with_how_many_rows_they_write(account: Account) -> None:
    owner, other = of_person(account), studio("10000002")
    file = b"id,first_name,phone\nx1,Ann,2125550171\nx2,Bo,2125550172\n"
    page = owner.upload(owner.get("clients/import"), "clients/import", "people.csv", file)
    for _ in range(2):
        owner.submit(owner.get(page.path), page.path, do="import")
    for query in ({"dry_run": "true"}, {}, {}):
        answer = call(
            clients_api,
            "POST",
            "/clients/import",
            "id,first_name\nx3,Cleo\n",
            account=other.id,
            headers={"content-type": "text/csv"},
            query=query,
        )
        assert answer.status == 200

    assert summary() == [("import", "people.csv", ("of", None, "clients"), ("rows", None, "2"))]
    assert summary(other.id) == [("import", "", ("of", None, "clients"), ("rows", None, "1"))]
    assert not any(change.unfinished for change in recorded(other.id))


def test_a_list_of_opt_outs_is_recorded_with_how_many_rows_it_has(account: Account) -> None:
    owner = of_person(account)
    page = owner.upload(owner.get("opt-outs/import"), "opt-outs/import", "old.csv", b"phone\n(212) 555-0177\n")
    for _ in range(2):
        owner.submit(owner.get(page.path), page.path, do="import")

    assert summary() == [("import", "old.csv", ("of", None, "opt-outs"), ("rows", None, "1"))]


def test_a_tag_of_many_clients_is_recorded_with_how_many_it_changed(account: Account) -> None:
    for _ in range(2):
        answer = call(
            clients_api, "POST", "/client-tags", {"tag": "vip", "client_ids": ["c1", "nobody"]}, account=account.id
        )
        assert answer.status == 200

    assert summary() == [("tags", "vip", ("done", None, "added"), ("clients", None, "1"))]


def test_an_import_that_is_killed_is_in_the_record_if_it_wrote_something(account: Account) -> None:
    csv = {"content-type": "text/csv"}
    for crash in every_crash(after=False):
        with crash:
            call(
                clients_api,
                "POST",
                "/clients/import",
                "id,first_name\nx3,Cleo\n",
                account=account.id,
                headers=csv,
            )

        is_written = client_store.get(account.id, "x3") is not None
        if is_written:
            assert len(recorded()) == 1
        if not is_written:
            assert all(change.unfinished for change in recorded())


def test_each_file_that_is_taken_out_is_recorded(account: Account) -> None:
    owner = of_person(account)
    paths = ("clients/export/clients.csv?count=5", "export/data.csv?of=templates", "opt-outs/export/opt-outs.csv")
    for path, _, query in (path.partition("?") for path in paths):
        assert owner.get(path, query).headers["Content-Disposition"]
    owner.get("export/data.csv", "of=nothing")

    assert summary() == [("export", "clients.csv"), ("export", "templates.csv"), ("export", "opt-outs.csv")]


def test_webhooks_that_the_service_switches_off_are_recorded_once(account: Account) -> None:
    settings = {"webhook_url": "https://hooks.example/in", "delivery": "webhook"}
    call(settings_api, "PATCH", "/account", settings, account=account.id)
    for _ in range(2):
        accounts.switch_webhook_off(account.id, "https://hooks.example/in", clients.now())

    assert summary()[1:] == [("settings", "", ("delivery", "webhook", "poll"))]
    assert recorded()[0].actor.way == "service"
