"""Alarms and dashboard: what they watch is counted, and what the code counts is watched. Logs have a retention."""

import ast
import json
import re
from typing import Any

from tests.support.source_reading import (
    FUNCTIONS,
    ROOT,
    dotted,
    events,
    functions,
    nodes,
    referenced_resource,
    resources_of_type,
    sources,
)

PAGE = (ROOT / "docs" / "operate.md").read_text()
CALLED_BY_OTHERS = {"Authorizer", "InboxWebhook", "SendReceipts"}
AN_HOUR, TEN_MINUTES = 3600, 600
Metric = tuple[str, str, tuple[str, ...]]
"""A namespace, a metric and the values of its dimensions."""


def alarms(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return resources_of_type(template, "AWS::CloudWatch::Alarm")


def watched(template: dict[str, Any]) -> set[Metric]:
    """Return the metrics that alarms watch, alone or in an expression."""
    alone = [alarm for alarm in alarms(template).values() if "MetricName" in alarm]
    parts = [part for alarm in alarms(template).values() for part in alarm.get("Metrics", [])]
    metrics = [*alone, *(part["MetricStat"]["Metric"] for part in parts if "MetricStat" in part)]
    return {
        (metric["Namespace"], metric["MetricName"], tuple(map(of_dimension, metric.get("Dimensions", []))))
        for metric in metrics
    }


def of_dimension(dimension: dict[str, Any]) -> str:
    value = dimension["Value"]
    if isinstance(value, dict) and "If" in value:
        value = value["If"][2]  # a restored table in place of the stack's own
    return value if isinstance(value, str) else referenced_resource(value)


def resources_with(template: dict[str, Any], namespace: str, metric: str) -> set[str]:
    return {dimensions[0] for its, name, dimensions in watched(template) if (its, name) == (namespace, metric)}


def counted() -> set[str]:
    """Return the metrics that our code counts."""
    return {
        ast.literal_eval(node.args[0])
        for path in sources(FUNCTIONS)
        for node in nodes(path)
        if isinstance(node, ast.Call) and dotted(node.func) == "count"
    }


def test_every_alarm_notifies_somebody(template: dict[str, Any]) -> None:
    (topic,) = [
        topic for name, topic in resources_of_type(template, "AWS::SNS::Topic").items() if name == "AlarmTopic"
    ]

    assert {json.dumps(alarm["AlarmActions"]) for alarm in alarms(template).values()} == {'[{"Ref": "AlarmTopic"}]'}
    assert topic["Subscription"] == [{"Protocol": "email", "Endpoint": {"Ref": "AlarmMail"}}]
    assert "Default" not in template["Parameters"]["AlarmMail"]


def test_an_alarm_watches_each_metric_that_the_code_counts_and_no_other(template: dict[str, Any]) -> None:
    ours = {(name, dimensions) for namespace, name, dimensions in watched(template) if namespace == "Longcode"}

    assert ours == {(name, ("longcode",)) for name in counted()}


def test_an_alarm_watches_the_dead_letters_and_their_growth(template: dict[str, Any]) -> None:
    grown = alarms(template)["DeadLettersGrowthAlarm"]["Metrics"]

    assert alarms(template)["DeadLettersAlarm"]["Dimensions"] == [
        {"Name": "QueueName", "Value": {"GetAtt": "DeadLetters.QueueName"}}
    ]
    assert grown[0]["Expression"] == "DIFF(dead)"  # SQS counts no jobs sent here: they are moved, not sent
    assert grown[1]["MetricStat"]["Metric"]["MetricName"] == "ApproximateNumberOfMessagesVisible"


def test_an_alarm_watches_the_oldest_job_of_every_queue(template: dict[str, Any]) -> None:
    queues = resources_of_type(template, "AWS::SQS::Queue")

    aged = resources_with(template, "AWS/SQS", "ApproximateAgeOfOldestMessage")

    assert aged == {name for name, queue in queues.items() if "RedrivePolicy" in queue}


def test_an_alarm_watches_the_errors_of_what_is_scheduled_and_of_what_others_call(template: dict[str, Any]) -> None:
    scheduled = {name for name, _ in events(template, "ScheduleV2")}
    handlers = {f"{name}.handler" for name in scheduled}
    of_schedules = {
        name
        for name, function in resources_of_type(template, "AWS::Serverless::Function").items()
        if function["Handler"] in handlers
    }

    assert resources_with(template, "AWS/Lambda", "Errors") == of_schedules | CALLED_BY_OTHERS
    assert resources_with(template, "AWS/Lambda", "Invocations") == {"SendDue"}


def test_alarms_watch_what_aws_counts(template: dict[str, Any]) -> None:
    """The names of metrics and dimensions: the monitoring pages of Lambda, API Gateway, DynamoDB, SQS and SES."""
    assert {
        ("AWS/Lambda", "Throttles", ()),
        ("AWS/ApiGateway", "5XXError", ("AWS::StackName", "v1")),
        ("AWS/DynamoDB", "ReadThrottleEvents", ("Table",)),
        ("AWS/DynamoDB", "WriteThrottleEvents", ("Table",)),
        ("AWS/SQS", "NumberOfMessagesSent", ("SignUpQueue",)),
        ("AWS/SES", "Reputation.BounceRate", ()),
        ("AWS/SES", "Reputation.ComplaintRate", ()),
    } <= watched(template)
    (api,) = resources_of_type(template, "AWS::Serverless::Api").values()
    assert (api["Name"], api["StageName"]) == ({"Ref": "AWS::StackName"}, "v1")


def test_refusals_and_filtering_are_shares_of_an_hour_s_texts(template: dict[str, Any]) -> None:
    for name, metric in (("RefusalsAlarm", "RefusedTexts"), ("FilteringAlarm", "FilteredTexts")):
        share, *metrics = alarms(template)[name]["Metrics"]
        names = {one["Id"]: one["MetricStat"]["Metric"]["MetricName"] for one in metrics}

        assert share["Expression"].startswith("IF(FILL(single, 0) + FILL(bulk, 0) > 20, 100 * FILL(counted, 0) /")
        assert names == {"counted": metric, "single": "NumberOfMessagesDeleted", "bulk": "NumberOfMessagesDeleted"}
        assert {one["MetricStat"]["Period"] for one in metrics} == {AN_HOUR}


def test_nothing_rings_on_a_new_stack_and_a_sweep_that_has_run_rings_when_it_stops(template: dict[str, Any]) -> None:
    """No alarm takes missing data for a breach, so each of a new stack stays as it begins, in INSUFFICIENT_DATA.

    Its action is executed at the transition to this state from another one, when all data of the evaluation range is
    missing (API reference of CloudWatch: PutMetricAlarm; user guide: how alarms treat missing data).
    """
    treated = {name: alarm["TreatMissingData"] for name, alarm in alarms(template).items()}
    without_data = {name for name, alarm in alarms(template).items() if "InsufficientDataActions" in alarm}
    sweep = alarms(template)["SendDueMissingAlarm"]

    assert set(treated.values()) == {"notBreaching", "missing"}
    assert {name for name, treatment in treated.items() if treatment == "missing"} == {"SendDueMissingAlarm"}
    assert without_data == {"SendDueMissingAlarm"}
    assert sweep["InsufficientDataActions"] == [{"Ref": "AlarmTopic"}]
    assert sweep["Period"] * sweep["EvaluationPeriods"] == TEN_MINUTES


def test_each_alarm_leads_to_its_section_which_says_what_to_look_at(template: dict[str, Any]) -> None:
    chapter = PAGE.partition("\n## When an alarm is raised\n")[2].partition("\n## ")[0]
    sections = {
        name: text
        for titles, text in re.findall(r"((?:^### \w+\n)+)\n((?:(?!###).*\n)+)", chapter, re.MULTILINE)
        for name in re.findall(r"\w+", titles)
    }

    assert template["Parameters"]["RepositoryUrl"]["Default"] == ""  # then it is a path in the repository
    assert {name: f"${{RepositoryUrl}}docs/operate.md#{name.lower()}" for name in sections} == {
        name.removesuffix("Alarm"): alarm["AlarmDescription"]["Sub"].rpartition(" ")[2]
        for name, alarm in alarms(template).items()
    }
    looks = re.compile(
        r"`(?:longcode|aws|filter) |^    (?:filter|aws) |`docs/incidents\.md`|the\s+query\s+above|errors\s+of\s+`",
        re.MULTILINE,
    )
    assert [title for title, text in sections.items() if not looks.search(text)] == []


def test_the_dashboard_shows_what_the_code_counts_and_names_resources_that_exist(template: dict[str, Any]) -> None:
    (dashboard,) = resources_of_type(template, "AWS::CloudWatch::Dashboard").values()
    text, values = dashboard["DashboardBody"]["Sub"]
    body = json.loads(re.sub(r"\$\{[^}]+\}", "x", text))
    metrics = [metric for widget in body["widgets"] for metric in widget["properties"]["metrics"]]
    named = {name.partition(".")[0] for name in re.findall(r"\$\{([^}]+)\}", text)}

    assert {metric[1] for metric in metrics if metric[0] == "Longcode"} == counted()
    assert {name for name in named if not name.startswith("AWS::")} <= template["Resources"].keys() | values
    places = [(widget["x"], widget["y"]) for widget in body["widgets"]]
    assert len(set(places)) == len(places)


def test_every_function_logs_to_a_group_with_a_retention(template: dict[str, Any]) -> None:
    groups = resources_of_type(template, "AWS::Logs::LogGroup")
    logged_to = {function["LoggingConfig"]["LogGroup"]["Ref"] for function in functions(template).values()}

    assert logged_to == {"FunctionsLog"}
    assert [name for name, group in groups.items() if "RetentionInDays" not in group] == []
