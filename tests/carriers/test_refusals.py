"""Each carrier's codes: what we do, whose fault it is, and that the tables have all codes that our sources name."""

import boto3
import pytest

from infra.local.carrier.protocol import ERRORS
from longcode.carriers import refusals
from longcode.carriers.carrier import Fault, RefusalReason

# By fault, from docs/facts.md, whose sources are Twilio's error dictionary and the API reference of AWS.
TWILIO = {
    Fault.RATE: "429 20429 21611 30001 30022 30023 30027 63038",
    Fault.OPERATOR: (
        "401 403 404 20003 20404 21212 21408 21603 21606 21608 21609 21659 21660 21661 21701 21703 21704 21705 21711"
        " 30002 30024 30032 30033 30034 30035 30454"
        " 20001 21602 21604 21624 30400"
    ),
    Fault.PHONE: "21211 21266 21610 21612 21614 21635 30003 30004 30005 30006",
    Fault.CONTENT: "21617 30007 30019",
    Fault.UNKNOWN: "30008 30036",
}
# Codes of the simulated carrier that no send and no receipt of ours can have: of a webhook, of another method, of
# deleting, cancelling and scheduling, and with a status of 5xx, which leaves open whether the text was sent.
NOT_OF_A_TEXT = {11200, 20004, 20009, 20500, 20503, 30409, 35111, 35114, 35118}
AWS_EVENTS = {
    Fault.OPERATOR: "TEXT_PROTECT_BLOCKED",
    Fault.PHONE: "TEXT_INVALID TEXT_UNREACHABLE TEXT_CARRIER_UNREACHABLE TEXT_BLOCKED",
    Fault.CONTENT: "TEXT_INVALID_MESSAGE TEXT_CARRIER_BLOCKED TEXT_SPAM",
    Fault.UNKNOWN: "TEXT_TTL_EXPIRED",
}


def by_code(codes_by_fault: dict[Fault, str]) -> dict[str, Fault]:
    return {code: fault for fault, codes in codes_by_fault.items() for code in codes.split()}


def test_each_code_is_the_fault_of_someone() -> None:
    assert {code: meaning.reason.fault for code, meaning in refusals.TWILIO.items()} == by_code(TWILIO)
    assert {code: meaning.reason.fault for code, meaning in refusals.AWS_EVENTS.items()} == by_code(AWS_EVENTS)


def test_every_code_of_the_simulated_carrier_has_a_meaning() -> None:
    assert {int(code) for code in refusals.TWILIO} >= ERRORS.keys() - NOT_OF_A_TEXT


def test_only_a_request_that_our_code_got_wrong_fails_for_our_fault() -> None:
    """Whatever the operator can put right is parked: the text goes when it is."""
    failing = {code for code, meaning in refusals.TWILIO.items() if meaning.reason is RefusalReason.INVALID}

    assert failing == {"20001", "21602", "21604", "21624", "30400"}


def test_a_number_that_one_phone_company_does_not_know_still_texts_other_phones() -> None:
    """https://www.twilio.com/docs/api/errors/30024."""
    assert [refusals.parks_number(code) for code in ("30024", "30034")] == [False, True]


def test_every_reason_is_someones_fault_and_only_the_studios_words_are_charged() -> None:
    charged = {reason for reason in RefusalReason if reason.is_charged}

    assert {reason.fault for reason in RefusalReason} == set(Fault)
    assert charged == {RefusalReason.FILTERED, RefusalReason.BAD_TEXT}


def test_limits_and_our_own_registration_send_the_text_again() -> None:
    again = {reason for reason in RefusalReason if reason.goes_again}

    assert {reason.fault for reason in again} == {Fault.RATE, Fault.OPERATOR}
    assert again == {RefusalReason.TRY_AGAIN, RefusalReason.TRY_LATER, RefusalReason.PARKED}


def test_the_reasons_of_aws_are_spelled_as_in_its_service_model() -> None:
    model = boto3.client("pinpoint-sms-voice-v2", region_name="us-east-1").meta.service_model
    errors = {shape.name for shape in model.operation_model("SendTextMessage").error_shapes}
    enums = ("ConflictExceptionReason", "ValidationExceptionReason")
    reasons = {reason for name in enums for reason in model.shape_for(name).enum}
    # Signature errors are of all AWS APIs, and not in the model of one.
    others = {"ExpiredTokenException", "UnrecognizedClientException", "401", "403", "429"}

    assert set(refusals.AWS) - others <= errors | reasons
    assert errors - set(refusals.AWS) == {"InternalServerException"}  # the text may have been sent


def test_the_events_of_aws_are_spelled_as_in_its_service_model() -> None:
    model = boto3.client("pinpoint-sms-voice-v2", region_name="us-east-1").meta.service_model
    texts = {name for name in model.shape_for("EventType").enum if name.startswith("TEXT_")}

    no_result = {"TEXT_ALL", "TEXT_QUEUED", "TEXT_PENDING", "TEXT_UNKNOWN", "TEXT_SENT"}
    assert texts - no_result == {"TEXT_SUCCESSFUL", "TEXT_DELIVERED", *refusals.AWS_EVENTS}


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("twilio:30003", "the phone is switched off or out of reach"),
        ("aws:TEXT_TTL_EXPIRED", "not delivered in time"),
        ("twilio:99999", "the carrier gives no reason"),
        ("twilio:failed", "the carrier gives no reason"),
        ("unheard-of", "the carrier gives no reason"),
        (None, "the carrier gives no reason"),
    ],
)
def test_an_error_has_words(error: str | None, words: str) -> None:
    assert refusals.meaning_of_error(error).words == words
