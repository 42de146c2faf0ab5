"""A broadcast whose worker stops at any call: each phone still gets one text, and no unit is lost."""

from datetime import timedelta

import pytest

from longcode.accounts.account import Account
from longcode.message import BroadcastState
from longcode.message import MessageState as Text
from longcode.plans.plans import PlanChange
from sweeper import sweep_schedule
from tests.support.broadcast_steps import (
    advance,
    create_broadcast,
    deliver_bulk_texts,
    phone_number,
    reservations_add_up,
    stored,
    texts,
    write_clients,
)
from tests.support.crashes import every_crash
from tests.support.fakes import NOW, FakeCarrier, client, studio


def open_studio() -> Account:
    """Create a studio whose plan allows 100 units, and clients, two of whom share a phone."""
    account = studio(plan_changes=(PlanChange(NOW, "starter"),))
    write_clients(account, 3)
    client(account, "q0000", phone_number(0))
    return account


def heal(carrier: FakeCarrier) -> None:
    """Run the sweeper and the workers until no work is left."""
    for minute in (0, 3, 6):
        at = NOW + timedelta(minutes=minute)
        sweep_schedule.sweep(at)
        advance(at)
        deliver_bulk_texts(at, carrier)


@pytest.mark.long
def test_a_broadcast_killed_at_any_call_texts_each_phone_once_and_accounts_for_every_unit(aws: None) -> None:
    account = open_studio()

    for crash in every_crash():
        carrier = FakeCarrier()
        with crash:
            create_broadcast(account)
            advance()
        broadcast_id = create_broadcast(account)  # the studio's software repeats its request
        assert reservations_add_up(account)

        heal(carrier)

        assert reservations_add_up(account)
        assert sorted(text.to for text in carrier.texts) == [phone_number(0), phone_number(1), phone_number(2)]
        assert {text.state for text in texts(account, broadcast_id)} == {Text.SENT}
        broadcast = stored(account, broadcast_id)
        assert (broadcast.state, broadcast.texts, broadcast.reserved) == (BroadcastState.DONE, 3, 3)
        assert broadcast.skipped == {"duplicate": 1}
