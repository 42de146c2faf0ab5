"""A reply is read for keywords without the text of ours that the phone quotes, and without what a phone adds."""

import pytest

from longcode.accounts.account import Account
from longcode.aws import queues
from longcode.jobs import HandleKeyword
from longcode.message import Message
from longcode.messages import replies as messages_replies
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED
from optout import worker as optout
from tests.support.fakes import NOW, FakeCarrier, take_queued
from tests.support.reply_steps import PHONE, receive
from tests.support.text_steps import accept, deliver

OURS = "Hi Ann, your session is tomorrow at 5. Please stop at the front desk. Reply STOP to unsubscribe."


def newest(account: Account) -> Message:
    return [message for _, message in messages_replies.after(account.id, 0, 100)][-1]


def text_the_client(account: Account, body: str = OURS) -> None:
    accept(account, body=body)
    deliver(FakeCarrier())


@pytest.mark.parametrize(
    ("reply", "keyword"),
    [
        (OURS, None),
        (f"{OURS} Ok see you then!", None),
        (f"See you then!\n\n{OURS}", None),
        (f"Got it. {OURS.upper()}", None),
        (OURS.replace(" ", "\n"), None),
        ("Liked Hi Ann, your session is tomorrow at 5. Please stop at the front desk. Reply STOP to…", None),
        ("Hi Ann, your session is tomorrow at 5. Please stop at the front desk. Reply STOP to unsub", None),
        (f"{OURS}\nSTOP", "stop"),
        (f"STOP {OURS}", "stop"),
        (f"{OURS} please stop these texts", "near_stop"),
        (f"Wrong number. {OURS}", "near_stop"),
        ("Hi, please stop texting me, I am not Ann and I never was a client of your studio", "near_stop"),
        ("Reply STOP to unsubscribe", "near_stop"),
    ],
)
def test_a_quotation_of_our_text_is_no_part_of_the_reply(account: Account, reply: str, keyword: str | None) -> None:
    text_the_client(account)

    receive(body=reply)

    assert newest(account).keyword == keyword
    assert newest(account).body == reply


def test_a_quotation_of_another_text_is_read(account: Account) -> None:
    text_the_client(account, "Your prints are ready")

    receive(body=OURS)

    assert newest(account).keyword == "near_stop"


@pytest.mark.parametrize(
    "reply", ["STOP to end", "STOP Sent from my iPhone", "STOP -Ann", "STOP2END", "Stop\n\n-- \nAnn Smith"]
)
def test_a_signed_stop_opts_out_and_keeps_its_exact_words(account: Account, reply: str) -> None:
    text_the_client(account)

    receive(body=reply)
    [job] = [queues.read(HandleKeyword, body) for body in take_queued("opt_out")]
    optout.handle_keyword(job, NOW)

    state = optouts.get(PHONE, SHARED)
    assert state is not None
    assert (state.out, job.words, newest(account).charged_units) == (True, reply, 0)


@pytest.mark.parametrize("reply", ["stop txt", "Unsub", "wrong number", "🛑", "Stop, Ann Smith"])
def test_a_possible_opt_out_is_queued_for_the_staff(account: Account, reply: str) -> None:
    text_the_client(account)

    receive(body=reply)

    assert [queues.read(HandleKeyword, body).keyword for body in take_queued("opt_out")] == ["near_stop"]
