"""The forms that Twilio posts to us, once it is sure that Twilio signed them."""

from urllib.parse import parse_qsl

from aws_lambda_powertools.event_handler import APIGatewayRestResolver

from longcode.aws import web
from longcode.aws.settings import carrier_credentials
from longcode.carriers import twilio
from longcode.errors import Forged


def form(app: APIGatewayRestResolver, *urls: str) -> dict[str, str]:
    """Read the form that was posted to this public address, or to one of these; raises `Forged`."""
    fields = parse_qsl(_body(app), keep_blank_values=True)
    signature = web.header(app, "x-twilio-signature")
    token = carrier_credentials()["auth_token"]
    if not any(twilio.verify(token, url, fields, signature) for url in urls):
        raise Forged("The signature does not match.")
    return dict(fields)


def _body(app: APIGatewayRestResolver) -> str:
    try:
        return app.current_event.decoded_body or ""
    except ValueError as error:  # neither Base64 nor UTF-8: nothing that Twilio posts
        raise Forged("The signature does not match.") from error
