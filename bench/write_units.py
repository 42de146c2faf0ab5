"""The write units of one text from its acceptance to its receipt, on a plan that charges and on one that stops."""

from collections.abc import Iterator

from bench.figure import Figure
from bench.meter import counted_write_units
from longcode.carriers.carrier import Receipt
from longcode.message import State
from longcode.plans import Change
from send import api, receipts, requests, worker
from tests.fakes import NOW, FakeCarrier, client, queued, studio
from tests.local_aws import local_aws

_WORDS = "Hello Zoë, your proofs are ready. Please look through the gallery by Friday and mark those you like best."


def measure() -> Iterator[Figure]:
    """Measure both."""
    yield Figure("write_units_per_text", _write_units("medium"), "units", 12)
    yield Figure("write_units_per_text_all_guards", _write_units("small"), "units", 14)


def _write_units(plan: str) -> int:
    with local_aws():
        account = studio(plan_changes=(Change(NOW, plan),))
        client(account)
        _text(account.id, "first")  # a month's first text starts the counters
        with counted_write_units() as counted:
            _text(account.id, "second")
    return counted.total


def _text(account: str, key: str) -> None:
    accepted = api.accept(account, requests.NewMessage(client_id="c1", body=_WORDS), key, NOW)
    bodies = queued("send")
    deliver = worker.prepare(bodies, FakeCarrier(), NOW)
    for body in bodies:
        deliver(body)
    reference = f"{account}.{accepted.messages[0].id}"
    for state in (State.SENT, State.DELIVERED):
        receipts.take(Receipt(reference=reference, carrier_id="SM1", state=state), NOW)
