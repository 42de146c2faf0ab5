"""The pages of the messages: who is in the list, a conversation, answering it, and texting somebody new."""

import re
from datetime import timedelta

import pytest

from hub import conversations
from inbox import worker
from longcode.accounts import people
from longcode.accounts.account import Account
from longcode.aws import clients, queues
from longcode.carriers.carrier import Inbound, RefusalReason, Refused
from longcode.jobs import HandleKeyword, Means
from longcode.message import Direction, Message, MessageKind
from longcode.messages import folders, replies
from longcode.messages import store as message_store
from longcode.messages.compose import draft
from longcode.months import time_zone
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED, OptOutEvent
from longcode.table import keys, store
from longcode.table.writes import Put
from longcode.teamwork import store as teamwork
from longcode.template import Template
from longcode.templates import store as template_store
from optout import worker as optout_worker
from tests.support.browser import Browser
from tests.support.fakes import NOW, FakeCarrier, studio, take_queued
from tests.support.fakes import client as write_client
from tests.support.reply_steps import PHONE, receive, record_text
from tests.support.text_steps import accept, deliver

pytestmark = pytest.mark.account(texted=NOW - timedelta(hours=1))

TALK = "messages/12125550123"
NOBODYS = "+12125550188"


def sent(account: Account) -> list[Message]:
    return folders.page(account.id, "sent", limit=10).messages


def ask_to_stop(words: str = "Please stop texting me!!") -> None:
    receive("SMstop", words, at=clients.now())
    for body in take_queued("opt_out"):
        optout_worker.handle_keyword(queues.read(HandleKeyword, body), clients.now())


def test_a_reply_is_found_opened_and_answered(account: Account, signed_in: Browser) -> None:
    receive("SM1", "Can I bring the dog?", at=clients.now())
    inbox = signed_in.get("messages")
    unread = replies.unread_counts(account.id).unread

    talk = signed_in.get(TALK)
    answered = signed_in.submit(talk, TALK, body="Of course, bring him along!")

    assert "Zoë" in inbox.text
    assert "Can I bring the dog?" in inbox.text
    assert (unread, replies.unread_counts(account.id).unread) == (1, 0)
    assert (answered.path, answered.status) == (TALK, 200)
    assert "Of course, bring him along!" in answered.text
    assert [(text.phone, text.client_id, text.body) for text in sent(account)] == [
        (PHONE, "c1", "Of course, bring him along!")
    ]


def test_a_conversation_is_shown_whole_up_to_500_messages(account: Account, signed_in: Browser) -> None:
    for number in range(500):
        text = draft(
            account=account.id,
            message_id=f"m{number:03}",
            kind=MessageKind.INDIVIDUAL,
            phone=PHONE,
            number="+15555550100",
            body=f"Words {number}.",
            now=NOW + timedelta(seconds=number),
        )
        store.write(Put(keys.message(account.id, text.id), message_store.item(text)))
    receive("SM1", "The newest words.", at=clients.now())

    newest = signed_in.get(TALK)
    earlier = next(address for address in newest.addresses if "before=" in address)
    oldest = signed_in.get(TALK, earlier.partition("?")[2])

    words = [f"Words {number}." for number in range(500)]
    assert re.findall(r"Words \d+\.", newest.text.partition("The newest words.")[2]) == words[1:]
    assert re.findall(r"Words \d+\.", oldest.text) == words[:1]
    assert "Earlier messages" not in oldest.text


def test_a_form_that_is_sent_twice_sends_one_text(account: Account, signed_in: Browser) -> None:
    talk = signed_in.get(TALK)

    for _ in range(2):
        signed_in.submit(talk, TALK, body="Hello")
    signed_in.submit(signed_in.get(TALK), TALK, body="Hello")

    assert len(sent(account)) == 2  # the second form had a key of its own


def test_a_refused_text_is_kept_with_the_reason(account: Account, signed_in: Browser) -> None:
    refused = signed_in.submit(signed_in.get(TALK), TALK, body="Hi {{client.nickname}}, <b>")

    assert refused.status == 422
    assert "nickname" in refused.text
    assert "Hi {{client.nickname}}, <b>" in refused.text
    assert sent(account) == []


def test_a_text_after_a_stop_is_not_sent_and_the_page_says_so(account: Account, signed_in: Browser) -> None:
    talk = signed_in.get(TALK)
    ask_to_stop("STOP")

    refused = signed_in.submit(talk, TALK, body="See you at ten")

    assert "Your text was not sent: See you at ten" in refused.text
    assert "Your text was not sent" not in signed_in.get(TALK).text
    assert sent(account) == []


def test_a_refusal_leads_to_the_record_and_the_record_back_to_the_conversation(
    account: Account, signed_in: Browser
) -> None:
    write_client(account, "c1", PHONE, allow_text_marketing=False)
    refused = signed_in.submit(signed_in.get(TALK), TALK, body="Hello")
    record = next(address for address in refused.addresses if "/clients/c1?number=" in address)

    form = signed_in.get("clients/c1", record.partition("?")[2])
    back = signed_in.submit(form, "clients/c1", allow_text_marketing="on", means="phone")
    again = signed_in.submit(back, TALK, body="Hello")

    assert [number for name, number in form.fields.items() if name.startswith("number_") and number] == [PHONE]
    assert (back.path, again.status) == (TALK, 200)
    assert [text.body for text in sent(account)] == ["Hello"]


@pytest.mark.parametrize("body", ["", "x" * 20_001])
def test_a_text_that_no_form_would_take_is_refused_with_a_sentence(
    account: Account, signed_in: Browser, body: str
) -> None:
    refused = signed_in.submit(signed_in.get(TALK), TALK, body=body)

    assert refused.status == 422
    assert sent(account) == []


def test_the_list_has_one_row_for_each_phone_and_no_phone_on_two_pages(account: Account, signed_in: Browser) -> None:
    for index in range(35):
        for part in ("a", "b"):
            record_text(account, phone=f"+1212555{1000 + index}", message_id=f"m{index}{part}")
            receive(f"SM{index}{part}", f"{part} {index}", phone=f"+1212555{1000 + index}", at=NOW)

    first = signed_in.get("messages")
    older = next(address for address in first.addresses if "cursor=" in address)
    second = signed_in.get("messages", older.partition("?")[2])

    rows = [[address for address in page.addresses if "/messages/" in address] for page in (first, second)]
    assert [len(found) for found in rows] == [30, 5]
    assert len({address for found in rows for address in found}) == 35


def test_each_tab_has_its_conversations(account: Account, signed_in: Browser) -> None:
    receive("SM1", "from the client", at=NOW)
    receive("SM2", "from nobody known", phone=NOBODYS, at=NOW)
    record_text(account, phone=NOBODYS, client_id=None)
    receive("SM3", "from a stranger", phone=NOBODYS, at=NOW)
    accept(account, body="to the client")

    found = {tab: signed_in.get("messages", f"tab={tab}").text for tab in ("inbox", "sent", "unlinked", "all")}

    assert {tab: ("from the client" in text, "from a stranger" in text) for tab, text in found.items()} == {
        "inbox": (True, True),
        "sent": (False, False),
        "unlinked": (False, True),
        "all": (False, True),  # the newest message with the client is the studio's
    }
    assert "You: to the client" in found["sent"]
    assert "You: to the client" in found["all"]


@pytest.mark.parametrize(("answer", "blocked"), [("yes", True), ("no", False)])
def test_a_possible_opt_out_is_decided_in_the_conversation(
    account: Account, signed_in: Browser, answer: str, blocked: bool
) -> None:
    ask_to_stop()
    talk = signed_in.get(TALK)

    decided = signed_in.submit(talk, f"{TALK}/question", opted_out=answer)

    assert "Does this ask you to stop? Please stop texting me!!" in talk.text
    assert "Does this ask you to stop?" not in decided.text
    assert ("Zoë asked us to stop today (“Please stop texting me!!”)." in decided.text) is blocked


def test_a_text_to_a_new_number_opens_its_conversation(account: Account, signed_in: Browser) -> None:
    refused = signed_in.submit(signed_in.get("new"), "new", to="12", body="Hello")
    talk = signed_in.submit(refused, "new", to="(212) 555-0188", body="Hello there")

    assert refused.status == 422
    assert refused.fields["to"] == "12"
    assert "too short" in refused.text
    assert talk.path == "messages/12125550188"
    assert [(text.phone, text.body) for text in sent(account)] == [(NOBODYS, "Hello there")]


def test_states_are_told_in_words(account: Account, signed_in: Browser) -> None:
    accept(account, "later", now=clients.now(), send_at=clients.now() + timedelta(days=2))
    accept(account, "now", now=clients.now())
    deliver(FakeCarrier(), clients.now())

    text = signed_in.get(TALK).text

    assert "will be sent " in text
    assert "· sent" in text


@pytest.mark.parametrize("digits", ["12125550199", "1", "abc", "121255501%3f", "0" * 40, "%2e%2e"])
def test_a_number_without_a_conversation_says_so(account: Account, signed_in: Browser, digits: str) -> None:
    assert signed_in.get(f"messages/{digits}").status == 404


def test_another_studios_conversation_is_absent(account: Account, signed_in: Browser) -> None:
    other = studio("10000002", name="Another Studio")
    write_client(other, "theirs", NOBODYS)
    record_text(other, phone=NOBODYS, client_id="theirs")
    receive("SM9", "my door code is 4711", phone=NOBODYS, at=NOW)

    pages = [signed_in.get(path) for path in ("messages/12125550188", "messages", "home")]
    sent_anyway = signed_in.submit(signed_in.get(TALK), "messages/12125550188", body="Hi", client="theirs")

    assert [page.status for page in pages] == [404, 200, 200]
    assert "4711" not in "".join(page.text for page in pages)
    assert sent_anyway.status == 404
    assert folders.page(other.id, "all", limit=10).messages[0].direction is Direction.IN


def test_words_of_clients_are_shown_as_they_are_written(account: Account, signed_in: Browser) -> None:
    receive("SM1", "<script>alert(1)</script> {{ 7 * 7 }} \u202eabc", at=clients.now())

    talk = signed_in.get(TALK)

    assert "<script>alert(1)</script> {{ 7 * 7 }} \u202eabc" in talk.text
    assert [given for tag, given in talk.tags if tag == "script" and "src" not in given] == []


@pytest.mark.parametrize(
    ("path", "form"), [(TALK, {"body": "Über 1&2?\n“yes”"}), ("new", {"to": "(212)", "body": "x"})]
)
def test_what_was_typed_is_still_there_after_a_lost_session(
    account: Account, password: str, signed_in: Browser, path: str, form: dict[str, str]
) -> None:
    page = signed_in.get(path)
    signed_in.cookies.clear()

    asked = signed_in.submit(page, path, **form)
    back = signed_in.submit(asked, "sign-in", account=account.id, password=password)

    assert (asked.path, back.path) == ("sign-in", path)
    assert {name: back.fields.get(name, "") for name in form if name != "body"} == {
        name: value for name, value in form.items() if name != "body"
    }
    assert form["body"].split() == back.typed.split()
    assert sent(account) == []


def test_the_length_is_told_as_the_service_reckons_it(account: Account, signed_in: Browser) -> None:
    token = signed_in.get(TALK).fields["token"]

    def length(body: str, **fields: str) -> str:
        return signed_in.post("preview", token=token, body=body, **({"phone": PHONE, "client": "c1"} | fields)).text

    assert length("Hello").startswith("5 of 160 characters It goes to Zoë, (212) 555-0123 as Hello")
    assert length("x" * 161).startswith(
        "161 characters, counts as 2 texts. 1 character less, and it counts as 1 It goes"
    )
    assert length("Hello 🎉 " + "x" * 90).startswith("98 of 160 characters It goes")
    assert "nickname" in length("{{client.nickname}}")
    assert length("Hello", phone="", to="12") == ""


def test_pictures_are_links_and_the_subject_of_a_letter_is_shown(account: Account, signed_in: Browser) -> None:
    template_store.put_template(Template(account=account.id, name="p", subject="Proofs <b>", body="They are ready."))
    accept(account, body=None, template="p")
    picture = "https://api.example/Media/ME1"
    worker.receive(
        Inbound(
            carrier="twilio",
            carrier_id="SM1",
            phone=PHONE,
            number="+15555550100",
            body="",
            media=(picture, "javascript:alert(1)"),
        ),
        clients.now(),
    )

    talk = signed_in.get(TALK)

    assert [given["rel"] for tag, given in talk.tags if given.get("href") == picture] == ["noreferrer noopener"]
    assert "javascript:" not in talk.html
    assert "· Proofs <b>" in talk.text
    assert "a picture" in signed_in.get("messages").text


def test_new_replies_are_asked_for_cheaply(account: Account, signed_in: Browser) -> None:
    nothing = signed_in.get("newest", "after=0")
    receive("SM1", "Hello", at=clients.now())
    new = signed_in.get("newest", "after=0")
    known = signed_in.get("newest", "after=1")

    assert [(page.status, page.html) for page in (nothing, new, known)] == [(204, ""), (200, "1"), (204, "")]


@pytest.mark.parametrize(
    ("query", "shown"),
    [("zoe", ["from the client"]), ("0188", ["from a stranger"]), ("STRANGER", ["from a stranger"]), ("xyz", [])],
)
def test_conversations_are_found_by_name_number_and_words(
    account: Account, signed_in: Browser, query: str, shown: list[str]
) -> None:
    receive("SM1", "from the client", at=NOW)
    record_text(account, phone=NOBODYS, client_id=None)
    receive("SM2", "from a stranger", phone=NOBODYS, at=NOW)

    found = signed_in.get("messages", f"q={query}").text

    assert [words for words in ("from the client", "from a stranger") if words in found] == shown
    assert ("Nothing in Inbox has “xyz”." in found) is (shown == [])


def test_a_text_is_sent_later_at_the_studios_time(account: Account, signed_in: Browser) -> None:
    tomorrow = clients.now().astimezone(time_zone(account.time_zone)).date() + timedelta(days=1)

    signed_in.submit(signed_in.get(TALK), TALK, body="See you!", at=f"{tomorrow}T10:00")

    (text,) = sent(account)
    assert text.send_at
    assert text.send_at.astimezone(time_zone(account.time_zone)).isoformat()[:16] == f"{tomorrow}T10:00"


def test_a_chosen_time_is_said_with_its_day_in_the_studios_zone(account: Account, signed_in: Browser) -> None:
    tomorrow = clients.now().astimezone(time_zone(account.time_zone)).date() + timedelta(days=1)
    chosen = {"body": "See you!", "at": f"{tomorrow}T23:30"}

    shown = signed_in.submit(signed_in.get(TALK), TALK, preview="1", **chosen)
    asked = signed_in.post("preview", **signed_in.get(TALK).fields | chosen)
    talk = signed_in.submit(signed_in.get(TALK), TALK, **chosen)
    listed = signed_in.get("messages", "tab=sent")

    assert "8 of 160 characters. Goes tomorrow 23:30" in shown.text
    assert "8 of 160 characters. Goes tomorrow 23:30" in asked.text
    assert "will be sent tomorrow 23:30" in talk.text
    assert "You: See you! goes tomorrow 23:30" in listed.text


@pytest.mark.parametrize("at", ["2020-01-01T10:00", "tomorrow", "2026-02-30T10:00"])
def test_a_time_that_is_none_or_past_is_refused_beside_the_words(
    account: Account, signed_in: Browser, at: str
) -> None:
    refused = signed_in.submit(signed_in.get(TALK), TALK, body="See you!", at=at)

    assert refused.status == 422
    assert (refused.typed.strip(), refused.fields["at"]) == ("See you!", at)
    assert "Later Choose a day and time between now and a year ahead" in refused.text
    assert sent(account) == []


def test_a_template_fills_the_box(account: Account, signed_in: Browser) -> None:
    template_store.put_template(
        Template(account=account.id, name="proofs", subject="", body="Hi {{client.first_name}}, <proofs>")
    )

    assert "proofs" in signed_in.get(TALK).text
    assert signed_in.get(TALK, "template=proofs").typed.strip() == "Hi {{client.first_name}}, <proofs>"
    assert signed_in.get("new", "template=proofs").typed.strip() == "Hi {{client.first_name}}, <proofs>"
    assert signed_in.get(TALK, "template=absent").typed.strip() == ""


def test_messages_of_an_unknown_number_are_linked_to_the_client_who_gets_it(
    account: Account, signed_in: Browser
) -> None:
    record_text(account, phone=NOBODYS, client_id=None)
    receive("SM1", "Hello, it's Ann", phone=NOBODYS, at=NOW)
    talk = signed_in.get("messages/12125550188")
    form = signed_in.get("clients/new", "number=%2B12125550188")
    added = signed_in.submit(form, "clients/new", first_name="Ann")
    unread = replies.unread_counts(account.id)
    unlinked = signed_in.submit(added, "messages/12125550188/link", client="")
    linked = signed_in.submit(unlinked, "messages/12125550188/link", client=unlinked.buttons["client"])

    assert "No client has this number." in talk.text
    assert form.fields["number_0"] == NOBODYS
    assert (added.path, "Link these messages" in added.text) == ("messages/12125550188", False)
    assert unread.unread_unlinked == 0
    assert "Link these messages to Ann" in unlinked.text
    assert "Link these messages" not in linked.text


def test_messages_are_linked_to_a_client_without_the_number_but_to_none_of_another_studio(
    account: Account, signed_in: Browser
) -> None:
    write_client(studio("10000002", name="Another Studio"), "theirs", NOBODYS)
    record_text(account, phone=NOBODYS, client_id=None)
    receive("SM1", "Hello", phone=NOBODYS, at=NOW)
    asked = signed_in.get("messages/12125550188/link", "q=zoe")

    refused = signed_in.submit(asked, "messages/12125550188/link", client="theirs")
    before = folders.page(account.id, "unlinked", limit=10).messages[0].client_id
    linked = signed_in.submit(asked, "messages/12125550188/link", client=asked.buttons["client"])
    nobody = signed_in.submit(linked, "messages/12125550188/link", client="")

    assert (refused.status, before) == (404, None)
    assert "Linked to Zoë , who does not have this number" in linked.text
    assert "No client has this number." in nobody.text
    assert signed_in.get("messages/12125550199/link").status == 404


def test_a_conversation_is_marked_as_unread_again(account: Account, signed_in: Browser) -> None:
    receive("SM1", "Later, please", at=clients.now())
    talk = signed_in.get(TALK)

    back = signed_in.submit(talk, f"{TALK}/unread")

    assert back.path == "messages"
    assert "unread" in back.text
    assert replies.unread_counts(account.id).unread == 1


def test_a_search_and_a_tab_stay_while_a_conversation_is_answered(account: Account, signed_in: Browser) -> None:
    accept(account, body="Bring the dog")
    nowhere = signed_in.get("messages", "q=dog")
    listed = signed_in.get("messages", "tab=all&q=dog")
    row = next(address for address in listed.addresses if "/messages/" in address)

    talk = signed_in.get(TALK, row.partition("?")[2])
    answered = signed_in.submit(talk, f"{TALK}?{row.partition('?')[2]}", body="Hello")

    assert "Search all messages" in nowhere.text
    assert row.partition("?")[2] == "tab=all&q=dog"
    assert answered.fields["q"] == "dog"
    assert answered.fields["tab"] == "all"


def test_a_text_that_waits_is_cancelled_in_its_bubble(account: Account, signed_in: Browser) -> None:
    later = accept(account, "later", now=clients.now(), send_at=clients.now() + timedelta(days=2))
    talk = signed_in.get(TALK)

    cancelled = signed_in.submit(talk, f"{TALK}/cancel", message_id=talk.buttons["message_id"])
    again = signed_in.submit(talk, f"{TALK}/cancel", message_id=later.id)

    assert "Cancel this text" in talk.text
    assert "cancelled" in cancelled.text
    assert "Cancel this text" not in cancelled.text
    assert again.status == 200


def test_a_reply_that_is_read_stays_unanswered_until_the_next_text(account: Account, signed_in: Browser) -> None:
    receive("SM1", "Can I bring the dog?", at=clients.now())
    talk = signed_in.get(TALK)
    read = signed_in.get("messages")

    answered = signed_in.submit(talk, TALK, body="Yes!")

    assert "Unanswered since" in talk.text
    assert "unanswered" in read.text
    assert "Unanswered since" not in answered.text
    assert "unanswered" not in answered.text


def test_a_row_says_since_when_a_conversation_waits_if_that_is_before_its_newest_reply(
    account: Account, signed_in: Browser
) -> None:
    now = clients.now()
    receive("SM0", "Before the answer", at=now - timedelta(days=4))
    accept(account, "answer", now=now - timedelta(days=3), client_id="c1")
    receive("SM1", "Can I bring the dog?", at=now - timedelta(days=2))
    receive("SM2", "Hello?", at=now - timedelta(days=1))
    signed_in.get(TALK)
    (row,) = conversations.listed(account, "inbox", None, now).rows
    shown = signed_in.get("messages").text

    accept(account, "later", now=now, client_id="c1")
    (answered,) = conversations.listed(account, "inbox", None, now).rows

    assert "Hello? unanswered since" in shown
    assert row.waiting.since == pytest.approx(now - timedelta(days=2), abs=timedelta(milliseconds=1))
    assert answered.waiting.since is None


def test_a_conversation_with_an_unread_reply_is_unread_in_every_tab_also_after_a_text_of_ours(
    account: Account, signed_in: Browser
) -> None:
    now = clients.now()
    receive("SM1", "Can I bring the dog?", at=now - timedelta(minutes=1))
    accept(account, "reminder", now=now, client_id="c1")
    teamwork.assign(account, PHONE, people.OWNER, None, now)

    unread = {tab: signed_in.get("messages", f"tab={tab}").text for tab in ("inbox", "mine", "sent", "all")}
    signed_in.get(TALK)
    read = {tab: signed_in.get("messages", f"tab={tab}").text for tab in ("inbox", "mine", "sent", "all")}

    assert {tab: "unread: Zoë" in text for tab, text in unread.items()} == dict.fromkeys(unread, True)
    assert {tab: "unread: Zoë" in text for tab, text in read.items()} == dict.fromkeys(read, False)


def test_a_conversation_is_unanswered_in_every_tab(account: Account, signed_in: Browser) -> None:
    accept(account, "proofs", now=clients.now() - timedelta(days=2), client_id="c1")
    receive("SM1", "Can I bring the dog?", at=clients.now() - timedelta(days=1))
    signed_in.get(TALK)

    waiting = [signed_in.get("messages", f"tab={tab}").text.count("unanswered") for tab in ("inbox", "sent", "all")]

    assert waiting == [1, 1, 1]


def test_a_row_says_that_its_phone_is_linked_to_nobody_also_while_it_is_unanswered(
    account: Account, signed_in: Browser
) -> None:
    record_text(account, phone=NOBODYS, client_id=None)
    receive("SM1", "Who is this?", phone=NOBODYS, at=clients.now())
    signed_in.get("messages/12125550188")

    inbox, unlinked = (signed_in.get("messages", f"tab={tab}").text for tab in ("inbox", "unlinked"))

    assert "(212) 555-0188 unlinked" in inbox
    assert "Who is this? unanswered" in inbox
    assert "0188 unlinked" not in unlinked


def test_a_text_over_another_number_says_from_where_on(account: Account, signed_in: Browser) -> None:
    for name, number in (("a", "+12125550100"), ("b", "+16465550100"), ("c", "+16465550100")):
        record_text(account, message_id=name, number=number)
        receive(f"SM{name}", f"To {name}", number=number, at=clients.now())

    assert signed_in.get(TALK).text.count("From here on over") == 1
    assert "To a" in signed_in.get(TALK).text.partition("From here on over (646) 555-0100")[0]


def test_a_text_that_did_not_arrive_is_marked_in_the_list(account: Account, signed_in: Browser) -> None:
    accept(account, now=clients.now())
    deliver(FakeCarrier(answers=[Refused(RefusalReason.NO_SUCH_NUMBER, "twilio:30006")]), clients.now())

    talk = signed_in.get(TALK)
    again = next(address for address in talk.addresses if "body=" in address)

    assert "not delivered" in signed_in.get("messages", "tab=sent").text
    assert signed_in.get(TALK, again.partition("?")[2]).typed.strip() == sent(account)[0].body


def test_a_stop_to_another_studio_is_told_without_its_words(account: Account, signed_in: Browser) -> None:
    event = OptOutEvent(
        id="e",
        phone=PHONE,
        scope=SHARED,
        out=True,
        at=NOW,
        means=Means.TEXT,
        words="STOP, you horrible people",
        account="10000002",
    )
    optouts.record(event)

    assert "Zoë asked us to stop. Only they can start again" in signed_in.get(TALK).text


def test_a_text_goes_to_the_client_whose_name_was_typed(account: Account, signed_in: Browser) -> None:
    asked = signed_in.submit(signed_in.get("new"), "new", to="zoe", body="Hello")
    talk = signed_in.submit(asked, "new", to=asked.buttons["to"], body="Hello")
    nobody = signed_in.submit(signed_in.get("new"), "new", to="Nobody", body="Hello")

    assert "Whom do you mean? Send to Zoë , (212) 555-0123" in asked.text
    assert talk.path == TALK
    assert [(text.phone, text.client_id) for text in sent(account)] == [(PHONE, "c1")]
    assert "Whom do you mean?" not in nobody.text
    assert "No client who gets texts is called “Nobody”." in nobody.text


def test_the_length_tells_why_a_text_would_wait(account: Account, signed_in: Browser) -> None:
    ask_to_stop()
    token = signed_in.get(TALK).fields["token"]

    said = signed_in.post("preview", token=token, body="Hello", phone=PHONE, client="c1").text

    assert said.endswith("as Hello It waits: the last reply may mean “stop”, and you have not answered yet.")


def test_a_refusal_says_what_would_help(account: Account, signed_in: Browser) -> None:
    record = signed_in.get("clients/c1").fields
    del record["sms_0"]
    signed_in.post("clients/c1", **record)

    refused = signed_in.submit(signed_in.get(TALK), TALK, body="Hello")

    assert "Tick it in the client's record, then send again." in refused.text
    assert refused.typed.strip() == "Hello"


def test_replies_of_one_minute_share_a_line(account: Account, signed_in: Browser) -> None:
    for index, minute in enumerate((0, 0, 1)):
        receive(f"SM{index}", str(index), at=NOW + timedelta(minutes=minute, seconds=index))

    shown = signed_in.get(TALK).html.partition('id="bubbles"')[2]

    assert shown.count("<article") == 3
    assert shown.partition("</section>")[0].count("<time") == 2
