"""A webhook's request to hosted software: its address, body and signature (Standard Webhooks 1.0)."""

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
from longcode.months import instant
from longcode.webhooks.delivery import Delivery

_PREFIX = "whsec_"
_SECRET_BYTES = 24
_OLD_SECRET_VALID = timedelta(hours=24)
_MOST_OLD_SECRETS = 3
_SUCCESS, _GONE = range(200, 300), 410
# An IP address in any spelling; a name is resolved and checked when it is called.
_ADDRESS = re.compile(r"[0-9.]+|.*:.*|(.*\.)?([0-9]+|0x[0-9a-f]*)\.?")
_UNSAFE_CHARACTERS = re.compile(r"[\x00-\x20\x7f\\]")  # URL parsers differ about what these mean
_HTTPS, _LAST_SYSTEM_PORT = 443, 1023  # RFC 6335 §6: ports 0 to 1023 are assigned to services of the system
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")


class Webhook(Struct, frozen=True):
    """One request to a studio's endpoint."""

    url: str
    headers: dict[str, str]
    body: bytes


class EndpointResponse(Struct, frozen=True):
    """The status of an endpoint's response, or the error if there was none. Nothing else of it is kept."""

    status: int | None = None
    error: str | None = None


class Verdict(Enum):
    """What a response means: 2xx accepts the webhook, 410 wants no more webhooks, all others are failures."""

    ACCEPTED = "taken"  # as the logs have it
    GONE = "gone"
    FAILED = "failed"


def verdict_on(response: EndpointResponse) -> Verdict:
    """Return the meaning of a response; a redirect is a failure."""
    if response.status in _SUCCESS:
        return Verdict.ACCEPTED
    return Verdict.GONE if response.status == _GONE else Verdict.FAILED


def check_url(url: str) -> str:
    """Return the URL; raise `ValueError` if it is not an https URL, or if its host is a private IP address."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise ValueError("is not an https address")
    if parts.username is not None:
        raise ValueError("has more than a host, a port and a path")
    if not is_allowed_port(parts.port):
        raise ValueError("has a port that gets no webhooks; they go to 443 and to ports above 1023")
    if _UNSAFE_CHARACTERS.search(url):
        raise ValueError("has blanks, backslashes or invisible characters")
    host = parts.hostname.encode("idna").decode()  # this makes digits of any width ASCII
    if _ADDRESS.fullmatch(host) and not is_public(host):
        raise ValueError("is not an address of the public internet")
    return url


def is_allowed_port(port: int | None) -> bool:
    """Return whether webhooks go to a port: below 1024 are services of other protocols, such as mail and SSH."""
    return port in (None, _HTTPS) or port > _LAST_SYSTEM_PORT


def is_public(address: str) -> bool:
    """Return whether an IP address is on the public internet and embeds no private one."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        return ip.is_global and ip in _GLOBAL_UNICAST and ip.sixtofour is None and ip.teredo is None
    return ip.is_global and not ip.is_multicast


def is_loopback(address: str) -> bool:
    """Return whether an IP address is this machine's own, where the local stack has its endpoints."""
    return ipaddress.ip_address(address).is_loopback


def new_secret() -> str:
    """Return a new secret for signing webhooks."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def build(url: str, secrets_now: Sequence[str], delivery: Delivery, data: dict[str, Any], now: datetime) -> Webhook:
    """Return the request of one attempt. All attempts have the same id, each its own time and signatures."""
    document = {"type": delivery.event, "timestamp": instant(delivery.created_at), "data": data}
    body = json.dumps(document, ensure_ascii=False).encode()
    timestamp = str(int(now.timestamp()))
    headers = {
        "content-type": "application/json",
        "user-agent": "longcode-webhooks",
        "webhook-id": delivery.id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(signature(secret, delivery.id, timestamp, body) for secret in secrets_now),
    }
    return Webhook(url, headers, body)


def signing_secrets(account: Account, now: datetime) -> list[str]:
    """Return the secrets that sign now: the current one, and those replaced within the last day."""
    old = [replaced.secret for replaced in account.webhook_old_secrets if now < replaced.until]
    return [account.webhook_secret, *old] if account.webhook_secret else old


def rotate_secret(account: Account, now: datetime) -> tuple[str, tuple[OldSecret, ...]]:
    """Return a new secret, and the old ones that also sign for a day while the studio changes over."""
    old = [replaced for replaced in account.webhook_old_secrets if now < replaced.until]
    current = [OldSecret(account.webhook_secret, now + _OLD_SECRET_VALID)] if account.webhook_secret else []
    return new_secret(), tuple([*current, *old][:_MOST_OLD_SECRETS])


def reply_data(message: Message) -> dict[str, Any]:
    """Return the payload of a new reply."""
    return {
        "id": message.id,
        "phone": message.phone,
        "number": message.number or None,
        "client_id": message.client_id,
        "body": message.body,
        "body_expired": message.body_expired,
        "media": list(message.media),
        "other_recipients": list(message.other_recipients),
        "received_at": instant(message.created_at),
    }


def signature(secret: str, webhook_id: str, timestamp: str, body: bytes) -> str:
    """Return the signature of a request: HMAC-SHA256 over id, timestamp and body (Standard Webhooks 1.0)."""
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
