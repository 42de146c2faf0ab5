"""The carrier in use, as the settings name it: the only module that knows all carriers."""

from functools import lru_cache
from typing import Protocol

from longcode.aws.parameters import carrier_credentials, receipts_url
from longcode.aws.settings import settings
from longcode.carriers.carrier import Archive, Carrier
from longcode.carriers.twilio import API_BASE, Twilio


class CarrierWithArchive(Carrier, Archive, Protocol):
    """A carrier that sends, and lists what it received."""


def open_carrier(
    name: str,
    *,
    account_sid: str = "",
    auth_token: str = "",
    callback_base: str = "",
    api_base: str = API_BASE,
    configuration_set: str | None = None,
) -> CarrierWithArchive:
    """Return the carrier called `name`; the configuration set is for AWS, all other arguments for Twilio."""
    match name:
        case "twilio":
            return Twilio(
                account_sid=account_sid,
                auth_token=auth_token,
                callback_base=callback_base,
                api_base=api_base,
            )
        case "aws":
            from longcode.carriers import aws  # noqa: PLC0415 - not needed, and so not loaded, with Twilio

            return aws.Aws(aws.client(), configuration_set=configuration_set)
        case _:
            raise ValueError(f"there is no carrier {name!r}; the carriers are twilio and aws")


def configured_carrier() -> Carrier:
    """Return the carrier of the settings, with its current credentials."""
    credentials = carrier_credentials()
    account_sid, auth_token = credentials.get("account_sid", ""), credentials.get("auth_token", "")
    return _open(account_sid, auth_token, receipts_url(), settings().carrier_api_base)


@lru_cache(maxsize=1)
def _open(account_sid: str, auth_token: str, callback_base: str, api_base: str) -> Carrier:
    return open_carrier(
        settings().carrier,
        account_sid=account_sid,
        auth_token=auth_token,
        callback_base=callback_base,
        api_base=api_base,
        configuration_set=settings().configuration_set or None,
    )
