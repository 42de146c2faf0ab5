"""Templates, canned replies and own fields in the hub."""

from typing import Any

import pytest

from hub.templating import preview
from longcode.accounts.account import Account
from longcode.clients import store as client_store
from longcode.clients.client import Phone
from longcode.template import FIELDS, Template
from longcode.templates import store as template_store
from longcode.triggers import store as triggers
from tests.support.browser import Browser, Page
from tests.support.fakes import client as write_client
from tests.support.trigger_steps import write_trigger

ANNS = "+12125550177"


def add_ann(account: Account, **more: Any) -> None:
    write_client(account, "ann", first_name="Ann", phones=(Phone(number=ANNS, entered=ANNS),), **more)


def token(browser: Browser) -> str:
    return browser.get("home").fields["token"]


def write(browser: Browser, path: str, **fields: str) -> Page:
    given = {"name": "hello", "subject": "", "shortcut": "", "body": "Hi {{client.first_name|there}}!"}
    return browser.post(path, token=token(browser), **{**given, **fields})


def test_the_first_template_is_written_from_the_empty_list_and_shown_in_it(signed_in: Browser) -> None:
    empty = signed_in.get("templates")
    saved = write(signed_in, "new-template", name="Session  reminder", subject="For me")
    again = write(signed_in, "new-template", name="Session reminder", subject="For me")

    listed = signed_in.get("templates").text

    assert "No templates yet." in empty.text
    assert saved.path == again.path == "templates/Session%20reminder"
    assert "Saved." in saved.text
    assert "For me · Hi [first name]!" in listed


def test_a_refused_template_shows_why_beside_the_field_and_keeps_what_was_typed(
    account: Account, signed_in: Browser
) -> None:
    write(signed_in, "new-template", name="taken")
    unknown = write(signed_in, "new-template", body="Hi {{client.nickname}}")
    taken = write(signed_in, "new-template", name="taken", body="Other words")
    shortcut = write(signed_in, "new-template", shortcut="two words")

    assert (unknown.status, unknown.typed.strip()) == (422, "Hi {{client.nickname}}")
    assert unknown.text.count("There is no merge field client.nickname. Choose one") == 1
    assert (taken.status, "There is a template 'taken' already." in taken.text) == (409, True)
    assert (shortcut.status, shortcut.fields["shortcut"]) == (422, "two words")
    assert [template.body for template in template_store.template_page(account.id, None, 9)] == [
        "Hi {{client.first_name|there}}!"
    ]


def test_a_template_that_a_trigger_sends_says_so_before_it_is_changed_renamed_or_deleted(
    account: Account, signed_in: Browser
) -> None:
    write(signed_in, "new-template")
    write_trigger(name="day-before", template="hello", body=None)

    pages = [signed_in.get(path).text for path in ("templates", "templates/hello", "templates/hello/delete")]
    renamed = write(signed_in, "templates/hello", name="hello again", body="New words")
    twice = write(signed_in, "templates/hello", name="hello again", body="New words")

    assert "Used by trigger day-before" in pages[0]
    assert "goes out with the next texts of the trigger day-before" in pages[1]
    assert "The trigger day-before sends these words." in pages[2]
    assert renamed.path == twice.path == "templates/hello%20again"
    assert triggers.of_account(account.id)["day-before"].template == "hello again"


def test_former_words_are_shown_and_restored(account: Account, signed_in: Browser) -> None:
    write(signed_in, "new-template", body="First words", shortcut="hi")
    write(signed_in, "templates/hello", body="Second words", shortcut="hi")

    page = signed_in.get("templates/hello")
    for _ in range(2):  # sent twice
        signed_in.post("templates/hello/restore", token=page.fields["token"], version=page.buttons["version"])

    assert "First words" in page.text
    template = template_store.get_template(account.id, "hello")
    assert template
    assert (template.body, template.shortcut) == ("First words", "hi")
    assert [version.body for version in template_store.template_versions(account.id, "hello")] == [
        "Second words",
        "First words",
    ]


def test_the_client_of_the_preview_is_still_chosen_after_former_words_were_restored(
    account: Account, signed_in: Browser
) -> None:
    add_ann(account)
    write(signed_in, "new-template", body="First words, {{client.first_name}}")
    write(signed_in, "templates/hello", body="Second words")
    page = signed_in.get("templates/hello")
    (button,) = (given for tag, given in page.tags if given.get("name") == "version")
    (form,) = (given for tag, given in page.tags if tag == "form" and given.get("id") == button["form"])

    chosen = {"to": "Ann, (212) 555-0177", "client": "ann", "version": button["value"]}
    restored = signed_in.submit(page, "templates/hello/restore", **chosen)

    assert (button["formaction"], "data-asks" in form) == ("../templates/hello/restore", True)
    assert (restored.fields["to"], restored.fields["client"]) == (chosen["to"], "ann")
    assert "Ann would get First words, Ann" in restored.text


def test_a_deleted_template_is_gone_and_deleting_it_again_is_no_error(account: Account, signed_in: Browser) -> None:
    write(signed_in, "new-template")
    pages = [signed_in.post("templates/hello/delete", token=token(signed_in)) for _ in range(2)]

    assert [page.path for page in pages] == ["templates", "templates"]
    assert template_store.get_template(account.id, "hello") is None


@pytest.mark.account(client_fields={"album": "Album style"})
def test_the_preview_shows_what_a_client_gets_how_long_it_is_and_what_is_missing(
    account: Account, signed_in: Browser
) -> None:
    add_ann(account, last_name="", fields={"album": "Leather"})
    key = token(signed_in)

    def preview(body: str, to: str = ANNS) -> str:
        return signed_in.post("template-preview", token=key, body=body, to=to).text

    whole = preview("Hi {{client.first_name}}, your {{client.fields.album}} album on {{session.date}}")
    missing = preview("Hi {{client.last_name}}")
    example = preview("Hi {{client.first_name}}, {{client.fields.album}}", to="")
    dear = preview("x" * 170)

    assert "Hi Ann, your Leather album on Saturday, June 12" in whole
    assert "of 160 characters" in whole
    assert "Days, times and numbers are examples" in whole
    assert "the record has no last name" in missing
    assert "Hi Ann, Album style" in example
    assert "counts as 2 texts" in dear


@pytest.mark.account(sender_name="Foxglove", edition="professional")
def test_a_name_that_begins_a_conversation_is_counted_where_it_makes_a_text_dearer(
    account: Account, signed_in: Browser
) -> None:
    key, body = token(signed_in), "x" * 151
    rule = {"watches": "session", "status_session_confirmed": "on", "when": "at_once", "words": body, "to": "client"}

    def said(path: str, **fields: str) -> str:
        return signed_in.post(path, token=key, **fields).text

    note = "After “Foxglove:”, which begins a conversation, it counts as 2 texts."
    assert note in said("template-preview", body=body)
    assert note not in said("template-preview", body="x" * 150)
    assert f"151 of 160 characters. {note}" in said("triggers/new/shown", **rule)
    assert note not in said("triggers/new/shown", **rule | {"to": "staff", "staff_phone": "(212) 555-0111"})


def test_the_client_of_the_preview_is_still_chosen_after_the_template_was_saved(
    account: Account, signed_in: Browser
) -> None:
    add_ann(account, last_name="Lee & Söhne")
    chosen = {"to": "Ann Lee & Söhne, (212) 555-0177", "client": "ann"}

    new = write(signed_in, "new-template", **chosen)
    renamed = signed_in.submit(new, new.path, name="hello again", body="Hi {{client.first_name|there}}.")
    too_long = signed_in.submit(renamed, renamed.path, body="Hi", to="x" * 301)

    assert [(page.fields["to"], page.fields["client"]) for page in (new, renamed)] == [(chosen["to"], "ann")] * 2
    assert "Saved." in renamed.text
    assert "Ann Lee & Söhne would get Hi Ann." in renamed.text
    assert too_long.fields["to"] == ""


def test_a_canned_reply_is_added_listed_and_put_into_a_conversation_filled_in(
    account: Account, signed_in: Browser
) -> None:
    add_ann(account)
    added = signed_in.post(
        "canned-replies", token=token(signed_in), shortcut="/Hours", body="Hi {{client.first_name}}, we open at 9."
    )
    again = signed_in.post("canned-replies", token=token(signed_in), shortcut="hours", body="Other words")
    talk = signed_in.get("messages/12125550177")
    put = signed_in.post("messages/12125550177", token=token(signed_in), canned="hours", body="Hello,")

    assert "/hours" in added.text
    assert (again.status, "There is a template 'hours' already." in again.text) == (409, True)
    assert [given["data-words"] for tag, given in talk.tags if "data-shortcut" in given] == ["Hi Ann, we open at 9."]
    assert put.typed.strip() == "Hello,\nHi {{client.first_name}}, we open at 9."


def test_an_own_field_is_declared_filled_on_a_record_and_not_removed_while_it_is_used(
    account: Account, signed_in: Browser
) -> None:
    key = token(signed_in)
    declared = signed_in.post("own-fields", token=key, label="Album style", name="")
    taken = signed_in.post("own-fields", token=key, label="State", name="status")
    record = signed_in.get("clients/new")
    form = {"first_name": "Ann", "last_name": "", "number_0": "", "key": "1" * 32, "fields.album_style": "Leather"}
    signed_in.post("clients/new", token=key, **form)
    write(signed_in, "new-template", body="Your {{client.fields.album_style}} album")
    refused = signed_in.post("own-fields/album_style/remove", token=key)
    template_store.delete_template(account.id, "hello")
    removed = signed_in.post("own-fields/album_style/remove", token=key)

    assert "{{client.fields.album_style}}" in declared.text
    assert (taken.status, "A file of clients has a column of this name." in taken.text) == (422, True)
    assert "fields.album_style" in record.fields
    assert [client.fields for client in client_store.page(account.id, None, 9) if client.first_name == "Ann"] == [
        {"album_style": "Leather"}
    ]
    assert (refused.status, "used by the template hello" in refused.text) == (422, True)
    assert "The field was removed." in removed.text


def test_the_picker_has_every_merge_field_with_words_and_an_example() -> None:
    assert {name for group in preview.GROUPS.values() for name in group} == FIELDS


def test_what_was_typed_is_still_there_after_a_lost_session(
    account: Account, signed_in: Browser, password: str
) -> None:
    write(signed_in, "new-template", name="Session reminder")
    lost = Browser()

    asked = lost.post("templates/Session reminder", name="Session reminder", body="Typed, not saved", subject="")
    back = lost.submit(asked, "sign-in", account=account.id, password=password)

    assert (asked.path, back.path) == ("sign-in", "templates/Session%20reminder")
    assert back.typed.strip() == "Typed, not saved"


@pytest.mark.account(edition="professional")
def test_templates_broadcasts_and_triggers_pick_from_the_same_merge_fields(
    account: Account, signed_in: Browser
) -> None:
    signed_in.post("own-fields", token=token(signed_in), label="Album style")
    write_client(account, "c1")
    what = signed_in.submit(signed_in.get("broadcasts/new"), "broadcasts/new", whom="all")
    body = "Hi {{client.name|there}}, your album: {{client.fields.album_style}}"

    chosen = {"status_session_confirmed": "on", "letter": "", "words": body}
    rule = signed_in.submit(signed_in.get("triggers/new"), "triggers/new", do="show", **chosen)
    picked = [
        {tag["data-insert"]: tag["data-label"] for _, tag in page.tags if "data-insert" in tag}
        for page in (signed_in.get("new-template"), what, rule)
    ]

    assert picked[0]["{{client.fields.album_style}}"] == "Album style"
    assert picked[0] == picked[2]
    of_records = preview.GROUPS["Sessions, orders, tasks"]
    assert picked[0].keys() - picked[1].keys() == {f"{{{{{name}}}}}" for name in of_records}
    assert "Hi Ann Lee, your album: Album style" in rule.text


@pytest.mark.account(edition="professional")
def test_each_of_many_templates_is_picked_inserted_by_its_shortcut_and_named_in_a_draft(
    account: Account, signed_in: Browser
) -> None:
    add_ann(account)
    for number in range(201):
        template_store.put_template(Template(account=account.id, name=f"a{number:03}", subject="", body="Hello"))
    zebra = Template(account=account.id, name="zebra", subject="", body="Come at ten", shortcut="z")
    template_store.put_template(zebra)
    write_trigger(name="last", template="zebra", body=None)

    talk = signed_in.get(f"messages/{ANNS[1:]}")
    what = signed_in.submit(signed_in.get("broadcasts/new"), "broadcasts/new", whom="all")
    signed_in.submit(what, what.path, body="Come at ten")
    rule = signed_in.get("triggers/last")
    pickers = [talk, signed_in.get("new"), what, rule]

    assert all("zebra" in page.text for page in pickers)
    assert [given["data-words"] for _, given in talk.tags if "data-shortcut" in given] == ["Come at ten"]
    assert rule.fields["letter"] == "zebra"
    assert "Used by trigger last, draft of today" in signed_in.get("templates", "after=a200").text
