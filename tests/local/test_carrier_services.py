"""Messaging Services, schedules and validity periods of the simulated carrier are Twilio's."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from infra.local.carrier.faults import FaultSet, Wait
from infra.local.carrier.network import Network
from infra.local.carrier.services import Service
from infra.local.carrier.texts import Accepted
from tests.support.carrier_client import ANN, BOB, MESSAGES, OURS, OURS_TOO, Client, Form
from tests.support.carrier_client import Service as Posted

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
SERVICE = "MG" + "1" * 32
OTHER_SERVICE = "MG" + "2" * 32


@dataclass
class Sender:
    """Sends through a service of two numbers, without HTTP and without waiting."""

    network: Network = field(default_factory=Network)

    def __post_init__(self) -> None:
        self.network.put_service(SERVICE, Service(numbers=(OURS, OURS_TOO)))

    def send(self, to: str = ANN, **fields: str) -> Accepted:
        accepted = self.network.accept({"To": to, "Body": "Hi"} | fields, NOW)
        assert isinstance(accepted, Accepted), accepted
        return accepted

    def sender_of(self, to: str) -> str:
        return self.send(to, MessagingServiceSid=SERVICE).text.number


def create(carrier: Client, *numbers: str, sid: str = SERVICE) -> None:
    assert carrier.control("PUT", f"/services/{sid}", {"numbers": numbers}).status == 200


def test_a_text_of_a_service_has_no_number_until_it_is_sent(carrier: Client) -> None:
    create(carrier, OURS)

    accepted = carrier.twilio("POST", MESSAGES, {"To": ANN, "Body": "Hi", "MessagingServiceSid": SERVICE})
    carrier.wait_for(lambda: carrier.conversation()[0]["status"] == "delivered")

    sent = carrier.twilio("GET", accepted.json["uri"]).json
    names = ("status", "from", "num_segments", "messaging_service_sid")
    assert accepted.status == 201
    assert [accepted.json[name] for name in names] == ["accepted", None, "0", SERVICE]
    assert [sent[name] for name in names] == ["delivered", OURS, "1", SERVICE]


def test_a_text_of_a_service_with_a_number_has_that_number_at_once(carrier: Client) -> None:
    create(carrier, OURS, OURS_TOO)

    accepted = carrier.send(From=OURS_TOO, MessagingServiceSid=SERVICE).json

    assert (accepted["status"], accepted["from"], accepted["messaging_service_sid"]) == (
        "accepted",
        OURS_TOO,
        SERVICE,
    )


def test_a_sticky_service_texts_a_phone_from_one_number() -> None:
    sender = Sender()

    numbers = [sender.sender_of(phone) for phone in (ANN, BOB, ANN, BOB, ANN)]

    assert numbers == [OURS, OURS_TOO, OURS, OURS_TOO, OURS]


def test_a_service_that_is_not_sticky_uses_its_numbers_in_turn() -> None:
    sender = Sender()
    sender.network.put_service(SERVICE, Service(numbers=(OURS, OURS_TOO), sticky=False))

    assert [sender.sender_of(ANN) for _ in range(4)] == [OURS, OURS_TOO, OURS, OURS_TOO]


def test_a_number_that_left_a_service_is_not_its_sender_any_more() -> None:
    sender = Sender()
    before = sender.sender_of(ANN)
    sender.network.put_service(SERVICE, Service(numbers=(OURS_TOO,)))

    assert (before, sender.sender_of(ANN)) == (OURS, OURS_TOO)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"MessagingServiceSid": "MG1"}, 21705),
        ({"MessagingServiceSid": OTHER_SERVICE}, 21701),
        ({"MessagingServiceSid": OTHER_SERVICE, "From": ""}, 21701),
        ({"MessagingServiceSid": SERVICE, "From": OURS_TOO}, 21711),
        ({"ValidityPeriod": "0"}, 21624),
        ({"ValidityPeriod": "36001"}, 21624),
        ({"ValidityPeriod": "soon"}, 21624),
        ({"ValidityPeriod": ""}, 21624),
        ({"ScheduleType": "fixed", "MessagingServiceSid": SERVICE}, 35111),
        ({"ScheduleType": "fixed", "SendAt": "2026-11-29T12:00:00Z"}, 35118),
        ({"ScheduleType": "fixed", "SendAt": "soon", "MessagingServiceSid": SERVICE}, 35114),
        ({"ScheduleType": "fixed", "SendAt": "2000-01-01T00:00:00Z", "MessagingServiceSid": SERVICE}, 35114),
    ],
)
def test_a_bad_service_period_or_schedule_is_refused_with_twilios_code(
    carrier: Client, fields: Form, code: int
) -> None:
    create(carrier, OURS)

    answer = carrier.send(**fields)

    assert (answer.status, answer.json["code"], answer.json["status"]) == (400, code, 400)
    assert carrier.conversation() == []


def test_a_service_without_numbers_sends_nothing(carrier: Client) -> None:
    create(carrier)

    assert carrier.send(From="", MessagingServiceSid=SERVICE).json["code"] == 21704


def test_only_the_numbers_of_the_account_send(carrier: Client) -> None:
    carrier.control("POST", "/settings", {"account_numbers": [OURS]})

    answers = [carrier.send(From=number) for number in (OURS, OURS_TOO)]

    assert [answer.status for answer in answers] == [201, 400]
    assert answers[1].json["code"] == 21606


def test_a_number_is_in_one_service_only(carrier: Client) -> None:
    create(carrier, OURS)

    answer = carrier.control("PUT", f"/services/{OTHER_SERVICE}", {"numbers": [OURS]})

    assert (answer.status, OURS in answer.json["error"]) == (422, True)
    assert carrier.control("GET", "/services").json == {
        SERVICE: {"numbers": [OURS], "sticky": True, "campaign": "VERIFIED"}
    }
    assert carrier.control("DELETE", f"/services/{SERVICE}").status == 204
    create(carrier, OURS, sid=OTHER_SERVICE)


@pytest.mark.parametrize(
    ("valid", "waits", "statuses", "seconds"),
    [
        ("1", 0, [("sent", None), ("delivered", None)], 0),
        ("60", 59, [("sent", None), ("delivered", None)], 59),
        ("60", 60, [("failed", 30036)], 60),
        ("36000", 40_000, [("failed", 30036)], 36_000),
        (None, 36_000, [("failed", 30036)], 36_000),
    ],
)
def test_a_text_that_waits_longer_than_it_is_valid_fails(
    valid: str | None, waits: float, statuses: list[tuple[str, int | None]], seconds: float
) -> None:
    sender = Sender()
    sender.network.put_faults(ANN, FaultSet(stay_queued=Wait(seconds=waits)))

    accepted = sender.send(From=OURS, **({"ValidityPeriod": valid} if valid else {}))

    assert [(step.status, step.code) for step in accepted.steps] == statuses
    assert accepted.late_seconds == seconds


def test_a_scheduled_text_waits_until_its_time() -> None:
    at = (NOW + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")

    accepted = Sender().send(MessagingServiceSid=SERVICE, ScheduleType="fixed", SendAt=at)

    assert (accepted.text.status, accepted.late_seconds) == ("scheduled", 3600)


def test_a_scheduled_text_can_be_canceled_once(carrier: Client, service: Posted) -> None:
    create(carrier, OURS)
    at = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    schedule = {"MessagingServiceSid": SERVICE, "ScheduleType": "fixed", "SendAt": at, "From": ""}
    scheduled = carrier.send(**schedule, StatusCallback=service.url).json

    canceled, again = (carrier.twilio("POST", scheduled["uri"], {"Status": "canceled"}) for _ in range(2))

    receipt = dict(service.next().form)
    assert (scheduled["status"], scheduled["from"]) == ("scheduled", None)
    assert (canceled.status, canceled.json["status"], canceled.json["date_sent"]) == (200, "canceled", None)
    assert (again.status, again.json["code"]) == (409, 30409)
    assert (receipt["MessageStatus"], receipt["MessagingServiceSid"]) == ("canceled", SERVICE)


def test_a_text_that_is_not_scheduled_cannot_be_canceled(carrier: Client) -> None:
    carrier.fault(ANN, late_receipts={"seconds": 3600})
    queued = carrier.send().json

    answer = carrier.twilio("POST", queued["uri"], {"Status": "canceled"})

    assert (answer.status, answer.json["code"]) == (409, 30409)


@pytest.mark.parametrize(
    ("fields", "statuses"),
    [
        ({}, ["sending", "sent", "delivered"]),
        ({"MessagingServiceSid": SERVICE, "From": ""}, ["queued", "sending", "sent", "delivered"]),
    ],
)
def test_early_receipts_come_for_each_status_after_the_first(
    carrier: Client, service: Posted, fields: Form, statuses: list[str]
) -> None:
    create(carrier, OURS)
    carrier.control("POST", "/settings", {"early_receipts": True})

    carrier.send(StatusCallback=service.url, **fields)

    receipts = [dict(service.next().form) for _ in statuses]
    assert [receipt["MessageStatus"] for receipt in receipts] == statuses
    assert {receipt["From"] for receipt in receipts} == {OURS}
    assert ["RawDlrDoneDate" in receipt for receipt in receipts] == [status == "delivered" for status in statuses]


def test_a_reply_to_a_number_of_a_service_names_the_service(carrier: Client, service: Posted) -> None:
    create(carrier, OURS)

    carrier.control("POST", f"/phones/{ANN}/replies", {"to": OURS, "body": "Hi"})
    carrier.control("POST", f"/phones/{ANN}/replies", {"to": OURS_TOO, "body": "Hi"})

    forms = {form["To"]: form for form in (dict(service.next().form) for _ in range(2))}
    assert forms[OURS]["MessagingServiceSid"] == SERVICE
    assert "MessagingServiceSid" not in forms[OURS_TOO]
