"""Concurrency: what is reserved, the ceiling of each queue, their documented sum, and the loops that are meant."""

import re
from typing import Any

from tests.support.source_reading import ROOT, events, functions, referenced_resource

LEAST_UNRESERVED = 100  # Lambda refuses a reservation that leaves less (Lambda: configuring reserved concurrency)
NEVER_STARVED = {
    "accounts.authorizer",
    "inbox.webhook_api",
    "inbox.worker",
    "optout.worker",
    "send.receipts_api",
    "send.receipts_worker",
    "sweeper.sweep_schedule",
}


def test_executions_are_reserved_for_what_must_not_starve(template: dict[str, Any]) -> None:
    assert reserved(template).keys() == NEVER_STARVED
    assert template["Conditions"]["ReservesConcurrency"] == {"Equals": [{"Ref": "ReserveConcurrency"}, "true"]}


def test_a_worker_reserves_what_its_queues_may_use(template: dict[str, Any]) -> None:
    """A ceiling above the reservation would be throttled (Lambda: maximum concurrency for Amazon SQS)."""
    in_reserve = reserved(template)
    ceilings = {
        name: event["ScalingConfig"]["MaximumConcurrency"]
        for name, event in events(template, "SQS")
        if name in in_reserve
    }

    assert ceilings == {name: in_reserve[name] for name in ("inbox.worker", "optout.worker", "send.receipts_worker")}


def test_every_queue_has_a_ceiling(template: dict[str, Any]) -> None:
    open_ended = [event for _, event in events(template, "SQS") if "MaximumConcurrency" not in event["ScalingConfig"]]

    assert open_ended == []


def test_the_page_has_the_sum_and_the_quota_that_it_needs(template: dict[str, Any]) -> None:
    page = (ROOT / "docs" / "deploy.md").read_text()
    ceilings = sum(event["ScalingConfig"]["MaximumConcurrency"] for _, event in events(template, "SQS"))
    in_reserve = sum(reserved(template).values())

    documented = {
        name: int(number) for name, number in re.findall(r"^\| (\w+) executions? .*\| (\d+) \|$", page, re.MULTILINE)
    }

    assert documented == {
        "Reserved": in_reserve,
        "Queue": ceilings,
        "Unreserved": LEAST_UNRESERVED,
        "Needed": in_reserve + LEAST_UNRESERVED,
    }
    assert ceilings <= LEAST_UNRESERVED


def test_only_functions_that_feed_their_own_queue_may_loop(template: dict[str, Any]) -> None:
    """Lambda stops others after about 16 rounds (Lambda: recursive loop detection)."""
    fed = {(name, referenced_resource(event["Queue"])) for name, event in events(template, "SQS")}
    sends = {
        (name, referenced_resource(policy["SQSSendMessagePolicy"]["QueueName"]))
        for name, function in functions(template).items()
        for policy in function["Policies"]
        if "SQSSendMessagePolicy" in policy
    }
    looping = {name for name, _ in fed & sends}
    allowed = {
        name: function["RecursiveLoop"]
        for name, function in functions(template).items()
        if "RecursiveLoop" in function
    }

    assert allowed == dict.fromkeys(looping, "Allow") == {"broadcasts.worker": "Allow"}


def reserved(template: dict[str, Any]) -> dict[str, int]:
    """Return the executions that each function reserves, where the stack reserves any."""
    settings = {
        name: function["ReservedConcurrentExecutions"]
        for name, function in functions(template).items()
        if "ReservedConcurrentExecutions" in function
    }
    # While all is held, the authoriser has 0, and every call of a studio is refused (tests/house/test_hold.py).
    settings["accounts.authorizer"] = settings["accounts.authorizer"]["If"][2]
    for setting in settings.values():
        condition, _, otherwise = next(iter(setting.values()))
        assert (condition, otherwise) == ("ReservesConcurrency", {"Ref": "AWS::NoValue"})
    return {name: next(iter(setting.values()))[1] for name, setting in settings.items()}
