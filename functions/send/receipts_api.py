"""POST /carriers/twilio/receipts/{reference}: Twilio's delivery reports, at a function URL or the API's address."""

from typing import Annotated, Any

from longcode.web import resolver as web
from longcode.web import signed
from longcode.web.function_url import resolve_function_url
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from longcode.aws import clients
from longcode.aws.parameters import public_url, receipts_url
from longcode.aws.telemetry import logger
from longcode.carriers import twilio
from send.receipts import apply_receipt

app = web.resolver(web.FORM)


@app.post("/carriers/twilio/receipts/<reference>")
def receive(reference: Annotated[str, Path(max_length=200)]) -> Response[str]:
    """Apply a receipt of Twilio's; refuse a forged one without writing anything."""
    addresses = [twilio.receipt_url(base, reference) for base in (receipts_url(), public_url())]
    form = signed.form(app, *addresses)
    receipt = twilio.read_receipt(reference, form)
    if receipt:
        apply_receipt(receipt, clients.now())
    return Response(204, body="")


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return resolve_function_url(app, event, context)
