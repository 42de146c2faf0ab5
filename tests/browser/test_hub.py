"""The hub in a real browser: the receptionist's two minutes, what moves by itself, keys, and accessibility."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from msgspec.structs import replace
from playwright.sync_api import Page, expect

from broadcasts import draft_check
from longcode.accounts import account_links, passwords, sessions, sign_in_links
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.accounts.account_links import LinkKind
from longcode.accounts.people import Person, Role
from longcode.aws import clients
from longcode.billing import store as invoices
from longcode.billing.invoice import compute_invoice
from longcode.broadcasts import drafts
from longcode.broadcasts.drafts import BroadcastDraft
from longcode.clients import join_pages
from longcode.clients.client import Audience
from longcode.clients.join_pages import JoinPage
from longcode.messages import folders
from longcode.plans import store as price_list
from longcode.teamwork import store as teamwork
from longcode.template import Template, TemplateVersion
from longcode.templates import store as template_store
from longcode.usage.usage import Usage
from tests.browser.conftest import ANNS, link_by_mail
from tests.support.broadcast_steps import advance, create_broadcast
from tests.support.fakes import PASSWORD, FakeCarrier
from tests.support.fakes import client as write_client
from tests.support.reply_steps import receive, record_text
from tests.support.text_steps import accept, deliver
from tests.support.trigger_steps import fire_all, report_event, write_trigger

pytestmark = [
    pytest.mark.browser,
    pytest.mark.enable_socket,
]  # Playwright talks to the browser over a pair of sockets


def bodies(account: Account) -> list[str]:
    return [text.body for text in folders.page(account.id, "sent", limit=10).messages]


def test_a_reply_is_answered_with_four_clicks_from_the_mailed_link(page: Page, hub: str, account: Account) -> None:
    page.goto(link_by_mail(page, hub, account.email))

    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="2 conversations unread").click()
    page.get_by_role("link", name="Ann Lee").click()
    page.get_by_label("Your text to Ann Lee").fill("Of course, bring the dog!")
    page.get_by_role("button", name="Send").click()

    expect(page.locator("article.out").last).to_contain_text("Of course, bring the dog!")
    expect(page.get_by_label("Your text to Ann Lee")).to_have_value("")
    assert bodies(account) == ["Of course, bring the dog!"]


def test_a_new_state_and_a_stop_appear_in_an_open_conversation_while_something_is_typed(
    signed_in: Page, hub: str, account: Account
) -> None:
    accept(account, now=clients.now(), client_id="ann")
    signed_in.clock.install()
    signed_in.goto(f"{hub}/messages/{ANNS[1:]}")
    expect(signed_in.locator("article.out")).to_contain_text("being sent")
    deliver(FakeCarrier(), clients.now())
    signed_in.clock.run_for(5000)
    expect(signed_in.locator("article.out")).to_contain_text("· sent")
    signed_in.get_by_label("Your text to Ann Lee").fill("Half a sen")

    receive("SMstop", "STOP", phone=ANNS, at=clients.now())
    signed_in.clock.run_for(5000)

    expect(signed_in.locator("article.in").last).to_contain_text("STOP")
    expect(signed_in.get_by_label("Your text to Ann Lee")).to_have_value("Half a sen")
    expect(signed_in.get_by_label("Your text to Ann Lee")).to_be_focused()


def test_colleagues_see_who_is_answering(signed_in: Page, hub: str, account: Account) -> None:
    bo = Person(account=account.id, id="bo", name="Bo", email="bo@x.example", role=Role.STAFF, added_at=clients.now())
    sessions.begin(account.id, "Chrome", clients.now(), bo)
    his = next(one for one in sessions.of_account(account.id, clients.now()) if one.person == "bo")
    signed_in.clock.install()
    signed_in.goto(f"{hub}/messages/{ANNS[1:]}")
    teamwork.begin_typing(account.id, ANNS, his, clients.now())
    signed_in.clock.run_for(5000)
    expect(signed_in.get_by_text("Bo is answering now")).to_be_visible()

    with signed_in.expect_response(lambda answer: answer.url.endswith("/typing")):
        signed_in.get_by_label("Your text to Ann Lee").press_sequentially("Of")

    assert teamwork.of_conversation(account, ANNS, his, clients.now()).writing == [account.name]


def test_what_is_typed_outlives_a_reload_and_a_lost_session(signed_in: Page, hub: str, account: Account) -> None:
    talk = f"{hub}/messages/{ANNS[1:]}"
    signed_in.goto(talk)
    signed_in.get_by_label("Your text to Ann Lee").fill("Not yet sent")
    signed_in.reload()
    expect(signed_in.get_by_label("Your text to Ann Lee")).to_have_value("Not yet sent")
    for session in sessions.of_account(account.id, clients.now()):
        sessions.end(session)

    signed_in.get_by_role("button", name="Send").click()
    expect(signed_in.get_by_text("what you wrote is still there")).to_be_visible()
    signed_in.goto(link_by_mail(signed_in, hub, account.email))
    signed_in.get_by_role("button", name="Sign in").click()
    signed_in.goto(talk)

    expect(signed_in.get_by_label("Your text to Ann Lee")).to_have_value("Not yet sent")
    assert bodies(account) == []


def test_a_lost_password_is_replaced_with_four_clicks_from_the_mailed_link(
    page: Page, hub: str, account: Account
) -> None:
    page.goto(link_by_mail(page, hub, account.email))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("banner").get_by_role("link", name="Account", exact=True).click()
    page.get_by_role("link", name="Make a new password").click()
    page.get_by_role("button", name="Make a new password").click()

    password = page.locator("code").last.inner_text()
    assert passwords.matches(password, accounts.password_hash(account.id))


def test_a_sign_in_that_fails_says_why_and_the_next_one_works(
    page: Page, hub: str, account: Account, faults: list[str]
) -> None:
    link = link_by_mail(page, hub, account.email)
    page.goto(link)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out").click()
    page.goto(link)
    expect(page.get_by_text("This link was used already, or it is too old.")).to_be_visible()

    page.goto(f"{hub}/sign-in")
    page.get_by_text("Account number and password").click()
    page.get_by_label("Account number").fill(account.id)
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("No account has this number and password.")).to_be_visible()
    expect(page.get_by_label("Account number")).to_have_value(account.id)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()

    expect(page.get_by_role("heading", name="Home")).to_be_visible()
    faults.clear()  # the browser notes an answer of 403 or 404


def test_all_is_done_with_the_keyboard(signed_in: Page, hub: str, account: Account) -> None:
    signed_in.goto(f"{hub}/messages")
    signed_in.keyboard.press("/")
    signed_in.keyboard.type("ann")
    signed_in.keyboard.press("Enter")
    expect(signed_in.locator("#rows a")).to_have_count(1)
    signed_in.locator("#search").focus()
    for _ in range(3):
        signed_in.keyboard.press("Tab")
        if signed_in.locator("#rows a:focus").count():
            break
    signed_in.keyboard.press("Enter")
    signed_in.get_by_label("Your text to Ann Lee").focus()
    signed_in.keyboard.type("By keys alone")
    signed_in.keyboard.press("Control+Enter")

    expect(signed_in.locator("article.out").last).to_contain_text("By keys alone")
    assert bodies(account) == ["By keys alone"]


def test_the_length_is_told_while_one_types(signed_in: Page, hub: str) -> None:
    signed_in.goto(f"{hub}/messages/{ANNS[1:]}")

    signed_in.get_by_label("Your text to Ann Lee").fill("x" * 200)

    expect(signed_in.locator("#answer .length")).to_have_text("200 characters, counts as 2 texts")


def test_a_conversation_begins_at_its_newest_message_on_a_phone(signed_in: Page, hub: str) -> None:
    for index in range(20):
        receive(f"SMlong{index}", f"Words {index} " * 20, phone=ANNS, at=clients.now())
    signed_in.set_viewport_size({"width": 390, "height": 700})

    signed_in.goto(f"{hub}/messages/{ANNS[1:]}")

    expect(signed_in.locator("article.in time").last).to_be_in_viewport()
    expect(signed_in.get_by_role("button", name="Send")).to_be_in_viewport()


def test_the_button_says_that_a_text_is_sent_later_also_after_a_reload(signed_in: Page, hub: str) -> None:
    signed_in.goto(f"{hub}/new")
    signed_in.get_by_label("To", exact=True).fill("Ben")
    signed_in.get_by_text("Later").click()
    signed_in.get_by_label("Send at").fill("2030-01-02T10:00")

    signed_in.reload()

    expect(signed_in.get_by_label("To", exact=True)).to_have_value("Ben")
    expect(signed_in.get_by_role("button", name="Send later")).to_be_visible()


def test_a_client_is_found_while_one_types_and_the_text_is_shown_as_it_goes(
    signed_in: Page, hub: str, account: Account
) -> None:
    signed_in.keyboard.press("n")
    signed_in.get_by_label("To", exact=True).press_sequentially("øs")
    expect(signed_in.get_by_role("option", name="Ben Øst")).to_be_visible()
    signed_in.keyboard.press("ArrowDown")
    signed_in.keyboard.press("Enter")
    signed_in.keyboard.type("Hi {{client.first_name}}!")

    expect(signed_in.locator("#answer .words")).to_have_text("Hi Ben!")
    signed_in.keyboard.press("Control+Enter")

    expect(signed_in.locator("article.out").last).to_contain_text("Hi Ben!")
    assert bodies(account) == ["Hi Ben!"]
    signed_in.goto(f"{hub}/new")
    expect(signed_in.get_by_label("To", exact=True)).to_have_value("")


def test_the_first_reply_appears_in_an_empty_list_and_a_lost_connection_is_told(
    signed_in: Page, hub: str, account: Account, faults: list[str]
) -> None:
    signed_in.clock.install()
    signed_in.goto(f"{hub}/messages?tab=unlinked")
    expect(signed_in.get_by_text("No conversations yet.")).to_be_visible()
    signed_in.route("**/newest*", lambda route: route.abort())
    for _ in range(2):
        with signed_in.expect_event("requestfailed"):
            signed_in.clock.run_for(5000)
    expect(signed_in.get_by_text("No connection")).to_be_visible()
    faults.clear()

    signed_in.unroute("**/newest*")
    record_text(account, phone="+12125550199", client_id=None, message_id="new")
    receive("SMnew", "Who is this?", phone="+12125550199", at=clients.now())
    signed_in.clock.run_for(5000)

    expect(signed_in.locator("#rows a")).to_contain_text("Who is this?")
    expect(signed_in.get_by_text("No connection")).to_be_hidden()
    expect(signed_in.get_by_text("No conversations yet.")).to_be_hidden()


def test_a_trigger_is_shown_as_a_sentence_while_its_parts_are_chosen(
    signed_in: Page, hub: str, account: Account
) -> None:
    accounts.change_settings(account.id, {"edition": "professional"})
    signed_in.goto(f"{hub}/triggers/new")

    signed_in.get_by_label("What is watched").select_option("a production order")
    signed_in.get_by_label("When", exact=True).select_option("as soon as")
    signed_in.get_by_label("ready for pickup").check()
    expect(signed_in.get_by_label("Number of days")).to_be_hidden()
    signed_in.get_by_label("Words", exact=True).fill("Hi {{client.first_name}}!")

    shown = signed_in.locator("#answer")
    expect(shown).to_contain_text(
        "When a production order becomes ready for pickup, text the client “Hi [first name]!”."
    )
    expect(shown.locator(".words")).to_have_text("Hi Ann!")


def test_the_keys_are_shown_and_the_arrows_move_in_the_list(signed_in: Page, hub: str) -> None:
    signed_in.goto(f"{hub}/messages")
    signed_in.keyboard.press("ArrowDown")
    expect(signed_in.locator("#rows a").first).to_be_focused()
    signed_in.keyboard.press("?")
    expect(signed_in.get_by_role("dialog", name="Keys")).to_be_visible()
    signed_in.keyboard.press("Escape")
    expect(signed_in.get_by_role("dialog", name="Keys")).to_be_hidden()

    rows = signed_in.locator("#rows a")
    rows.first.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    signed_in.keyboard.press("Enter")

    expect(signed_in.get_by_label("Your text to Ann Lee")).to_be_visible()


@pytest.mark.parametrize("page", ["light", "dark"], indirect=True)
def test_no_page_has_a_fault_of_accessibility_or_is_wider_than_a_phone(
    signed_in: Page, hub: str, account: Account, faults: list[str]
) -> None:
    axe, found = Axe(), []
    talk = f"messages/{ANNS[1:]}"
    words = Template(
        account=account.id, name="hours", subject="", body="We open at 9, {{client.name}}.", shortcut="hours"
    )
    template_store.change_template(None, words, [TemplateVersion(subject="Before", body="We open at 8.")])
    accounts.change_settings(account.id, {"client_fields": {"album": "Album style"}})
    link = f"../password/{account_links.request(LinkKind.PASSWORD, account.id, clients.now())}"
    of_clients = ("clients", "clients/ann", "clients/ann/delete", "clients/import", "clients/export/all")
    of_words = (
        "templates",
        "new-template",
        "templates/hours",
        "templates/hours/delete",
        "canned-replies",
        "own-fields",
    )
    of_account = ("people", "notifications", "account", "account/close", link)
    of_settings = ("sending", "hours", "webhooks", "webhooks/list", "keys", "export")
    of_money = ("plan", "plan/change?plan=large", "usage", "usage/2026-11/sheet", "invoices", "invoices/2026-11")
    plan = price_list.of_month("2026-11")["medium"]
    invoices.issue(compute_invoice(account.id, "2026-11", plan, Usage(units_sent=1_100)), clients.now())
    now = clients.now()
    draft = BroadcastDraft(account=account.id, id="d" * 32, at=now, changed_at=now, body="Hello")
    draft = drafts.begin(replace(draft, audience=Audience(everyone=True)))
    draft_check.step(draft, draft_check.begin(draft, now), account, now)
    steps = [f"broadcasts/new/{draft.id}/{step}" for step in ("whom", "what", "check", "go", "delete")]
    broadcast_id = create_broadcast(account, now=clients.now())
    advance(clients.now())
    broadcast = f"broadcasts/{broadcast_id}"
    of_broadcasts = (
        "broadcasts",
        broadcast,
        *(f"{broadcast}/{page}" for page in ("cancel", "calls", "replies", "again")),
    )
    accounts.change_settings(account.id, {"edition": "professional"})
    write_trigger()
    write_trigger(name="call", timing=None, sms_else_call=True)
    write_client(account, "cal", phones=())
    in_days = [str((clients.now() + timedelta(days=days)).date()) for days in (3, 4)]
    for client_id, day in zip(("ann", "cal"), in_days, strict=True):
        report_event(account, client_id, clients.now(), id=client_id, client_id=client_id, session_date=day)
    fire_all(clients.now())
    of_rules = ("triggers", "triggers/new", "triggers/reminder", "triggers/reminder/delete")
    of_automatic = (*of_rules, "upcoming", f"upcoming/calendar?month={in_days[0][:7]}", "calls")
    join_pages.save(account, JoinPage(account=account.id, code="abcdefghjk", shown=True), None, clients.now())
    of_consent = ("opt-outs", "opt-outs/record", "opt-outs/import", f"opt-outs/{ANNS[1:]}", "consent")
    of_joining = (f"consent/{ANNS[1:]}", "join-page", "join-page/print", "../join/abcdefghjk")
    signing_in = sign_in_links.request(account.email, "job", clients.now())
    without_session = ("sign-in", f"sign-in/{signing_in}", "sign-in/old", "sign-up", "nowhere")
    for path in (
        *("home", "messages", talk, f"{talk}/link", "new", "failed", "more"),
        *of_clients,
        *of_words,
        *of_broadcasts,
        *of_consent,
        *of_joining,
        *of_account,
        *of_settings,
        *of_money,
        *("broadcasts/new", *steps),
        *of_automatic,
        *without_session,
    ):
        signed_in.goto(f"{hub}/{path}")
        found += [(path, fault["id"], fault["nodes"]) for fault in axe.run(signed_in).response["violations"]]
        for width in (320, 390):
            signed_in.set_viewport_size({"width": width, "height": 800})
            overflow = signed_in.evaluate("document.documentElement.scrollWidth - innerWidth")
            found += [(path, width, overflow)] if overflow > 0 else []
        signed_in.set_viewport_size({"width": 1280, "height": 800})

    assert found == []
    faults[:] = [fault for fault in faults if "404 (Not Found)" not in fault]  # two of the pages are that


def test_a_shortcut_and_a_merge_field_are_inserted_and_unsaved_words_outlive_a_reload(
    signed_in: Page, hub: str, account: Account
) -> None:
    words = Template(
        account=account.id, name="hours", subject="", body="Hi {{client.first_name}}, 9 to 5.", shortcut="hours"
    )
    template_store.put_template(words)

    signed_in.goto(f"{hub}/messages/{ANNS[1:]}")
    box = signed_in.get_by_label("Your text to Ann Lee")
    box.press_sequentially("Hello! /hours ")
    expect(box).to_have_value("Hello! Hi Ann, 9 to 5.")

    signed_in.goto(f"{hub}/templates/hours")
    signed_in.get_by_text("Merge fields").click()
    signed_in.get_by_role("button", name="Last name").click()
    signed_in.get_by_label("Show it for").press_sequentially("Ann")
    signed_in.get_by_role("option", name="Ann Lee").click()
    expect(signed_in.locator(".goes .words")).to_have_text("Hi Ann, 9 to 5.Lee")
    signed_in.reload()
    expect(signed_in.get_by_label("Words", exact=True)).to_have_value(f"{words.body}{{{{client.last_name|}}}}")
    expect(signed_in.get_by_text("Not saved yet.")).to_be_visible()
    signed_in.get_by_role("button", name="Save").click()

    expect(signed_in.get_by_text("Saved.", exact=True)).to_be_visible()
    expect(signed_in.get_by_text("Not saved yet.")).to_be_hidden()
    saved = template_store.get_template(account.id, "hours")
    assert saved
    assert saved.body == f"{words.body}{{{{client.last_name|}}}}"
