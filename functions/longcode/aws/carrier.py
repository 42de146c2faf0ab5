"""The carrier that this stack is configured for, kept for the next invocation until its credentials change."""

from functools import lru_cache

from longcode.aws.settings import carrier_credentials, receipts_url, settings
from longcode.carriers import choose
from longcode.carriers.carrier import Carrier


def carrier() -> Carrier:
    """Return the carrier, with its current credentials."""
    credentials = carrier_credentials()
    account_sid, auth_token = credentials.get("account_sid", ""), credentials.get("auth_token", "")
    return _open(account_sid, auth_token, receipts_url(), settings().carrier_api_base)


@lru_cache(maxsize=1)
def _open(account_sid: str, auth_token: str, callback_base: str, api_base: str) -> Carrier:
    return choose.carrier(
        settings().carrier,
        account_sid=account_sid,
        auth_token=auth_token,
        callback_base=callback_base,
        api_base=api_base,
        configuration_set=settings().configuration_set or None,
    )
