"""POST /carriers/twilio/inbound: check the signature of a client's text and queue it as it came.

It is served at the API's address and at the function's own, which is Twilio's fallback and needs no API Gateway.
"""

from typing import Any

from longcode.web import resolver as web
from longcode.web import signed
from longcode.web.function_url import resolve_function_url
from aws_lambda_powertools.event_handler import Response

from longcode.aws import clients, queues
from longcode.aws.parameters import inbound_url, public_url
from longcode.aws.telemetry import logger
from longcode.jobs import Receive

app = web.resolver(web.FORM)

_NO_REPLY = "<Response/>"  # TwiML: our replies are separate texts


@app.post("/carriers/twilio/inbound")
def receive() -> Response[str]:
    """Queue a webhook of Twilio's, or refuse it if its signature is not Twilio's."""
    form = signed.form(app, *(f"{base}/carriers/twilio/inbound" for base in (public_url(), inbound_url())))
    queues.send(Receive(carrier="twilio", form=form, received_at=clients.now()))
    return Response(200, "text/xml", _NO_REPLY)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return resolve_function_url(app, event, context)
