"""The write units of one text from its acceptance to its receipts, without limits and with every limit."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from bench.meter import counted_write_units
from bench.rig import Figure
from longcode.carriers.carrier import Receipt
from longcode.message import MessageState
from longcode.plans.plans import PlanChange
from send import api, receipts, worker
from tests.support.fakes import NOW, FakeCarrier, client, studio, take_queued
from tests.support.local_aws import local_aws

_WORDS = "Hello Zoë, your proofs are ready. Please look through the gallery by Friday and mark those you like best."


def measure() -> Iterator[Figure]:
    """Measure both cases."""
    yield Figure("write_units_per_text", _write_units("medium", NOW), "units", 12)
    yield Figure(
        "write_units_per_text_all_limits",
        _write_units("small", NOW + timedelta(hours=1), units_a_day=1000),
        "units",
        14,
    )


def _write_units(plan: str, at: datetime, units_a_day: int | None = None) -> float:
    with local_aws():
        account = studio(plan_changes=(PlanChange(NOW, plan),), units_a_day=units_a_day)
        client(account)
        _text(
            account.id, "first", at
        )  # the first text of a month starts the counters, and the first of a worker reserves throughput
        with counted_write_units() as counted:
            _text(account.id, "second", at + timedelta(minutes=5))
    return counted.total


def _text(account: str, key: str, now: datetime) -> None:
    accepted = api.accept(account, api.NewMessage(client_id="c1", body=_WORDS), key, now)
    bodies = take_queued("send")
    deliver = worker.prepare(bodies, FakeCarrier(), now)
    for body in bodies:
        deliver(body)
    reference = f"{account}.{accepted.messages[0].id}"
    for state in (MessageState.SENT, MessageState.DELIVERED):
        receipts.apply_receipt(Receipt(carrier="twilio", reference=reference, carrier_id="SM1", state=state), now)
