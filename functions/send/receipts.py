"""POST /carriers/twilio/receipts/{reference}, at its own address or the API's: what the carrier reports of a text."""

from datetime import datetime
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from longcode.aws import clock, function_url, signed, web
from longcode.aws.settings import public_url, receipts_url
from longcode.aws.telemetry import count, logger
from longcode.carriers import twilio
from longcode.carriers.carrier import Receipt, Why
from longcode.message import Message, State, may_become
from longcode.table import messages

app = web.resolver(web.FORM)


@app.post("/carriers/twilio/receipts/<reference>")
def receive(reference: Annotated[str, Path(max_length=200)]) -> Response[str]:
    """Take in a receipt of Twilio's; a forged one is refused and writes nothing."""
    addresses = (twilio.receipt_url(base, reference) for base in (receipts_url(), public_url()))
    form = signed.form(app, *addresses)
    receipt = twilio.read_receipt(reference, form)
    if receipt:
        take(receipt, clock.now())
    return Response(204, body="")


def take(receipt: Receipt, now: datetime) -> None:
    """Move a text to what a receipt tells. One that comes before our own record makes that record."""
    account, _, message_id = receipt.reference.partition(".")
    if receipt.why is Why.PARKED:
        count("ParkedSends")
    while message := messages.get(account, message_id):
        if receipt.why is Why.OPTED_OUT:
            from send import mirroring  # noqa: PLC0415 - few receipts do

            # As of the text: a START that has come since is newer.
            mirroring.mirror(message, receipt.code, message.claimed_at or message.created_at)
        if not may_become(message.state, receipt.state) or _moved(message, receipt, now):
            return
    logger.warning("receipt of nothing we sent")


def _moved(message: Message, receipt: Receipt, now: datetime) -> bool:
    changes: dict[str, Any] = {}
    if receipt.state is not State.SENT:
        changes["finished_at"] = receipt.at or now
    if receipt.code:
        changes["error"] = f"{twilio.NAME}:{receipt.code}"
    if receipt.why is Why.OPTED_OUT:
        return messages.take_back(message, now, **changes)
    if message.state in (State.SENDING, State.UNCERTAIN):
        changes |= {"carrier": twilio.NAME, "carrier_id": receipt.carrier_id}
        return messages.record(message, receipt.state, **changes)
    return messages.report(message, receipt.state, **changes)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return function_url.resolve(app, event, context)
