from datetime import timedelta

import pytest

from longcode.accounts.account import Account
from longcode.broadcasts.broadcast import BroadcastState
from longcode.message import MessageState as Text
from longcode.plans.plans import PlanChange
from sweeper import sweep_schedule
from tests.support.aws_calls import taking_turns
from tests.support.broadcast_steps import accounted, advance, hand_over, people, phone, stored, take, texts
from tests.support.crashes import every_crash
from tests.support.fakes import NOW, FakeCarrier, client, studio


def open_studio() -> Account:
    """Open a studio whose plan stops at 100 units, with clients of whom two share a phone."""
    account = studio(plan_changes=(PlanChange(NOW, "starter"),))
    people(account, 3)
    client(account, "q0000", phone(0))
    return account


def heal(carrier: FakeCarrier) -> None:
    """Let the sweeper run and the queues bring their jobs until nothing is left to do."""
    for minute in (0, 3, 6):
        at = NOW + timedelta(minutes=minute)
        sweep_schedule.sweep(at)
        advance(at)
        hand_over(at, carrier)


@pytest.mark.long
def test_killed_at_any_call_a_broadcast_texts_each_phone_once_and_every_unit_is_accounted_for(aws: None) -> None:
    account = open_studio()

    for crash in every_crash():
        carrier = FakeCarrier()
        with taking_turns("dynamodb", "sqs"), crash:
            take(account)
            advance()
        broadcast_id = take(account)  # the studio's software asks again
        assert accounted(account)

        heal(carrier)

        assert accounted(account)
        assert sorted(text.to for text in carrier.texts) == [phone(0), phone(1), phone(2)]
        assert {one.state for one in texts(account, broadcast_id)} == {Text.SENT}
        there = stored(account, broadcast_id)
        assert (there.state, there.texts, there.reserved) == (BroadcastState.DONE, 3, 3)
        assert there.skipped == {"duplicate": 1}
