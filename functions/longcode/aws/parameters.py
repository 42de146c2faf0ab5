"""The addresses of the stack, from Systems Manager, and its credentials, from Secrets Manager."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from aws_lambda_powertools.utilities import parameters
from botocore.exceptions import ClientError
from msgspec import DecodeError, Struct, json

from longcode.aws.clients import client
from longcode.aws.settings import settings

_FIVE_MINUTES = 300
_READ_AGAIN_SECONDS = 10
_OLD_TOKEN_ACCEPTED = timedelta(days=1)


class _Rotation(Struct):
    """When this process last read the carrier's secret again, and the auth token that the secret had before."""

    read_at: float = -_READ_AGAIN_SECONDS
    old_token: str = ""
    accepted_until: datetime | None = None


_rotation = _Rotation()


def public_url() -> str:
    """Return the base URL of the API, from the stack's parameter: a request's Host header cannot be trusted."""
    return str(parameters.get_parameter(settings().public_url_parameter, max_age=_FIVE_MINUTES)).rstrip("/")


def receipts_url() -> str:
    """Return the base URL for delivery receipts: the function URL of the receipts function."""
    return str(parameters.get_parameter(settings().receipts_url_parameter, max_age=_FIVE_MINUTES)).rstrip("/")


def inbound_url() -> str:
    """Return the function URL of the inbound webhook: the carrier's fallback if the API fails."""
    return str(parameters.get_parameter(settings().inbound_url_parameter, max_age=_FIVE_MINUTES)).rstrip("/")


def carrier_credentials() -> dict[str, str]:
    """Return the credentials of the carrier by name: Twilio's `account_sid` and `auth_token`."""
    secret = parameters.get_secret(settings().carrier_secret, transform="json", max_age=_FIVE_MINUTES)
    return {str(name): str(value) for name, value in secret.items()}


def read_credentials_again(clock: Callable[[], float] = time.monotonic) -> bool:
    """Read the carrier's secret again after it did not fit; return False if that was done in the last ten seconds."""
    if clock() - _rotation.read_at < _READ_AGAIN_SECONDS:
        return False
    _rotation.read_at = clock()
    name = settings().carrier_secret
    parameters.get_secret(name, transform="json", max_age=_FIVE_MINUTES, force_fetch=True)
    changed_at = client("secretsmanager").get_secret_value(SecretId=name)["CreatedDate"]
    _rotation.accepted_until = changed_at + _OLD_TOKEN_ACCEPTED
    _rotation.old_token = _token_before(name)
    return True


def _token_before(secret: str) -> str:
    """Return the auth token of a secret's version before; empty if it was never changed or had no token."""
    try:
        before = client("secretsmanager").get_secret_value(SecretId=secret, VersionStage="AWSPREVIOUS")
        return str(json.decode(before["SecretString"], type=dict[str, object]).get("auth_token", ""))
    except (ClientError, KeyError, DecodeError):
        return ""


def carrier_tokens(now: datetime, clock: Callable[[], float] = time.monotonic) -> tuple[str, ...]:
    """Return the auth tokens that may sign webhooks: the secret's, and for a day after its change the one before.

    The one before is known for five minutes after the secret was read again: it may have been changed since.
    """
    token = carrier_credentials().get("auth_token", "")
    is_known = clock() - _rotation.read_at < _FIVE_MINUTES
    is_old_accepted = is_known and _rotation.accepted_until is not None and now < _rotation.accepted_until
    return (token, _rotation.old_token) if is_old_accepted else (token,)


def stripe_key() -> str:
    """Return the API key for the export of invoices to Stripe."""
    secret = parameters.get_secret(settings().stripe_secret, transform="json", max_age=_FIVE_MINUTES)
    return str(secret["api_key"])
