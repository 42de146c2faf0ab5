"""Webhooks to a studio's hosted software, signed as Standard Webhooks 1.0 says."""

import base64
import hmac
import ipaddress
import json
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from longcode.message import Message

_PREFIX = "whsec_"
_SECRET_BYTES = 24
_ADDRESS = re.compile(r"[0-9.]+|.*:.*")  # an IP address rather than a name, which is looked up when it is called
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")


@dataclass(frozen=True, slots=True)
class Webhook:
    """One request to a studio's software."""

    url: str
    headers: dict[str, str]
    body: bytes


def check_url(url: str) -> str:
    """Refuse with a ValueError what is no https address that could be resolved and called."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise ValueError("is not an https address")
    if parts.username is not None or parts.port == 0:
        raise ValueError("has more than a host, a port and a path")
    parts.hostname.encode("idna")
    if _ADDRESS.fullmatch(parts.hostname) and not is_public(parts.hostname):
        raise ValueError("is not an address of the public internet")
    return url


def is_public(address: str) -> bool:
    """Tell whether an IP address is of the public internet, and does not lead back from it into a private one."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        return ip.is_global and ip in _GLOBAL_UNICAST and ip.sixtofour is None and ip.teredo is None
    return ip.is_global and not ip.is_multicast


def make_secret() -> str:
    """Make the secret that a studio checks our signatures with."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def new_reply(url: str, secret: str, reply: Message, now: datetime) -> Webhook:
    """Tell of a new reply. The id is the message's, so that a repeated delivery is known as one."""
    data = {
        "id": reply.id,
        "phone": reply.phone,
        "number": reply.number,
        "client_id": reply.client_id,
        "body": reply.body,
        "media": list(reply.media),
        "received_at": reply.created_at.isoformat(),
    }
    document = {"type": "message.received", "timestamp": now.isoformat(), "data": data}
    body = json.dumps(document, ensure_ascii=False).encode()
    timestamp = str(int(now.timestamp()))
    headers = {
        "content-type": "application/json",
        "webhook-id": reply.id,
        "webhook-timestamp": timestamp,
        "webhook-signature": signature(secret, reply.id, timestamp, body),
    }
    return Webhook(url, headers, body)


def signature(secret: str, webhook_id: str, timestamp: str, body: bytes) -> str:
    """Sign a request: HMAC-SHA256 over id, timestamp and body (Standard Webhooks 1.0)."""
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
