"""The simulated carrier lists texts as Twilio does: https://www.twilio.com/docs/messaging/api/message-resource."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from infra.local.carrier import listing
from infra.local.carrier.texts import Text
from tests.support.carrier_client import ANN, BOB, MESSAGES, OURS, Client

NOON = datetime(2026, 11, 29, 12, 0, 0, 400_000, tzinfo=UTC)


def sent(body: str, at: datetime | None = NOON, phone: str = ANN) -> Text:
    text = Text.outbound(phone=phone, number=OURS, body=body, now=NOON)
    return replace(text, sent_at=at)


def listed(query: str, *texts: Text) -> list[str]:
    asked = dict(parse_qsl(query, keep_blank_values=True))
    return [text.body for text in listing.page("/Messages.json", asked, texts).texts]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("DateSent>=2026-11-29T12:00:00Z", ["noon", "midnight"]),
        ("DateSent>=2026-11-29T12:00:01Z", ["midnight"]),
        ("DateSent<=2026-11-29T12:00:00Z", ["noon"]),
        ("DateSent<=2026-11-29T11:59:59Z", []),
        ("DateSent>=2026-11-29T13:00:00%2B01:00", ["noon", "midnight"]),
        ("DateSent>=2026-11-29T12:00:00Z&DateSent<=2026-11-29T12:00:00Z", ["noon"]),
        ("DateSent>=2026-11-29", ["noon", "midnight"]),
        ("DateSent>=2026-11-30", ["midnight"]),
        ("DateSent<=2026-11-29", ["noon"]),
        ("DateSent<=2026-11-30", ["noon", "midnight"]),
        ("DateSent=2026-11-29", ["noon"]),
        ("DateSent=2026-11-30T08:00:00Z", ["midnight"]),
        ("", ["noon", "midnight", "unsent"]),
    ],
)
def test_texts_are_listed_by_the_second_or_the_day_they_were_sent(query: str, found: list[str]) -> None:
    midnight = datetime(2026, 11, 30, tzinfo=UTC)

    assert listed(query, sent("noon"), sent("midnight", midnight), sent("unsent", None)) == found


def test_a_page_continues_after_the_last_text_although_newer_texts_came() -> None:
    texts = [sent(str(number)) for number in range(5)]
    first = listing.page("/Messages.json", {"PageSize": "2", "To": ANN}, texts)
    address = urlsplit(str(first.fields["next_page_uri"]))

    second = listing.page(address.path, dict(parse_qsl(address.query)), [sent("new"), sent("newer"), *texts])

    assert dict(parse_qsl(address.query)) == {
        "To": ANN,
        "PageSize": "2",
        "Page": "1",
        "PageToken": f"PA{texts[1].sid}",
    }
    assert [text.body for text in second.texts] == ["2", "3"]
    before = dict(parse_qsl(urlsplit(str(second.fields["previous_page_uri"])).query))
    assert [text.body for text in listing.page("/", before, texts).texts] == ["0", "1"]


def test_a_page_has_at_most_1000_texts_and_50_without_a_size() -> None:
    texts = [sent("x") for _ in range(1001)]

    sizes = [len(listing.page("/", query, texts).texts) for query in ({}, {"PageSize": "2000"}, {"PageSize": "0"})]

    assert sizes == [50, 1000, 1]


@pytest.mark.parametrize(
    "query", ["DateSent=yesterday", "DateSent>=2026-11-29T25:00:00Z", "PageSize=x", "PageToken=PAx"]
)
def test_a_list_with_an_unreadable_parameter_is_refused_in_twilios_form(carrier: Client, query: str) -> None:
    carrier.send()
    carrier.wait_for(lambda: carrier.conversation()[0]["status"] == "delivered")

    answer = carrier.twilio("GET", f"{MESSAGES}?{query}")

    assert (answer.status, answer.json["code"], answer.json["status"]) == (400, 20001, 400)


@pytest.mark.parametrize(
    ("asked", "is_listed"),
    [
        ("DateSent%3E={today}", True),
        ("DateSent>={today}", True),
        ("DateSent%3E={tomorrow}", False),
        ("DateSent%3C={yesterday}", False),
        ("DateSent={today}", True),
        ("DateSent={yesterday}", False),
    ],
)
def test_messages_are_listed_by_the_day_they_were_sent(carrier: Client, asked: str, is_listed: bool) -> None:
    sid = carrier.send().json["sid"]
    carrier.wait_for(lambda: carrier.conversation()[0]["status"] == "delivered")
    today = datetime.fromisoformat(carrier.conversation()[0]["at"]).date()
    days = {"today": today, "tomorrow": today + timedelta(days=1), "yesterday": today - timedelta(days=1)}

    page = carrier.twilio("GET", f"{MESSAGES}?{asked.format(**days)}").json

    assert [m["sid"] for m in page["messages"]] == [sid] * is_listed


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
