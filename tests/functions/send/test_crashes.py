from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import pytest

from longcode.account import Account
from longcode.carriers.carrier import Answer, Receipt, Text
from longcode.message import State
from send import api, due, reporting, requests
from tests.fakes import NOW, FakeCarrier, queued
from tests.functions.send.texts import deliver, stored, units
from tests.functions.send.wire import Death, Killed, killing

FINAL = {State.SENT, State.DELIVERED, State.FAILED}
CALLS = 9  # accept: read, write, enqueue; deliver: read, opt-outs, route, turn, claim, record


class DyingCarrier(FakeCarrier):
    """Takes a text and lets the worker die before it hears of that."""

    def send(self, text: Text) -> Answer:
        super().send(text)
        raise Killed


def accept(account: Account, key: str) -> str:
    form = requests.NewMessage(client_id="c1", body="Hello")
    return api.accept(account.id, form, key, NOW).messages[0].id


def heal(account: Account, carrier: FakeCarrier, jobs: list[str]) -> None:
    """Do what follows a crash: the queue brings its jobs again, the sweeper runs, receipts come, deadlines pass."""
    deliver(carrier, NOW + timedelta(minutes=1), jobs)
    for minute in (3, 6):
        at = NOW + timedelta(minutes=minute)
        due.sweep(at)
        deliver(carrier, at)
    for text in carrier.texts:
        reporting.take(
            Receipt(carrier="twilio", reference=text.reference, carrier_id="SM1", state=State.DELIVERED), at
        )
    for minute in (20, 30):
        due.sweep(NOW + timedelta(minutes=minute))
        deliver(carrier, NOW + timedelta(minutes=minute))


def lives(account: Account, *, before: bool) -> Iterator[tuple[FakeCarrier, str]]:
    """Kill a text's way at each call in turn; gives the carrier and the message."""
    for call in range(1, CALLS + 1):
        carrier, jobs = FakeCarrier(), list[str]()
        with killing(Death(call, before)), suppress(Killed):
            message_id = accept(account, f"key-{call}")
            jobs = [f'{{"account":"10000001","message_id":"{message_id}"}}']
            deliver(carrier, jobs=jobs)
        message_id = accept(account, f"key-{call}")  # the studio's software asks again
        heal(account, carrier, jobs or queued("send"))
        yield carrier, message_id


@pytest.mark.parametrize("before", [True, False])
def test_killed_at_any_call_a_text_is_handed_over_once_at_most_and_ends_in_a_final_state(
    account: Account, before: bool
) -> None:
    charged = 0

    for carrier, message_id in lives(account, before=before):
        message = stored(account, message_id)
        assert len(carrier.texts) <= 1
        assert message.state in FINAL
        assert bool(carrier.texts) == (message.state is State.DELIVERED)
        charged += len(carrier.texts)

    assert units(account) == charged


def test_killed_between_the_carriers_answer_and_the_record_a_text_is_not_sent_again(account: Account) -> None:
    message_id = accept(account, "key")
    carrier, jobs = DyingCarrier(), queued("send")

    with suppress(Killed):
        deliver(carrier, jobs=jobs)
    heal(account, carrier, jobs)

    assert len(carrier.texts) == 1
    assert stored(account, message_id).state is State.DELIVERED
    assert units(account) == 1


def test_the_way_of_a_text_has_no_more_calls_than_are_killed_here(account: Account) -> None:
    death = Death(0, before=True)

    with killing(death):
        accept(account, "key")
        deliver(FakeCarrier())

    made = [call for call in death.made if call not in ("ReceiveMessage", "DeleteMessage")]  # the queue's own
    assert len(made) <= CALLS  # a text that comes alone may need no turn
    # The month's first text begins the looks at what is used of it, in the same transaction.
    assert made[:3] == ["BatchGetItem", "TransactWriteItems", "SendMessageBatch"]
    assert made[-2:] == ["UpdateItem", "TransactWriteItems"]
