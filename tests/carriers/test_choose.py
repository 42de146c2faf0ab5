import subprocess
import sys

import pytest
from msgspec.structs import replace

from longcode.aws.settings import settings
from longcode.carriers.aws import Aws
from longcode.carriers.carrier import Sent, Text
from longcode.carriers.choose import configured_carrier, open_carrier
from tests.carriers.conftest import FakeCarrier


def test_twilio_is_chosen_by_name_and_may_have_another_address(fake: FakeCarrier, text: Text) -> None:
    fake.answers(201, '{"sid": "SM1"}')
    chosen = open_carrier(
        "twilio",
        account_sid="AC123",
        auth_token="test-token",
        callback_base="https://longcode.example",
        api_base=fake.url,
    )

    assert chosen.name == "twilio"
    assert chosen.send(text) == Sent("SM1")


def test_only_texts_from_shared_numbers_name_the_messaging_service(
    fake: FakeCarrier, text: Text, aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dedicated number can be in the service of its studio's own campaign: a campaign has one service."""
    fake.answers(201, '{"sid": "SM1"}')
    monkeypatch.setenv("CARRIER_API_BASE", fake.url)
    monkeypatch.setenv("MESSAGING_SERVICE_SID", "MG123")
    settings.cache_clear()

    for number in ("+15555550100", "+15555550177"):
        configured_carrier().send(replace(text, origin=number))

    settings.cache_clear()
    assert [asked.form.get("MessagingServiceSid") for asked in fake.asked] == ["MG123", None]


def test_aws_is_chosen_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")

    assert isinstance(open_carrier("aws", configuration_set="longcode"), Aws)


def test_an_unknown_carrier_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'pigeon'"):
        open_carrier("pigeon")


def test_a_start_with_twilio_does_not_load_the_carrier_of_aws() -> None:
    program = "import sys, longcode.carriers.choose; print('longcode.carriers.aws' in sys.modules)"

    result = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert result.stdout == "False\n"
