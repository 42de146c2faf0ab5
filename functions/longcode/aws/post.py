"""Posting to an address that a studio gave us: https, to the public internet only, no redirects, in ten seconds.

The whole of a call is bounded, whatever the receiver does: a socket's own time-out begins anew with each byte.
Nothing of an answer but its status is read.
"""

import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from http.client import HTTPConnection, HTTPException
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import TypeVar
from urllib.parse import SplitResult, quote, urlsplit

from longcode.aws.settings import settings
from longcode.webhook import Answer, Webhook, is_loopback, is_public

_SECONDS = 10.0
_HTTPS = 443
_IN_AN_ADDRESS = "/%:=&?~#+!$,;'@()*[]"

S = TypeVar("S", bound=socket.socket)
Resolve = Callable[[str, int], list[str]]
Connect = Callable[[str, int, float], socket.socket]


class _Unreachable(Exception):
    """The address leads nowhere that may be called; the text is the reason, and says nothing of the address."""


def post(webhook: Webhook) -> Answer:
    """Post a webhook, with the trust and the addresses of this deployment."""
    ca = settings().webhook_loopback_ca
    return call(webhook, trust=_trust(ca or None), on_loopback=bool(ca))


@cache
def _trust(ca: str | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca)


def call(
    webhook: Webhook,
    *,
    trust: ssl.SSLContext,
    on_loopback: bool = False,
    resolve: Resolve | None = None,
    connect: Connect | None = None,
    seconds: float = _SECONDS,
) -> Answer:
    """Post a webhook; tells what was answered, after so many seconds at the latest.

    The name is resolved once, and the connection goes to the address that was checked, whatever DNS says next.
    """
    one = _Call(
        webhook=webhook,
        trust=trust,
        on_loopback=on_loopback,
        resolve=resolve or addresses,
        connect=connect or _connect,
        seconds=seconds,
    )
    Thread(target=one.make, daemon=True).start()  # DNS cannot be interrupted: it is left behind
    return one.answer()


@dataclass(kw_only=True)
class _Call:
    """One call, made in a thread of its own, which ends soon after whoever waits for it has given up."""

    webhook: Webhook
    trust: ssl.SSLContext
    on_loopback: bool
    resolve: Resolve
    connect: Connect
    seconds: float
    _answers: "SimpleQueue[Answer]" = field(default_factory=SimpleQueue)
    _turn: Lock = field(default_factory=Lock)
    _socket: socket.socket | None = None
    _given_up: bool = False

    def answer(self) -> Answer:
        """Wait for the answer, and no longer than the call may take."""
        try:
            return self._answers.get(timeout=self.seconds)
        except Empty:
            with self._turn:
                self._given_up = True
                _shut(self._socket)
            return Answer(error="timed_out")

    def make(self) -> None:
        """Make the call, and give its answer."""
        try:
            self._answers.put(Answer(self._status()))
        except _Unreachable as unreachable:
            self._answers.put(Answer(error=str(unreachable)))
        except TimeoutError:
            self._answers.put(Answer(error="timed_out"))
        except ssl.SSLError:
            self._answers.put(Answer(error="tls_failed"))
        except (OSError, HTTPException, ValueError):
            self._answers.put(Answer(error="connection_failed"))
        finally:
            with self._turn:
                if self._socket:
                    self._socket.close()

    def _status(self) -> int:
        parts, port = _apart(self.webhook.url)
        host = parts.hostname or ""
        opened = self._kept(self._reached(self._addresses(host, port), port))
        # The handshake comes later, so that what shuts the socket knows the one that is shaking hands.
        tls = self._kept(self.trust.wrap_socket(opened, server_hostname=host, do_handshake_on_connect=False))
        tls.do_handshake()
        connection = HTTPConnection(host, port)
        connection.sock = tls
        path = quote(f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}", safe=_IN_AN_ADDRESS)
        named = parts.netloc.rpartition("@")[2].encode("idna").decode()
        headers = self.webhook.headers | {"host": named, "connection": "close"}
        connection.request("POST", path, self.webhook.body, headers)
        return connection.getresponse().status

    def _reached(self, found: list[str], port: int) -> socket.socket:
        for address in found[:-1]:
            with suppress(OSError):  # such as IPv6 where there is none
                return self.connect(address, port, self.seconds)
        return self.connect(found[-1], port, self.seconds)

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            found = self.resolve(host, port)
        except OSError as unknown:
            raise _Unreachable("unknown_host") from unknown
        may_be_called = is_loopback if self.on_loopback and host == "localhost" else is_public
        if not found or not all(map(may_be_called, found)):
            raise _Unreachable("not_public")
        return found

    def _kept(self, opened: S) -> S:
        with self._turn:
            self._socket = opened
            if self._given_up:
                raise TimeoutError
        return opened


def addresses(host: str, port: int) -> list[str]:
    """Resolve a name to all its addresses."""
    return [str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _apart(url: str) -> tuple[SplitResult, int]:
    try:
        parts = urlsplit(url)
        port = _HTTPS if parts.port is None else parts.port
        (parts.hostname or "").encode("idna")
    except ValueError as bad:  # a port past 65535, a label too long for DNS and the like
        raise _Unreachable("bad_address") from bad
    if parts.scheme != "https" or not parts.hostname:
        raise _Unreachable("bad_address")
    return parts, port


def _connect(address: str, port: int, seconds: float) -> socket.socket:
    return socket.create_connection((address, port), seconds)


def _shut(opened: socket.socket | None) -> None:
    if opened:
        try:
            socket.socket.shutdown(opened, socket.SHUT_RDWR)  # under TLS, which would want the other side's word
        except OSError:
            return
