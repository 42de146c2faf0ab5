"""The schedules: switched on, and run lately."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from longcode_cli.deployment import Deployment
from longcode_cli.doctor.finding import Finding

_SCHEDULE = "AWS::Scheduler::Schedule"
_MISSED_AFTER = {
    "SendDue": timedelta(minutes=10),
    "InboxReconcile": timedelta(minutes=20),
    "InboxForward": timedelta(minutes=20),
}
_ALARMS = {
    "SendDue": "SendDueMissing",
    "InboxReconcile": "InboxReconcileErrors",
    "InboxForward": "InboxForwardErrors",
    "CloseMonth": "CloseMonthErrors",
}
_CLOSES_IN, _CLOSES_AT_HOUR = ZoneInfo("America/Chicago"), 3
_LATE = timedelta(hours=1)


def find_held(deployment: Deployment, _now: datetime) -> list[Finding]:
    """Return whether the deployment is held for a restore."""
    hold = deployment.parameters.get("Hold", "none")
    if hold == "none":
        return []
    return [
        Finding(
            what=f"The stack is held for a restore: the parameter Hold is {hold}.",
            cure="Finish the restore (docs/restore.md), set Hold to none, and run: make update ENV=prod",
            section="Hold",
        )
    ]


def find_off(deployment: Deployment, _now: datetime) -> list[Finding]:
    """Return the schedules that are switched off."""
    scheduler = deployment.client("scheduler")
    schedules = deployment.of_kind(_SCHEDULE)
    if not schedules:
        return [
            Finding(
                what="The stack has no schedules.", cure="Deploy it again: make update ENV=prod", section="Schedules"
            )
        ]
    return [
        Finding(
            what=f"The schedule {schedule.name} is off.",
            cure="Switch it on by an update of the stack: make update ENV=prod",
            section="Schedules",
        )
        for schedule in schedules
        if scheduler.get_schedule(Name=schedule.id)["State"] != "ENABLED"
    ]


def find_missed(deployment: Deployment, now: datetime) -> list[Finding]:
    """Return the scheduled functions that have not run when they should have, unless the stack is newer than that."""
    since = {name: now - after for name, after in _MISSED_AFTER.items()}
    closed_at = last_close(now - _LATE)
    return [
        Finding(
            what=f"The function {name} has not run since {start:%Y-%m-%d %H:%M} UTC, though its schedule says so.",
            cure="Is its schedule on, and is the account's concurrency used up? Read its log, as the page says.",
            section=_ALARMS[name],
        )
        for name, start in {**since, "CloseMonth": closed_at}.items()
        if deployment.created_at < start and not _has_run(deployment, name, start, now)
    ]


def last_close(now: datetime) -> datetime:
    """Return the last time at which a month should have been closed: the first at 03:00 in Chicago."""
    local = now.astimezone(_CLOSES_IN)
    first = local.replace(day=1, hour=_CLOSES_AT_HOUR, minute=0, second=0, microsecond=0)
    if first > local:
        first = (first - timedelta(days=1)).replace(day=1)
    return first.astimezone(now.tzinfo)


def _has_run(deployment: Deployment, name: str, since: datetime, now: datetime) -> bool:
    function = deployment.resources[name].id
    # CloudWatch keeps minutes for fifteen days, and hours for longer.
    period = 3600 if now - since > timedelta(hours=1) else 60
    statistics: dict[str, Any] = deployment.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="Invocations",
        Dimensions=[{"Name": "FunctionName", "Value": function}],
        StartTime=since.replace(minute=0, second=0) if period > 60 else since,  # noqa: PLR2004 - hours begin there
        EndTime=now,
        Period=period,
        Statistics=["Sum"],
    )
    return any(point["Sum"] for point in statistics["Datapoints"])
