"""Post a webhook to an address that a studio gave us: https, public internet only, no redirects, ten seconds in all.

Nothing of an answer but its status is read.
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
from longcode.webhooks.webhook import Answer, Webhook, is_loopback, is_public

_SECONDS = 10.0
_HTTPS = 443
_SAFE_IN_PATH = "/%:=&?~#+!$,;'@()*[]"

Resolve = Callable[[str, int], list[str]]
Connect = Callable[[str, int, float], socket.socket]


class _Unreachable(Exception):
    """The address may not be called; the text is the reason, and does not quote the address."""


def post(webhook: Webhook) -> Answer:
    """Post a webhook, with the certificate authorities and the addresses that this deployment allows."""
    ca = settings().webhook_loopback_ca
    return call(webhook, trust=_trust(ca or None), on_loopback=bool(ca))


@cache
def _trust(ca: str | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca)


def addresses(host: str, port: int) -> list[str]:
    """Return all addresses of a host."""
    return [str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


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
) -> Answer:
    """Post a webhook and return the answer, after `seconds` at the latest.

    A socket's own time-out starts anew with each byte, and DNS has none: so the call runs in a thread, which is cut
    off and left behind when its time is over.
    """
    try:
        parts, port = _split(webhook.url)
    except _Unreachable as unreachable:
        return Answer(error=str(unreachable))
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
    answer = pool.submit(_answer, connection, parts, webhook)
    try:
        return answer.result(seconds)
    except TimeoutError:
        connection.cut()
        return Answer(error="timed_out")
    finally:
        pool.shutdown(wait=False)


class _CheckedConnection(HTTPSConnection):
    """A connection that resolves its host once, and goes to the address that was checked, whatever DNS says next.

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
        self._named, self._seconds = host, seconds
        self._may_be_called = is_loopback if on_loopback and host == "localhost" else is_public
        self._resolve, self._connect_to = resolve, connect
        self._under_tls: socket.socket | None = None
        self._is_cut = False

    def _new_conn(self) -> socket.socket:
        opened = self._open(self._checked())
        self._under_tls = opened.dup()
        if self._is_cut:  # between the name and the connection
            opened.close()
            raise TimeoutError
        return opened

    def _checked(self) -> list[str]:
        try:
            found = self._resolve(self._named, self.port)
        except OSError as unknown:
            raise _Unreachable("unknown_host") from unknown
        if not found or not all(map(self._may_be_called, found)):
            raise _Unreachable("not_public")
        return found

    def _open(self, found: list[str]) -> socket.socket:
        for address in found[:-1]:
            with suppress(OSError):  # such as IPv6 where there is none
                return self._connect_to(address, self.port, self._seconds)
        return self._connect_to(found[-1], self.port, self._seconds)

    def cut(self) -> None:
        """End the call from another thread, whatever it waits for: TLS itself would wait for the other side."""
        self._is_cut = True
        if self._under_tls:
            with suppress(OSError):
                self._under_tls.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        super().close()
        if self._under_tls:
            self._under_tls.close()


def _answer(connection: _CheckedConnection, parts: SplitResult, webhook: Webhook) -> Answer:
    path = quote(f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}", safe=_SAFE_IN_PATH)
    host = parts.netloc.rpartition("@")[2].encode("idna").decode()
    try:
        connection.request("POST", path, webhook.body, webhook.headers | {"host": host, "connection": "close"})
        # Not urllib3's own: it logs the address, which may hold a secret, beside headers that it cannot read.
        return Answer(HTTPConnection.getresponse(connection).status)
    except _Unreachable as unreachable:
        return Answer(error=str(unreachable))
    except TimeoutError:
        return Answer(error="timed_out")
    except ssl.SSLError:
        return Answer(error="tls_failed")
    except (OSError, HTTPError, HTTPException, ValueError):
        return Answer(error="connection_failed")
    finally:
        connection.close()


def _split(url: str) -> tuple[SplitResult, int]:
    try:
        parts = urlsplit(url)
        port = _HTTPS if parts.port is None else parts.port
        (parts.hostname or "").encode("idna")
    except ValueError as bad:  # a port past 65535, a label too long for DNS and the like
        raise _Unreachable("bad_address") from bad
    if parts.scheme != "https" or not parts.hostname:
        raise _Unreachable("bad_address")
    return parts, port
