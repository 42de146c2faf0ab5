"""The flows that are priced: ten single texts, and a broadcast to 250 clients; each function counts separately."""

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec

from accounts import authorizer
from bench.invocations import TEXTS_A_MINUTE, Invocations, Trigger, counted
from broadcasts import api, worker
from longcode.accounts.account import Account
from longcode.aws import batches, clients
from longcode.aws.parameters import receipts_url
from longcode.carriers import twilio
from longcode.carriers.carrier import Carrier, SendResult, Text
from longcode.jobs import Send
from longcode.message import Message, MessageState
from longcode.messages import store as messages
from send import api as send_api
from send import receipts_api
from send import worker as send_worker
from sweeper import sweep_schedule
from tests.support.broadcast_steps import write_clients
from tests.support.fakes import PASSWORD, LambdaContext, call, client, sqs_event, studio, take_queued
from tests.support.local_aws import ACCOUNT_SID

BATCH = 10
_CLIENTS = 250  # one step of the broadcast
TOKEN = "test-token"
_CARRIER_SECONDS = 0.3
_RECEIPT = Path(__file__).parents[1] / "events" / "twilio_receipt_at_its_own_address.json"
_TEMPLATE = "Hello {{client.first_name|there}}, our gallery of the season is open. Please look through it by Friday."
_WORDS = "Hello Zoë, your proofs are ready. Please look through the gallery by Friday and mark those you like best."
_PHONES = [f"+121255501{index:02}" for index in range(BATCH)]


class SlowTwilio(twilio.Twilio):
    """Twilio's client with a carrier that takes 300 ms."""

    def send(self, text: Text) -> SendResult:
        """Send a text, 300 ms slower."""
        time.sleep(_CARRIER_SECONDS)
        return super().send(text)


def single_texts(carrier_url: str, batch: int = BATCH, **account: Any) -> Iterator[Invocations]:
    """Count the functions' calls for a studio's single texts: an empty sweep, then what each text needs.

    `batch` is the size of the worker's batches. The month's first texts, which start its counters, and the first call
    of each instance are not counted.
    """
    opened = studio(**account)
    carrier = carrier_at(carrier_url)
    for phone in _PHONES:
        client(opened, phone, phone)
    earlier = _post(opened, "earlier")
    _deliver(take_queued("send"), carrier)
    _report(_receipts(earlier))

    yield counted(
        "SendDue",
        lambda: sweep_schedule.handler({}, LambdaContext()),
        trigger=Trigger.SCHEDULE,
        calls=1,
        texts=TEXTS_A_MINUTE,
    )
    yield counted("Authorizer", lambda: _log_in(opened), trigger=Trigger.UNCHARGED, calls=BATCH, texts=BATCH)
    references: list[str] = []
    yield counted(
        "SendApi", lambda: references.extend(_post(opened, "now")), trigger=Trigger.API, calls=BATCH, texts=BATCH
    )
    bodies = take_queued("send")
    yield from _delivering(bodies, references[:BATCH], carrier_url, batch)


def broadcast_texts(carrier_url: str) -> Iterator[Invocations]:
    """Count the functions' calls for a broadcast. The second batch is counted: the first opens clients and caches."""
    account = studio(quiet_hours=False)
    write_clients(account, _CLIENTS)
    form = {"audience": {"all": True}, "body": _TEMPLATE}
    yield counted(
        "SendBroadcastsApi",
        lambda: call(api, "POST", "/broadcasts", form, account=account.id, headers={"Idempotency-Key": "k"}),
        trigger=Trigger.API,
        calls=1,
        texts=_CLIENTS,
    )
    while jobs := take_queued("broadcast"):
        event = sqs_event(*jobs)
        yield counted(
            "SendBroadcast",
            lambda event=event: worker.handler(event, LambdaContext()),  # type: ignore[misc]
            trigger=Trigger.QUEUE,
            calls=1,
            texts=_CLIENTS,
        )
    bodies = take_queued("bulk")
    if len(bodies) != _CLIENTS:
        raise RuntimeError(f"{len(bodies)} texts of a broadcast to {_CLIENTS}")
    for start in (0, BATCH):
        batch = bodies[start : start + BATCH]
        named = [msgspec.json.decode(body, type=Send) for body in batch]
        references = [f"{job.account}.{job.message_id}" for job in named]
        measured = list(_delivering(batch, references, carrier_url))
    yield from measured


def _delivering(
    bodies: list[str], references: list[str], carrier_url: str, size: int = BATCH
) -> Iterator[Invocations]:
    """Count the calls that send queued texts in batches of `size`, and apply their receipts."""
    carrier, slow = carrier_at(carrier_url), carrier_at(carrier_url, SlowTwilio)
    batches = [bodies[start : start + size] for start in range(0, len(bodies), size)]

    def deliver() -> None:
        for batch in batches:
            _deliver(batch, carrier)

    def deliver_as_lambda() -> None:
        for batch in batches:
            _deliver_side_by_side(batch, slow)

    yield counted(
        "SendWorker", deliver, trigger=Trigger.QUEUE, calls=len(batches), texts=BATCH, again=deliver_as_lambda
    )
    receipts = _receipts(references)
    yield counted("SendReceipts", lambda: _report(receipts), trigger=Trigger.UNCHARGED, calls=2 * BATCH, texts=BATCH)
    if {_message(reference).state for reference in references} != {MessageState.DELIVERED}:
        raise RuntimeError("not all texts were delivered")


def carrier_at(url: str, kind: type[twilio.Twilio] = twilio.Twilio) -> twilio.Twilio:
    """Return a Twilio client for a simulated carrier."""
    return kind(account_sid=ACCOUNT_SID, auth_token=TOKEN, callback_base="http://127.0.0.1:9", api_base=url)


def _log_in(account: Account) -> None:
    credentials = base64.b64encode(f"{account.id}:{PASSWORD}".encode()).decode()
    event = {
        "headers": {"Authorization": f"Basic {credentials}"},
        "requestContext": {"identity": {"sourceIp": "192.0.2.10"}},
        "methodArn": "arn:aws:execute-api:us-east-1:123456789012:api/v1/POST/messages",
    }
    for _ in range(BATCH):
        authorizer.handler(event, LambdaContext())


def _post(account: Account, key: str) -> list[str]:
    """Post a text to each client; return the references that the carrier gets."""
    references = []
    for phone in _PHONES:
        form = {"client_id": phone, "body": _WORDS}
        headers = {"Idempotency-Key": f"{key}-{phone}"}
        answer = call(send_api, "POST", "/messages", form, account=account.id, headers=headers)
        references.append(f"{account.id}.{answer.json['messages'][0]['id']}")
    return references


def _deliver(bodies: list[str], carrier: Carrier) -> None:
    deliver = send_worker.prepare(bodies, carrier, clients.now())
    for body in bodies:
        deliver(body)


def _deliver_side_by_side(bodies: list[str], carrier: Carrier) -> None:
    deliver = send_worker.prepare(bodies, carrier, clients.now())
    answer = batches.run_at_once(sqs_event(*bodies), deliver)
    if answer["batchItemFailures"]:
        raise RuntimeError(f"not delivered: {answer}")


def _receipts(references: list[str]) -> list[dict[str, Any]]:
    """Return the calls of the receipt address that report each text as sent, and then as delivered."""
    calls = []
    for status in ("sent", "delivered"):
        for reference in references:
            form = [
                ("MessageSid", str(_message(reference).carrier_id)),
                ("MessageStatus", status),
                ("AccountSid", ACCOUNT_SID),
            ]
            address = twilio.receipt_url(receipts_url(), reference)
            event = json.loads(_RECEIPT.read_text())
            event["body"] = base64.b64encode(urlencode(form).encode()).decode()
            event["rawPath"] = urlsplit(address).path
            event["headers"]["x-twilio-signature"] = twilio.signature(TOKEN, address, form)
            calls.append(event)
    return calls


def _report(receipts: list[dict[str, Any]]) -> None:
    for event in receipts:
        answer = receipts_api.handler(event, LambdaContext())
        if answer["statusCode"] != 204:
            raise RuntimeError(f"receipt refused: {answer}")


def _message(reference: str) -> Message:
    account, _, message_id = reference.partition(".")
    message = messages.get(account, message_id)
    if message is None:
        raise RuntimeError(f"{reference} is no text")
    return message
