"""`verify` takes the webhooks that the service signs and no others; the example receiver works on each once."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import urllib3
from msgspec.structs import replace

from longcode.accounts.account import WebhookEvent
from longcode.webhooks import delivery, webhook
from longcode_client import NotGenuine, verify
from tests.domain.test_webhook import HOSTED, NOW
from tests.support.source_reading import ROOT

SECRET, OTHER = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AAAAAAAAAAAAAAAAAAAAAAAA"
AT = NOW.timestamp()


@pytest.fixture(scope="module")
def receiver() -> Any:
    """The module of the example."""
    spec = spec_from_file_location("webhook_receiver", ROOT / "sdk" / "python" / "examples" / "webhook_receiver.py")
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def signed(secrets: Sequence[str] = (SECRET,), text: str = "Call 🌷") -> webhook.Webhook:
    pending = delivery.new("10000001", WebhookEvent.CALL_CREATED, "a", {"text": text}, NOW)
    return webhook.build("https://studio.example/", secrets, pending, pending.data, NOW)


def test_the_example_of_the_standard_is_genuine() -> None:
    headers = {
        "Webhook-Id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "Webhook-Timestamp": "1614265330",
        "Webhook-Signature": "v1a,none v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }

    event: Any = verify(headers, b'{"test": 2432232314}', SECRET, 1614265330)

    assert event == {"test": 2432232314}


def test_a_webhook_of_the_service_is_the_event() -> None:
    sent = signed()

    event = verify(sent.headers, sent.body, SECRET, AT)

    assert event["type"] == "call.created"
    assert event["data"]["text"] == "Call 🌷"


def test_while_a_secret_is_replaced_both_are_accepted_on_both_sides() -> None:
    new, old = webhook.rotate_secret(HOSTED, NOW)
    rotated = replace(HOSTED, webhook_secret=new, webhook_old_secrets=old)
    sent = signed(webhook.signing_secrets(rotated, NOW))

    assert len(sent.headers["webhook-signature"].split()) == 2
    assert [bool(verify(sent.headers, sent.body, secret, AT)) for secret in (new, SECRET, [OTHER, new])] == [True] * 3


@pytest.mark.parametrize("seconds", [-300, 300])
def test_clocks_may_differ_by_five_minutes_and_no_more(seconds: int) -> None:
    sent = signed()

    assert verify(sent.headers, sent.body, SECRET, AT + seconds)
    with pytest.raises(NotGenuine, match="five minutes"):
        verify(sent.headers, sent.body, SECRET, AT + seconds * 1.01)


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "other"},
        {"webhook-timestamp": str(int(AT) + 1)},
        {"webhook-timestamp": "now"},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,AAAA é"},
        {"webhook-signature": "v2," + signed().headers["webhook-signature"][3:]},
    ],
)
def test_a_changed_header_is_not_genuine(change: Mapping[str, str]) -> None:
    sent = signed()

    with pytest.raises(NotGenuine):
        verify({**sent.headers, **change}, sent.body, SECRET, AT)


def test_another_body_another_secret_or_no_headers_are_not_genuine() -> None:
    sent = signed()

    for headers, body, secret in (
        (sent.headers, sent.body + b" ", SECRET),
        (sent.headers, sent.body, OTHER),
        ({}, sent.body, SECRET),
    ):
        with pytest.raises(NotGenuine):
            verify(headers, body, secret, AT)


@contextmanager
def receiving(receiver: Any, store: Path, work: Callable[[Any], object]) -> Iterator[Callable[..., int]]:
    """Run the example's server; return a function that posts to it a webhook that was signed at this moment."""
    server = receiver.server(0, [OTHER, SECRET], receiver.Store(store), work)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()

    def post(sent: webhook.Webhook, **more: str) -> int:
        url = f"http://127.0.0.1:{server.server_port}/"
        return urllib3.request("POST", url, body=sent.body, headers={**sent.headers, **more}, timeout=5).status

    yield post
    server.shutdown()
    thread.join()
    server.server_close()


def fresh(text: str) -> webhook.Webhook:
    """Return a webhook that is signed now."""
    now = datetime.now(UTC)
    pending = delivery.new("10000001", WebhookEvent.CALL_CREATED, text, {"text": text}, now)
    return webhook.build("https://studio.example/", (SECRET,), pending, pending.data, now)


def test_the_receiver_works_on_each_webhook_once(receiver: Any, tmp_path: Path) -> None:
    worked: list[str] = []
    one, two = fresh("one"), fresh("two")

    with receiving(receiver, tmp_path / "store", lambda event: worked.append(event["data"]["text"])) as post:
        statuses = [post(one), post(one), post(two)]
    with receiving(receiver, tmp_path / "store", lambda event: worked.append(event["data"]["text"])) as post:
        statuses.append(post(two))

    assert statuses == [204] * 4
    assert worked == ["one", "two"]


def test_the_receiver_refuses_what_is_not_genuine_or_too_large(receiver: Any, tmp_path: Path) -> None:
    worked: list[Any] = []
    forged = replace(fresh("one"), body=b'{"type": "call.created"}')
    large = replace(fresh("one"), body=b" " * 1_000_001)

    with receiving(receiver, tmp_path / "store", worked.append) as post:
        assert (post(forged), post(replace(forged, headers={})), post(large)) == (401, 401, 413)

    assert worked == []


def test_the_receiver_works_after_a_restart_on_what_it_had_only_stored(receiver: Any, tmp_path: Path) -> None:
    worked: list[Any] = []
    receiver.Store(tmp_path / "store").add("w1", json.dumps({"type": "call.created"}).encode())

    for _ in range(2):
        with receiving(receiver, tmp_path / "store", worked.append):
            pass

    assert worked == [{"type": "call.created"}]
