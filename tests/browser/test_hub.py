"""The hub in a real browser: the receptionist's two minutes, what moves by itself, keys, and accessibility."""

from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from accounts import signup_worker
from longcode.accounts import passwords, sessions, sign_in_links
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.accounts.people import Person, Role
from longcode.aws import clients
from longcode.messages import folders
from longcode.months import time_zone
from longcode.teamwork import store as teamwork
from longcode.template import Template
from longcode.templates import store as template_store
from tests.browser.conftest import ANNS, link_by_mail
from tests.support.fakes import PASSWORD, FakeCarrier, take_queued
from tests.support.mails import sent_mails
from tests.support.reply_steps import receive, record_text
from tests.support.text_steps import accept, deliver

pytestmark = [
    pytest.mark.browser,
    pytest.mark.enable_socket,
]  # Playwright talks to the browser over a pair of sockets


def bodies(account: Account) -> list[str]:
    return [text.body for text in folders.page(account.id, "sent", limit=10).messages]


COUNT_CLICKS = """addEventListener("click", (event) => {
  if (event.isTrusted) sessionStorage.setItem("clicks", Number(sessionStorage.getItem("clicks")) + 1);
}, true)"""


def test_a_reply_is_answered_with_four_clicks_from_the_mailed_link(page: Page, hub: str, account: Account) -> None:
    link = link_by_mail(page, hub, account.email)
    page.add_init_script(COUNT_CLICKS)
    page.goto(link)

    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Ann Lee").click()
    page.get_by_label("Your text to Ann Lee").click()
    page.keyboard.type("Of course, bring the dog!")
    page.get_by_role("button", name="Send").click()

    expect(page.locator("article.out").last).to_contain_text("Of course, bring the dog!")
    expect(page.get_by_label("Your text to Ann Lee")).to_have_value("")
    assert bodies(account) == ["Of course, bring the dog!"]
    assert page.evaluate("sessionStorage.getItem('clicks')") == "4"


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


def test_a_page_that_could_not_be_read_again_takes_nothing_away_and_the_next_one_shows_the_reply(
    signed_in: Page, hub: str, account: Account, faults: list[str]
) -> None:
    talk = f"{hub}/messages/{ANNS[1:]}"
    signed_in.clock.install()
    signed_in.goto(talk)
    signed_in.route(talk, lambda route: route.fulfill(status=429, body="Too many calls"))
    receive("SMlate", "Still on?", phone=ANNS, at=clients.now())
    with signed_in.expect_response(talk):
        signed_in.clock.run_for(5000)
    signed_in.unroute(talk)
    signed_in.clock.run_for(5000)

    expect(signed_in.locator("article.in").last).to_contain_text("Still on?")
    expect(signed_in.get_by_label("Your text to Ann Lee")).to_be_visible()
    faults.clear()  # the browser notes the answer of 429


def test_a_reply_appears_beside_a_refused_note(
    signed_in: Page, hub: str, account: Account, faults: list[str]
) -> None:
    signed_in.clock.install()
    signed_in.goto(f"{hub}/messages/{ANNS[1:]}?tab=all")
    signed_in.get_by_text("Write a note").click()
    note = signed_in.get_by_label("A note for your colleagues")
    note.evaluate("box => box.removeAttribute('maxlength')")
    note.fill("a" * 1001)
    signed_in.get_by_role("button", name="Save note").click()
    expect(signed_in.get_by_text("A note has at most 1,000 characters")).to_be_visible()
    signed_in.wait_for_load_state()  # the script has begun to look for replies

    receive("SMlate", "Still on?", phone=ANNS, at=clients.now())
    signed_in.clock.run_for(5000)

    expect(signed_in.locator("article.in").last).to_contain_text("Still on?")
    expect(signed_in.get_by_label("Your text to Ann Lee")).to_be_visible()
    expect(note).to_have_value("a" * 1001)
    faults.clear()  # the browser notes the answer of 422


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


def test_what_is_typed_is_there_in_the_tab_of_a_mailed_link_until_it_is_sent(
    signed_in: Page, hub: str, account: Account
) -> None:
    talk, words = f"{hub}/messages/{ANNS[1:]}", "Your text to Ann Lee"
    signed_in.goto(talk)
    signed_in.get_by_label(words).fill("Not yet sent")
    for session in sessions.of_account(account.id, clients.now()):
        sessions.end(session)
    other = signed_in.context.new_page()
    other.goto(link_by_mail(other, hub, account.email))
    other.get_by_role("button", name="Sign in").click()
    other.goto(talk)
    expect(other.get_by_label(words)).to_have_value("Not yet sent")

    other.get_by_role("button", name="Send").click()

    expect(other.locator("article.out").last).to_contain_text("Not yet sent")
    expect(signed_in.get_by_label(words)).to_have_value("")
    third = signed_in.context.new_page()
    third.goto(talk)
    expect(third.locator("article.out").last).to_contain_text("Not yet sent")
    expect(third.get_by_label(words)).to_have_value("")
    assert bodies(account) == ["Not yet sent"]


def test_an_empty_box_in_another_tab_takes_no_words_away(signed_in: Page, hub: str) -> None:
    talk, words = f"{hub}/messages/{ANNS[1:]}", "Your text to Ann Lee"
    other = signed_in.context.new_page()
    other.goto(f"{hub}/home")
    signed_in.goto(talk)
    signed_in.get_by_label(words).fill("Half a sen")

    other.goto(talk)

    expect(other.get_by_label(words)).to_have_value("")
    expect(signed_in.get_by_label(words)).to_have_value("Half a sen")
    signed_in.close()
    third = other.context.new_page()
    third.goto(talk)
    expect(third.get_by_label(words)).to_have_value("Half a sen")


def test_whoever_signs_out_leaves_no_words_in_the_browser(signed_in: Page, hub: str, account: Account) -> None:
    talk = f"{hub}/messages/{ANNS[1:]}"
    signed_in.goto(talk)
    signed_in.get_by_label("Your text to Ann Lee").fill("Between us")

    signed_in.get_by_role("button", name="Sign out").click()
    signed_in.get_by_role("heading", name="Sign in").wait_for()

    assert signed_in.evaluate("Object.keys(localStorage)") == []


def test_a_lost_password_is_replaced_with_four_clicks_from_the_mailed_link(
    page: Page, hub: str, account: Account
) -> None:
    page.goto(link_by_mail(page, hub, account.email))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("navigation").get_by_role("link", name="Settings", exact=True).click()
    page.get_by_role("link", name="Make a new password").click()
    page.get_by_role("button", name="Make a new password").click()

    password = page.locator("dt:text-is('Password') + dd").inner_text()
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


def test_a_link_that_ended_or_was_never_made_signs_nobody_in_and_the_next_one_does(
    page: Page, hub: str, account: Account, faults: list[str]
) -> None:
    ended = sign_in_links.request(account.email, "first", clients.now() - timedelta(minutes=16))

    for token in (ended, "a.b"):
        page.goto(f"{hub}/sign-in/{token}")
        expect(page.get_by_text("This link was used already, or it is too old.")).to_be_visible()
        expect(page.get_by_role("button", name="Sign in")).to_have_count(0)
    page.goto(link_by_mail(page, hub, account.email))
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("heading", name="Home")).to_be_visible()
    faults.clear()  # the browser notes each answer of 404


def test_an_unknown_address_gets_the_same_answer_and_no_mail(page: Page, hub: str) -> None:
    page.goto(f"{hub}/sign-in")
    page.get_by_label("Your email address").fill("nobody@elsewhere.example")
    page.get_by_role("button", name="Mail me a link").click()

    expect(page.get_by_text("a mail with a link is on its way")).to_be_visible()
    for body in take_queued("sign_up"):
        signup_worker.handle(body)
    assert sent_mails() == []


def test_the_sixth_link_within_an_hour_gets_the_same_answer_as_the_fifth_and_no_mail(
    page: Page, hub: str, account: Account
) -> None:
    now = clients.now()
    for number in range(4):
        token = sign_in_links.request(account.email, f"request-{number}", now - timedelta(minutes=30))
        use_link(token or "", now - timedelta(minutes=30))

    use_link(link_by_mail(page, hub, account.email).rpartition("/")[2], clients.now())
    fifth = page.get_by_role("main").inner_text()
    mails_by_then = len(sent_mails())
    link_by_mail(page, hub, account.email)

    assert "a mail with a link is on its way" in fifth
    assert page.get_by_role("main").inner_text() == fifth
    assert (mails_by_then, len(sent_mails())) == (1, 1)


def use_link(token: str, now: datetime) -> None:
    """Use a link up, as its button does: the next one may be mailed although it has not ended."""
    link = sign_in_links.find(token, now)
    assert link
    assert sign_in_links.use(link)


def test_a_form_of_another_site_signs_nobody_in(page: Page, hub: str, account: Account, faults: list[str]) -> None:
    page.set_content(
        f'<form method="post" action="{hub}/sign-in"><input name="account" value="{account.id}">'
        f'<input name="password" value="{PASSWORD}"><button>Win a prize</button></form>'
    )
    page.get_by_role("button", name="Win a prize").click()

    expect(page.get_by_text("This form was not sent from a page of ours.")).to_be_visible()
    assert page.context.cookies() == []
    faults.clear()  # the browser notes the answer of 403


def test_all_is_done_with_the_keyboard(signed_in: Page, hub: str, account: Account) -> None:
    signed_in.goto(f"{hub}/messages")
    signed_in.keyboard.press("/")
    signed_in.keyboard.type("ann")
    signed_in.keyboard.press("Enter")
    expect(signed_in.locator("#rows a")).to_have_count(1)
    signed_in.wait_for_load_state()
    signed_in.keyboard.press("ArrowDown")
    signed_in.keyboard.press("Enter")
    signed_in.wait_for_url(f"**/messages/{ANNS[1:]}*")
    signed_in.keyboard.press("r")
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


def test_the_button_says_the_day_of_a_chosen_time(signed_in: Page, hub: str, account: Account) -> None:
    tomorrow = clients.now().astimezone(time_zone(account.time_zone)).date() + timedelta(days=1)
    signed_in.goto(f"{hub}/messages/{ANNS[1:]}")
    signed_in.get_by_label("Your text to Ann Lee").fill("See you!")
    signed_in.get_by_text("Later").click()
    signed_in.get_by_label("Send at").fill(f"{tomorrow}T23:30")
    expect(signed_in.get_by_role("button", name="Send tomorrow 23:30")).to_be_visible()

    signed_in.get_by_label("Send at").fill("")

    expect(signed_in.get_by_role("button", name="Send", exact=True)).to_be_visible()


def test_a_client_is_found_while_one_types_and_the_text_is_shown_as_it_goes(
    signed_in: Page, hub: str, account: Account
) -> None:
    signed_in.keyboard.press("n")
    signed_in.wait_for_url("**/new")
    signed_in.get_by_label("To", exact=True).press_sequentially("øs")
    expect(signed_in.get_by_role("option", name="Ben Øst")).to_be_visible()
    signed_in.keyboard.press("ArrowDown")
    signed_in.keyboard.press("Enter")
    signed_in.keyboard.type("Hi {{client.first_name}}!")

    expect(signed_in.locator("#answer .words")).to_have_text("Hi Ben!")
    signed_in.keyboard.press("Control+Enter")

    expect(signed_in.locator("article.out").last).to_contain_text("Hi Ben!")
    signed_in.wait_for_load_state()  # its script forgets what was typed
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

    signed_in.unroute("**/newest*")
    record_text(account, phone="+12125550199", client_id=None, message_id="new")
    receive("SMnew", "Who is this?", phone="+12125550199", at=clients.now())
    signed_in.clock.run_for(5000)

    expect(signed_in.locator("#rows a")).to_contain_text("Who is this?")
    expect(signed_in.get_by_text("No connection")).to_be_hidden()
    expect(signed_in.get_by_text("No conversations yet.")).to_be_hidden()
    faults.clear()  # the browser notes each request that was aborted


def test_a_reply_appears_in_the_list_though_a_row_has_the_focus_and_the_row_keeps_it(
    signed_in: Page, hub: str, account: Account
) -> None:
    signed_in.clock.install()
    signed_in.goto(f"{hub}/messages")
    rows = signed_in.locator("#rows a")
    for _ in range(2):
        signed_in.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_contain_text("Hello from Ann")
    expect(rows.nth(1)).to_be_focused()

    receive("SMagain", "Are you there?", phone=ANNS, at=clients.now())
    signed_in.clock.run_for(5000)

    expect(rows.first).to_contain_text("Are you there?")
    expect(rows.first).to_be_focused()


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
    expect(signed_in.get_by_label("Show it for")).to_have_value("Ann Lee, (212) 555-0123")
    expect(signed_in.locator(".goes .words")).to_have_text("Hi Ann, 9 to 5.Lee")
    saved = template_store.get_template(account.id, "hours")
    assert saved
    assert saved.body == f"{words.body}{{{{client.last_name|}}}}"
