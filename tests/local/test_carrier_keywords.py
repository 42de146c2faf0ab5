"""The simulated carrier handles STOP, START and HELP as Twilio does by default, or leaves them to the service."""

from typing import Any

import pytest

from infra.local.carrier import keywords
from infra.local.carrier.keywords import Keyword
from tests.support.carrier_client import ANN, BOB, MESSAGES, OURS, OURS_TOO, Client, Service

SERVICE = "MG" + "1" * 32


def handle(carrier: Client, handling: str) -> None:
    assert carrier.control("POST", "/settings", {"keywords": handling}).json["keywords"] == handling


def say(carrier: Client, body: str, number: str = OURS, phone: str = ANN) -> None:
    assert carrier.control("POST", f"/phones/{phone}/replies", {"to": number, "body": body}).status == 202


def codes(carrier: Client, phone: str = ANN) -> dict[str, int | None]:
    return {number: carrier.send(To=phone, From=number).json.get("code") for number in (OURS, OURS_TOO)}


def answers(carrier: Client) -> list[Any]:
    return [text["body"] for text in carrier.conversation() if text["direction"] == "outbound-reply"]


@pytest.mark.parametrize(
    ("body", "keyword"),
    [
        *((word, Keyword.STOP) for word in ("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL")),
        *((word, Keyword.STOP) for word in ("END", "QUIT", "REVOKE", "OPTOUT")),
        *((word, Keyword.START) for word in ("START", "YES", "UNSTOP")),
        *((word, Keyword.HELP) for word in ("HELP", "INFO")),
        (" stop\n", Keyword.STOP),
        ("Stop it", None),
        ("STOP.", None),
        ("STOP ALL", None),
        ("ARRET", None),
        ("", None),
    ],
)
def test_only_twilios_single_words_are_keywords(body: str, keyword: Keyword | None) -> None:
    assert keywords.read(body) is keyword


def test_keywords_are_left_to_the_service_until_that_is_changed(carrier: Client, service: Service) -> None:
    say(carrier, "STOP")
    say(carrier, "HELP")

    assert {service.next()["Body"] for _ in range(2)} == {"STOP", "HELP"}
    assert (answers(carrier), codes(carrier)) == ([], {OURS: None, OURS_TOO: None})
    assert carrier.control("GET", "/settings").json["keywords"] == "webhook"


def test_stop_blocks_the_pair_of_phone_and_number_until_start(carrier: Client, service: Service) -> None:
    handle(carrier, "default")

    say(carrier, "stop")
    stopped = codes(carrier), codes(carrier, BOB), carrier.control("GET", f"/phones/{ANN}").json["blocks"]
    say(carrier, "START", OURS_TOO)
    elsewhere = codes(carrier)
    say(carrier, "start")

    assert stopped == ({OURS: 21610, OURS_TOO: None}, {OURS: None, OURS_TOO: None}, [OURS])
    assert elsewhere == {OURS: 21610, OURS_TOO: None}
    assert codes(carrier) == {OURS: None, OURS_TOO: None}
    forms = [dict(service.next().form) for _ in range(3)]
    assert {form["Body"] for form in forms} == {"stop", "START", "start"}
    assert not any("OptOutType" in form for form in forms)


def test_the_carrier_answers_each_change_once_and_help_always(carrier: Client) -> None:
    handle(carrier, "default")

    for body in ("HELP", "START", "Hello", "STOP", "END", "INFO", "YES", "YES"):
        say(carrier, body)

    assert [answer.partition(".")[0] for answer in answers(carrier)] == [
        "Reply STOP to unsubscribe",
        "You have successfully been unsubscribed",
        "Reply STOP to unsubscribe",
        "You have successfully been re-subscribed to messages from this number",
    ]


def test_an_answer_of_the_carrier_is_on_the_phone_and_not_in_the_api(carrier: Client) -> None:
    handle(carrier, "default")

    say(carrier, "HELP")

    help_text, answer = carrier.conversation()
    assert (answer["from"], answer["to"], answer["status"]) == (OURS, ANN, "delivered")
    assert [text["sid"] for text in carrier.twilio("GET", MESSAGES).json["messages"]] == [help_text["sid"]]
    assert carrier.twilio("GET", MESSAGES.replace(".json", f"/{answer['sid']}.json")).status == 404


@pytest.mark.parametrize(("handling", "opt_out_type"), [("default", None), ("advanced", "STOP")])
def test_stop_to_a_number_of_a_service_blocks_all_its_numbers(
    carrier: Client, service: Service, handling: str, opt_out_type: str | None
) -> None:
    handle(carrier, handling)
    carrier.control("PUT", f"/services/{SERVICE}", {"numbers": [OURS, OURS_TOO]})

    say(carrier, "STOP")

    through_service = carrier.send(From="", MessagingServiceSid=SERVICE).json
    assert codes(carrier) == {OURS: 21610, OURS_TOO: 21610}
    assert through_service["code"] == 21610
    assert dict(service.next().form).get("OptOutType") == opt_out_type
    assert len(answers(carrier)) == 1


def test_advanced_opt_out_is_of_services_only(carrier: Client, service: Service) -> None:
    handle(carrier, "advanced")

    say(carrier, "STOP")

    assert "OptOutType" not in dict(service.next().form)
    assert (codes(carrier)[OURS], len(answers(carrier))) == (21610, 1)


def test_stop_blocks_although_its_webhook_is_lost(carrier: Client, service: Service) -> None:
    handle(carrier, "default")
    carrier.fault(ANN, lose_inbound={})

    say(carrier, "STOP")

    assert codes(carrier)[OURS] == 21610
    assert service.posted.empty()


def test_forgotten_phones_block_nothing(carrier: Client) -> None:
    handle(carrier, "default")
    say(carrier, "STOP")

    carrier.control("DELETE", "/phones")

    assert codes(carrier)[OURS] is None
