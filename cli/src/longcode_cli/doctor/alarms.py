"""The alarms: somebody gets them, they are switched on, and none rings."""

from datetime import datetime
from typing import Any

from longcode_cli.deployment import Deployment
from longcode_cli.doctor.finding import Finding
from longcode_cli.output import day_and_time

_ALARM = "AWS::CloudWatch::Alarm"
_AT_ONCE = 100


def describe(deployment: Deployment) -> list[dict[str, Any]]:
    """Return the alarms as CloudWatch has them, each with its `name` in the template, in the order of these."""
    alarms = deployment.of_kind(_ALARM)
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(alarms), _AT_ONCE):
        ids = [alarm.id for alarm in alarms[start : start + _AT_ONCE]]
        page = deployment.client("cloudwatch").describe_alarms(AlarmNames=ids, MaxRecords=_AT_ONCE)
        found |= {alarm["AlarmName"]: alarm for alarm in page["MetricAlarms"]}
    return [{**found[alarm.id], "name": alarm.name} for alarm in alarms if alarm.id in found]


def find_unsubscribed(deployment: Deployment, _now: datetime) -> list[Finding]:
    """Return whether nobody gets the alarms: AWS mails only to an address that has confirmed it."""
    topic = deployment.outputs["AlarmTopic"]
    pages = deployment.client("sns").get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    arns = [one["SubscriptionArn"] for page in pages for one in page["Subscriptions"]]
    if any(arn.startswith("arn:") for arn in arns):
        return []
    address = deployment.parameters.get("AlarmMail", "AlarmMail")
    return [
        Finding(
            what=f"No alarm reaches anybody: {address} has not confirmed the subscription."
            if arns
            else "No alarm reaches anybody: nobody has subscribed to them.",
            cure="Follow the link in AWS's mail. Send it again: aws sns subscribe --protocol email"
            f" --notification-endpoint {address} --topic-arn {topic}",
            section="Alarms",
        )
    ]


def find_ringing(deployment: Deployment, _now: datetime) -> list[Finding]:
    """Return the alarms that ring, that are switched off, and that somebody has deleted."""
    alarms = describe(deployment)
    there = {alarm["name"] for alarm in alarms}
    missing = [alarm.name for alarm in deployment.of_kind(_ALARM) if alarm.name not in there]
    return [
        *(_of_alarm(alarm) for alarm in alarms if alarm["StateValue"] == "ALARM"),
        *(
            Finding(
                what=f"The alarm {alarm['name']} tells nobody: its actions are switched off.",
                cure=f"aws cloudwatch enable-alarm-actions --alarm-names {alarm['AlarmName']}",
                section="Alarms",
            )
            for alarm in alarms
            if not alarm.get("ActionsEnabled", True)
        ),
        *(
            Finding(
                what=f"The alarm {name} is not there any more.",
                cure="Deploy the stack again: make update ENV=prod",
                section="Alarms",
            )
            for name in missing
        ),
    ]


def _of_alarm(alarm: dict[str, Any]) -> Finding:
    since = alarm.get("StateUpdatedTimestamp")
    began = f" (since {day_and_time(since.isoformat())} UTC)" if since else ""
    return Finding(
        what=f"The alarm {alarm['name'].removesuffix('Alarm')} rings{began}: {alarm.get('AlarmDescription', '')}",
        cure="Do what the page says about it.",
        section=alarm["name"].removesuffix("Alarm"),
    )
