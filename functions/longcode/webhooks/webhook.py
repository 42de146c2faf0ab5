"""The request of a webhook to a studio's hosted software, signed as Standard Webhooks 1.0 says."""

import base64
import hmac
import ipaddress
import json
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from longcode.accounts.account import Account, OldSecret
from longcode.message import Message
from longcode.webhooks.delivery import Delivery

_PREFIX = "whsec_"
_SECRET_BYTES = 24
_SIGNS_BESIDE = timedelta(hours=24)
_MOST_OLD_SECRETS = 3
_SUCCESS, _GONE = range(200, 300), 410
# An IP address, however it is spelled, rather than a name, which is looked up when it is called.
_ADDRESS = re.compile(r"[0-9.]+|.*:.*|(.*\.)?([0-9]+|0x[0-9a-f]*)\.?")
_STRAY = re.compile(r"[\x00-\x20\x7f\\]")  # URL parsers differ about what these mean
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")


class Webhook(Struct, frozen=True):
    """One request to a studio's endpoint."""

    url: str
    headers: dict[str, str]
    body: bytes


class Answer(Struct, frozen=True):
    """The status of the answer to a request, or why there is none. Nothing else of it is kept."""

    status: int | None = None
    error: str | None = None


class Verdict(Enum):
    """What an answer means: 2xx takes the webhook, 410 wants no more of them."""

    TAKEN = "taken"
    GONE = "gone"
    FAILED = "failed"


def judge(answer: Answer) -> Verdict:
    """Return the meaning of an answer; a redirect is a failure like any other."""
    if answer.status in _SUCCESS:
        return Verdict.TAKEN
    return Verdict.GONE if answer.status == _GONE else Verdict.FAILED


def check_url(url: str) -> str:
    """Return the URL; raise ValueError unless it is an https address that could be resolved and called."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise ValueError("is not an https address")
    if parts.username is not None or parts.port == 0:
        raise ValueError("has more than a host, a port and a path")
    if _STRAY.search(url):
        raise ValueError("has blanks, backslashes or characters that nobody sees")
    host = parts.hostname.encode("idna").decode()  # where a digit is a digit, whatever its width
    if _ADDRESS.fullmatch(host) and not is_public(host):
        raise ValueError("is not an address of the public internet")
    return url


def is_public(address: str) -> bool:
    """Return whether an IP address is of the public internet, and embeds no private one."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        return ip.is_global and ip in _GLOBAL_UNICAST and ip.sixtofour is None and ip.teredo is None
    return ip.is_global and not ip.is_multicast


def is_loopback(address: str) -> bool:
    """Return whether an IP address is this machine's own: a stack on one machine has its endpoints there."""
    return ipaddress.ip_address(address).is_loopback


def make_secret() -> str:
    """Return a new secret, with which a studio checks our signatures."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def build(url: str, secrets_now: Sequence[str], delivery: Delivery, data: dict[str, Any], now: datetime) -> Webhook:
    """Return the request of one attempt. Its id is that of every attempt; time and signatures are its own."""
    document = {"type": delivery.event, "timestamp": delivery.created_at.isoformat(), "data": data}
    body = json.dumps(document, ensure_ascii=False).encode()
    timestamp = str(int(now.timestamp()))
    headers = {
        "content-type": "application/json",
        "user-agent": "longcode-webhooks",
        "webhook-id": delivery.id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(signature(one, delivery.id, timestamp, body) for one in secrets_now),
    }
    return Webhook(url, headers, body)


def signing(account: Account, now: datetime) -> list[str]:
    """Return the secrets that sign now: the newest, and those that were replaced within a day."""
    old = [one.secret for one in account.webhook_old_secrets if now < one.until]
    return [account.webhook_secret, *old] if account.webhook_secret else old


def rotated(account: Account, now: datetime) -> tuple[str, tuple[OldSecret, ...]]:
    """Return a new secret, and the old ones that sign beside it for a day, so that the studio can change over."""
    still = [one for one in account.webhook_old_secrets if now < one.until]
    last = [OldSecret(account.webhook_secret, now + _SIGNS_BESIDE)] if account.webhook_secret else []
    return make_secret(), tuple([*last, *still][:_MOST_OLD_SECRETS])


def reply(message: Message) -> dict[str, Any]:
    """Return the payload of a new reply."""
    return {
        "id": message.id,
        "phone": message.phone,
        "number": message.number,
        "client_id": message.client_id,
        "body": message.body,
        "body_expired": message.body_expired,
        "media": list(message.media),
        "received_at": message.created_at.isoformat(),
    }


def signature(secret: str, webhook_id: str, timestamp: str, body: bytes) -> str:
    """Return the signature of a request: HMAC-SHA256 over id, timestamp and body (Standard Webhooks 1.0)."""
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
