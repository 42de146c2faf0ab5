"""Twilio's protocol, written from its documentation and independently of our own adapter."""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass

API_VERSION = "2010-04-01"
MAX_BODY_CHARACTERS = 1600

# From https://www.twilio.com/docs/api/errors
ERRORS = {
    11200: "HTTP retrieval failure",
    20001: "Invalid parameter",
    20003: "Authenticate",
    20004: "Method not allowed",
    20009: "Cannot delete message because delivery has not been completed.",
    20404: "The requested resource was not found",
    20429: "Too Many Requests",
    20500: "Internal Server Error",
    20503: "Service Unavailable",
    21211: "The 'To' number is not a valid phone number.",
    21212: "The 'From' number is not a valid phone number, shortcode, or alphanumeric sender ID.",
    21266: "'To' and 'From' number cannot be the same",
    21602: "Message body is required.",
    21603: "A 'From' phone number is required.",
    21604: "A 'To' phone number is required.",
    21606: "The 'From' phone number provided is not a valid message-capable Twilio phone number for this account",
    21609: "The 'StatusCallback' URL is not a valid URL.",
    21610: "Attempt to send to unsubscribed recipient",
    21611: "This 'From' number has exceeded the maximum number of queued messages",
    21612: "The 'To' phone number is not currently reachable using the 'From' phone number",
    21614: "'To' number is not a valid mobile number",
    21617: "The concatenated message body exceeds the 1600 character limit",
    21624: "Invalid validity period value",
    21635: "'To' number cannot be a landline",
    21701: "The Messaging Service does not exist",
    21704: "The Messaging Service contains no phone numbers",
    21705: "The Messaging Service is invalid",
    21711: "The 'From' number is not associated to the Messaging Service",
    30001: "Queue overflow",
    30002: "Account suspended",
    30003: "Unreachable destination handset",
    30004: "Message blocked",
    30005: "Unknown destination handset",
    30006: "Landline or unreachable carrier",
    30007: "Message filtered",
    30008: "Unknown error",
    30022: "US A2P 10DLC - Rate Limits Exceeded",
    30023: "US A2P 10DLC - Daily Message Cap Reached",
    30034: "Message from an unregistered number",
    30036: "Validity Period Expired",
    30400: "Parameters are not valid",
    30409: "This message cannot be canceled",
    35111: "SendAt timestamp is missing",
    35114: "SendAt time must be between 300 seconds and 35 days in the future",
    35118: "MessagingServiceSid is required to schedule a message",
}
_HTTP_STATUS = {20003: 401, 20004: 405, 20009: 409, 20404: 404, 20429: 429, 20500: 500, 20503: 503, 30409: 409}

_E164 = re.compile(r"\+[1-9]\d{6,14}")
_NORTH_AMERICAN = re.compile(r"\+1[2-9]\d\d[2-9]\d{6}")

_GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_7_EXTENDED = frozenset("^{}\\[]~|€\f")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused request, for which no message exists."""

    code: int
    status: int
    message: str

    def as_json(self) -> dict[str, object]:
        """Return Twilio's error document."""
        return {
            "code": self.code,
            "message": self.message,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }


def refusal(code: int, status: int | None = None, message: str | None = None) -> Refusal:
    """Return a refusal, with the usual HTTP status and message of the code or others."""
    return Refusal(code, status or _HTTP_STATUS.get(code, 400), message or error_message(code))


def error_message(code: int) -> str:
    """Return Twilio's message for a code."""
    return ERRORS.get(code, f"Error {code}")


def is_possible(number: str) -> bool:
    """Return whether a number is E.164, and with +1 follows the North American plan."""
    return bool((_NORTH_AMERICAN if number.startswith("+1") else _E164).fullmatch(number))


def signature(auth_token: str, url: str, form: Iterable[tuple[str, str]]) -> str:
    """Return a webhook's signature: base64(HMAC-SHA1(token, URL + each distinct name+value, sorted)).

    https://www.twilio.com/docs/usage/security#validating-requests
    """
    signed = url + "".join(name + value for name, value in sorted(set(form)))
    return base64.b64encode(hmac.digest(auth_token.encode(), signed.encode(), hashlib.sha1)).decode()


def segments(body: str) -> int:
    """Return the number of segments of a text; neither an escape nor a surrogate pair is split."""
    if set(body) <= _GSM_7 | _GSM_7_EXTENDED:
        sizes, single, each = [1 + (c in _GSM_7_EXTENDED) for c in body], 160, 153
    else:
        sizes, single, each = [1 + (ord(c) > 0xFFFF) for c in body], 70, 67
    if sum(sizes) <= single:
        return 1
    count, used = 1, 0
    for size in sizes:
        if used + size > each:
            count, used = count + 1, 0
        used += size
    return count
