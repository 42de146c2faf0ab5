"""What is held for a restore, and which table is used after one (docs/restore.md)."""

import re
from typing import Any

from tests.support.source_reading import ROOT, events, functions, resources_of_type


def test_nothing_is_held_and_the_table_is_the_stack_s_own_unless_a_parameter_says_so(
    template: dict[str, Any],
) -> None:
    hold, table = template["Parameters"]["Hold"], template["Parameters"]["RestoredTable"]

    assert (hold["Default"], hold["AllowedValues"], table["Default"]) == ("none", ["none", "texts", "all"], "")
    assert template["Conditions"]["HoldsAll"] == {"Equals": [{"Ref": "Hold"}, "all"]}
    assert template["Conditions"]["HoldsTexts"] == {"Not": [{"Equals": [{"Ref": "Hold"}, "none"]}]}
    assert template["Conditions"]["UsesRestoredTable"] == {"Not": [{"Equals": [{"Ref": "RestoredTable"}, ""]}]}


def test_every_queue_is_held_by_all_and_those_of_texts_also_by_texts(template: dict[str, Any]) -> None:
    held_by = {(name, event["Enabled"]["If"][0]) for name, event in events(template, "SQS")}

    assert {event["Enabled"]["If"][1:] == [False, True] for _, event in events(template, "SQS")} == {True}
    assert {name for name, condition in held_by if condition == "HoldsTexts"} == {"send.worker"}
    assert {condition for name, condition in held_by if name != "send.worker"} == {"HoldsAll"}


def test_the_command_for_an_incident_disables_what_a_hold_of_texts_does(template: dict[str, Any]) -> None:
    """SAM names an event source after its function and its event (SAM: generated CloudFormation resources)."""
    page = (ROOT / "docs" / "incidents.md").read_text()
    [begin] = re.findall(r"starts_with\(LogicalResourceId, '(\w+)'\)", page)
    sources = {
        f"{name}{event}": properties["Properties"]["Enabled"]["If"][0]
        for name, function in resources_of_type(template, "AWS::Serverless::Function").items()
        for event, properties in function.get("Events", {}).items()
        if properties["Type"] == "SQS"
    }

    assert {name for name in sources if name.startswith(begin)} == {
        name for name, condition in sources.items() if condition == "HoldsTexts"
    }


def test_every_schedule_is_held_by_all(template: dict[str, Any]) -> None:
    states = [event["State"] for _, event in events(template, "ScheduleV2")]

    assert len(states) == 4
    assert [state for state in states if state != {"If": ["HoldsAll", "DISABLED", "ENABLED"]}] == []


def test_the_page_waits_as_long_as_the_longest_function_that_a_hold_does_not_end(template: dict[str, Any]) -> None:
    """A change of an event source or a schedule leaves running invocations alone (Lambda: timeout)."""
    longest = max(one.get("Timeout", 0) for one in functions(template).values())
    waits = re.findall(r"update the stack, and wait (\w+) minutes", (ROOT / "docs" / "restore.md").read_text())

    assert (waits, longest) == (["fifteen"], 15 * 60)


def test_no_studio_is_served_while_all_is_held(template: dict[str, Any]) -> None:
    """Lambda refuses every execution of a function that reserves none (Lambda: configuring reserved concurrency)."""
    (api,) = resources_of_type(template, "AWS::Serverless::Api").values()
    condition, held, _ = functions(template)["accounts.authorizer"]["ReservedConcurrentExecutions"]["If"]

    assert api["Auth"]["DefaultAuthorizer"] == "AccountAndPassword"
    assert (condition, held) == ("HoldsAll", 0)


def test_jobs_are_kept_for_the_four_days_of_sqs(template: dict[str, Any]) -> None:
    """The default of SQS (SQS: SetQueueAttributes, MessageRetentionPeriod)."""
    queues = resources_of_type(template, "AWS::SQS::Queue")

    assert {name for name, queue in queues.items() if "MessageRetentionPeriod" in queue} == {"DeadLetters"}


def test_every_function_uses_the_restored_table_if_there_is_one(template: dict[str, Any]) -> None:
    either = {"If": ["UsesRestoredTable", {"Ref": "RestoredTable"}, {"Ref": "Table"}]}
    tables = [one["Environment"]["Variables"]["TABLE_NAME"] for one in functions(template).values()]

    assert [table for table in tables if table != either] == []
    assert template["Outputs"]["TableName"]["Value"] == either
