"""`longcode doctor` finds what is wrong with the table, the clocks and the carrier, and nothing where all is well."""

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from longcode_cli.doctor import carrier, clocks, table
from longcode_cli.doctor.finding import Finding
from longcode_cli.errors import Unreachable
from tests.support.stubbed_aws import Stack, answering, deployment_of, whats

NOW = datetime(2026, 11, 22, 18, tzinfo=UTC)
TOPIC = "arn:aws:sns:us-east-1:123456789012:alarms"
REPLIES = "arn:aws:sns:us-east-1:123456789012:replies"

PROTECTED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("describe_table", {"Table": {"DeletionProtectionEnabled": True}}),
    (
        "describe_continuous_backups",
        {
            "ContinuousBackupsDescription": {
                "ContinuousBackupsStatus": "ENABLED",
                "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "ENABLED"},
            }
        },
    ),
    (
        "describe_time_to_live",
        {"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}},
    ),
)
UNPROTECTED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("describe_table", {"Table": {"DeletionProtectionEnabled": False}}),
    ("describe_continuous_backups", {"ContinuousBackupsDescription": {"ContinuousBackupsStatus": "DISABLED"}}),
    ("describe_time_to_live", {"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}}),
)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (None, []),
        (0, ["Anybody who may, can delete the table: its deletion protection is off."]),
        (1, ["The table cannot be restored to a point in time."]),
        (2, ["The table keeps what has expired: its time to live is off."]),
    ],
)
def test_what_the_table_lacks_is_found(wrong: int | None, expected: list[str]) -> None:
    answers = [UNPROTECTED[index] if index == wrong else PROTECTED[index] for index in range(3)]
    deployment = deployment_of(Stack(outputs={"TableName": "longcode"}), dynamodb=answering("dynamodb", *answers))

    assert whats(table.find_unprotected(deployment, NOW)) == expected


@pytest.mark.parametrize(
    ("ahead", "function", "expected"),
    [
        (0, 0, []),
        (59, 4, []),
        (61, 0, ["The clock of this machine is 61 seconds ahead of that of AWS."]),
        (-3600, 0, ["The clock of this machine is 3,600 seconds behind that of AWS."]),
        (0, -6, ["The clock of the functions shows 17:59:54 UTC, that of AWS 18:00:01."]),
    ],
)
def test_a_clock_that_is_wrong_is_found(ahead: int, function: int, expected: list[str]) -> None:
    second = timedelta(seconds=1)

    assert whats(clocks.wrong_clocks(ahead * second, NOW + function * second, NOW, NOW + second)) == expected


NUMBER = {
    "PhoneNumberArn": "arn",
    "PhoneNumberId": "phone-1",
    "PhoneNumber": "+12135550100",
    "Status": "ACTIVE",
    "IsoCountryCode": "US",
    "MessageType": "TRANSACTIONAL",
    "NumberCapabilities": ["SMS"],
    "NumberType": "TEN_DLC",
    "MonthlyLeasingPrice": "1",
    "TwoWayEnabled": True,
    "TwoWayChannelArn": REPLIES,
    "SelfManagedOptOutsEnabled": True,
    "OptOutListName": "Default",
    "DeletionProtectionEnabled": False,
    "CreatedTimestamp": NOW,
}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"Status": "PENDING"}, ["The number +12135550100 is PENDING at AWS, not ACTIVE."]),
        ({"MessageType": "PROMOTIONAL"}, ["The number +12135550100 is for promotional texts, and AWS refuses ours."]),
        ({"TwoWayEnabled": False}, ["AWS does not hand texts to +12135550100 to us."]),
        ({"TwoWayChannelArn": TOPIC}, ["AWS does not hand texts to +12135550100 to us."]),
        (
            {"SelfManagedOptOutsEnabled": False},
            ["AWS answers STOP and HELP to +12135550100 itself, and so does Longcode."],
        ),
        (
            {"PhoneNumber": "+12135550199"},
            ["The number +12135550100 does not belong to this AWS account and region."],
        ),
    ],
)
def test_what_is_wrong_with_a_number_at_aws_is_found(changes: dict[str, Any], expected: list[str]) -> None:
    client = answering("pinpoint-sms-voice-v2", ("describe_phone_numbers", {"PhoneNumbers": [{**NUMBER, **changes}]}))
    [listed] = client.describe_phone_numbers()["PhoneNumbers"]

    found = carrier.wrong_numbers_at_aws(["+12135550100"], {listed["PhoneNumber"]: listed}, REPLIES)

    assert whats(found) == expected


def test_an_account_in_the_sandbox_or_with_the_first_limit_is_found() -> None:
    limit = {"Name": "TEXT_MESSAGE_MONTHLY_SPEND_LIMIT", "EnforcedLimit": 1, "MaxLimit": 1, "Overridden": False}

    assert carrier.wrong_at_aws({"ACCOUNT_TIER": "PRODUCTION"}, [{**limit, "EnforcedLimit": 500}]) == []
    assert whats(carrier.wrong_at_aws({"ACCOUNT_TIER": "SANDBOX"}, [limit])) == [
        "AWS End User Messaging is in its sandbox: only verified phones get texts.",
        "AWS stops texting at $1 a month, the limit of a new account.",
    ]


class Answer:
    """A client of Lambda whose function answers every order in the same way."""

    def __init__(self, **answer: Any) -> None:
        self._answer = answer

    def invoke(self, **_order: Any) -> dict[str, Any]:
        return {"Payload": io.BytesIO(json.dumps(self._answer).encode())}


def carrier_of(answer: Answer, sms: Any = None) -> list[Finding]:
    stack = Stack(outputs={"AdminFunction": "admin", "AwsRepliesTopic": REPLIES})
    clients = {"lambda": answer, "pinpoint-sms-voice-v2": sms}
    return carrier.find_at_carrier(deployment_of(stack, **clients), NOW)


def test_with_aws_as_the_carrier_its_account_and_our_numbers_are_read_from_here() -> None:
    sms = answering(
        "pinpoint-sms-voice-v2",
        ("describe_account_attributes", {"AccountAttributes": [{"Name": "ACCOUNT_TIER", "Value": "SANDBOX"}]}),
        ("describe_spend_limits", {"SpendLimits": []}),
        ("describe_phone_numbers", {"PhoneNumbers": [{**NUMBER, "Status": "PENDING"}]}),
    )
    ours = Answer(carrier="aws", shared=["+12135550100"], dedicated=["+12135550177"], items=[], unanswered=None)

    assert whats(carrier_of(ours, sms)) == [
        "AWS End User Messaging is in its sandbox: only verified phones get texts.",
        "The number +12135550100 is PENDING at AWS, not ACTIVE.",
        "The number +12135550177 does not belong to this AWS account and region.",
    ]


def test_what_the_function_finds_at_twilio_is_passed_on() -> None:
    fault = {"what": "It is wrong.", "cure": "Set it right."}

    [found] = carrier_of(Answer(carrier="twilio", shared=[], dedicated=[], items=[fault], unanswered=None))

    assert (found.what, found.cure, found.section) == ("It is wrong.", "Set it right.", "Numbers")


def test_a_carrier_that_does_not_answer_cannot_be_read() -> None:
    with pytest.raises(Unreachable, match=r"Twilio cannot be reached\."):
        carrier_of(Answer(carrier="twilio", items=[], unanswered="Twilio cannot be reached."))


@pytest.mark.parametrize(("complete", "said"), [(True, "2 items are"), (False, "2 or more items are")])
def test_what_is_overdue_is_counted_by_type(complete: bool, said: str) -> None:
    items = [{"type": kind, "due_at": "2026-11-22T17:30:00.000Z"} for kind in ("message", "delivery")]
    stack = Stack(outputs={"AdminFunction": "admin"})
    deployment = deployment_of(stack, **{"lambda": Answer(items=items, complete=complete)})

    assert whats(table.find_overdue(deployment, NOW)) == [
        f"{said} overdue, the first since 2026-11-22 17:30 UTC: 1 of type delivery, 1 of type message."
    ]


def test_a_sample_of_accounts_is_checked_and_each_finding_is_told_once() -> None:
    wrong = {"account": "10000001", "differences": [{"count": "units_sent"}]}
    unreadable = {"account": "10000002", "differences": []}
    stack = Stack(outputs={"AdminFunction": "admin"})
    deployment = deployment_of(stack, **{"lambda": Answer(items=[wrong, unreadable], accounts=2, next_cursor=None)})

    assert whats(table.find_wrong_counters(deployment, NOW)) == [
        "The counters of account 10000001 differ from its messages in 2026-11.",
        "Some messages of account 10000002 in 2026-11 cannot be read.",
    ]
