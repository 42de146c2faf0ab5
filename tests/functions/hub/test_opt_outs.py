"""The opt-outs in the hub: the list, the history of a phone, recording one, and the replies that may be some."""

from typing import Any

import pytest
from msgspec.structs import replace

from hub import page as hub_page
from hub.site import SECTIONS
from longcode.accounts import sessions
from longcode.accounts.account import Account
from longcode.aws import clients as aws_clients
from longcode.aws import queues
from longcode.clients.client import Phone
from longcode.jobs import HandleKeyword, Means
from longcode.message import MessageKind
from longcode.messages import replies
from longcode.messages import store as messages
from longcode.messages.compose import draft
from longcode.optouts import listed, store
from longcode.optouts.consent import SHARED, Channel, OptOutEvent, account_scope
from longcode.table import keys
from longcode.table import store as store_of_table
from longcode.table.writes import Delete, Put
from optout import worker as optout_worker
from tests.support.browser import Browser, Page
from tests.support.fakes import client as write_client
from tests.support.fakes import studio, take_queued
from tests.support.reply_steps import receive, record_text

ANNS, BOBS = "+12125550123", "+12125550177"


def say(phone: str, words: str, carrier_id: str = "SM1") -> None:
    receive(carrier_id, words, phone=phone, at=aws_clients.now())
    for body in take_queued("opt_out"):
        optout_worker.handle_keyword(queues.read(HandleKeyword, body), aws_clients.now())


@pytest.fixture
def anns(account: Account, signed_in: Browser) -> Browser:
    """A browser of the studio, whose client Ann it has texted."""
    phone = Phone(number=ANNS, entered="212 555 0123")
    write_client(account, "ann", first_name="Ann", last_name="Lee", phones=(phone,))
    record_text(account, aws_clients.now(), phone=ANNS, client_id="ann")
    return signed_in


def filled(page: Page, **typed: str) -> dict[str, str]:
    return page.fields | typed


def test_the_list_has_who_stopped_when_in_which_words_and_over_which_numbers(account: Account, anns: Browser) -> None:
    assert "Nobody has asked you to stop." in anns.get("opt-outs").text

    say(ANNS, "Stop!")

    page = anns.get("opt-outs")
    assert "Ann Lee (212) 555-0123 Today Stop! By text All shared numbers" in page.text
    history = anns.get("opt-outs/12125550123").text
    assert "Asked to stop by texting “Stop!”" in history
    assert "none from any studio on the shared numbers" in history


def test_a_start_takes_a_phone_off_the_list(account: Account, anns: Browser) -> None:
    say(ANNS, "STOP")
    say(ANNS, "START", "SM2")

    assert "Nobody has asked you to stop." in anns.get("opt-outs").text
    assert listed.of_phone(account.id, ANNS) is None
    assert "Started again by texting “START”" in anns.get("opt-outs/12125550123").text


def test_an_opt_out_is_recorded_after_a_second_question_and_once(account: Account, anns: Browser) -> None:
    form = anns.get("opt-outs/record", "number=%2B12125550177")
    asked = anns.post(
        "opt-outs/record", **filled(form, channel="email", asked_on="2026-11-03", how="Please, no more <b>texts</b>")
    )
    assert "You cannot undo this." in asked.text
    assert not store.blocked([(account.id, BOBS)])

    for _ in range(2):
        done = anns.post("opt-outs/record", **asked.fields)

    assert "Recorded." in done.text
    (event,) = store.history(BOBS, account_scope(account.id), aws_clients.now())
    assert (event.channel, str(event.asked_on), event.words) == (
        Channel.EMAIL,
        "2026-11-03",
        "Please, no more <b>texts</b>",
    )
    row = "Please, no more <b>texts</b> By e-mail on 3 November 2026, recorded by your staff Your texts"
    assert row in anns.get("opt-outs").text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"number": "12"}, "too short"),
        ({"how": " "}, "Write what the client said"),
        ({"asked_on": "x"}, "Choose the day"),
        ({"asked_on": "2999-01-01"}, "a day to come"),
        ({"channel": "list"}, "Choose how the client asked"),
    ],
)
def test_a_refused_record_says_why_and_keeps_what_was_typed(
    account: Account, anns: Browser, typed: dict[str, str], said: str
) -> None:
    form = filled(anns.get("opt-outs/record"), number="(212) 555-0177", how="By phone") | typed
    page = anns.post("opt-outs/record", **form, sure="yes")

    assert page.status == 422
    assert said in page.text
    assert page.fields["number"] == form["number"]
    assert not store.blocked([(account.id, BOBS)])


def test_two_buttons_decide_what_may_be_an_opt_out(account: Account, anns: Browser) -> None:
    say(ANNS, "please stop texting me")
    page = anns.get("opt-outs")
    assert "Do these ask you to stop? Zoë or Ann Lee" in page.text

    page = anns.post("opt-outs", **page.fields, opted_out="yes")

    assert "Do these ask you to stop?" not in page.text
    assert "please stop texting me By text, as your staff decided" in page.text


def test_the_page_says_that_more_questions_follow_the_twenty_that_it_shows(account: Account, anns: Browser) -> None:
    for number in range(21):
        phone = f"+12125551{number:03}"
        record_text(account, aws_clients.now(), phone=phone, client_id=None, message_id=f"m{number}")
        say(phone, "please stop texting me", f"SMask{number}")

    page = anns.get("opt-outs")
    rest = anns.post("opt-outs", **page.fields, opted_out="no")

    assert page.text.count("No, keep texting") == 20
    assert "There are more questions: they appear here when these are answered." in page.text
    assert "There are more questions" not in rest.text


def test_a_stop_to_another_studio_is_listed_without_its_words_and_only_for_clients_of_the_studio(
    account: Account, anns: Browser
) -> None:
    theirs = studio("10000002", name="Another Studio")
    event = OptOutEvent(
        id="e",
        phone=ANNS,
        scope=SHARED,
        out=True,
        at=aws_clients.now(),
        means=Means.TEXT,
        words="I am ill",
        account=theirs.id,
    )
    for phone in (ANNS, BOBS):
        store.record(
            OptOutEvent(**{name: getattr(event, name) for name in event.__struct_fields__} | {"phone": phone})
        )
    write_client(account, "ann", first_name="Ann", phones=(Phone(number=ANNS, entered=ANNS),))

    page = anns.get("opt-outs")

    assert "By a text to another studio All shared numbers" in page.text
    assert "ill" not in page.text
    assert "0177" not in page.text
    assert anns.get("opt-outs", f"number={BOBS[1:]}").status == 404


def test_a_number_is_looked_up_as_people_write_it(anns: Browser) -> None:
    assert anns.get("opt-outs", "number=(212)+555-0123").path == "opt-outs/12125550123"
    assert anns.get("opt-outs", "number=12").status == 422


def test_the_list_goes_on_after_forty(account: Account, anns: Browser) -> None:
    now = aws_clients.now()
    for index in range(43):
        phone = f"+1212555{1000 + index}"
        store.record(
            OptOutEvent(
                id=f"e{index}",
                phone=phone,
                scope=account_scope(account.id),
                out=True,
                at=now,
                means=Means.STAFF,
                words="x",
                account=account.id,
            )
        )
        store.refresh_listed(account.id, phone, now)

    first = anns.get("opt-outs")
    (more,) = (address for address in first.addresses if "after=" in address)
    second = anns.get("opt-outs", more.partition("?")[2])

    assert (first.html.count('scope="row"'), second.html.count('scope="row"')) == (40, 3)


def of_older_release(phone: str) -> None:
    """Take a phone off all lists, as an older release that had none left it."""
    for account_id in ("10000001", "10000002"):
        store_of_table.write(Delete(keys.listed_opt_out(account_id, phone)))


def write_text(account: Account, phone: str, message_id: str, client_id: str | None = None) -> None:
    text = draft(
        account=account.id,
        message_id=message_id,
        kind=MessageKind.INDIVIDUAL,
        phone=phone,
        body="Hello",
        now=aws_clients.now(),
    )
    item = messages.item(replace(text, client_id=client_id))
    store_of_table.write(Put(keys.message(account.id, text.id), item))


@pytest.mark.account(client=False)
def test_phones_without_a_client_that_stopped_before_there_was_a_list_are_found_among_those_that_were_texted(
    account: Account, signed_in: Browser
) -> None:
    theirs, cat = studio("10000002"), "+12125550188"
    for phone, message_id, client_id in ((ANNS, "a-0", None), (BOBS, "b-0", "deleted")):
        write_text(account, phone, message_id, client_id)
        record_text(account, aws_clients.now(), phone=phone, client_id=client_id, message_id=message_id)
    write_text(account, cat, "c-0")  # it was never sent
    write_text(theirs, cat, "t-0")
    record_text(theirs, aws_clients.now(), phone=cat, client_id=None, message_id="t-0")
    for phone in (ANNS, BOBS, cat):
        say(phone, "STOP", f"SM{phone}")
        of_older_release(phone)

    page = signed_in.get("opt-outs")

    assert "(212) 555-0123 Today STOP" in page.text
    assert "(212) 555-0177 Today STOP" in page.text
    assert "555-0188" not in page.text


@pytest.mark.account(client=False)
def test_the_survey_of_older_texts_goes_on_where_it_was_and_is_done_once(
    account: Account, signed_in: Browser
) -> None:
    for number in range(5):
        write_text(account, ANNS, f"m{number}-0", "c" if number % 2 else None)
    record_text(account, aws_clients.now(), phone=ANNS, client_id=None)
    say(ANNS, "STOP")
    of_older_release(ANNS)

    steps = [listed.survey(account.id, None, aws_clients.now(), 0, step=1)]
    first = listed.of_phone(account.id, ANNS)
    while not steps[-1][0]:
        steps.append(listed.survey(account.id, None, aws_clients.now(), 0, step=1))

    assert first
    assert [looked_at for _, looked_at in steps][-1] == 5
    assert listed.survey(account.id, None, aws_clients.now(), 0) == (True, 0)
    assert "(212) 555-0123" in signed_in.get("opt-outs").text


def test_the_survey_of_many_older_texts_shows_how_far_it_is(account: Account, signed_in: Browser) -> None:
    person = sessions.of_account(account.id, aws_clients.now())[0]
    frame: dict[str, Any] = {
        "studio": account,
        "token": "t",
        "me": person,
        "unread": replies.Unread(),
        "sections": SECTIONS,
    }

    survey = hub_page.render("/hub/opt-outs", "clients/survey", at="opt-outs", kept={}, looked_at=12_000, **frame)

    assert "Looking at your texts" in str(survey.body)
    assert "12,000 texts looked at so far" in str(survey.body)
    assert 'action="opt-outs"' in str(survey.body)
