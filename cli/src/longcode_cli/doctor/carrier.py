"""The carrier: it answers, our numbers are there and registered, and it hands received texts to us."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from longcode_cli.deployment import Deployment
from longcode_cli.doctor.finding import Finding
from longcode_cli.errors import Unreachable


def find_at_carrier(deployment: Deployment, _now: datetime) -> list[Finding]:
    """Return what is wrong at the carrier: Twilio is asked by the function, AWS from here."""
    answer = deployment.order("numbers.check")
    if answer["unanswered"]:
        raise Unreachable(answer["unanswered"])
    if answer["carrier"] != "aws":
        return [Finding(what=fault["what"], cure=fault["cure"], section="Numbers") for fault in answer["items"]]
    sms = deployment.client("pinpoint-sms-voice-v2")
    tier = sms.describe_account_attributes()["AccountAttributes"]
    limits = sms.describe_spend_limits()["SpendLimits"]
    pages = sms.get_paginator("describe_phone_numbers").paginate()
    numbers = {one["PhoneNumber"]: one for page in pages for one in page["PhoneNumbers"]}
    topic = deployment.outputs["AwsRepliesTopic"]
    return [
        *wrong_at_aws({one["Name"]: one["Value"] for one in tier}, limits),
        *wrong_numbers_at_aws([*answer["shared"], *answer["dedicated"]], numbers, topic),
    ]


def wrong_at_aws(attributes: Mapping[str, str], limits: Iterable[Mapping[str, Any]]) -> list[Finding]:
    """Return what keeps the AWS account from texting."""
    findings = []
    if attributes.get("ACCOUNT_TIER") != "PRODUCTION":
        findings.append(
            Finding(
                what="AWS End User Messaging is in its sandbox: only verified phones get texts.",
                cure="Ask AWS Support for production access (days).",
                section="Numbers",
            )
        )
    text = next((one for one in limits if one["Name"] == "TEXT_MESSAGE_MONTHLY_SPEND_LIMIT"), None)
    if text and text["EnforcedLimit"] <= 1:
        findings.append(
            Finding(
                what=f"AWS stops texting at ${text['EnforcedLimit']} a month, the limit of a new account.",
                cure="aws pinpoint-sms-voice-v2 set-text-message-spend-limit-override --monthly-limit …, up to"
                f" ${text['MaxLimit']}; AWS Support raises that.",
                section="Numbers",
            )
        )
    return findings


def wrong_numbers_at_aws(ours: Iterable[str], numbers: Mapping[str, Mapping[str, Any]], topic: str) -> list[Finding]:
    """Return what is wrong with each of our numbers at AWS. Replies go to a topic."""
    return [finding for number in ours for finding in _wrong_number(number, numbers.get(number), topic)]


def _wrong_number(number: str, found: Mapping[str, Any] | None, topic: str) -> list[Finding]:
    if found is None:
        return [
            Finding(
                what=f"The number {number} does not belong to this AWS account and region.",
                cure="Request or port it there, or take it out of SharedNumbers.",
                section="Numbers",
            )
        ]
    update = f"aws pinpoint-sms-voice-v2 update-phone-number --phone-number-id {found['PhoneNumberId']}"
    wrong = [
        (
            found["Status"] != "ACTIVE",
            f"The number {number} is {found['Status']} at AWS, not ACTIVE.",
            "Finish its registration in AWS End User Messaging SMS.",
        ),
        (
            found["MessageType"] != "TRANSACTIONAL",
            f"The number {number} is for {found['MessageType'].lower()} texts, and AWS refuses ours.",
            "Request a number for transactional texts.",
        ),
        (
            not found["TwoWayEnabled"] or found.get("TwoWayChannelArn") != topic,
            f"AWS does not hand texts to {number} to us.",
            f"{update} --two-way-enabled --two-way-channel-arn {topic}",
        ),
        (
            not found["SelfManagedOptOutsEnabled"],
            f"AWS answers STOP and HELP to {number} itself, and so does Longcode.",
            f"{update} --self-managed-opt-outs-enabled",
        ),
    ]
    return [Finding(what=what, cure=cure, section="Numbers") for is_wrong, what, cure in wrong if is_wrong]
