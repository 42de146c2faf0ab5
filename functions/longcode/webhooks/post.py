"""Post a webhook to a studio's address: https on the public internet, no redirects, ten seconds in all.

Only the status of the response is read.
"""

import socket
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from http.client import HTTPConnection, HTTPException
from urllib.parse import SplitResult, quote, urlsplit

from urllib3.connection import HTTPSConnection
from urllib3.exceptions import HTTPError

from longcode.aws.settings import settings
from longcode.webhooks.webhook import EndpointResponse, Webhook, is_allowed_port, is_loopback, is_public

_SECONDS = 10.0
_HTTPS = 443
_SAFE_IN_PATH = "/%:=&?~#+!$,;'@()*[]"

Resolve = Callable[[str, int], list[str]]
Connect = Callable[[str, int, float], socket.socket]


class _Unreachable(Exception):
    """The address must not be called. The text is the reason and does not quote the address."""


def post(webhook: Webhook) -> EndpointResponse:
    """Post a webhook with the certificate authorities and addresses that this deployment allows."""
    ca = settings().webhook_loopback_ca
    return call(webhook, trust=_trust(ca or None), on_loopback=bool(ca))


@cache
def _trust(ca: str | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca)


def addresses(host: str, port: int) -> list[str]:
    """Return all IP addresses of a host."""
    return [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _connect(address: str, port: int, seconds: float) -> socket.socket:
    return socket.create_connection((address, port), seconds)


def call(
    webhook: Webhook,
    *,
    trust: ssl.SSLContext,
    on_loopback: bool = False,
    resolve: Resolve = addresses,
    connect: Connect = _connect,
    seconds: float = _SECONDS,
) -> EndpointResponse:
    """Post a webhook and return the response, or an error after `seconds`.

    A socket's time-out starts anew with each byte, and DNS has none. So the call runs in a thread, whose connection
    is cut after `seconds`.
    """
    try:
        parts, port = _split(webhook.url)
    except _Unreachable as unreachable:
        return EndpointResponse(error=str(unreachable))
    connection = _CheckedConnection(
        parts.hostname or "",
        port,
        trust=trust,
        seconds=seconds,
        on_loopback=on_loopback,
        resolve=resolve,
        connect=connect,
    )
    pool = ThreadPoolExecutor(1)
    response = pool.submit(_request, connection, parts, webhook)
    try:
        return response.result(seconds)
    except TimeoutError:
        connection.cut()
        return EndpointResponse(error="timed_out")
    finally:
        pool.shutdown(wait=False)


class _CheckedConnection(HTTPSConnection):
    """A connection that resolves its host once and goes to the checked address, even if DNS changes meanwhile.

    The certificate is checked for the host's name.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        trust: ssl.SSLContext,
        seconds: float,
        on_loopback: bool,
        resolve: Resolve,
        connect: Connect,
    ) -> None:
        super().__init__(host, port, timeout=seconds, ssl_context=trust)
        self._host_name, self._seconds = host, seconds
        self._is_allowed = is_loopback if on_loopback and host == "localhost" else is_public
        self._resolve, self._connect_to = resolve, connect
        self._under_tls: socket.socket | None = None
        self._is_cut = False

    def _new_conn(self) -> socket.socket:
        connection = self._open(self._checked_addresses())
        self._under_tls = connection.dup()
        if self._is_cut:  # while the name was resolved
            connection.close()
            raise TimeoutError
        return connection

    def _checked_addresses(self) -> list[str]:
        try:
            resolved = self._resolve(self._host_name, self.port)
        except OSError as error:
            raise _Unreachable("unknown_host") from error
        if not resolved or not all(map(self._is_allowed, resolved)):
            raise _Unreachable("not_public")
        return resolved

    def _open(self, candidates: list[str]) -> socket.socket:
        for address in candidates[:-1]:
            with suppress(OSError):  # an IPv6 address, for example, without IPv6
                return self._connect_to(address, self.port, self._seconds)
        return self._connect_to(candidates[-1], self.port, self._seconds)

    def cut(self) -> None:
        """End the call from another thread. The socket under TLS is shut: closing TLS would wait for the peer."""
        self._is_cut = True
        if self._under_tls:
            with suppress(OSError):
                self._under_tls.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        super().close()
        if self._under_tls:
            self._under_tls.close()


def _request(connection: _CheckedConnection, parts: SplitResult, webhook: Webhook) -> EndpointResponse:
    path = quote(f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}", safe=_SAFE_IN_PATH)
    host = parts.netloc.rpartition("@")[2].encode("idna").decode()
    try:
        connection.request("POST", path, webhook.body, webhook.headers | {"host": host, "connection": "close"})
        # urllib3's own method logs the address, which may contain a secret, with headers that it cannot read.
        return EndpointResponse(HTTPConnection.getresponse(connection).status)
    except _Unreachable as unreachable:
        return EndpointResponse(error=str(unreachable))
    except TimeoutError:
        return EndpointResponse(error="timed_out")
    except ssl.SSLError:
        return EndpointResponse(error="tls_failed")
    except (OSError, HTTPError, HTTPException, ValueError):
        return EndpointResponse(error="connection_failed")
    finally:
        connection.close()


def _split(url: str) -> tuple[SplitResult, int]:
    try:
        parts = urlsplit(url)
        port = _HTTPS if parts.port is None else parts.port
        (parts.hostname or "").encode("idna")
    except ValueError as error:  # a port above 65535 or a label too long for DNS, for example
        raise _Unreachable("bad_address") from error
    if parts.scheme != "https" or not parts.hostname or not is_allowed_port(port):
        raise _Unreachable("bad_address")
    return parts, port
