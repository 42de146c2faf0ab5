"""Each person is mailed about unread replies as they have chosen: no reply is lost, and a flood is a few mails."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from longcode.accounts import people
from longcode.accounts.account import Account
from longcode.accounts.people import OWNER, Person, Role
from longcode.messages import folders, replies, reply_notices
from longcode.messages.reply_notices import MOST_AN_HOUR, ReplyNotices, due_at
from longcode.months import time_zone
from longcode.table import keys, store
from longcode.table.writes import Attributes
from sweeper import sweep_schedule
from tests.support.aws_calls import failing, meanwhile
from tests.support.crashes import every_crash
from tests.support.fakes import NOW, client
from tests.support.mails import Mail, mails_to, sent_mails
from tests.support.reply_steps import receive, record_text

ANN = "ann@studio.example"
MINUTE = timedelta(minutes=1)
CHICAGO = time_zone("America/Chicago")

pytestmark = [pytest.mark.account(texted=NOW - timedelta(hours=1))]


def sweep(minutes: float) -> None:
    sweep_schedule.sweep(NOW + minutes * MINUTE)


def choose(
    account: Account, person: str = OWNER, delay_minutes: int = 0, *, wanted: bool = True, now: datetime = NOW
) -> None:
    reply_notices.choose(
        account.id, person, wanted=wanted, delay_minutes=delay_minutes, quiet_at_night=False, now=now
    )


def add_ann(account: Account) -> Person:
    ann = Person(account=account.id, id="ann", name="Ann Lee", email=ANN, role=Role.STAFF, added_at=NOW)
    people.add(ann)
    return ann


def mails(account: Account) -> list[Mail]:
    """Return the owner's mails."""
    return mails_to(account.email)


def mark_read(account: Account) -> None:
    for _, reply in replies.after(account.id, 0, 100):
        folders.mark_read(reply, is_read=True)


def texted(account: Account, number: int) -> str:
    """Return the phone of another client, whom the account has texted."""
    phone = f"+1212555{number}"
    client(account, f"c{number}", phone, first_name=f"Client {number}")
    record_text(account, NOW - timedelta(hours=1), phone=phone, client_id=f"c{number}", message_id=f"m{number}")
    return phone


def test_a_reply_that_nobody_reads_for_a_quarter_of_an_hour_is_mailed_once(account: Account) -> None:
    receive(body="Can I bring the dog?")

    sweep(1)
    sweep(14)
    before = sent_mails()
    sweep(16)
    [mail] = sent_mails()
    sweep(60)

    assert before == []
    assert (mail.to, mail.subject) == (account.email, "Reply from Zoë")
    assert "Can I bring the dog?" in mail.text
    assert "https://longcode.example/hub/messages/12125550123\n" in mail.text
    assert "https://longcode.example/hub/notifications\n" in mail.text
    assert "nobody has read a reply for 15 minutes" in mail.text
    assert sent_mails() == [mail]


def test_a_reply_that_was_read_in_time_is_not_mailed(account: Account) -> None:
    receive()
    sweep(1)
    mark_read(account)
    sweep(16)
    sweep(60)

    assert sent_mails() == []


def test_a_conversation_is_mailed_again_only_when_it_was_read(account: Account) -> None:
    choose(account)
    receive("SM1", "One")
    sweep(1)
    receive("SM2", "Two", at=NOW + 2 * MINUTE)
    sweep(3)
    unread = len(mails(account))
    mark_read(account)
    receive("SM3", "Three", at=NOW + 4 * MINUTE)
    sweep(5)

    assert unread == 1
    assert ["One" in mails(account)[0].text, "Three" in mails(account)[1].text] == [True, True]
    assert "Two" not in mails(account)[1].text


def test_another_conversation_is_mailed_while_one_is_unread(account: Account) -> None:
    choose(account)
    receive("SM1")
    sweep(1)
    receive("SM2", "Me too", phone=texted(account, 1001), at=NOW + MINUTE)
    sweep(3)

    assert [mail.subject for mail in mails(account)] == ["Reply from Zoë", "Reply from Client 1001"]


def test_each_person_is_told_as_they_have_chosen(account: Account) -> None:
    people.add(replace(add_ann(account), id="bob", email="bob@studio.example"))
    choose(account, OWNER, delay_minutes=60)
    choose(account, "ann", delay_minutes=0)
    choose(account, "bob", wanted=False)
    receive()

    sweep(1)
    at_once = [mail.to for mail in sent_mails()]
    sweep(59)
    within = len(sent_mails())
    sweep(61)

    assert (at_once, within) == ([ANN], 1)
    assert [mail.to for mail in sent_mails()] == [ANN, account.email]


def test_a_removed_person_is_told_nothing(account: Account) -> None:
    ann = add_ann(account)
    choose(account, OWNER, wanted=False)
    choose(account, "ann", delay_minutes=5)
    receive()
    sweep(1)
    people.remove(ann)
    reply_notices.forget(account.id, ann.id)
    sweep(6)

    assert sent_mails() == []


def test_a_new_choice_counts_for_what_waits(account: Account) -> None:
    receive()
    sweep(1)
    choose(account, now=NOW + 2 * MINUTE)
    sweep(3)

    assert len(mails(account)) == 1


@pytest.mark.parametrize("body", ["STOP", "START", "HELP"])
def test_what_the_service_answers_is_not_mailed(account: Account, body: str) -> None:
    choose(account)
    receive(body=body)
    sweep(1)

    assert sent_mails() == []


def test_a_possible_opt_out_is_mailed_as_such(account: Account) -> None:
    choose(account)
    receive(body="Please stop texting me!!")
    sweep(1)

    assert "This may mean that they want no more texts." in mails(account)[0].text
    assert "This may mean that they want no more texts." in mails(account)[0].html


def test_a_flood_is_a_few_mails_that_leave_nobody_out(account: Account) -> None:
    choose(account)
    for number in range(12):
        receive(f"SM{number}", f"Reply {number}", phone=texted(account, 1001 + number), at=NOW + number * MINUTE)
        sweep(number + 1)
    within = len(mails(account))
    sweep(62)

    assert within == MOST_AN_HOUR
    [*_, last] = mails(account)
    assert last.subject == "6 replies from 6 clients"
    assert [f"Reply {number}" in last.text for number in (5, 6, 11)] == [False, True, True]


def test_of_many_conversations_the_ten_with_the_newest_replies_are_in_the_mail(account: Account) -> None:
    phones = [texted(account, 1001 + number) for number in range(12)]
    for number, phone in enumerate(phones):
        receive(f"SM{number}", f"Reply {number}.", phone=phone, at=NOW + number * MINUTE)
    receive("SM12", "One more.", phone=phones[0], at=NOW + 12 * MINUTE)
    sweep(16)

    [mail] = mails(account)
    quoted = re.findall(r"Reply \d+\.|One more\.", mail.text)
    assert quoted == ["Reply 0.", "One more.", *(f"Reply {number}." for number in range(11, 2, -1))]
    assert "13 unread replies" in mail.text
    assert "And 2 earlier conversations." in mail.text
    assert mail.text.count("/hub/messages/") == 10


def test_of_a_long_conversation_the_newest_replies_are_in_the_mail_in_their_order(account: Account) -> None:
    for number in range(7):
        receive(f"SM{number}", f"Reply {number}.", at=NOW + number * MINUTE)
    sweep(22)

    [mail] = mails(account)
    assert re.findall(r"Reply \d\.", mail.text) == ["Reply 2.", "Reply 3.", "Reply 4.", "Reply 5.", "Reply 6."]
    assert "And 2 before these." in mail.text


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        ("2026-11-22T19:00:00-06:00", "2026-11-22T19:15:00-06:00"),
        ("2026-11-22T20:50:00-06:00", "2026-11-23T08:00:00-06:00"),
        ("2026-11-23T07:40:00-06:00", "2026-11-23T08:00:00-06:00"),
        ("2026-11-23T07:50:00-06:00", "2026-11-23T08:05:00-06:00"),
    ],
)
def test_a_mail_at_night_waits_for_the_morning_if_wished(first: str, expected: str) -> None:
    at = datetime.fromisoformat(first)
    notices = ReplyNotices(account="1", person="p", quiet_at_night=True)

    assert due_at(notices, at, CHICAGO, at) == datetime.fromisoformat(expected)


def test_old_unread_replies_are_not_mailed_with_a_new_one(account: Account) -> None:
    receive("SM1", "An old one")
    sweep(16)
    receive("SM2", "A new one", phone=texted(account, 1001), at=NOW + 20 * MINUTE)
    sweep(36)

    assert ["An old one" in mail.text for mail in mails(account)] == [True, False]


@pytest.mark.parametrize("end", [reply_notices.unschedule, lambda item: reply_notices.check_again(item, NOW, 9)])
def test_a_reply_that_comes_during_a_check_outlives_its_end(
    account: Account, end: Callable[[Attributes], None]
) -> None:
    choose(account)
    receive("SM1")
    checked = store.get(keys.inbox_end(account.id))
    receive("SM2", "And me", phone=texted(account, 1001), at=NOW + MINUTE)
    assert checked

    end(checked)
    sweep(2)

    assert [mail.subject for mail in mails(account)] == ["2 replies from 2 clients"]


def test_a_reply_that_comes_as_a_check_begins_is_mailed_with_it(account: Account) -> None:
    choose(account)
    receive("SM1")

    with meanwhile("GetItem", lambda: receive("SM2", phone=texted(account, 1001), at=NOW + MINUTE)):
        sweep(1)
    sweep(2)

    assert [mail.subject for mail in mails(account)] == ["2 replies from 2 clients"]


def test_a_reply_whose_worker_is_killed_anywhere_is_mailed_once(account: Account) -> None:
    choose(account)

    for crash in every_crash(after=False):
        with crash:
            receive()
        receive()  # the queue delivers it again
        sweep(1)
        receive(at=NOW + 2 * MINUTE)  # a copy
        sweep(3)

        assert len(mails(account)) == 1


def test_a_sweep_killed_anywhere_mails_each_person_in_the_end(account: Account) -> None:
    add_ann(account)
    receive()

    for crash in every_crash():
        with crash:
            sweep(16)
        sweep(22)
        sweep(28)
        sweep(34)

        told = [mail.to for mail in sent_mails()]
        assert sorted(set(told)) == [account.email, ANN]
        assert len(told) <= 3  # one twice, if it was killed between the mail and its record


def test_a_mail_that_fails_is_sent_later_and_holds_up_nobody_else(account: Account) -> None:
    add_ann(account)
    receive()

    with failing("sesv2", "SendEmail", "MessageRejected"):
        sweep(16)
    first = [mail.to for mail in sent_mails()]
    sweep(22)

    assert first == [ANN]
    assert [mail.to for mail in sent_mails()] == [ANN, account.email]


def test_a_mail_that_fails_for_two_days_is_given_up(account: Account) -> None:
    receive()

    with failing("sesv2", "SendEmail", "MessageRejected", times=2):
        sweep(16)
        sweep(16 + 2 * 24 * 60)
    sweep(30 + 2 * 24 * 60)

    assert sent_mails() == []


@pytest.mark.account(texted=NOW - timedelta(hours=1), client=False, name="<b>Fox</b>")
def test_hostile_words_and_names_are_words(account: Account) -> None:
    client(account, first_name='<img src="x">\r\nBcc: all@else.example', last_name="=2B")
    receive(body="<script>alert(1)</script>\r\n{{7*7}}")
    sweep(16)

    [mail] = mails(account)
    assert mail.subject == 'Reply from <img src="x"> Bcc: all@else.example =2B'
    assert "<script" not in mail.html
    assert "<img" not in mail.html
    assert "&lt;b&gt;Fox&lt;/b&gt;" in mail.html
    assert "{{7*7}}" in mail.html


def test_an_unlinked_reply_names_the_phone(account: Account) -> None:
    record_text(account, NOW - timedelta(hours=1), phone="+61412345678", client_id=None, message_id="m-2")
    receive("SM1", phone="+61412345678")
    sweep(16)

    assert mails(account)[0].subject == "Reply from +61 412 345 678"
