"""The concurrency: executions are reserved as the template says, and enough are left for the others."""

from collections.abc import Mapping
from datetime import datetime

from longcode_cli.deployment import Deployment
from longcode_cli.doctor.finding import Finding

RESERVED = {
    "Authorizer": 20,
    "InboxWebhook": 20,
    "SendReceipts": 20,
    "InboxWorker": 5,
    "OptOutWorker": 5,
    "SendAwsReceipts": 5,
    "SendDue": 2,
}
"""The executions that template.yaml reserves, by function; a test compares both."""
_LEFT_AT_LEAST = 100


def find_in_concurrency(deployment: Deployment, _now: datetime) -> list[Finding]:
    """Return the functions without the executions that they should have, and whether too few are left."""
    client = deployment.client("lambda")
    reserved = {
        name: client.get_function_concurrency(FunctionName=deployment.resources[name].id).get(
            "ReservedConcurrentExecutions"
        )
        for name in RESERVED
    }
    left = client.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"]
    return wrong_concurrency(deployment.parameters, reserved, left)


def wrong_concurrency(parameters: Mapping[str, str], reserved: Mapping[str, int | None], left: int) -> list[Finding]:
    """Return what is wrong with the reserved executions of the functions, and with those that are left for all."""
    findings = []
    if parameters.get("ReserveConcurrency") == "false":
        findings.append(
            Finding(
                what="No executions are reserved: one busy function can keep the password check and STOPs waiting.",
                cure="Raise the Lambda quota to 1,000 (docs/deploy.md), set ReserveConcurrency to true, and update.",
                section="Concurrency",
            )
        )
    else:
        wanted = {**RESERVED, **({"Authorizer": 0} if parameters.get("Hold") == "all" else {})}
        findings += [
            Finding(
                what=f"The function {name} has {reserved[name] or 'no'} reserved executions in place of {count}.",
                cure="Deploy the stack again: make update ENV=prod",
                section="Concurrency",
            )
            for name, count in wanted.items()
            if reserved[name] != count
        ]
    if left < _LEFT_AT_LEAST:
        findings.append(
            Finding(
                what=f"Only {left} executions are left for the functions that have none reserved.",
                cure="Raise the Lambda quota: aws service-quotas request-service-quota-increase --service-code lambda"
                " --quota-code L-B99A9384 --desired-value 1000",
                section="Concurrency",
            )
        )
    return findings
