"""The table: protected, nothing in it overdue, the price list loaded, and counters that equal their messages."""

import secrets
from collections import Counter
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from longcode_cli.deployment import Deployment
from longcode_cli.doctor.finding import Finding
from longcode_cli.output import day_and_time

_OVERDUE_MINUTES = 10  # the sweeper runs every minute
_MOST_OVERDUE = 200  # of each shard
_SAMPLE = 5  # accounts
_MOST_UNITS = 3_000  # of an account in the sample: the function adds up so many texts in a second
_MONTHS_IN = ZoneInfo("America/Chicago")


def find_unprotected(deployment: Deployment, _now: datetime) -> list[Finding]:
    """Return what the table lacks of its protection."""
    dynamodb, table = deployment.client("dynamodb"), deployment.outputs["TableName"]
    described = dynamodb.describe_table(TableName=table)["Table"]
    backups = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    ttl = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    recovery = backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus")
    wrong = [
        (
            described.get("DeletionProtectionEnabled") is not True,
            "Anybody who may, can delete the table: its deletion protection is off.",
            "Set DeletionProtection to true, and run: make update ENV=prod",
        ),
        (
            recovery != "ENABLED",
            "The table cannot be restored to a point in time.",
            f"aws dynamodb update-continuous-backups --table-name {table}"
            " --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true",
        ),
        (
            ttl.get("TimeToLiveStatus") not in ("ENABLED", "ENABLING") or ttl.get("AttributeName") != "expires_at",
            "The table keeps what has expired: its time to live is off.",
            f"aws dynamodb update-time-to-live --table-name {table}"
            " --time-to-live-specification Enabled=true,AttributeName=expires_at",
        ),
    ]
    return [Finding(what=what, cure=cure, section="Table") for is_wrong, what, cure in wrong if is_wrong]


def find_overdue(deployment: Deployment, _now: datetime) -> list[Finding]:
    """Return whether something in the table is due that the sweeper has not done."""
    answer = deployment.order("due.list_overdue", minutes=_OVERDUE_MINUTES, limit=_MOST_OVERDUE)
    overdue = answer["items"]
    if not overdue:
        return []
    types = Counter(item["type"] for item in overdue)
    kinds = ", ".join(f"{count:,} of type {kind}" for kind, count in sorted(types.items()))
    return [
        Finding(
            what=f"{_items(answer)} overdue, the first since {day_and_time(overdue[0]['due_at'])} UTC: {kinds}.",
            cure="Does the sweeper run, and what does its log say? longcode stuck shows why each one waits.",
            section="SendDueErrors",
        )
    ]


def _items(answer: dict[str, Any]) -> str:
    if len(answer["items"]) == 1:
        return "1 item is"
    return f"{len(answer['items']):,}{'' if answer['complete'] else ' or more'} items are"


def find_no_plans(deployment: Deployment, _now: datetime) -> list[Finding]:
    """Return whether no price list is loaded."""
    if deployment.order("plans.show")["file"]:
        return []
    return [
        Finding(
            what="No price list is loaded: nobody can sign up or send.",
            cure="longcode plans load infra/plans.json",
            section="Plans",
        )
    ]


def find_wrong_counters(deployment: Deployment, now: datetime) -> list[Finding]:
    """Return the accounts of a sample whose counters of this month differ from their messages.

    The sample begins at a random account; those with many texts are left out, because each text is read.
    """
    month = f"{now.astimezone(_MONTHS_IN):%Y-%m}"
    check = {"month": month, "limit": _SAMPLE, "most_units": _MOST_UNITS}
    page = deployment.order("months.check", **check, after=str(10_000_000 + secrets.randbelow(90_000_000)))
    found = page["items"]
    if page["accounts"] < _SAMPLE:
        found = [*found, *deployment.order("months.check", **check)["items"]]
    return [wrong_counters(month, each) for each in {each["account"]: each for each in found}.values()]


def wrong_counters(month: str, check: dict[str, Any]) -> Finding:
    """Return the finding about an account whose counters are wrong."""
    account = check["account"]
    return Finding(
        what=f"The counters of account {account} differ from its messages in {month}."
        if check["differences"]
        else f"Some messages of account {account} in {month} cannot be read.",
        cure=f"longcode month check {month} --account {account}; when the month is over: longcode month repair",
        section="ParkedInvoices",
    )
