"""The forms that Twilio posts, with their signatures verified."""

from urllib.parse import parse_qsl

from longcode.web import resolver as web
from aws_lambda_powertools.event_handler import APIGatewayRestResolver

from longcode.aws import clients
from longcode.aws.parameters import carrier_credentials, carrier_tokens, read_credentials_again
from longcode.aws.telemetry import count
from longcode.carriers import twilio
from longcode.errors import Forged

_MISMATCH = "The signature does not match."


def form(app: APIGatewayRestResolver, *urls: str) -> dict[str, str]:
    """Return the form that was posted to one of these public URLs; raise `Forged` if it is not our account's.

    Its signature must match one of the URLs, and it must name no other account of Twilio's. A signature that does not
    match may be of a token that was changed: then the secret is read again.
    """
    fields = parse_qsl(_body(app), keep_blank_values=True)
    signature = web.header(app, "x-twilio-signature")

    def is_signed() -> bool:
        tokens = carrier_tokens(clients.now())
        return any(twilio.verify(token, url, fields, signature) for token in tokens for url in urls)

    if not is_signed() and not (read_credentials_again() and is_signed()):
        if signature and carrier_credentials().get("account_sid"):
            count("RefusedWebhooks")
        raise Forged(_MISMATCH)
    own = carrier_credentials().get("account_sid", "")
    if own and any(name == "AccountSid" and value != own for name, value in fields):
        raise Forged("The form is of another account.")
    return dict(fields)


def _body(app: APIGatewayRestResolver) -> str:
    try:
        return app.current_event.decoded_body or ""
    except ValueError as error:  # not Base64 or not UTF-8, so Twilio did not post it
        raise Forged(_MISMATCH) from error
