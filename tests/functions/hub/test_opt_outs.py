"""The opt-outs in the hub: the list, the history of a phone, recording one, and the replies that may be some."""

import pytest

from longcode.accounts.account import Account
from longcode.aws import clients as aws_clients
from longcode.aws import queues
from longcode.clients.client import Phone
from longcode.jobs import HandleKeyword, Means
from longcode.optouts import listed, store
from longcode.optouts.consent import SHARED, Channel, OptOutEvent, account_scope
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
