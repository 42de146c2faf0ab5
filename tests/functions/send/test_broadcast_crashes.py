from contextlib import suppress
from datetime import timedelta

import pytest

from longcode.account import Account
from longcode.broadcast import State
from longcode.message import State as Text
from longcode.plans import Change
from send import due
from tests.fakes import NOW, FakeCarrier, client, studio
from tests.functions.send.rounds import accounted, advance, hand_over, people, phone, stored, take, texts
from tests.functions.send.wire import Death, Killed, killing, taking_turns
from tests.local_aws import local_aws

CALLS = 39  # from POST to the last step; `test_a_broadcast_makes_no_more_calls_than_are_killed_here` holds it


def open_studio() -> Account:
    """Open a studio whose plan stops at 100 units, with clients of whom two share a phone."""
    account = studio(plan_changes=(Change(NOW, "starter"),))
    people(account, 3)
    client(account, "q0000", phone(0))
    return account


def heal(carrier: FakeCarrier) -> None:
    """Let the sweeper run and the queues bring their jobs until nothing is left to do."""
    for minute in (0, 3, 6):
        at = NOW + timedelta(minutes=minute)
        due.sweep(at)
        advance(at)
        hand_over(at, carrier)


@pytest.mark.parametrize("before", [True, False])
def test_killed_at_any_call_a_broadcast_texts_each_phone_once_and_every_unit_is_accounted_for(before: bool) -> None:
    for call in range(1, CALLS + 1):
        with local_aws():  # anew, for what stands in moto's table makes it slow
            account, carrier = open_studio(), FakeCarrier()
            with taking_turns("dynamodb", "sqs"), killing(Death(call, before=before)), suppress(Killed):
                take(account)
                advance()
            broadcast_id = take(account)  # the studio's software asks again
            assert accounted(account)

            heal(carrier)

            assert accounted(account)
            assert sorted(text.to for text in carrier.texts) == [phone(0), phone(1), phone(2)]
            assert {one.state for one in texts(account, broadcast_id)} == {Text.SENT}
            there = stored(account, broadcast_id)
            assert (there.state, there.texts, there.reserved) == (State.DONE, 3, 3)
            assert there.skipped == {"duplicate": 1}


def test_a_broadcast_makes_no_more_calls_than_are_killed_here(aws: None) -> None:
    account = open_studio()

    with killing(Death(0, before=True)) as made:
        take(account)
        advance()

    assert len(made) == CALLS
