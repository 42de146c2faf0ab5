"""The addresses of the stack, from Systems Manager, and its credentials, from Secrets Manager."""

from aws_lambda_powertools.utilities import parameters

from longcode.aws.settings import settings

_FIVE_MINUTES = 300


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


def stripe_key() -> str:
    """Return the API key for the export of invoices to Stripe."""
    secret = parameters.get_secret(settings().stripe_secret, transform="json", max_age=_FIVE_MINUTES)
    return str(secret["api_key"])
