"""A reply that is a studio's own keyword fires its trigger, once, and nothing else does."""

from datetime import timedelta

import pytest

from longcode import jobs
from longcode.accounts.account import Account
from longcode.aws import queues
from longcode.clients.client import Phone
from longcode.message import Message
from longcode.table import keys, store
from longcode.table.writes import read
from longcode.triggers import store as triggers
from longcode.triggers.trigger import RecordKind
from tests.support.crashes import every_crash
from tests.support.fakes import NOW, client, studio, take_queued
from tests.support.reply_steps import PHONE, receive, record_text
from tests.support.trigger_samples import trigger
from triggers import fire_worker

pytestmark = pytest.mark.account(edition="professional", texted=NOW)

MINUTE = timedelta(minutes=1)


@pytest.fixture
def account(account: Account) -> Account:
    """A studio with a trigger on the keyword HOURS."""
    rule()
    return account


def rule(**changes: object) -> None:
    fields = {"name": "hours", "watches": RecordKind.KEYWORD, "keyword": "hours", "statuses": (), "timing": None}
    triggers.put(trigger(**fields | {"body": "We open at nine."} | changes))


def fire_all() -> None:
    for body in take_queued("event"):
        fire_worker.fire(queues.read(jobs.FireTrigger, body), NOW + MINUTE)


def answers(account: Account) -> list[tuple[str, str, str | None]]:
    messages = [read(Message, item) for item in store.query(keys.message(account.id))]
    return [(message.phone, message.body, message.client_id) for message in messages if message.direction == "out"]


@pytest.mark.parametrize("said", ["HOURS", "hours", " Hours? ", "Hóurs!"])
def test_a_reply_that_is_a_studios_keyword_is_answered(account: Account, said: str) -> None:
    receive(body=said)

    fire_all()

    assert answers(account) == [(PHONE, "We open at nine.", "c1")]


@pytest.mark.parametrize("said", ["What are your hours?", "hours please", "", "!", "hour", "h" * 1000])
def test_a_reply_that_is_not_exactly_the_keyword_fires_nothing(account: Account, said: str) -> None:
    receive(body=said)

    assert take_queued("event") == []


@pytest.mark.parametrize("said", ["STOP", "HELP", "YES"])
def test_a_keyword_of_the_service_fires_no_trigger(account: Account, said: str) -> None:
    rule(keyword=said.casefold())  # a trigger from before this was a keyword of the service

    receive(body=said)

    assert take_queued("event") == []


def test_the_same_reply_twice_is_answered_once(account: Account) -> None:
    receive("SM1", "hours")
    receive("SM1", "hours", at=NOW + MINUTE)

    fire_all()

    assert len(answers(account)) == 1


def test_two_replies_are_answered_twice(account: Account) -> None:
    receive("SM1", "hours")
    receive("SM2", "hours", at=NOW + MINUTE)

    fire_all()

    assert len(answers(account)) == 2


@pytest.mark.long
def test_a_reply_killed_at_any_call_and_delivered_again_is_answered_once(account: Account) -> None:
    for crash in every_crash(after=False):
        with crash:
            receive("SM1", "hours")

        receive("SM1", "hours", at=NOW + MINUTE)
        fire_all()

        assert len(answers(account)) == 1


def test_only_the_phone_that_texted_is_answered(account: Account) -> None:
    client(account, "c1", "+12125550199", PHONE)

    receive(body="hours")
    fire_all()

    assert [phone for phone, _, _ in answers(account)] == [PHONE]


def test_a_phone_that_is_not_ticked_gets_no_answer(account: Account) -> None:
    client(account, "c1", phones=(Phone(number=PHONE, entered=PHONE, sms=False),))

    receive(body="hours")
    fire_all()

    assert answers(account) == []


def test_a_phone_without_a_client_is_answered(account: Account) -> None:
    record_text(account, phone="+12125550888", client_id=None)

    receive(body="hours", phone="+12125550888")
    fire_all()

    assert answers(account) == [("+12125550888", "We open at nine.", None)]


def test_another_studios_keyword_fires_nothing(account: Account) -> None:
    studio("10000002", edition="professional")
    rule(account="10000002", name="prices", keyword="prices")

    receive(body="prices")

    assert take_queued("event") == []


def test_an_unattributed_keyword_fires_nothing(account: Account) -> None:
    receive(body="hours", phone="+12125550777")

    assert take_queued("event") == []


def test_a_late_copy_of_an_unattributed_reply_fires_nothing(account: Account) -> None:
    receive("SM1", "hours", phone="+12125550777")
    record_text(account, phone="+12125550777", client_id=None)

    receive("SM1", "hours", phone="+12125550777", at=NOW + MINUTE)

    assert take_queued("event") == []


def test_a_disabled_trigger_does_not_fire(account: Account) -> None:
    rule(enabled=False)

    receive(body="hours")

    assert take_queued("event") == []


def test_a_trigger_to_staff_names_the_client_who_texted(account: Account) -> None:
    rule(to="staff", staff_phone="+12125550199", body="{{client.name}} asks for our hours")

    receive(body="hours")
    fire_all()

    assert answers(account) == [("+12125550199", "Zoë asks for our hours", None)]
