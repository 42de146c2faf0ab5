"""The forms that Twilio posts, with their signatures verified."""

from urllib.parse import parse_qsl

from aws_lambda_powertools.event_handler import APIGatewayRestResolver

from longcode.aws.parameters import carrier_credentials
from longcode.carriers import twilio
from longcode.errors import Forged
from longcode.web import resolver as web


def form(app: APIGatewayRestResolver, *urls: str) -> dict[str, str]:
    """Return the form that was posted to one of these public URLs; raise `Forged` if its signature matches none."""
    fields = parse_qsl(_body(app), keep_blank_values=True)
    signature = web.header(app, "x-twilio-signature")
    token = carrier_credentials()["auth_token"]
    if not any(twilio.verify(token, url, fields, signature) for url in urls):
        raise Forged("The signature does not match.")
    return dict(fields)


def _body(app: APIGatewayRestResolver) -> str:
    try:
        return app.current_event.decoded_body or ""
    except ValueError as error:  # not Base64 or not UTF-8, so Twilio did not post it
        raise Forged("The signature does not match.") from error
