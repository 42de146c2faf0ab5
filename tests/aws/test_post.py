import socket
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from longcode.webhooks.post import call, post
from longcode.webhooks.webhook import Answer, Webhook
from tests.support.https_servers import PUBLIC, Receiver, mute, receiver

HOOK = Webhook("https://studio.example/hook?key=secret", {"webhook-id": "a1"}, b'{"type": "test"}')
Behave = Callable[[socket.socket, Receiver], None]


def answering(head: bytes, body: bytes = b"") -> Behave:
    """Answer at once with these bytes."""
    return lambda connection, _: connection.sendall(head + b"\r\n\r\n" + body)


def hang(_: socket.socket, one: Receiver) -> None:
    one.over.wait(30)


def drip(connection: socket.socket, one: Receiver) -> None:
    """Send a byte of an endless header every few milliseconds: no pause is long, and there is no end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not one.over.wait(0.02):
        connection.sendall(b"a")


def continues(connection: socket.socket, one: Receiver) -> None:
    while not one.over.wait(0.02):
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")


def never_ending_body(connection: socket.socket, _: Receiver) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n" + b"a" * 10_000_000)


def never_ending_header(connection: socket.socket, _: Receiver) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Large: " + b"a" * 10_000_000)


def to(one: Receiver, webhook: Webhook = HOOK, seconds: float = 5.0, **others: Any) -> Answer:
    """Post to a receiver that DNS says is on the public internet."""
    with_it = {"resolve": lambda _host, _port: [PUBLIC], "connect": one.connect} | others
    return call(webhook, trust=one.trust, seconds=seconds, **with_it)


def test_a_webhook_is_posted_whole_to_the_path_and_host_of_its_address(tmp_path: Path) -> None:
    with receiver(tmp_path, answering(b"HTTP/1.1 204 No Content")) as one:
        answer = to(one)

    assert answer == Answer(204)
    [heard] = one.heard
    assert heard.startswith(b"POST /hook?key=secret HTTP/1.1\r\n")
    assert b"\r\nhost: studio.example\r\n" in heard
    assert b"\r\nwebhook-id: a1\r\n" in heard
    assert heard.endswith(b'\r\n\r\n{"type": "test"}')


@pytest.mark.parametrize("behave", [hang, drip, continues], ids=["hangs", "drips", "continues"])
def test_a_receiver_that_does_not_come_to_an_end_is_left(tmp_path: Path, behave: Behave) -> None:
    with receiver(tmp_path, behave) as one:
        start = time.monotonic()
        answer = to(one, seconds=0.5)
        took = time.monotonic() - start

    assert answer == Answer(error="timed_out")
    assert took < 3


def test_a_receiver_that_shakes_no_hands_is_left(tmp_path: Path) -> None:
    with mute(tmp_path) as one:
        assert to(one, seconds=0.5) == Answer(error="timed_out")


def test_a_name_that_is_not_resolved_in_time_is_left(tmp_path: Path) -> None:
    over = threading.Event()

    def resolve(_host: str, _port: int) -> list[str]:
        over.wait(30)
        return [PUBLIC]

    with receiver(tmp_path, hang) as one:
        answer = to(one, seconds=0.2, resolve=resolve)
        over.set()

    assert answer == Answer(error="timed_out")


def test_ten_megabytes_of_an_answer_are_not_read(tmp_path: Path) -> None:
    with receiver(tmp_path, never_ending_body) as one:
        assert to(one) == Answer(200)


def test_ten_megabytes_of_a_header_are_no_answer(tmp_path: Path) -> None:
    with receiver(tmp_path, never_ending_header) as one:
        assert to(one) == Answer(error="connection_failed")


def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    head = b"HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1/private\r\nContent-Length: 0"

    with receiver(tmp_path, answering(head)) as one:
        answer = to(one)

    assert answer == Answer(302)
    assert one.connections == 1


def test_a_name_is_resolved_once_and_what_was_checked_is_called(tmp_path: Path) -> None:
    said = [[PUBLIC], ["127.0.0.1"], ["169.254.169.254"]]

    with receiver(tmp_path, answering(b"HTTP/1.1 200 OK")) as one:
        answer = to(one, resolve=lambda _host, _port: said.pop(0))

    assert answer == Answer(200)
    assert said == [["127.0.0.1"], ["169.254.169.254"]]


def test_of_several_addresses_one_that_cannot_be_reached_is_passed_over(tmp_path: Path) -> None:
    with receiver(tmp_path, answering(b"HTTP/1.1 200 OK")) as one:
        answer = to(one, resolve=lambda _host, _port: ["2606:2800:21f:cb07:6820:80da:af6b:8b2c", PUBLIC])

    assert answer == Answer(200)


def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    with receiver(tmp_path, answering(b"HTTP/1.1 200 OK")) as one:
        answer = to(one, Webhook("https://other.example/", {}, b"{}"))

    assert answer == Answer(error="tls_failed")
    assert one.heard == []


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["10.0.0.8"],
        ["172.16.0.1"],
        ["192.168.1.1"],
        ["169.254.169.254"],
        ["100.64.0.1"],
        ["0.0.0.0"],
        ["224.0.0.1"],
        ["255.255.255.255"],
        ["::1"],
        ["::"],
        ["fd00::1"],
        ["fd00:ec2::254"],
        ["fe80::1"],
        ["ff02::1"],
        ["::ffff:10.0.0.8"],
        ["::ffff:93.184.215.14"],
        ["2002:0a00:0001::1"],
        ["2001:0:53aa:64c::1"],
        ["64:ff9b::a00:1"],
        ["64:ff9b:1::a00:1"],
        ["::10.0.0.8"],
        [PUBLIC, "10.0.0.8"],
        ["10.0.0.8", PUBLIC],
        [],
    ],
    ids=str,
)
def test_nothing_private_is_called_whatever_the_name(tmp_path: Path, addresses: list[str]) -> None:
    with receiver(tmp_path, answering(b"HTTP/1.1 200 OK")) as one:
        answer = to(one, resolve=lambda _host, _port: addresses)

    assert answer == Answer(error="not_public")
    assert one.connections == 0


def test_a_name_that_nobody_knows_is_said_to_be_unknown(tmp_path: Path) -> None:
    def resolve(_host: str, _port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    with receiver(tmp_path, hang) as one:
        assert to(one, resolve=resolve) == Answer(error="unknown_host")


@pytest.mark.parametrize(
    "url",
    ["http://8.8.8.8/", "ftp://8.8.8.8/", "https://", "https://8.8.8.8:99999/", "https://a..b/", "https://[bad"],
)
def test_what_is_no_https_address_is_not_called(url: str) -> None:
    assert post(Webhook(url, {}, b"{}")) == Answer(error="bad_address")


@pytest.mark.parametrize("url", ["https://127.0.0.1/", "https://[::1]/", "https://localhost/", "https://0x7f.1/"])
def test_this_machine_is_not_called(url: str) -> None:
    assert post(Webhook(url, {}, b"{}")).error in ("not_public", "unknown_host")


def test_only_a_stack_on_this_machine_calls_its_localhost(tmp_path: Path) -> None:
    with receiver(tmp_path, answering(b"HTTP/1.1 200 OK")) as one:
        here = Webhook(f"https://localhost:{one.port}/", {}, b"{}")
        elsewhere = Webhook(f"https://studio.example:{one.port}/", {}, b"{}")

        def resolve(_host: str, _port: int) -> list[str]:
            return ["127.0.0.1"]

        assert call(here, trust=one.trust, on_loopback=True, resolve=resolve) == Answer(200)
        assert call(here, trust=one.trust, resolve=resolve) == Answer(error="not_public")
        assert call(elsewhere, trust=one.trust, on_loopback=True, resolve=resolve) == Answer(error="not_public")


def test_localhost_that_leads_elsewhere_is_not_called() -> None:
    def resolve(_host: str, _port: int) -> list[str]:
        return ["10.0.0.8"]

    answer = call(
        Webhook("https://localhost/", {}, b""), trust=ssl.create_default_context(), on_loopback=True, resolve=resolve
    )

    assert answer == Answer(error="not_public")
