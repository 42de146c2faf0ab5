import json
from datetime import UTC, datetime

import pytest

from longcode import webhook
from longcode.message import Direction, Kind, Message, State

NOW = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
REPLY = Message(
    account="10000001",
    id="a1",
    direction=Direction.IN,
    kind=Kind.REPLY,
    state=State.RECEIVED,
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


def test_a_new_reply_is_told_with_its_words_and_its_client() -> None:
    told = webhook.new_reply("https://studio.example/hook", webhook.make_secret(), REPLY, NOW)

    assert json.loads(told.body)["type"] == "message.received"
    assert json.loads(told.body)["data"]["body"] == "Yes please 🌷"
    assert told.headers["webhook-id"] == "a1"
    assert told.headers["webhook-timestamp"] == "1795361400"


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
    ],
)
def test_what_could_not_be_called_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        webhook.check_url(url)
