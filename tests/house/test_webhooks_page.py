"""The code in docs/webhooks.md that verifies a signature works, and the page's table has every event."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from longcode.accounts.account import WebhookEvent
from longcode.webhooks import delivery, webhook
from tests.domain.test_webhook import HOSTED, NOW
from tests.support.source_reading import ROOT

PAGE = (ROOT / "docs" / "webhooks.md").read_text()
KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def is_genuine() -> Callable[..., bool]:
    """Return the function `is_genuine` from the page."""
    [code] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    check: Callable[..., bool] = names["is_genuine"]
    return check


def signed_webhook() -> webhook.Webhook:
    secret, old = webhook.rotate_secret(HOSTED, NOW)
    rotated = replace(HOSTED, webhook_secret=secret, webhook_old_secrets=old)
    pending = delivery.new("10000001", WebhookEvent.CALL_CREATED, "a", {"text": "🌷"}, NOW)
    return webhook.build("https://studio.example/", webhook.signing_secrets(rotated, NOW), pending, pending.data, NOW)


def test_the_pages_check_accepts_our_signature_and_no_other(is_genuine: Callable[..., bool]) -> None:
    signed = signed_webhook()

    assert is_genuine(signed.headers, signed.body, KEY, NOW.timestamp())
    assert not is_genuine(signed.headers, signed.body + b" ", KEY, NOW.timestamp())
    assert not is_genuine(signed.headers, signed.body, "whsec_AAAA", NOW.timestamp())


def test_the_pages_check_refuses_an_old_webhook(is_genuine: Callable[..., bool]) -> None:
    signed = signed_webhook()

    assert not is_genuine(signed.headers, signed.body, KEY, NOW.timestamp() + 301)


def test_the_page_has_every_event() -> None:
    assert [event for event in WebhookEvent if f"| `{event}` |" not in PAGE] == []
