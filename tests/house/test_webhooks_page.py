"""The check that docs/webhooks.md gives to studios is right, and its table tells of every event."""

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
    """Give the page's own code."""
    [code] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    check: Callable[..., bool] = names["is_genuine"]
    return check


def made() -> webhook.Webhook:
    secret, old = webhook.rotate_secret(HOSTED, NOW)
    rotated = replace(HOSTED, webhook_secret=secret, webhook_old_secrets=old)
    told = delivery.new("10000001", WebhookEvent.CALL_CREATED, "a", {"text": "🌷"}, NOW)
    return webhook.build("https://studio.example/", webhook.signing_secrets(rotated, NOW), told, told.data, NOW)


def test_the_pages_check_takes_what_we_sign(is_genuine: Callable[..., bool]) -> None:
    one = made()

    assert is_genuine(one.headers, one.body, KEY, NOW.timestamp())
    assert not is_genuine(one.headers, one.body + b" ", KEY, NOW.timestamp())
    assert not is_genuine(one.headers, one.body, "whsec_AAAA", NOW.timestamp())


def test_the_pages_check_refuses_what_is_old(is_genuine: Callable[..., bool]) -> None:
    one = made()

    assert not is_genuine(one.headers, one.body, KEY, NOW.timestamp() + 301)


def test_the_page_tells_of_every_event_that_there_is() -> None:
    assert [event for event in WebhookEvent if f"| `{event}` |" not in PAGE] == []
