import json
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from longcode.carriers.carrier import ReceivedText
from longcode.carriers.twilio import Twilio
from tests.carriers.conftest import FakeCarrier

SINCE = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
TEXT: dict[str, Any] = {
    "sid": "SM1",
    "from": "+15555550123",
    "to": "+15555550100",
    "body": "Yes & thank you! 😀",
    "date_created": "Sun, 22 Nov 2026 23:59:59 +0000",
    "date_sent": "Mon, 23 Nov 2026 00:00:01 +0000",
    "direction": "inbound",
    "status": "received",
    "num_media": "0",
}


def twilio(api_base: str, timeout_seconds: float = 5) -> Twilio:
    return Twilio(
        account_sid="AC123",
        auth_token="test-token",
        callback_base="",
        api_base=api_base,
        timeout_seconds=timeout_seconds,
        clock=lambda: 0.0,
    )


def page(*texts: dict[str, Any], **fields: Any) -> str:
    return json.dumps({"messages": texts, "next_page_uri": None} | fields)


def pages(fake: FakeCarrier, *bodies: str) -> None:
    """Respond to each call with the next body."""
    waiting = list(bodies)

    def play(call: BaseHTTPRequestHandler) -> None:
        fake.answers(200, waiting.pop(0))
        assert fake.play
        answer, fake.play = fake.play, play
        answer(call)

    fake.play = play


def test_received_texts_are_listed_by_number_and_day_in_the_form_of_a_webhook(fake: FakeCarrier) -> None:
    fake.answers(200, page(TEXT))

    found = twilio(fake.url).received("+15555550100", SINCE)

    [asked] = fake.asked
    assert urlsplit(asked.path).path == "/2010-04-01/Accounts/AC123/Messages.json"
    assert dict(parse_qsl(urlsplit(asked.path).query)) == {
        "To": "+15555550100",
        "DateSent>": "2026-11-22",
        "PageSize": "1000",
    }
    assert asked.headers["Authorization"] == "Basic QUMxMjM6dGVzdC10b2tlbg=="
    assert found.complete
    assert found.texts == [
        ReceivedText(
            carrier_id="SM1",
            form={
                "MessageSid": "SM1",
                "From": "+15555550123",
                "To": "+15555550100",
                "Body": "Yes & thank you! 😀",
                "NumMedia": "0",
            },
            at=datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC),
        )
    ]


def test_pages_are_read_until_one_reaches_back_far_enough(fake: FakeCarrier) -> None:
    older = TEXT | {"sid": "SM3", "date_created": "Sun, 22 Nov 2026 23:00:00 +0000"}
    pages(fake, page(TEXT, next_page_uri="/2"), page(TEXT | {"sid": "SM2"}, older, next_page_uri="/3"))

    found = twilio(fake.url).received("+15555550100", SINCE)

    assert ([text.carrier_id for text in found.texts], found.complete) == (["SM1", "SM2"], True)
    assert [urlsplit(asked.path).path for asked in fake.asked][1:] == ["/2"]


def test_a_list_of_more_than_ten_pages_is_incomplete(fake: FakeCarrier) -> None:
    fake.answers(200, page(TEXT, next_page_uri="/more"))

    found = twilio(fake.url).received("+15555550100", SINCE)

    assert (len(found.texts), found.complete, len(fake.asked)) == (10, False, 10)


def test_a_listed_text_of_ours_is_left_out(fake: FakeCarrier) -> None:
    fake.answers(200, page(TEXT | {"direction": "outbound-api"}))

    found = twilio(fake.url).received("+15555550100", SINCE)

    assert (found.texts, found.complete) == ([], True)


@pytest.mark.parametrize(
    "change", [{"sid": None}, {"from": 7}, {"date_created": "yesterday"}, {"num_media": "many"}, {"body": ["x"]}]
)
def test_an_unreadable_text_is_left_out_and_the_list_incomplete(fake: FakeCarrier, change: dict[str, object]) -> None:
    fake.answers(200, page(TEXT | change, TEXT | {"sid": "SM2"}))

    found = twilio(fake.url).received("+15555550100", SINCE)

    assert ([text.carrier_id for text in found.texts], found.complete) == (["SM2"], False)


def test_a_text_may_have_no_body_and_unknown_fields(fake: FakeCarrier) -> None:
    fake.answers(200, page(TEXT | {"body": None, "num_media": "2", "novelty": [1]}))

    [text] = twilio(fake.url).received("+15555550100", SINCE).texts

    assert (text.form["Body"], text.pictures) == ("", 2)


@pytest.mark.parametrize(("status", "body"), [(500, page(TEXT)), (401, page()), (200, "no JSON"), (200, "{}")])
def test_a_failed_list_is_incomplete(fake: FakeCarrier, status: int, body: str) -> None:
    fake.answers(status, body)

    found = twilio(fake.url).received("+15555550100", SINCE)

    assert (found.texts, found.complete) == ([], False)


def test_a_list_of_a_silent_or_unreachable_carrier_is_incomplete(fake: FakeCarrier, nobody_there: str) -> None:
    fake.hangs()

    assert not twilio(fake.url, timeout_seconds=0.1).received("+15555550100", SINCE).complete
    assert not twilio(nobody_there).received("+15555550100", SINCE).complete


def test_the_addresses_of_pictures_are_those_of_the_webhook(fake: FakeCarrier) -> None:
    uri = "/2010-04-01/Accounts/AC123/Messages/MM1/Media/ME1.json"
    fake.answers(200, json.dumps({"media_list": [{"sid": "ME1", "uri": uri}, {"sid": "ME2"}, "no object"]}))

    found = twilio(fake.url).pictures("MM1")

    assert urlsplit(fake.asked[0].path).path == "/2010-04-01/Accounts/AC123/Messages/MM1/Media.json"
    assert found == [f"{fake.url}/2010-04-01/Accounts/AC123/Messages/MM1/Media/ME1"]


@pytest.mark.parametrize(("status", "body"), [(500, "{}"), (200, "{}"), (200, "no JSON")])
def test_a_failed_list_of_pictures_is_no_answer(fake: FakeCarrier, status: int, body: str) -> None:
    fake.answers(status, body)

    assert twilio(fake.url).pictures("MM1") is None
