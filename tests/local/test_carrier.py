"""The simulated carrier follows Twilio's documentation, and has the faults that are set."""

import base64
import json
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.client import HTTPConnection, RemoteDisconnected
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from infra.local.carrier.carrier import Carrier
from infra.local.carrier.posting import may_call
from infra.local.carrier.protocol import is_possible, segments, signature
from infra.local.carrier.server import serving

ACCOUNT_SID = "AC" + "0" * 32
AUTH_TOKEN = "a token for tests"
OURS = "+12135550100"
ANN = "+12135550123"
BOB = "+442071838750"
MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"

Form = dict[str, str]


@dataclass
class Answered:
    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Client:
    """Speaks HTTP with the carrier, as the service, a script or a person would."""

    port: int

    def call(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answered:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
            answer = connection.getresponse()
            return Answered(answer.status, answer.read(), dict(answer.headers))
        finally:
            connection.close()

    def control(self, method: str, path: str, document: object = None) -> Answered:
        body = None if document is None else json.dumps(document).encode()
        return self.call(method, path, body, Content_Type="application/json")

    def twilio(self, method: str, path: str, form: Form | None = None, token: str = AUTH_TOKEN) -> Answered:
        basic = base64.b64encode(f"{ACCOUNT_SID}:{token}".encode()).decode()
        body = urlencode(form).encode() if form is not None else None
        kind = "application/x-www-form-urlencoded"
        return self.call(method, path, body, Authorization=f"Basic {basic}", Content_Type=kind)

    def send(self, **fields: str) -> Answered:
        return self.twilio("POST", MESSAGES, {"To": ANN, "From": OURS, "Body": "Your photos are ready"} | fields)

    def fault(self, who: str, **faults: object) -> None:
        assert self.control("PUT", f"/faults/{who}", faults).status == 200

    def conversation(self, number: str = ANN) -> list[Any]:
        conversation: list[Any] = self.control("GET", f"/phones/{number}").json["conversation"]
        return conversation

    def wait_for(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 5
        version = 0
        while not condition():
            assert time.monotonic() < deadline, "waited in vain"
            version = self.control("GET", f"/changes?after={version}&wait=1").json["version"]


@dataclass
class Webhook:
    path: str
    form: list[tuple[str, str]]
    signature: str

    def __getitem__(self, name: str) -> str:
        return dict(self.form)[name]


@dataclass
class Service:
    """Stands for the service: keeps what the carrier posts to it."""

    url: str = ""
    status: int = 204
    posted: "queue.Queue[Webhook]" = field(default_factory=queue.Queue)

    def next(self) -> Webhook:
        return self.posted.get(timeout=5)

    def next_statuses(self, count: int) -> list[str]:
        return [self.next()["MessageStatus"] for _ in range(count)]


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode(), keep_blank_values=True)
            service.posted.put(Webhook(self.path, form, self.headers["X-Twilio-Signature"]))
            self.send_response(service.status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.005,), daemon=True)
    thread.start()
    yield service
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def carrier(service: Service) -> Iterator[Client]:
    simulated = Carrier(ACCOUNT_SID, AUTH_TOKEN, f"{service.url}/inbound", receipt_seconds=0.01, keep=50)
    with serving(simulated) as server:
        yield Client(server.server_port)


# The two examples of Twilio's own helper libraries.
@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (
            [
                ("CallSid", "CA1234567890ABCDE"),
                ("Caller", "+14158675309"),
                ("Digits", "1234"),
                ("From", "+14158675309"),
                ("To", "+18005551212"),
            ],
            "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
        ),
        (
            [
                ("Sid", "CA123"),
                ("SidAccount", "AC123"),
                ("Digits", "5678"),
                ("Digits", "1234"),
                ("Digits", "1234"),
            ],
            "IK+Dwps556ElfBT0I3Rgjkr1wJU=",
        ),
    ],
)
def test_signatures_of_twilios_examples_are_the_published_ones(form: list[tuple[str, str]], expected: str) -> None:
    assert signature("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", form) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 307, 3),
        ("]" * 80, 1),
        ("]" * 81, 2),
        ("]" * 153, 3),
        ("中" * 70, 1),
        ("中" * 71, 2),
        ("😎" * 67, 3),
        ("]" * 85 + "😘", 2),
    ],
)
def test_a_pair_is_not_split_between_segments(body: str, expected: int) -> None:
    assert segments(body) == expected


@pytest.mark.parametrize("number", ["2135550123", "+1213555", "+10135550123", "+0123456789", "+1 213 555 0123"])
def test_a_number_outside_its_plan_is_impossible(number: str) -> None:
    assert not is_possible(number)


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://127.0.0.1:4566/x", True),
        ("http://localhost/x", True),
        ("http://[::1]:80/", True),
        ("http://127.0.0.1@example.com/", False),
        ("http://example.com/", False),
        ("http://169.254.169.254/", False),
        ("https://127.0.0.1/", False),
        ("http://127.0.0.1:port/", False),
        ("file:///etc/passwd", False),
    ],
)
def test_only_urls_on_this_machine_are_called(url: str, allowed: bool) -> None:
    assert may_call(url) is allowed


def test_a_send_has_a_response_in_twilios_form(carrier: Client) -> None:
    answer = carrier.send(Body="x" * 161)

    message = answer.json
    sid = message["sid"]
    assert answer.status == 201
    assert re.fullmatch("SM[0-9a-f]{32}", sid)
    assert message["num_segments"] == "2"
    assert message["error_code"] is None
    assert message["uri"] == f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/{sid}.json"
    assert {k: message[k] for k in ("status", "to", "from", "direction", "account_sid", "num_media")} == {
        "status": "queued",
        "to": ANN,
        "from": OURS,
        "direction": "outbound-api",
        "account_sid": ACCOUNT_SID,
        "num_media": "0",
    }


def test_a_text_reaches_the_phone_and_has_signed_receipts(carrier: Client, service: Service) -> None:
    callback = f"{service.url}/receipts/ref-1"

    sid = carrier.send(StatusCallback=callback, Body="Hi \U0001f4f7 <b>").json["sid"]

    sent, delivered = service.next(), service.next()
    assert sent.path == "/receipts/ref-1"
    assert dict(sent.form) == {
        "AccountSid": ACCOUNT_SID,
        "ApiVersion": "2010-04-01",
        "From": OURS,
        "MessageSid": sid,
        "MessageStatus": "sent",
        "SmsSid": sid,
        "SmsStatus": "sent",
        "To": ANN,
    }
    assert delivered["MessageStatus"] == "delivered"
    assert delivered.signature == signature(AUTH_TOKEN, callback, delivered.form)
    carrier.wait_for(lambda: len(carrier.conversation()[0]["receipts"]) == 2)
    (text,) = carrier.conversation()
    assert (text["body"], text["status"], text["sid"]) == ("Hi \U0001f4f7 <b>", "delivered", sid)
    assert text["receipts"] == [
        {"status": "sent", "answer": "204"},
        {"status": "delivered", "answer": "204"},
    ]


@pytest.mark.parametrize(
    ("overrides", "posts"), [("", 2), ("#rc=2&rp=5xx", 6), ("#rc=1&rp=all", 4), ("#rc=3&rp=4xx", 2), ("#rc=2", 2)]
)
def test_connection_overrides_repeat_a_receipt_that_fails(
    carrier: Client, service: Service, overrides: str, posts: int
) -> None:
    service.status = 503

    carrier.send(StatusCallback=f"{service.url}/receipts/ref-1{overrides}")

    carrier.wait_for(lambda: len(carrier.conversation()[0]["receipts"]) == 2)
    assert service.posted.qsize() == posts
    first = service.next()
    assert (first.path, first.signature) == (
        "/receipts/ref-1",
        signature(AUTH_TOKEN, f"{service.url}/receipts/ref-1", first.form),
    )


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"To": ""}, 21604),
        ({"To": "+1213"}, 21211),
        ({"To": OURS}, 21266),
        ({"From": ""}, 21603),
        ({"From": "STUDIO"}, 21212),
        ({"Body": ""}, 21602),
        ({"Body": "x" * 1601}, 21617),
        ({"StatusCallback": "http://example.com/receipts"}, 21609),
    ],
)
def test_a_bad_send_is_refused_with_twilios_code(carrier: Client, fields: Form, code: int) -> None:
    answer = carrier.send(**fields)

    assert (answer.status, answer.json["code"], answer.json["status"]) == (400, code, 400)
    assert answer.json["more_info"] == f"https://www.twilio.com/docs/errors/{code}"
    assert carrier.conversation() == []


def test_a_wrong_token_is_401(carrier: Client) -> None:
    answer = carrier.twilio("POST", MESSAGES, {"To": ANN, "From": OURS, "Body": "x"}, token="wrong")

    assert (answer.status, answer.json["code"]) == (401, 20003)
    assert carrier.conversation() == []


def test_another_account_is_404(carrier: Client) -> None:
    answer = carrier.twilio("GET", f"/2010-04-01/Accounts/AC{'1' * 32}/Messages.json")

    assert (answer.status, answer.json["code"]) == (404, 20404)


@pytest.mark.parametrize(
    ("asked", "listed"),
    [
        ("DateSent%3E={today}", True),
        ("DateSent>={today}", True),
        ("DateSent%3E={tomorrow}", False),
        ("DateSent%3C={yesterday}", False),
        ("DateSent={today}", True),
        ("DateSent={yesterday}", False),
    ],
)
def test_messages_are_listed_by_the_day_they_were_sent(carrier: Client, asked: str, listed: bool) -> None:
    sid = carrier.send().json["sid"]
    carrier.wait_for(lambda: carrier.conversation()[0]["status"] == "delivered")
    today = datetime.fromisoformat(carrier.conversation()[0]["at"]).date()
    days = {"today": today, "tomorrow": today + timedelta(days=1), "yesterday": today - timedelta(days=1)}

    page = carrier.twilio("GET", f"{MESSAGES}?{asked.format(**days)}").json

    assert [m["sid"] for m in page["messages"]] == [sid] * listed


def test_messages_are_listed_newest_first_by_number_and_page(carrier: Client) -> None:
    first, second = carrier.send(Body="1").json["sid"], carrier.send(Body="2").json["sid"]
    carrier.send(To=BOB, Body="3")

    page = carrier.twilio("GET", f"{MESSAGES}?To={ANN.replace('+', '%2B')}&PageSize=1").json
    rest = carrier.twilio("GET", page["next_page_uri"]).json

    assert [m["sid"] for m in page["messages"]] == [second]
    assert [m["sid"] for m in rest["messages"]] == [first]
    assert rest["next_page_uri"] is None
    assert (rest["page"], rest["page_size"], rest["start"], rest["end"]) == (1, 1, 1, 1)
    assert carrier.twilio("GET", rest["messages"][0]["uri"]).json["body"] == "1"


def test_a_reply_is_one_signed_webhook(carrier: Client, service: Service) -> None:
    reply = {"to": OURS, "body": "", "media": ["http://127.0.0.1/cat.jpg"], "opt_out_type": None}

    answer = carrier.control("POST", f"/phones/{BOB}/replies", reply)

    inbound = service.next()
    assert answer.status == 202
    assert inbound.path == "/inbound"
    assert inbound.signature == signature(AUTH_TOKEN, f"{service.url}/inbound", inbound.form)
    assert (
        dict(inbound.form).items()
        >= {
            "MessageSid": answer.json["sid"],
            "SmsSid": answer.json["sid"],
            "AccountSid": ACCOUNT_SID,
            "From": BOB,
            "To": OURS,
            "Body": "",
            "NumMedia": "1",
            "MediaUrl0": "http://127.0.0.1/cat.jpg",
        }.items()
    )
    assert "OptOutType" not in dict(inbound.form)


def test_a_reply_goes_to_the_number_that_texted_last_and_is_not_retried(carrier: Client, service: Service) -> None:
    carrier.send()
    service.status = 503

    carrier.control("POST", f"/phones/{ANN}/replies", {"body": "Thanks!"})

    assert service.next()["To"] == OURS
    carrier.wait_for(lambda: carrier.conversation()[1]["webhook"] == "503")
    assert service.posted.empty()


def test_a_reply_to_an_unreachable_service_is_shown_as_such(carrier: Client) -> None:
    carrier.control("POST", "/settings", {"inbound_url": "http://127.0.0.1:1/inbound"})

    carrier.control("POST", f"/phones/{ANN}/replies", {"to": OURS, "body": "Hello?"})

    carrier.wait_for(lambda: carrier.conversation()[0]["webhook"] == "no answer")


def test_a_stop_read_by_the_carrier_blocks_texts_until_start(carrier: Client, service: Service) -> None:
    carrier.control("POST", f"/phones/{ANN}/replies", {"to": OURS, "body": "STOP", "opt_out_type": "STOP"})

    blocked = carrier.send()
    carrier.control("POST", f"/phones/{ANN}/replies", {"to": OURS, "body": "START", "opt_out_type": "START"})

    assert {service.next()["OptOutType"], service.next()["OptOutType"]} == {"STOP", "START"}
    assert (blocked.status, blocked.json["code"]) == (400, 21610)
    assert carrier.send().status == 201


@pytest.mark.parametrize(
    ("refuse", "status"),
    [({"code": 21610}, 400), ({"code": 20429}, 429), ({"code": 20503}, 503), ({"code": 30001, "status": 429}, 429)],
)
def test_a_refusal_happens_for_its_number_of_times(carrier: Client, refuse: dict[str, int], status: int) -> None:
    carrier.fault(ANN, refuse=refuse | {"times": 2})

    answers = [carrier.send() for _ in range(3)]

    assert [a.status for a in answers] == [status, status, 201]
    assert answers[0].json["code"] == refuse["code"]
    phone = carrier.control("GET", f"/phones/{ANN}").json
    assert [r["code"] for r in phone["refusals"]] == [refuse["code"]] * 2
    assert carrier.control("GET", "/faults").json == {}


def test_a_phones_own_fault_comes_before_the_fault_of_all_phones(carrier: Client) -> None:
    carrier.fault("all", refuse={"code": 30008})
    carrier.fault(ANN, refuse={"code": 21614, "times": 1})

    assert [carrier.send().json["code"] for _ in range(2)] == [21614, 30008]
    assert carrier.send(To=BOB).json["code"] == 30008


def test_a_text_with_a_dropped_response_is_delivered(carrier: Client, service: Service) -> None:
    carrier.fault("all", drop_answer={"times": 1})

    with pytest.raises(RemoteDisconnected):
        carrier.send(StatusCallback=service.url)

    assert service.next_statuses(2) == ["sent", "delivered"]
    assert len(carrier.conversation()) == 1


@pytest.mark.parametrize(
    ("faults", "statuses"),
    [
        ({"undelivered": {"code": 30003}}, ["sent", "undelivered"]),
        ({"failed": {"code": 30007}}, ["failed"]),
        ({"double_receipts": {}}, ["sent", "sent", "delivered", "delivered"]),
        ({"reorder_receipts": {}}, ["delivered", "sent"]),
    ],
)
def test_faults_of_receipts(
    carrier: Client, service: Service, faults: dict[str, object], statuses: list[str]
) -> None:
    carrier.fault(ANN, **faults)

    carrier.send(StatusCallback=service.url)

    assert service.next_statuses(len(statuses)) == statuses
    rank = ["sent", "delivered", "undelivered", "failed"]
    carrier.wait_for(lambda: len(carrier.conversation()[0]["receipts"]) == len(statuses))
    assert carrier.conversation()[0]["status"] == max(statuses, key=rank.index)


@pytest.mark.parametrize(("kind", "code"), [("undelivered", "30003"), ("failed", "30006")])
def test_an_undelivered_text_has_the_code_of_its_fault(
    carrier: Client, service: Service, kind: str, code: str
) -> None:
    carrier.fault(ANN, **{kind: {"code": int(code)}})

    carrier.send(StatusCallback=service.url)

    receipts = [dict(service.next().form) for _ in range(2 if kind == "undelivered" else 1)]
    assert receipts[-1]["ErrorCode"] == code
    assert "ErrorCode" not in receipts[0] or kind == "failed"


def test_a_text_with_lost_receipts_is_delivered(carrier: Client, service: Service) -> None:
    carrier.fault(ANN, lose_receipts={})

    carrier.send(StatusCallback=service.url)

    carrier.wait_for(lambda: carrier.conversation()[0]["status"] == "delivered")
    assert service.posted.empty()


def test_late_receipts_are_delayed(carrier: Client, service: Service) -> None:
    carrier.fault(ANN, late_receipts={"seconds": 3600})

    carrier.send(StatusCallback=f"{service.url}/late")
    carrier.send(To=BOB, StatusCallback=f"{service.url}/prompt")

    assert [service.next().path for _ in range(2)] == ["/prompt", "/prompt"]
    assert carrier.conversation()[0]["status"] == "queued"


def test_a_carrier_with_too_many_waiting_tasks_refuses_a_text(carrier: Client) -> None:
    carrier.fault("all", late_receipts={"seconds": 3600})

    codes = [carrier.send().json.get("code") for _ in range(101)]

    assert codes == [None] * 100 + [21611]


def test_both_webhooks_of_a_doubled_reply_have_one_sid(carrier: Client, service: Service) -> None:
    carrier.fault(ANN, double_inbound={"times": 1})

    carrier.control("POST", f"/phones/{ANN}/replies", {"to": OURS, "body": "Yes"})

    assert service.next()["MessageSid"] == service.next()["MessageSid"]


def test_a_lost_reply_is_only_in_the_carriers_list(carrier: Client, service: Service) -> None:
    carrier.fault("all", lose_inbound={"times": 1})

    carrier.control("POST", f"/phones/{ANN}/replies", {"to": OURS, "body": "lost"})
    carrier.control("POST", f"/phones/{ANN}/replies", {"to": OURS, "body": "found"})

    assert service.next()["Body"] == "found"
    listed = carrier.twilio("GET", f"{MESSAGES}?From=%2B12135550123").json["messages"]
    assert [(m["body"], m["direction"], m["status"]) for m in listed] == [
        ("found", "inbound", "received"),
        ("lost", "inbound", "received"),
    ]


def test_forty_delayed_sends_wait_at_the_same_time(carrier: Client) -> None:
    carrier.fault("all", delay={"seconds": 0.2})
    began = time.monotonic()

    with ThreadPoolExecutor(40) as pool:
        statuses = [answer.status for answer in pool.map(lambda _: carrier.send(), range(40))]

    assert statuses == [201] * 40
    assert 0.2 <= time.monotonic() - began < 2
    assert len({text["sid"] for text in carrier.conversation()}) == 40


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


def test_faults_are_replaced_listed_and_removed(carrier: Client) -> None:
    carrier.fault(ANN, delay={"seconds": 1}, drop_answer={"times": 3})
    carrier.fault(ANN, refuse={"code": 21610})
    carrier.fault("all", late_receipts={"seconds": 2})

    assert carrier.control("GET", "/faults").json == {
        ANN: {"refuse": {"code": 21610}},
        "all": {"late_receipts": {"seconds": 2.0}},
    }
    carrier.control("DELETE", f"/faults/{ANN}")
    assert list(carrier.control("GET", "/faults").json) == ["all"]
    carrier.control("DELETE", "/faults")
    assert carrier.control("GET", "/faults").json == {}


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
