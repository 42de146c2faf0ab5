"""Posting to an address that a studio gave us: https, to the public internet only, no redirects, in ten seconds."""

import socket
from urllib.parse import urlsplit

import urllib3

from longcode.webhook import Webhook, is_public

_SECONDS = 10.0
_HTTPS = 443


def post(webhook: Webhook) -> bool:
    """Post a webhook; tells whether the receiver took it.

    The name is resolved once, and the connection goes to the address that was checked, whatever DNS says next.
    """
    try:
        parts = urlsplit(webhook.url)
        port = _HTTPS if parts.port is None else parts.port
        address = public_address(parts.hostname or "", port) if parts.scheme == "https" else None
    except ValueError:  # of a port past 65535, a label too long for DNS and the like
        return False
    if address is None:
        return False
    with urllib3.HTTPSConnectionPool(
        address,
        port,
        server_hostname=parts.hostname,
        assert_hostname=parts.hostname,
        timeout=urllib3.Timeout(total=_SECONDS),
        retries=False,
    ) as pool:
        path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
        headers = webhook.headers | {"host": parts.netloc.rpartition("@")[2]}
        try:
            answer = pool.request("POST", path, webhook.body, headers, redirect=False, preload_content=False)
        except urllib3.exceptions.HTTPError:
            return False
        answer.close()
        return 200 <= answer.status < 300  # noqa: PLR2004  # HTTP's range of success


def public_address(host: str, port: int) -> str | None:
    """Resolve a name; None when it is unknown, or when any of its addresses is not of the public internet."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return None
    addresses = [str(one[4][0]) for one in found]
    return addresses[0] if all(map(is_public, addresses)) else None
