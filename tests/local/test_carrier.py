"""The simulated carrier sends texts, receipts and replies as Twilio's documentation describes them."""

import re

import pytest

from infra.local.carrier.posting import may_call
from infra.local.carrier.protocol import is_possible, segments, signature
from tests.support.carrier_client import ACCOUNT_SID, ANN, AUTH_TOKEN, BOB, MESSAGES, OURS, Client, Form, Service


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
