"""What the carriers' codes mean: why a text was refused or not delivered, in words, and what we do about it.

`RefusalReason.fault` says whose fault each is. The sources are in docs/facts.md.
"""

from collections.abc import Mapping

from msgspec import Struct

from longcode.carriers.carrier import RefusalReason


class Meaning(Struct, frozen=True):
    """What a code means. The words are for the studio, which sees them beside a text that is not charged."""

    reason: RefusalReason
    words: str


# Twilio's own codes have five digits. For a code that is not listed, the HTTP status counts, if there is one.
TWILIO: Mapping[str, Meaning] = {
    "429": Meaning(RefusalReason.TRY_AGAIN, "too many requests at once"),
    "20429": Meaning(RefusalReason.TRY_AGAIN, "too many requests at once"),
    "21611": Meaning(RefusalReason.TRY_AGAIN, "too many texts are waiting at the carrier"),
    "30001": Meaning(RefusalReason.TRY_AGAIN, "too many texts are waiting at the carrier"),
    "30022": Meaning(RefusalReason.TRY_AGAIN, "texts faster than the carrier takes them"),
    "30023": Meaning(RefusalReason.TRY_LATER, "the carrier takes no more texts on this day"),
    "30027": Meaning(RefusalReason.TRY_LATER, "T-Mobile takes no more texts on this day"),
    "63038": Meaning(RefusalReason.TRY_LATER, "the carrier takes no more of the service's texts on this day"),
    "401": Meaning(RefusalReason.PARKED, "the carrier does not accept the service's credentials"),
    "403": Meaning(RefusalReason.PARKED, "the carrier does not allow the service to send"),
    "404": Meaning(RefusalReason.PARKED, "the carrier does not know the service's account"),
    "20003": Meaning(RefusalReason.PARKED, "the carrier does not accept the service's credentials"),
    "20404": Meaning(RefusalReason.PARKED, "the carrier does not know the service's account"),
    "21212": Meaning(RefusalReason.PARKED, "the service's number is not a phone number"),
    "21408": Meaning(RefusalReason.PARKED, "the service is not set up for the phone's country"),
    "21603": Meaning(RefusalReason.PARKED, "the service has no number for this text"),
    "21606": Meaning(RefusalReason.PARKED, "the service's number cannot send texts"),
    "21608": Meaning(RefusalReason.PARKED, "the service's trial account texts only verified phones"),
    "21609": Meaning(RefusalReason.PARKED, "the carrier does not accept the service's address for receipts"),
    "21659": Meaning(RefusalReason.PARKED, "the service's number is not one of the carrier's"),
    "21660": Meaning(RefusalReason.PARKED, "the service's number belongs to another account"),
    "21661": Meaning(RefusalReason.PARKED, "the service's number cannot send texts"),
    "21701": Meaning(RefusalReason.PARKED, "the service's number is not set up at the carrier"),
    "21703": Meaning(RefusalReason.PARKED, "the service has no number for this text"),
    "21704": Meaning(RefusalReason.PARKED, "the service's number is not set up at the carrier"),
    "21705": Meaning(RefusalReason.PARKED, "the service's number is not set up at the carrier"),
    "21711": Meaning(RefusalReason.PARKED, "the service's number is not set up at the carrier"),
    "30002": Meaning(RefusalReason.PARKED, "the service's account at the carrier is suspended"),
    "30024": Meaning(RefusalReason.PARKED, "the service's number is not yet known to the phone's company"),
    "30032": Meaning(RefusalReason.PARKED, "the service's toll-free number is not verified"),
    "30033": Meaning(RefusalReason.PARKED, "the service's registration is suspended"),
    "30034": Meaning(RefusalReason.PARKED, "the service's number is not registered"),
    "30035": Meaning(RefusalReason.PARKED, "the service's number is still being registered"),
    "30454": Meaning(RefusalReason.PARKED, "the service's trial account sends no more texts"),
    "30003": Meaning(RefusalReason.TRY_ONCE_LATER, "the phone is switched off or out of reach"),
    "21266": Meaning(RefusalReason.BAD_NUMBER, "the phone is the service's own number"),
    "21612": Meaning(RefusalReason.BAD_NUMBER, "the phone cannot be reached from this number"),
    "30004": Meaning(RefusalReason.BAD_NUMBER, "the phone blocks texts"),
    "21211": Meaning(RefusalReason.NO_SUCH_NUMBER, "there is no such phone number"),
    "30005": Meaning(RefusalReason.NO_SUCH_NUMBER, "the phone number is unknown or no longer in use"),
    "21614": Meaning(RefusalReason.NOT_MOBILE, "the phone cannot receive texts"),
    "21635": Meaning(RefusalReason.NOT_MOBILE, "the phone is a landline"),
    "30006": Meaning(RefusalReason.NOT_MOBILE, "the phone is a landline"),
    "21610": Meaning(RefusalReason.OPTED_OUT, "the recipient has opted out"),
    "30007": Meaning(RefusalReason.FILTERED, "filtered by the carrier because of its content"),
    "30019": Meaning(RefusalReason.BAD_TEXT, "larger than the carrier takes"),
    "21617": Meaning(RefusalReason.BAD_TEXT, "longer than the carrier takes"),
    "20001": Meaning(RefusalReason.INVALID, "the carrier does not accept the request"),
    "21602": Meaning(RefusalReason.INVALID, "the carrier does not accept the request"),
    "21604": Meaning(RefusalReason.INVALID, "the carrier does not accept the request"),
    "21624": Meaning(RefusalReason.INVALID, "the carrier does not accept the request"),
    "30400": Meaning(RefusalReason.INVALID, "the carrier does not accept the request"),
    "30008": Meaning(RefusalReason.UNKNOWN, "the carrier gives no reason"),
    "30036": Meaning(RefusalReason.UNKNOWN, "not delivered in time"),
}

# For a reason that is not listed, the exception counts, then the HTTP status. An unlisted reason of a
# ConflictException or an AccessDeniedException is a problem with our numbers, registration or settings.
AWS: Mapping[str, Meaning] = {
    "DESTINATION_PHONE_NUMBER_OPTED_OUT": Meaning(RefusalReason.OPTED_OUT, "the recipient has opted out"),
    "DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE": Meaning(
        RefusalReason.INVALID, "the service's own settings block the phone"
    ),
    "DESTINATION_PHONE_NUMBER_NOT_VERIFIED": Meaning(
        RefusalReason.PARKED, "the service's trial account texts only verified phones"
    ),
    "DESTINATION_COUNTRY_BLOCKED": Meaning(RefusalReason.PARKED, "the service is not set up for the phone's country"),
    "COUNTRY_NOT_ENABLED": Meaning(RefusalReason.PARKED, "the service is not set up for the phone's country"),
    "INTERNATIONAL_SENDING_NOT_SUPPORTED": Meaning(
        RefusalReason.PARKED, "the service is not set up for the phone's country"
    ),
    "INVALID_IDENTITY_FOR_DESTINATION_COUNTRY": Meaning(
        RefusalReason.PARKED, "the service's number cannot text the phone's country"
    ),
    "SENDER_ID_NOT_REGISTERED": Meaning(RefusalReason.PARKED, "the service's number is not registered"),
    "SENDER_ID_REQUIRES_REGISTRATION": Meaning(RefusalReason.PARKED, "the service's number is not registered"),
    "SENDER_ID_NOT_SUPPORTED": Meaning(RefusalReason.PARKED, "the service's number cannot text the phone's country"),
    "RESOURCE_NOT_ACCESSIBLE": Meaning(RefusalReason.PARKED, "the service's number cannot send texts"),
    "CHANNEL_NOT_ENABLED": Meaning(RefusalReason.PARKED, "the service's number cannot send texts"),
    "ThrottlingException": Meaning(RefusalReason.TRY_AGAIN, "too many requests at once"),
    "ConflictException": Meaning(RefusalReason.PARKED, "the service's number or registration is not ready"),
    "ServiceQuotaExceededException": Meaning(RefusalReason.PARKED, "the service's spending limit is reached"),
    "AccessDeniedException": Meaning(RefusalReason.PARKED, "the carrier does not allow the service to send"),
    "ResourceNotFoundException": Meaning(RefusalReason.PARKED, "the service's number does not exist"),
    "ExpiredTokenException": Meaning(RefusalReason.PARKED, "the carrier does not accept the service's credentials"),
    "UnrecognizedClientException": Meaning(
        RefusalReason.PARKED, "the carrier does not accept the service's credentials"
    ),
    "ValidationException": Meaning(RefusalReason.INVALID, "the carrier does not accept the request"),
    "401": Meaning(RefusalReason.PARKED, "the carrier does not accept the service's credentials"),
    "403": Meaning(RefusalReason.PARKED, "the carrier does not allow the service to send"),
    "429": Meaning(RefusalReason.TRY_AGAIN, "too many requests at once"),
}

# AWS's events of a failure. TEXT_UNKNOWN is not one: AWS does not know whether the text was delivered. TEXT_QUEUED
# and TEXT_PENDING report no more than the response of the send call.
AWS_EVENTS: Mapping[str, Meaning] = {
    "TEXT_INVALID": Meaning(RefusalReason.NO_SUCH_NUMBER, "there is no such phone number"),
    "TEXT_INVALID_MESSAGE": Meaning(RefusalReason.BAD_TEXT, "the carrier does not accept the content"),
    "TEXT_UNREACHABLE": Meaning(RefusalReason.TRY_ONCE_LATER, "the phone is switched off or out of reach"),
    "TEXT_CARRIER_UNREACHABLE": Meaning(RefusalReason.TRY_ONCE_LATER, "the phone's carrier is out of reach"),
    "TEXT_BLOCKED": Meaning(RefusalReason.BAD_NUMBER, "the phone blocks texts"),
    "TEXT_CARRIER_BLOCKED": Meaning(RefusalReason.FILTERED, "filtered by the carrier because of its content"),
    "TEXT_SPAM": Meaning(RefusalReason.FILTERED, "filtered by the carrier because of its content"),
    "TEXT_PROTECT_BLOCKED": Meaning(RefusalReason.INVALID, "the service's own settings block the phone"),
    "TEXT_TTL_EXPIRED": Meaning(RefusalReason.UNKNOWN, "not delivered in time"),
}

# Twilio accepts texts from the same number to other phones.
_OF_SOME_PHONES = {"21408", "21608", "30024"}

_UNKNOWN = Meaning(RefusalReason.UNKNOWN, "the carrier gives no reason")
_BY_CARRIER: Mapping[str, Mapping[str, Meaning]] = {"twilio": TWILIO, "aws": {**AWS, **AWS_EVENTS}}


def meaning_of(carrier: str, code: str | None) -> Meaning:
    """Return what a code means that a carrier reports after it accepted a text."""
    return _BY_CARRIER.get(carrier, {}).get(code or "", _UNKNOWN)


def parks_number(code: str | None) -> bool:
    """Return whether the code of a parked text concerns all texts from its number, and not only some phones."""
    return code not in _OF_SOME_PHONES


def meaning_of_error(error: str | None) -> Meaning:
    """Return what a message's error means, such as `twilio:30008`."""
    carrier, _, code = (error or "").partition(":")
    return meaning_of(carrier, code)
