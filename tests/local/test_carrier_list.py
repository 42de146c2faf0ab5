"""The simulated carrier lists texts as Twilio does."""

from datetime import datetime, timedelta

import pytest

from tests.support.carrier_client import ANN, BOB, MESSAGES, Client


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
