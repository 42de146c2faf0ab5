"""The away text: a client who writes while the studio is closed is answered once, and nobody else is."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts import settings_api
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.aws import queues
from longcode.jobs import HandleKeyword, Means, SendAwayText
from longcode.message import Message, MessageKind, MessageState
from longcode.optouts import store as optouts
from longcode.optouts.consent import OptOutEvent, account_scope
from longcode.table import keys, store
from longcode.table.writes import read
from longcode.triggers import store as triggers
from longcode.triggers.trigger import RecordKind
from optout import worker as optout_worker
from tests.support.crashes import every_crash
from tests.support.fakes import NOW, call, take_queued
from tests.support.reply_steps import PHONE, receive, record_text
from tests.support.text_steps import accept
from tests.support.trigger_samples import trigger
from triggers import away_texts, fire_worker

pytestmark = pytest.mark.account(edition="professional", texted=NOW - timedelta(days=1))

OFFICE = [{"opens": "09:00", "closes": "17:00"}]
WEEK = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), OFFICE)
SOON = timedelta(seconds=5)  # NOW is a Sunday


@pytest.fixture
def closed(account: Account) -> Account:
    """A studio that is closed on Sundays."""
    change(account, opening_hours=WEEK, away_text="We are closed, {{client.first_name|there}}.")
    return accounts.get_or_raise(account.id)


def change(account: Account, **settings: Any) -> None:
    answer = call(settings_api, "PATCH", "/account", settings, account=account.id)
    assert answer.status == 200, answer.text


def answer_all(now: datetime) -> None:
    for body in take_queued("event"):
        if "message_id" in body:
            away_texts.answer(queues.read(SendAwayText, body), now)


def answers(account: Account) -> list[Message]:
    messages = [read(Message, item) for item in store.query(keys.message(account.id))]
    return [message for message in messages if message.kind is MessageKind.TRIGGERED]


def test_a_client_who_writes_while_the_studio_is_closed_is_answered_at_once(closed: Account) -> None:
    receive(body="Can I bring the dog?", at=NOW)

    answer_all(NOW + SOON)

    (answer,) = answers(closed)
    assert answer.body == "We are closed, Zoë. We open again tomorrow at 9:00 am."
    assert (answer.phone, answer.client_id, answer.state) == (PHONE, "c1", MessageState.ACCEPTED)
    assert (answer.units, answer.quiet_from) == (1, None)
    assert answer.valid_until == NOW + SOON + timedelta(minutes=15)
    assert [PHONE in body for body in take_queued("send")] == [False]  # a job has ids only


def test_a_client_is_answered_once_until_the_studio_opens(closed: Account) -> None:
    for hours in (0, 1, 5):
        receive(f"SM{hours}", "Hello?", at=NOW + timedelta(hours=hours))
        answer_all(NOW + timedelta(hours=hours))
    receive("SMopen", "Hello?", at=NOW + timedelta(days=1))  # Monday, 9:30
    answer_all(NOW + timedelta(days=1))
    once = len(answers(closed))
    receive("SMnight", "Hello?", at=NOW + timedelta(days=1, hours=10))
    answer_all(NOW + timedelta(days=1, hours=10))

    assert (once, len(answers(closed))) == (1, 2)


@pytest.mark.parametrize("said", ["STOP", "START", "HELP", "YES", "Please stop texting me!!"])
def test_a_keyword_or_possible_opt_out_gets_no_away_text(closed: Account, said: str) -> None:
    receive(body=said, at=NOW)

    assert take_queued("event") == []


def test_the_studios_own_keyword_is_answered_by_its_trigger_alone(closed: Account) -> None:
    rule = {"name": "hours", "watches": RecordKind.KEYWORD, "keyword": "hours", "statuses": (), "timing": None}
    triggers.put(trigger(**rule | {"body": "We open at nine."}))

    receive(body="hours", at=NOW)

    assert ["message_id" in body for body in take_queued("event")] == [False]


def test_a_stranger_or_a_group_gets_no_away_text(closed: Account) -> None:
    record_text(closed, NOW - timedelta(hours=3), phone="+12125550177", client_id=None, message_id="x")
    receive("SMx", "Who is this?", phone="+12125550177", at=NOW)

    assert take_queued("event") == []


@pytest.mark.parametrize(
    "settings", [{"away_text": None}, {"opening_hours": None}, {"opening_hours": {**WEEK, "sunday": OFFICE}}]
)
def test_a_studio_that_is_open_or_has_no_away_text_answers_nobody(closed: Account, settings: dict[str, Any]) -> None:
    change(closed, **settings)

    receive(body="Hello?", at=NOW)

    assert take_queued("event") == []


def test_a_client_who_has_opted_out_or_may_have_gets_no_away_text(closed: Account) -> None:
    receive("SM1", "Please stop texting me!!", at=NOW)
    for body in take_queued("opt_out"):
        optout_worker.handle_keyword(queues.read(HandleKeyword, body), NOW)
    receive("SM2", "Hello?", at=NOW + SOON)
    answer_all(NOW + SOON)
    asked = answers(closed)
    event = OptOutEvent(
        id="e", phone=PHONE, scope=account_scope(closed.id), out=True, at=NOW, means=Means.STAFF, words="by phone"
    )
    optouts.record(event)
    receive("SM3", "Hello?", at=NOW + 2 * SOON)
    answer_all(NOW + 2 * SOON)

    assert (asked, answers(closed)) == ([], [])


def test_nobody_is_answered_late_or_while_somebody_of_the_studio_is_texting(closed: Account) -> None:
    receive("SM1", "Hello?", at=NOW)
    answer_all(NOW + timedelta(hours=1))  # the queue was slow
    text = accept(closed, now=NOW + timedelta(hours=1), client_id="c1", body="Yes, do.")
    record_text(closed, NOW + timedelta(hours=1), message_id=text.id)
    receive("SM2", "Oh, thanks", at=NOW + timedelta(hours=1, minutes=1))
    answer_all(NOW + timedelta(hours=1, minutes=1))

    assert answers(closed) == []


def test_away_texts_count_among_the_three_automatic_answers_an_hour(closed: Account) -> None:
    for answer in "abc":
        write = optouts.automatic_reply_write(PHONE, answer, NOW)
        assert write
        store.write(write)

    receive(body="Hello?", at=NOW)
    answer_all(NOW + SOON)

    assert answers(closed) == []


def test_a_full_limit_or_a_suspended_account_sends_no_away_text(closed: Account) -> None:
    change(closed, units_a_day=1)
    receive("SM1", "Hello?", at=NOW)
    change(closed, away_text="We are closed. " + "Please call our other number for all that cannot wait. " * 4)

    answer_all(NOW + SOON)

    assert answers(closed) == []


def test_the_worker_tells_the_jobs_of_its_queue_apart(closed: Account) -> None:
    receive(body="Hello?", at=NOW)

    for body in take_queued("event"):
        fire_worker.handle(body)  # by the real clock the reply is old

    assert answers(closed) == []


def test_an_answer_that_is_killed_at_any_call_and_repeated_is_written_once(closed: Account) -> None:
    receive(body="Hello?", at=NOW)
    (body,) = take_queued("event")
    job = queues.read(SendAwayText, body)

    for crash in every_crash():
        with crash:
            away_texts.answer(job, NOW + SOON)

        away_texts.answer(job, NOW + 2 * SOON)

        assert len(answers(closed)) == 1
        assert len(store.get(keys.automatic_replies(PHONE))["lately"]) == 1  # type: ignore[index]
