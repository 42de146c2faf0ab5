"""A carrier on loopback that responds as a test wants, also with faults, and records the requests."""

import socket
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from urllib.parse import parse_qsl

import pytest

from longcode.carriers.carrier import Text

Play = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Asked:
    path: str
    headers: Message
    body: str
    caller: tuple[str, int]

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body, keep_blank_values=True, strict_parsing=True))


@dataclass
class FakeCarrier:
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    ended: Event = field(default_factory=Event)
    play: Play | None = None

    def answers(self, status: int, body: str, **headers: str) -> None:
        def play(call: BaseHTTPRequestHandler) -> None:
            content = body.encode()
            call.send_response(status)
            for name, value in ({"Content-Length": str(len(content))} | headers).items():
                call.send_header(name.replace("_", "-"), value)
            call.end_headers()
            call.wfile.write(content)

        self.play = play

    def hangs(self) -> None:
        def play(call: BaseHTTPRequestHandler) -> None:
            self.ended.wait(5)
            call.close_connection = True

        self.play = play

    def hangs_up(self) -> None:
        def play(call: BaseHTTPRequestHandler) -> None:
            call.close_connection = True

        self.play = play

    def resets(self) -> None:
        def play(call: BaseHTTPRequestHandler) -> None:
            call.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            call.close_connection = True
            call.rfile.close()
            call.connection.close()

        self.play = play

    def breaks_off(self) -> None:
        def play(call: BaseHTTPRequestHandler) -> None:
            call.send_response(201)
            call.send_header("Content-Length", "400")
            call.end_headers()
            call.wfile.write(b'{"sid": "SM1"')
            call.close_connection = True

        self.play = play


@pytest.fixture
def fake() -> Iterator[FakeCarrier]:
    fake = FakeCarrier()

    class Call(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # an answer is written at once: in parts, each would wait 40 ms for an acknowledgement

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            fake.asked.append(Asked(self.path, self.headers, body, self.client_address))
            assert fake.play is not None
            fake.play(self)

        def do_GET(self) -> None:
            fake.asked.append(Asked(self.path, self.headers, "", self.client_address))
            assert fake.play is not None
            fake.play(self)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Call) as server:
        fake.url = f"http://127.0.0.1:{server.server_port}"
        serving = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        yield fake
        fake.ended.set()
        server.shutdown()
        serving.join()


@pytest.fixture
def nobody_there() -> str:
    """Return an address where nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture
def text() -> Text:
    return Text(
        reference="1001.0198f3c2a7b4",
        to="+15555550123",
        origin="+15555550100",
        body="Your session is tomorrow & it's at 10:30 😀",
        valid_seconds=14400,
    )
