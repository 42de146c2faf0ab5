"""Clients of AWS whose answers are given, and are checked against the service's own description."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.stub import Stubber

from longcode_cli.deployment import Deployment
from tests.support.operator import OperatorsFunction, Session


def answering(service: str, *answers: tuple[str, Mapping[str, Any] | str]) -> Any:
    """Return a client that gives these answers, each to a call of its operation, in this order.

    A string in place of an answer is the code of an error.
    """
    client = boto3.client(service, region_name="us-east-1", aws_access_key_id="-", aws_secret_access_key="-")
    stubber = Stubber(client)
    for operation, answer in answers:
        if isinstance(answer, str):
            stubber.add_client_error(operation, answer)
        else:
            stubber.add_response(operation, answer)
    stubber.activate()
    return client


class Stack:
    """A client of CloudFormation that knows one stack: what it was deployed with, and what it consists of."""

    def __init__(
        self,
        outputs: Mapping[str, str] | None = None,
        parameters: Mapping[str, str] | None = None,
        resources: Sequence[tuple[str, str, str]] = (),
        created_at: datetime = datetime(2026, 1, 1, tzinfo=UTC),
    ) -> None:
        described = {
            "StackName": "longcode",
            "StackStatus": "CREATE_COMPLETE",
            "CreationTime": created_at,
            "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in (outputs or {}).items()],
            "Parameters": [
                {"ParameterKey": key, "ParameterValue": value} for key, value in (parameters or {}).items()
            ],
        }
        listed = [
            {
                "LogicalResourceId": name,
                "ResourceType": kind,
                "PhysicalResourceId": id_,
                "LastUpdatedTimestamp": created_at,
                "ResourceStatus": "CREATE_COMPLETE",
            }
            for name, kind, id_ in resources
        ]
        self.client = answering(
            "cloudformation",
            ("describe_stacks", {"Stacks": [described]}),
            ("list_stack_resources", {"StackResourceSummaries": listed}),
        )


def deployment_of(stack: Stack, now: datetime | None = None, **clients: Any) -> Deployment:
    """Return the deployment of a stack; its orders are carried out in this process."""
    function = OperatorsFunction(now) if now else OperatorsFunction()
    deployment = Deployment("longcode", Session({"lambda": function, "cloudformation": stack.client, **clients}))
    _ = deployment.outputs, deployment.resources  # in the order of the answers
    return deployment
