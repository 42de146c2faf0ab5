import pytest

from longcode.aws.post import post, public_address
from longcode.webhook import Webhook


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "10.0.0.8", "192.168.1.1", "169.254.169.254", "::1", "fd00::1", "0.0.0.0", "100.64.0.1"]
)
def test_nothing_private_is_reached(host: str) -> None:
    assert public_address(host, 443) is None


def test_an_address_of_the_public_internet_may_be_reached() -> None:
    assert public_address("8.8.8.8", 443) == "8.8.8.8"


@pytest.mark.parametrize(
    "url",
    [
        "http://8.8.8.8/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "ftp://8.8.8.8/",
        "https://",
        "https://8.8.8.8:99999/",
        "https://a..b/",
        "https://[bad",
    ],
)
def test_a_webhook_to_anywhere_else_is_not_posted(url: str) -> None:
    assert post(Webhook(url, {}, b"{}")) is False
