"""The request of a webhook: payload, signatures, replaced secrets, responses, and the addresses that are refused."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from longcode.accounts.account import Account, WebhookEvent
from longcode.jobs import Product
from longcode.message import Direction, Message, MessageKind, MessageState
from longcode.webhooks import delivery, webhook
from longcode.webhooks.webhook import EndpointResponse, Verdict

NOW = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
REPLY = Message(
    account="10000001",
    id="a1",
    direction=Direction.IN,
    kind=MessageKind.REPLY,
    state=MessageState.RECEIVED,
    phone="+12125550123",
    number="+15555550100",
    body="Yes please 🌷",
    encoding="UCS-2",
    segments=1,
    units=1,
    created_at=NOW,
)


def test_the_signature_matches_the_example_of_the_standard() -> None:
    # Standard Webhooks 1.0, "Signature scheme": the example that its libraries verify
    signed = webhook.signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "1614265330",
        b'{"test": 2432232314}',
    )

    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def hosted(**changes: Any) -> Account:
    fields: dict[str, Any] = {
        "id": "10000001",
        "name": "Foxglove",
        "email": "fox@studio.example",
        "product": Product.SPECTRA,
        "edition": "standard",
        "created_at": NOW,
        "plan_changes": (),
        "webhook_url": "https://studio.example/hook",
        "webhook_secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    }
    return Account(**fields | changes)


HOSTED = hosted()
DELIVERY = delivery.new("10000001", WebhookEvent.MESSAGE_RECEIVED, "a1", {"id": "a1"}, NOW)


def build(account: Account, now: datetime) -> webhook.Webhook:
    data = webhook.reply_data(REPLY)
    return webhook.build(account.webhook_url or "", webhook.signing_secrets(account, now), DELIVERY, data, now)


def test_the_payload_of_a_reply_has_its_body_and_its_client() -> None:
    request = build(HOSTED, NOW + HOUR)

    assert json.loads(request.body) == {
        "type": "message.received",
        "timestamp": "2026-11-22T15:30:00.000Z",
        "data": {
            "id": "a1",
            "phone": "+12125550123",
            "number": "+15555550100",
            "client_id": None,
            "body": "Yes please 🌷",
            "body_expired": False,
            "media": [],
            "other_recipients": [],
            "received_at": "2026-11-22T15:30:00.000Z",
        },
    }


def test_every_attempt_has_the_same_id_and_body_and_its_own_time_and_signature() -> None:
    first, second = build(HOSTED, NOW), build(HOSTED, NOW + HOUR)

    assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)
    assert (first.headers["webhook-timestamp"], second.headers["webhook-timestamp"]) == ("1795361400", "1795365000")
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


def test_the_payload_of_a_status_has_no_body() -> None:
    assert "body" not in delivery.of_status(REPLY, NOW).data


def test_a_replaced_secret_also_signs_for_a_day() -> None:
    secret, old = webhook.rotate_secret(HOSTED, NOW)
    rotated = hosted(webhook_secret=secret, webhook_old_secrets=old)

    assert webhook.signing_secrets(rotated, NOW + 24 * HOUR - SECOND) == [secret, HOSTED.webhook_secret]
    assert webhook.signing_secrets(rotated, NOW + 24 * HOUR) == [secret]
    assert len(build(rotated, NOW).headers["webhook-signature"].split()) == 2


def test_an_endpoint_with_either_secret_finds_its_signature() -> None:
    secret, old = webhook.rotate_secret(HOSTED, NOW)
    request = build(hosted(webhook_secret=secret, webhook_old_secrets=old), NOW)

    for known in (secret, HOSTED.webhook_secret or ""):
        expected = webhook.signature(known, DELIVERY.id, request.headers["webhook-timestamp"], request.body)
        assert expected in request.headers["webhook-signature"].split()


def test_a_second_rotation_keeps_the_first_secret_that_the_endpoint_has() -> None:
    first, old = webhook.rotate_secret(HOSTED, NOW)
    once = hosted(webhook_secret=first, webhook_old_secrets=old)

    second, older = webhook.rotate_secret(once, NOW + SECOND)

    twice = hosted(webhook_secret=second, webhook_old_secrets=older)
    assert webhook.signing_secrets(twice, NOW + SECOND) == [second, first, HOSTED.webhook_secret]


def test_at_most_three_replaced_secrets_sign() -> None:
    account = HOSTED
    for _ in range(9):
        secret, old = webhook.rotate_secret(account, NOW)
        account = hosted(webhook_secret=secret, webhook_old_secrets=old)

    assert len(webhook.signing_secrets(account, NOW)) == 4


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (EndpointResponse(200), Verdict.ACCEPTED),
        (EndpointResponse(204), Verdict.ACCEPTED),
        (EndpointResponse(299), Verdict.ACCEPTED),
        (EndpointResponse(301), Verdict.FAILED),
        (EndpointResponse(308), Verdict.FAILED),
        (EndpointResponse(404), Verdict.FAILED),
        (EndpointResponse(410), Verdict.GONE),
        (EndpointResponse(500), Verdict.FAILED),
        (EndpointResponse(199), Verdict.FAILED),
        (EndpointResponse(error="timed_out"), Verdict.FAILED),
    ],
)
def test_only_2xx_is_accepted_and_only_410_is_gone(answer: EndpointResponse, verdict: Verdict) -> None:
    assert webhook.verdict_on(answer) is verdict


def test_new_secrets_differ() -> None:
    assert webhook.new_secret() != webhook.new_secret()


@pytest.mark.parametrize(
    "url",
    [
        "http://studio.example/",
        "https://",
        "https://x:99999/",
        "https://studio.example:0/",
        "https://a..b/",
        "https://[bad",
        "https://u:p@studio.example/",
        f"https://{'a' * 64}.example/",
        "javascript:alert(1)",
        "https://exa mple/",
        "https://exa\nmple/",
        "https://studio.example/\r\nHost: x",
        "https://\x00studio.example/",
        "https://studio.example/\\@10.0.0.1/",
    ],
)
def test_an_address_that_could_not_be_called_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        webhook.check_url(url)


@pytest.mark.parametrize("port", [0, 1, 22, 25, 80, 442, 444, 465, 587, 993, 1023])
def test_a_port_of_another_service_is_refused(port: int) -> None:
    with pytest.raises(ValueError, match="443 and to ports above 1023"):
        webhook.check_url(f"https://studio.example:{port}/")


@pytest.mark.parametrize("port", ["", ":", ":443", ":1024", ":8443", ":65535"])
def test_443_and_ports_above_1023_are_allowed(port: str) -> None:
    assert webhook.check_url(f"https://studio.example{port}/hook") == f"https://studio.example{port}/hook"


@pytest.mark.parametrize(
    "host",
    [
        "127.1",
        "2130706433",
        "0177.0.0.1",
        "0x7f000001",
        "0x7f.0.0.1",
        "0XA9.0xFE.0xA9.0xFE.",
        "1.2.3.0x",
        "127.0.0.1.",
        "\uff11\uff12\uff17.\uff10.\uff10.\uff11",
        "127\u30020\u30020\u30021",
        "\u2460\u2461\u2466.0.0.1",
        "[::ffff:169.254.169.254]",
        "[64:ff9b::7f00:1]",
    ],
)
def test_a_private_address_is_refused_in_any_spelling(host: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        webhook.check_url(f"https://{host}/")
