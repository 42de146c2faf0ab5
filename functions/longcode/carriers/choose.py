"""The carrier in use, as the settings name it: the only module that knows all carriers."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Protocol

from longcode.aws.parameters import carrier_credentials, read_credentials_again, receipts_url
from longcode.aws.settings import settings
from longcode.aws.telemetry import logger
from longcode.carriers.carrier import (
    Archive,
    Carrier,
    CarrierText,
    RefusalReason,
    Refused,
    Register,
    SendResult,
    Text,
)
from longcode.carriers.twilio import API_BASE, NAME, WRONG_CREDENTIALS, Twilio
from longcode.carriers.twilio_account import TwilioAccount


class CarrierWithArchive(Carrier, Archive, Register, Protocol):
    """A carrier that sends, lists what it received, and finds a text of ours by its id."""


class NotConfigured:
    """Stands for a carrier until the secret has its account: every text waits, and no alarm is raised."""

    def __init__(self, name: str) -> None:
        self.name = name

    def send(self, text: Text) -> SendResult:  # noqa: ARG002 - the protocol's
        """Refuse a text for now."""
        return Refused(RefusalReason.TRY_AGAIN, "not_configured")

    def find(self, to: str, origin: str, since: datetime) -> list[CarrierText] | None:  # noqa: ARG002
        """Return None: there is nobody to ask."""
        return None


class Rotating:
    """A carrier whose credentials may be changed at any time: after a 401, the secret is read again.

    A 401 proves that nothing was sent, so the text may be sent once more.
    """

    def __init__(self, current: Callable[[], Carrier], read_again: Callable[[], bool]) -> None:
        self._current, self._read_again = current, read_again
        self.name = current().name

    def send(self, text: Text) -> SendResult:
        """Send a text, with the new credentials if the ones in use are not accepted."""
        carrier = self._current()
        result = carrier.send(text)
        if not isinstance(result, Refused) or result.code not in WRONG_CREDENTIALS:
            return result
        try:
            is_read = self._read_again()
            newer = self._current()
        except Exception as failed:  # whatever it is, nothing was sent, and the text must not become uncertain
            logger.error("the carrier's secret was not read", extra={"reason": type(failed).__name__})
            return Refused(RefusalReason.TRY_AGAIN, result.code)
        if newer is not carrier:
            return newer.send(text)
        # The secret may have been changed since it was read: the next attempt will tell.
        return result if is_read else Refused(RefusalReason.TRY_AGAIN, result.code)

    def find(self, to: str, origin: str, since: datetime) -> list[CarrierText] | None:
        """Return the texts that the carrier lists, or None."""
        return self._current().find(to, origin, since)


def open_carrier(
    name: str,
    *,
    account_sid: str = "",
    auth_token: str = "",
    callback_base: str = "",
    messaging_services: Mapping[str, str] | None = None,
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
                messaging_services=messaging_services,
                api_base=api_base,
            )
        case "aws":
            from longcode.carriers import aws  # noqa: PLC0415 - not needed, and so not loaded, with Twilio

            return aws.Aws(aws.client(), configuration_set=configuration_set)
        case _:
            raise ValueError(f"there is no carrier {name!r}; the carriers are twilio and aws")


def configured_carrier() -> Carrier:
    """Return the carrier of the settings, which follows a change of its credentials."""
    return Rotating(_current, read_credentials_again) if settings().carrier == NAME else _current()


def is_configured() -> bool:
    """Return whether the carrier's account is known: Twilio's is in the secret, which the operator fills in."""
    return settings().carrier != NAME or bool(_credentials()[0])


def look_up_carrier() -> CarrierWithArchive | None:
    """Return the carrier for its lists, without an address for receipts: nothing is sent by it.

    Return None until the secret has its account.
    """
    if not is_configured():
        return None
    account_sid, auth_token = _credentials()
    return open_carrier(
        settings().carrier, account_sid=account_sid, auth_token=auth_token, api_base=settings().carrier_api_base
    )


def open_account() -> TwilioAccount | None:
    """Return Twilio's account, to ask how it is set up; None with another carrier, or until the secret has it."""
    account_sid, auth_token = _credentials()
    if not account_sid:
        return None
    return TwilioAccount(account_sid=account_sid, auth_token=auth_token, api_base=settings().carrier_api_base)


def _current() -> Carrier:
    if not is_configured():
        return NotConfigured(settings().carrier)
    return _open(*_credentials(), receipts_url(), settings().carrier_api_base)


def _credentials() -> tuple[str, str]:
    """Return Twilio's account and auth token, as far as the secret has them; both are empty with another carrier."""
    secret = carrier_credentials() if settings().carrier == NAME else {}
    return secret.get("account_sid", ""), secret.get("auth_token", "")


@lru_cache(maxsize=1)
def _open(account_sid: str, auth_token: str, callback_base: str, api_base: str) -> Carrier:
    return open_carrier(
        settings().carrier,
        account_sid=account_sid,
        auth_token=auth_token,
        callback_base=callback_base,
        # A dedicated number can be in the service of its studio's campaign: another service is refused (21711), and
        # without one Twilio takes the number's own.
        messaging_services=dict.fromkeys(settings().shared_numbers, settings().messaging_service_sid),
        api_base=api_base,
        configuration_set=settings().configuration_set or None,
    )
