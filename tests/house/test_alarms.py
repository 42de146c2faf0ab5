"""Alarms that notify the operator: dead letters, the metrics that the code counts, failed scheduled functions."""

import ast
from typing import Any

from tests.support.source_reading import FUNCTIONS, dotted, nodes, referenced_resource, resources_of_type, sources


def alarms(template: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the alarms that notify somebody."""
    return [
        alarm for alarm in resources_of_type(template, "AWS::CloudWatch::Alarm").values() if alarm.get("AlarmActions")
    ]


def test_an_alarm_watches_every_dead_letter_queue(template: dict[str, Any]) -> None:
    queues = resources_of_type(template, "AWS::SQS::Queue")
    dimensions = [dimension for alarm in alarms(template) for dimension in alarm.get("Dimensions", [])]
    watched = [
        referenced_resource(dimension["Value"]) for dimension in dimensions if dimension["Name"] == "QueueName"
    ]

    assert sorted(watched) == sorted(name for name, queue in queues.items() if "RedrivePolicy" not in queue)


def test_an_alarm_watches_each_metric_that_the_code_counts(template: dict[str, Any]) -> None:
    counted = {
        ast.literal_eval(node.args[0])
        for path in sources(FUNCTIONS)
        for node in nodes(path)
        if isinstance(node, ast.Call) and dotted(node.func) == "count"
    }

    assert {alarm["MetricName"] for alarm in alarms(template) if alarm["Namespace"] == "Longcode"} == counted


def test_an_alarm_watches_the_errors_of_each_scheduled_function(template: dict[str, Any]) -> None:
    functions = resources_of_type(template, "AWS::Serverless::Function")
    scheduled = [
        name
        for name, function in functions.items()
        if any(event["Type"] == "ScheduleV2" for event in function.get("Events", {}).values())
    ]
    watched = [
        referenced_resource(alarm["Dimensions"][0]["Value"])
        for alarm in alarms(template)
        if alarm["MetricName"] == "Errors"
    ]

    assert sorted(watched) == sorted(scheduled)
