"""A studio that floods the service adds no call to another's text, reply or STOP, and its own flood is bounded."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from accounts import settings_api
from clients import api as clients_api
from inbox import worker as inbox_worker
from longcode.accounts.account import Account
from longcode.aws import queues
from longcode.aws.clients import client
from longcode.carriers.carrier import Inbound
from longcode.clients import store as clients
from longcode.jobs import HandleKeyword
from longcode.optouts import store as optouts
from longcode.plans.plans import PlanChange
from longcode.templates import store as template_store
from optout import worker as optout_worker
from tests.support.fakes import NOW, FakeCarrier, call, studio, take_queued
from tests.support.text_steps import accept, deliver

pytestmark = pytest.mark.usefixtures("aws")

STARTER = (PlanChange(NOW, "starter"),)
OURS = "+15555550100"


@contextmanager
def measured() -> Iterator[list[tuple[str, int]]]:
    """Yield the calls to the table inside the block, each with how many items it returned."""
    made: list[tuple[str, int]] = []

    def note(*, parsed: dict[str, Any], model: Any, **_: object) -> None:
        batches = parsed.get("Responses", {})
        returned = sum(map(len, batches.values())) if isinstance(batches, dict) else len(batches)
        made.append((str(model.name), returned + parsed.get("Count", 0) + ("Item" in parsed)))

    events = client("dynamodb").meta.events
    events.register("after-call.dynamodb", note)
    try:
        yield made
    finally:
        events.unregister("after-call.dynamodb", note)


def conversation(account: Account, second: int) -> list[tuple[str, int]]:
    """Text a phone that replies STOP; return the calls to the table that all of it took.

    Each conversation has a second and a phone of its own, so that its text does not wait for the one before.
    """
    phone, at = f"+12125550{second:03}", NOW + timedelta(seconds=second)
    with measured() as calls:
        accept(account, phone, client_id=None, to=phone)
        deliver(FakeCarrier(), at, [body for body in take_queued("send") if account.id in body])
        inbox_worker.receive(
            Inbound(carrier="twilio", carrier_id=f"SM{phone}", phone=phone, number=OURS, body="STOP"), at
        )
        for body in take_queued("opt_out"):
            optout_worker.handle_keyword(queues.read(HandleKeyword, body), at)
    assert optouts.blocked([(account.id, phone)])
    return calls


def flood(account: Account) -> None:
    """Write templates and clients without end, and leave texts on the queue."""
    for number in range(150):
        call(settings_api, "PUT", f"/templates/t{number}", {"body": "Sale"}, account=account.id)
    rows = "\n".join(f"c{number},+1213555{number:04}" for number in range(300))
    headers = {"content-type": "text/csv"}
    call(clients_api, "POST", "/clients/import", f"id,phone\n{rows}\n", account=account.id, headers=headers)
    for number in range(30):
        accept(account, f"k{number}", client_id=None, to=f"+1310555{number:04}")


@pytest.mark.long
def test_a_flood_adds_no_call_and_no_item_to_anothers_text_and_stop() -> None:
    calm, flooder = studio("10000001"), studio("10000002", plan_changes=STARTER)
    for second in range(12):  # so that each counter of its day exists
        conversation(calm, second)
    without = conversation(calm, 12)

    flood(flooder)
    during = conversation(calm, 13)

    assert during == without
    assert len(template_store.template_page(flooder.id, None, 1_000)) == 100
    assert len(clients.page(flooder.id, None, 1_000)) == 300


def test_every_job_of_a_flood_names_its_account_so_that_the_queue_takes_turns() -> None:
    """SQS serves the groups of a standard queue in turns (SQS: fair queues)."""
    flooder = studio("10000002")
    sent: list[str] = []

    def note(*, params: dict[str, Any], **_: object) -> None:
        sent.extend(entry.get("MessageGroupId", "") for entry in params["Entries"])

    events = client("sqs").meta.events
    events.register("provide-client-params.sqs.SendMessageBatch", note)
    accept(flooder, "k", client_id=None, to="+13105550101")
    events.unregister("provide-client-params.sqs.SendMessageBatch", note)

    assert sent == [flooder.id]
