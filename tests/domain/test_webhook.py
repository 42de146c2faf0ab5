import json
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from longcode.accounts.account import Account, WebhookEvent
from longcode.jobs import Product
from longcode.message import Direction, Message, MessageKind, MessageState
from longcode.webhooks import delivery, webhook
from longcode.webhooks.webhook import Answer, Verdict

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


def test_the_signature_is_that_of_the_standards_own_example() -> None:
    # Standard Webhooks 1.0, "Signature scheme": the example that its libraries verify
    signed = webhook.signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "1614265330",
        b'{"test": 2432232314}',
    )

    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


HOSTED = Account(
    id="10000001",
    name="Foxglove",
    email="fox@studio.example",
    product=Product.SPECTRA,
    edition="standard",
    created_at=NOW,
    plan_changes=(),
    webhook_url="https://studio.example/hook",
    webhook_secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
)
TOLD = delivery.new("10000001", WebhookEvent.MESSAGE_RECEIVED, "a1", {"id": "a1"}, NOW)


def build(account: Account, now: datetime) -> webhook.Webhook:
    data = webhook.reply(REPLY)
    return webhook.build(account.webhook_url or "", webhook.signing(account, now), TOLD, data, now)


def test_a_new_reply_is_told_with_its_words_and_its_client() -> None:
    told = build(HOSTED, NOW + HOUR)

    assert json.loads(told.body) == {
        "type": "message.received",
        "timestamp": "2026-11-22T15:30:00+00:00",
        "data": {
            "id": "a1",
            "phone": "+12125550123",
            "number": "+15555550100",
            "client_id": None,
            "body": "Yes please 🌷",
            "body_expired": False,
            "media": [],
            "received_at": "2026-11-22T15:30:00+00:00",
        },
    }


def test_every_try_has_the_same_id_and_body_and_a_time_and_signature_of_its_own() -> None:
    first, second = build(HOSTED, NOW), build(HOSTED, NOW + HOUR)

    assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)
    assert (first.headers["webhook-timestamp"], second.headers["webhook-timestamp"]) == ("1795361400", "1795365000")
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


def test_a_status_is_told_without_the_words() -> None:
    assert "body" not in delivery.of_status(REPLY, NOW).data


def test_a_replaced_secret_signs_beside_the_new_one_for_a_day() -> None:
    secret, old = webhook.rotated(HOSTED, NOW)
    rotated = replace(HOSTED, webhook_secret=secret, webhook_old_secrets=old)

    assert webhook.signing(rotated, NOW + 24 * HOUR - SECOND) == [secret, HOSTED.webhook_secret]
    assert webhook.signing(rotated, NOW + 24 * HOUR) == [secret]
    assert len(build(rotated, NOW).headers["webhook-signature"].split()) == 2


def test_a_receiver_that_knows_either_secret_finds_its_signature() -> None:
    secret, old = webhook.rotated(HOSTED, NOW)
    told = build(replace(HOSTED, webhook_secret=secret, webhook_old_secrets=old), NOW)

    for known in (secret, HOSTED.webhook_secret or ""):
        expected = webhook.signature(known, TOLD.id, told.headers["webhook-timestamp"], told.body)
        assert expected in told.headers["webhook-signature"].split()


def test_a_rotation_whose_answer_was_lost_and_is_asked_for_again_keeps_the_secret_that_the_receiver_has() -> None:
    first, old = webhook.rotated(HOSTED, NOW)
    once = replace(HOSTED, webhook_secret=first, webhook_old_secrets=old)

    second, older = webhook.rotated(once, NOW + SECOND)

    twice = replace(once, webhook_secret=second, webhook_old_secrets=older)
    assert webhook.signing(twice, NOW + SECOND) == [second, first, HOSTED.webhook_secret]


def test_no_more_than_three_replaced_secrets_sign() -> None:
    account = HOSTED
    for _ in range(9):
        secret, old = webhook.rotated(account, NOW)
        account = replace(account, webhook_secret=secret, webhook_old_secrets=old)

    assert len(webhook.signing(account, NOW)) == 4


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (Answer(200), Verdict.TAKEN),
        (Answer(204), Verdict.TAKEN),
        (Answer(299), Verdict.TAKEN),
        (Answer(301), Verdict.FAILED),
        (Answer(308), Verdict.FAILED),
        (Answer(404), Verdict.FAILED),
        (Answer(410), Verdict.GONE),
        (Answer(500), Verdict.FAILED),
        (Answer(199), Verdict.FAILED),
        (Answer(error="timed_out"), Verdict.FAILED),
    ],
)
def test_only_success_is_taken_and_only_gone_is_gone(answer: Answer, verdict: Verdict) -> None:
    assert webhook.judge(answer) is verdict


def test_no_two_secrets_are_alike() -> None:
    assert webhook.make_secret() != webhook.make_secret()


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
def test_what_could_not_be_called_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        webhook.check_url(url)


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
def test_an_address_that_is_private_is_refused_however_it_is_spelled(host: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        webhook.check_url(f"https://{host}/")
