"""Webhooks: are they genuine? The rules are those of Standard Webhooks 1.0."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from typing import Protocol, cast

from longcode_client.api.events import Event
from longcode_client.errors import NotGenuine

TOLERANCE_SECONDS = 300


class Headers(Protocol):
    """The headers of a request, as each web framework has them."""

    def items(self) -> Iterable[tuple[str, str]]: ...


def verify(headers: Headers, body: bytes, secrets: str | Sequence[str], now: float | None = None) -> Event:
    """Return the event of a genuine webhook, or raise `NotGenuine`.

    `body` is the body as it came, before anything reads it as JSON. `secrets` is `webhook_secret` of the account, or
    several such secrets. `now` is the time in seconds since 1970; if it is left out, it is the clock's. Ignore a
    webhook whose `webhook-id` has come before: it was sent again.
    """
    given = {name.lower(): value for name, value in headers.items()}
    try:
        webhook_id, timestamp, signatures = (given[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
        at = int(timestamp)
    except (KeyError, ValueError):
        raise NotGenuine(
            "The headers webhook-id, webhook-timestamp and webhook-signature are not all there."
        ) from None
    if abs((time.time() if now is None else now) - at) > TOLERANCE_SECONDS:
        raise NotGenuine("It was signed more than five minutes ago, or this machine's clock is wrong.")
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    expected = [_signature(secret, signed) for secret in ([secrets] if isinstance(secrets, str) else secrets)]
    # All are compared, so that the time this takes does not tell which one fits.
    matches = [hmac.compare_digest(one, given_one.encode()) for one in expected for given_one in signatures.split()]
    if not any(matches):
        raise NotGenuine("It is not signed with this secret.")
    return cast("Event", json.loads(body))


def _signature(secret: str, signed: bytes) -> bytes:
    key = b64decode(secret.removeprefix("whsec_"))
    return b"v1," + b64encode(hmac.new(key, signed, hashlib.sha256).digest())
