import socket
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from longcode.webhooks.post import call, post
from longcode.webhooks.webhook import EndpointResponse, Webhook
from tests.support.https_servers import PUBLIC, HttpsEndpoint, https_endpoint, mute_endpoint

HOOK = Webhook("https://studio.example/hook?key=secret", {"webhook-id": "a1"}, b'{"type": "test"}')
Behave = Callable[[socket.socket, HttpsEndpoint], None]


def answering(head: bytes, body: bytes = b"") -> Behave:
    """Return a behaviour that responds at once with these bytes."""
    return lambda connection, _: connection.sendall(head + b"\r\n\r\n" + body)


def hang(_: socket.socket, endpoint: HttpsEndpoint) -> None:
    endpoint.ended.wait(30)


def drip(connection: socket.socket, endpoint: HttpsEndpoint) -> None:
    """Send a byte of an endless header every few milliseconds, without a long pause."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not endpoint.ended.wait(0.02):
        connection.sendall(b"a")


def continues(connection: socket.socket, endpoint: HttpsEndpoint) -> None:
    while not endpoint.ended.wait(0.02):
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")


def never_ending_body(connection: socket.socket, _: HttpsEndpoint) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n" + b"a" * 10_000_000)


def never_ending_header(connection: socket.socket, _: HttpsEndpoint) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Large: " + b"a" * 10_000_000)


def to(endpoint: HttpsEndpoint, webhook: Webhook = HOOK, seconds: float = 5.0, **others: Any) -> EndpointResponse:
    """Post to an endpoint that DNS places on the public internet."""
    with_it = {"resolve": lambda _host, _port: [PUBLIC], "connect": endpoint.connect} | others
    return call(webhook, trust=endpoint.trust, seconds=seconds, **with_it)


def test_a_webhook_is_posted_whole_to_the_path_and_host_of_its_address(tmp_path: Path) -> None:
    with https_endpoint(tmp_path, answering(b"HTTP/1.1 204 No Content")) as endpoint:
        answer = to(endpoint)

    assert answer == EndpointResponse(204)
    [request] = endpoint.requests
    assert request.startswith(b"POST /hook?key=secret HTTP/1.1\r\n")
    assert b"\r\nhost: studio.example\r\n" in request
    assert b"\r\nwebhook-id: a1\r\n" in request
    assert request.endswith(b'\r\n\r\n{"type": "test"}')


@pytest.mark.parametrize("behave", [hang, drip, continues], ids=["hangs", "drips", "continues"])
def test_an_endless_response_times_out(tmp_path: Path, behave: Behave) -> None:
    with https_endpoint(tmp_path, behave) as endpoint:
        start = time.monotonic()
        answer = to(endpoint, seconds=0.2)
        took = time.monotonic() - start

    assert answer == EndpointResponse(error="timed_out")
    assert took < 3


def test_an_endpoint_without_a_tls_handshake_times_out(tmp_path: Path) -> None:
    with mute_endpoint(tmp_path) as endpoint:
        assert to(endpoint, seconds=0.2) == EndpointResponse(error="timed_out")


def test_a_slow_name_resolution_times_out(tmp_path: Path) -> None:
    over = threading.Event()

    def resolve(_host: str, _port: int) -> list[str]:
        over.wait(30)
        return [PUBLIC]

    with https_endpoint(tmp_path, hang) as endpoint:
        answer = to(endpoint, seconds=0.2, resolve=resolve)
        over.set()

    assert answer == EndpointResponse(error="timed_out")


def test_a_large_response_body_is_not_read(tmp_path: Path) -> None:
    with https_endpoint(tmp_path, never_ending_body) as endpoint:
        assert to(endpoint) == EndpointResponse(200)


def test_a_large_response_header_is_a_failed_connection(tmp_path: Path) -> None:
    with https_endpoint(tmp_path, never_ending_header) as endpoint:
        assert to(endpoint) == EndpointResponse(error="connection_failed")


def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    head = b"HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1/private\r\nContent-Length: 0"

    with https_endpoint(tmp_path, answering(head)) as endpoint:
        answer = to(endpoint)

    assert answer == EndpointResponse(302)
    assert endpoint.connections == 1


def test_a_name_is_resolved_once_and_the_checked_address_is_called(tmp_path: Path) -> None:
    resolved = [[PUBLIC], ["127.0.0.1"], ["169.254.169.254"]]

    with https_endpoint(tmp_path, answering(b"HTTP/1.1 200 OK")) as endpoint:
        answer = to(endpoint, resolve=lambda _host, _port: resolved.pop(0))

    assert answer == EndpointResponse(200)
    assert resolved == [["127.0.0.1"], ["169.254.169.254"]]


def test_an_unreachable_address_of_several_is_passed_over(tmp_path: Path) -> None:
    with https_endpoint(tmp_path, answering(b"HTTP/1.1 200 OK")) as endpoint:
        answer = to(endpoint, resolve=lambda _host, _port: ["2606:2800:21f:cb07:6820:80da:af6b:8b2c", PUBLIC])

    assert answer == EndpointResponse(200)


def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    with https_endpoint(tmp_path, answering(b"HTTP/1.1 200 OK")) as endpoint:
        answer = to(endpoint, Webhook("https://other.example/", {}, b"{}"))

    assert answer == EndpointResponse(error="tls_failed")
    assert endpoint.requests == []


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
def test_a_name_with_a_private_address_is_not_called(tmp_path: Path, addresses: list[str]) -> None:
    with https_endpoint(tmp_path, answering(b"HTTP/1.1 200 OK")) as endpoint:
        answer = to(endpoint, resolve=lambda _host, _port: addresses)

    assert answer == EndpointResponse(error="not_public")
    assert endpoint.connections == 0


def test_an_unresolvable_name_is_an_unknown_host(tmp_path: Path) -> None:
    def resolve(_host: str, _port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    with https_endpoint(tmp_path, hang) as endpoint:
        assert to(endpoint, resolve=resolve) == EndpointResponse(error="unknown_host")


@pytest.mark.parametrize(
    "url",
    ["http://8.8.8.8/", "ftp://8.8.8.8/", "https://", "https://8.8.8.8:99999/", "https://a..b/", "https://[bad"],
)
def test_an_address_that_is_not_https_is_not_called(url: str) -> None:
    assert post(Webhook(url, {}, b"{}")) == EndpointResponse(error="bad_address")


@pytest.mark.parametrize("url", ["https://127.0.0.1/", "https://[::1]/", "https://localhost/", "https://0x7f.1/"])
def test_this_machine_is_not_called(url: str) -> None:
    assert post(Webhook(url, {}, b"{}")).error in ("not_public", "unknown_host")


def test_localhost_is_called_only_by_a_stack_on_this_machine(tmp_path: Path) -> None:
    with https_endpoint(tmp_path, answering(b"HTTP/1.1 200 OK")) as endpoint:
        here = Webhook(f"https://localhost:{endpoint.port}/", {}, b"{}")
        elsewhere = Webhook(f"https://studio.example:{endpoint.port}/", {}, b"{}")

        def resolve(_host: str, _port: int) -> list[str]:
            return ["127.0.0.1"]

        assert call(here, trust=endpoint.trust, on_loopback=True, resolve=resolve) == EndpointResponse(200)
        assert call(here, trust=endpoint.trust, resolve=resolve) == EndpointResponse(error="not_public")
        assert call(elsewhere, trust=endpoint.trust, on_loopback=True, resolve=resolve) == EndpointResponse(
            error="not_public"
        )


def test_localhost_with_another_address_is_not_called() -> None:
    def resolve(_host: str, _port: int) -> list[str]:
        return ["10.0.0.8"]

    answer = call(
        Webhook("https://localhost/", {}, b""), trust=ssl.create_default_context(), on_loopback=True, resolve=resolve
    )

    assert answer == EndpointResponse(error="not_public")
