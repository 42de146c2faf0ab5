"""Clients of AWS whose answers are given, and are checked against the service's own description."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.stub import Stubber

from longcode_cli.deployment import Deployment
from longcode_cli.doctor.finding import Finding
from tests.support.operator import STACK, Caller, OperatorsFunction, Session


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
        self._described = {
            "CreationTime": created_at,
            "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in (outputs or {}).items()],
            "Parameters": [
                {"ParameterKey": key, "ParameterValue": value} for key, value in (parameters or {}).items()
            ],
        }
        self._resources = [
            {"LogicalResourceId": name, "ResourceType": kind, "PhysicalResourceId": id_}
            for name, kind, id_ in resources
        ]

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803 - as boto3 has it
        assert StackName == STACK
        return {"Stacks": [self._described]}

    def describe_stack_resource(self, *, StackName: str, LogicalResourceId: str) -> dict[str, Any]:  # noqa: N803
        assert StackName == STACK
        [found] = [one for one in self._resources if one["LogicalResourceId"] == LogicalResourceId]
        return {"StackResourceDetail": found}

    def get_paginator(self, operation: str) -> "Stack":
        assert operation == "list_stack_resources"
        return self

    def paginate(self, *, StackName: str) -> list[dict[str, Any]]:  # noqa: N803
        assert StackName == STACK
        return [{"StackResourceSummaries": self._resources}]


def deployment_of(stack: Stack, **clients: Any) -> Deployment:
    """Return the deployment of a stack; its orders are carried out in this process."""
    known = {"lambda": OperatorsFunction(), "cloudformation": stack, "sts": Caller()}
    return Deployment(STACK, Session({**known, **clients}))


def whats(findings: Sequence[Finding]) -> list[str]:
    """Return what findings say, each of which must have its cure and its section."""
    assert all(finding.cure and finding.section for finding in findings)
    return [finding.what for finding in findings]
