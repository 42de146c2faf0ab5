"""The schedules: the sweep, the reconciliation, the forwarding of replies, the month's close."""

from typing import Any

from tests.support.source_reading import events

EVERY = {
    "sweeper.sweep_schedule": ("rate(1 minute)", None),
    "inbox.reconcile_schedule": ("rate(5 minutes)", None),
    "webhooks.forward_schedule": ("rate(5 minutes)", None),  # facts S23
    "billing.close_month_schedule": ("cron(0 3 1 * ? *)", "America/Chicago"),  # facts S14
}


def test_each_schedule_runs_at_its_specified_times(template: dict[str, Any]) -> None:
    scheduled = {
        name: (event["ScheduleExpression"], event.get("ScheduleExpressionTimezone"))
        for name, event in events(template, "ScheduleV2")
    }

    assert scheduled == EVERY


def test_a_late_call_still_closes_the_month_that_it_was_for(template: dict[str, Any]) -> None:
    close = next(event for name, event in events(template, "ScheduleV2") if name == "billing.close_month_schedule")

    assert close["Input"] == '{"time": "<aws.scheduler.scheduled-time>"}'
