"""The messages of the simulated carrier have Twilio's fields and errors, and can be redacted and deleted."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.local.carrier.network import Network
from infra.local.carrier.texts import Accepted, Step
from tests.support.carrier_client import ANN, MESSAGES, OURS, Client, Service

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)

# The fields of Twilio's published OpenAPI file, and its types, as version 9.13.0 of its Python package has them
# (`MessageInstance` in twilio/rest/api/v2010/account/message, generated from that file).
TEXT = (str, type(None))
FIELDS: dict[str, tuple[type, ...]] = {
    "account_sid": TEXT,
    "api_version": TEXT,
    "body": TEXT,
    "date_created": TEXT,
    "date_sent": TEXT,
    "date_updated": TEXT,
    "direction": (str,),
    "error_code": (int, type(None)),
    "error_message": TEXT,
    "from": TEXT,
    "messaging_service_sid": TEXT,
    "num_media": TEXT,
    "num_segments": TEXT,
    "price": TEXT,
    "price_unit": TEXT,
    "sid": TEXT,
    "status": (str,),
    "subresource_uris": (dict,),
    "to": TEXT,
    "uri": TEXT,
}
# `Page.META_KEYS` of the same package: each other field of a page is its list.
PAGE_FIELDS = {"end", "first_page_uri", "next_page_uri", "page", "page_size", "previous_page_uri", "start", "uri"}


def message(carrier: Client, sid: str) -> Any:
    return carrier.twilio("GET", MESSAGES.replace(".json", f"/{sid}.json")).json


def delivered(carrier: Client, **fields: str) -> str:
    sid: str = carrier.send(**fields).json["sid"]
    carrier.wait_for(lambda: carrier.conversation()[-1]["status"] in ("delivered", "undelivered", "failed"))
    return sid


def test_a_message_has_the_fields_and_types_of_twilios_openapi_file(carrier: Client, service: Service) -> None:
    carrier.fault(ANN, undelivered={"code": 30003, "times": 1})
    carrier.control("POST", f"/phones/{ANN}/replies", {"to": OURS, "body": "Hi"})
    service.next()
    sent = carrier.send().json
    carrier.wait_for(lambda: carrier.conversation()[1]["status"] == "undelivered")

    page = carrier.twilio("GET", MESSAGES).json

    messages = [sent, *page["messages"]]
    assert page.keys() - {"messages"} == PAGE_FIELDS
    assert [each.keys() for each in messages] == [FIELDS.keys()] * 3
    assert [each["error_code"] for each in messages] == [None, 30003, None]
    assert [
        (name, each[name]) for each in messages for name, types in FIELDS.items() if not isinstance(each[name], types)
    ] == []


def test_a_price_is_known_when_the_text_is_complete(carrier: Client) -> None:
    sent = carrier.send(Body="x" * 161).json
    carrier.wait_for(lambda: carrier.conversation()[0]["status"] == "delivered")

    complete = message(carrier, sent["sid"])

    assert (sent["price"], sent["price_unit"], sent["date_sent"]) == (None, "USD", None)
    assert (complete["price"], complete["price_unit"], complete["num_segments"]) == ("-0.01660", "USD", "2")


def test_a_text_that_failed_costs_nothing(carrier: Client) -> None:
    carrier.fault(ANN, failed={"code": 30007})

    assert message(carrier, delivered(carrier))["price"] is None


def test_the_date_of_sending_stays_when_the_status_changes() -> None:
    network = Network()
    accepted = network.accept({"To": ANN, "From": OURS, "Body": "Hi"}, NOW)
    assert isinstance(accepted, Accepted)
    sid = accepted.text.sid

    seen = []
    for minutes, status in enumerate(("queued", "sent", "delivered")):
        network.advance(sid, Step(status, None, 1), NOW + timedelta(minutes=minutes))
        text = network.text(sid)
        seen.append(text and (text.sent_at, text.updated_at))

    minute = timedelta(minutes=1)
    assert seen == [(None, NOW), (NOW + minute, NOW + minute), (NOW + minute, NOW + 2 * minute)]


def test_a_redacted_text_has_no_words_at_the_api_and_keeps_them_on_the_phone(carrier: Client) -> None:
    sid = delivered(carrier, Body="Your proofs")

    redacted = carrier.twilio("POST", MESSAGES.replace(".json", f"/{sid}.json"), {"Body": ""})

    assert (redacted.status, redacted.json["body"], redacted.json["status"]) == (200, "", "delivered")
    assert message(carrier, sid)["body"] == ""
    assert carrier.conversation()[0]["body"] == "Your proofs"


def test_a_deleted_text_is_gone_from_the_api_and_stays_on_the_phone(carrier: Client) -> None:
    sid = delivered(carrier)
    path = MESSAGES.replace(".json", f"/{sid}.json")

    deleted = carrier.twilio("DELETE", path)

    assert (deleted.status, deleted.body) == (204, b"")
    assert [carrier.twilio(method, path).status for method in ("GET", "DELETE")] == [404, 404]
    assert carrier.twilio("GET", MESSAGES).json["messages"] == []
    assert len(carrier.conversation()) == 1


@pytest.mark.parametrize(("method", "form"), [("POST", {"Body": ""}), ("DELETE", None)])
def test_a_text_on_its_way_is_neither_redacted_nor_deleted(
    carrier: Client, method: str, form: dict[str, str] | None
) -> None:
    carrier.fault(ANN, late_receipts={"seconds": 3600})
    sid = carrier.send().json["sid"]

    answer = carrier.twilio(method, MESSAGES.replace(".json", f"/{sid}.json"), form)

    assert (answer.status, answer.json["code"]) == (409, 20009)
    assert message(carrier, sid)["body"] == "Your photos are ready"


@pytest.mark.parametrize(
    "form", [{}, {"Body": "Other words"}, {"Status": "sent"}, {"Body": "", "Status": "canceled"}]
)
def test_another_change_of_a_text_is_refused(carrier: Client, form: dict[str, str]) -> None:
    sid = delivered(carrier)

    answer = carrier.twilio("POST", MESSAGES.replace(".json", f"/{sid}.json"), form)

    assert (answer.status, answer.json["code"]) == (400, 30400)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", MESSAGES.replace(".json", f"/SM{'0' * 32}.json"), 404, 20404),
        ("POST", MESSAGES.replace(".json", f"/SM{'0' * 32}.json"), 404, 20404),
        ("DELETE", MESSAGES.replace(".json", f"/SM{'0' * 32}.json"), 404, 20404),
        ("GET", MESSAGES.replace("Messages", "Calls"), 404, 20404),
        ("PUT", MESSAGES, 405, 20004),
        ("DELETE", MESSAGES, 405, 20004),
    ],
)
def test_errors_have_twilios_form_and_code(carrier: Client, method: str, path: str, status: int, code: int) -> None:
    answer = carrier.twilio(method, path, {"Body": ""} if method == "POST" else None)

    assert answer.status == status
    assert answer.json.keys() == {"code", "message", "more_info", "status"}
    assert (answer.json["code"], answer.json["status"]) == (code, status)
    assert answer.json["more_info"] == f"https://www.twilio.com/docs/errors/{code}"
    assert (path in answer.json["message"]) == (code == 20404)


def test_every_request_of_the_api_needs_the_token(carrier: Client) -> None:
    paths = {"GET": MESSAGES, "POST": MESSAGES, "DELETE": MESSAGES.replace(".json", f"/SM{'0' * 32}.json")}

    answers = [carrier.twilio(method, path, token="wrong") for method, path in paths.items()]

    assert [(answer.status, answer.json["code"]) for answer in answers] == [(401, 20003)] * 3
    assert answers[0].json["message"] == "Authenticate"
