"""The carrier that this stack is configured for, opened on first use and kept warm."""

from functools import cache

from longcode.aws.settings import carrier_credentials, public_url, settings
from longcode.carriers import choose
from longcode.carriers.carrier import Carrier


@cache
def carrier() -> Carrier:
    """Open the carrier."""
    credentials = carrier_credentials()
    return choose.carrier(
        settings().carrier,
        account_sid=credentials.get("account_sid", ""),
        auth_token=credentials.get("auth_token", ""),
        callback_base=public_url(),
        api_base=settings().carrier_api_base,
    )
