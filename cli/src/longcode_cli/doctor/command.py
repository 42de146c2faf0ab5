"""The command `longcode doctor`: all checks at once, and what they found."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import typer

from longcode_cli.command import Context
from longcode_cli.deployment import Deployment
from longcode_cli.doctor import alarms, carrier, clocks, concurrency, mail, queues, schedules, secrets, table
from longcode_cli.doctor.finding import Check
from longcode_cli.errors import Failure, Unreachable
from longcode_cli.output import Columns

CHECKS = (
    Check(name="hold", find=schedules.find_held),
    Check(name="schedules on", find=schedules.find_off),
    Check(
        name="schedules run",
        find=schedules.find_missed,
        only_on_aws="The emulator does not count what its scheduler runs.",
    ),
    Check(name="dead letters", find=queues.find_dead_letters),
    Check(name="queues' ages", find=queues.find_old_jobs),
    Check(name="queues' workers", find=queues.find_without_worker),
    Check(name="due items", find=table.find_overdue),
    Check(name="carrier's secret", find=secrets.find_in_carrier_secret),
    Check(name="Stripe's secret", find=secrets.find_in_stripe_secret),
    Check(name="addresses", find=secrets.find_in_addresses),
    Check(name="mail", find=mail.find_in_mail),
    Check(name="alarms subscribed", find=alarms.find_unsubscribed),
    Check(name="alarms quiet", find=alarms.find_ringing),
    Check(
        name="concurrency",
        find=concurrency.find_in_concurrency,
        only_on_aws="The emulator reserves no executions.",
    ),
    Check(name="carrier", find=carrier.find_at_carrier),
    Check(name="plans", find=table.find_no_plans),
    Check(name="counters", find=table.find_wrong_counters),
    Check(name="clocks", find=clocks.find_wrong_clocks),
    Check(name="table", find=table.find_unprotected),
)
OK, WRONG, UNREAD, LEFT_OUT = "ok", "wrong", "cannot be read", "left out"


def doctor(context: Context) -> None:
    """Is this deployment sound? Check it all, and say of each fault what it is, what helps, and where to read on."""
    deployment = context.obj.deployment
    results = examine(deployment, datetime.now(UTC))
    columns: Columns = {"check": "check", "result": "result", "": _said}
    context.obj.output.items(results, columns, "There are no checks.")
    raise typer.Exit(exit_code(results))


def exit_code(results: Sequence[Mapping[str, Any]]) -> int:
    """Return 0 if nothing is wrong, 1 if something is or may be, 3 if nothing could be read."""
    states = {result["result"] for result in results}
    if states <= {UNREAD, LEFT_OUT}:
        return Unreachable.exit_code
    return 1 if states & {WRONG, UNREAD} else 0


def examine(deployment: Deployment, now: datetime, checks: Sequence[Check] = CHECKS) -> list[dict[str, Any]]:
    """Return the result of each check, all made at the same time; raise `Unreachable` if the stack cannot be read."""
    # Read before the checks need them, in threads.
    _ = deployment.outputs, deployment.resources
    with ThreadPoolExecutor(len(checks)) as pool:
        return list(pool.map(lambda check: _result(check, deployment, now), checks))


def _result(check: Check, deployment: Deployment, now: datetime) -> dict[str, Any]:
    """Return what a check found. One that fails, for whatever reason, is no good news."""
    if check.only_on_aws and deployment.endpoint_url:
        return {"check": check.name, "result": LEFT_OUT, "why": check.only_on_aws, "findings": []}
    try:
        findings = check.find(deployment, now)
    except Exception as failed:
        why = str(failed) if isinstance(failed, Failure) else f"{type(failed).__name__}: {failed}"
        return {"check": check.name, "result": UNREAD, "why": why, "findings": []}
    found = [{**asdict(finding), "page": finding.page} for finding in findings]
    result = WRONG if found else OK
    return {"check": check.name, "result": result, "why": None, "findings": found}


def _said(result: Any) -> str:
    if result["why"]:
        return str(result["why"])
    return "\n".join(f"{one['what']}\n  {one['cure']} ({one['page']})" for one in result["findings"])
