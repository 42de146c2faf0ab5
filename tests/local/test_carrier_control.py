"""The control API of the simulated carrier, its page and its program."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from infra.local.carrier.carrier import Carrier
from infra.local.carrier.server import serving
from tests.support.carrier_client import ACCOUNT_SID, ANN, AUTH_TOKEN, BOB, OURS, Client


def test_only_the_newest_texts_are_kept(carrier: Client) -> None:
    carrier.send(To=BOB)
    for index in range(50):
        carrier.send(Body=str(index))

    phones = carrier.control("GET", "/phones").json["phones"]

    assert [phone["number"] for phone in phones] == [ANN]
    assert [text["body"] for text in phones[0]["conversation"]] == [str(index) for index in range(50)]
    assert carrier.control("GET", "/phones?last=2").json["phones"][0]["conversation"][0]["body"] == "48"


def test_phones_are_listed_by_last_use_with_our_numbers(carrier: Client) -> None:
    carrier.send()
    carrier.send(To=BOB)
    carrier.fault("+12135550199", refuse={"code": 21610})
    carrier.send(To="+12135550199")

    listed = carrier.control("GET", "/phones").json

    assert [phone["number"] for phone in listed["phones"]] == [BOB, ANN, "+12135550199"]
    assert listed["numbers"] == [OURS]
    assert carrier.control("DELETE", "/phones").status == 204
    assert carrier.control("GET", "/phones").json["phones"] == []


@pytest.mark.parametrize(
    ("method", "path", "document", "says"),
    [
        ("PUT", "/faults/all", {"explode": {}}, "explode"),
        ("PUT", "/faults/all", {"refuse": {}}, "$.refuse"),
        ("PUT", "/faults/all", {"delay": {"seconds": -1}}, "$.delay.seconds"),
        ("PUT", "/faults/someone", {}, "E.164"),
        ("POST", "/settings", {"inbound_url": "https://example.com/"}, "inbound_url"),
        ("POST", f"/phones/{ANN}/replies", {"body": "To whom?"}, "to:"),
        ("POST", f"/phones/{ANN}/replies", {"to": OURS, "body": ""}, "body"),
        ("POST", f"/phones/{ANN}/replies", {"to": OURS, "body": "x" * 1601}, "1600"),
        ("GET", "/phones?limit=many", None, "limit"),
        ("GET", "/nowhere", None, "/nowhere"),
    ],
)
def test_a_wrong_control_request_has_an_error_that_names_the_fault(
    carrier: Client, method: str, path: str, document: object, says: str
) -> None:
    answer = carrier.control(method, path, document)

    assert answer.status == (404 if path == "/nowhere" else 422)
    assert says in answer.json["error"]


def test_a_reply_without_a_known_service_is_409() -> None:
    with serving(Carrier(ACCOUNT_SID, AUTH_TOKEN)) as server:
        answer = Client(server.server_port).control("POST", f"/phones/{ANN}/replies", {"to": OURS, "body": "x"})

    assert answer.status == 409


def test_another_websites_requests_are_refused(carrier: Client) -> None:
    renamed = carrier.call("GET", "/phones", Host="evil.example")
    plain = carrier.call("POST", f"/phones/{ANN}/replies", b'{"body": "x"}', Content_Type="text/plain")

    assert (renamed.status, plain.status) == (403, 415)


def test_a_body_that_is_not_text_is_refused(carrier: Client) -> None:
    answer = carrier.call("POST", "/settings", b'{"inbound_url": "\xff"}', Content_Type="application/json")

    assert answer.status == 422


def test_an_oversized_request_is_refused(carrier: Client) -> None:
    assert carrier.call("POST", "/settings", b"x" * 65_537, Content_Type="application/json").status == 413


def test_the_page_loads_nothing_from_other_servers(carrier: Client) -> None:
    page, style, script = (carrier.call("GET", path) for path in ("/", "/phones.css", "/phones.js"))

    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert style.headers["Content-Type"] == "text/css; charset=utf-8"
    assert script.headers["Content-Type"] == "text/javascript; charset=utf-8"
    for file in (page, style, script):
        assert b"https://" not in file.body
        assert b"innerHTML" not in file.body


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_the_program_prints_its_address_and_ends_on_a_signal(ending: signal.Signals) -> None:
    command = [sys.executable, "-m", "infra.local.carrier.server", "--account-sid", ACCOUNT_SID]
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [*command, "--auth-token", AUTH_TOKEN], cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        match = re.fullmatch(r"carrier http://127\.0\.0\.1:(\d+)\n", line)
        assert match
        client = Client(int(match[1]))
        assert client.control("GET", "/health").json == {"status": "ok", "texts": 0, "pending": 0}

        process.send_signal(ending)

        _, errors = process.communicate(timeout=5)
        assert (process.returncode, errors) == (0, "")
