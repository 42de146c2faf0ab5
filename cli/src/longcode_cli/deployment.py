"""A deployment of Longcode, on AWS or on this machine: its outputs, the clients of its services, and its orders."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from longcode_cli.errors import Failed, Refused, Unreachable

_LOCAL_STACK = Path(".local", "stack.json")  # written by `make up`
_LOCAL_NAME, _LOCAL_REGION, _LOCAL_KEY = "longcode", "us-east-1", "local"
_CHECK = "Check --stack, --region and --profile."
_LONGEST_SECONDS = 900  # of an order: the longest time-out that a Lambda function can have


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A resource of the stack: its name in the template, its type, and by what AWS knows it."""

    name: str
    kind: str
    id: str


class Deployment:
    """A stack, found by its name, and the session of AWS with which it is reached."""

    def __init__(self, stack: str, session: Any, endpoint_url: str | None = None) -> None:
        self.stack = stack
        self.endpoint_url = endpoint_url
        self._session = session
        self._clients: dict[str, Any] = {}
        self._opening = Lock()  # a session cannot open clients in two threads at once

    def client(self, service: str) -> Any:
        """Return the client of an AWS service, for example `sqs`."""
        with self._opening:
            if service not in self._clients:
                config = Config(
                    read_timeout=_LONGEST_SECONDS if service == "lambda" else 60, retries={"mode": "standard"}
                )
                self._clients[service] = self._session.client(service, endpoint_url=self.endpoint_url, config=config)
            return self._clients[service]

    @cached_property
    def _described(self) -> Mapping[str, Any]:
        try:
            [found] = self.client("cloudformation").describe_stacks(StackName=self.stack)["Stacks"]
        except (BotoCoreError, ClientError) as error:
            raise Unreachable(f"The stack {self.stack!r} cannot be read: {error}. {_CHECK}") from error
        return dict(found)

    @property
    def outputs(self) -> Mapping[str, str]:
        """Return the outputs of the stack by name; raise `Unreachable` if there is no such stack."""
        return {output["OutputKey"]: output["OutputValue"] for output in self._described.get("Outputs", [])}

    @property
    def parameters(self) -> Mapping[str, str]:
        """Return the parameters with which the stack was deployed; raise `Unreachable`."""
        return {one["ParameterKey"]: one["ParameterValue"] for one in self._described.get("Parameters", [])}

    @cached_property
    def principal(self) -> str | None:
        """Return the user or role of AWS whose credentials these are; None on this machine, or if AWS says none."""
        if self.endpoint_url:
            return None
        try:
            arn: str = self.client("sts").get_caller_identity()["Arn"]
        except (BotoCoreError, ClientError):
            return None
        return arn.rpartition(":")[2]

    @property
    def created_at(self) -> datetime:
        """Return when the stack was first deployed; raise `Unreachable`."""
        at: datetime = self._described["CreationTime"]
        return at

    @cached_property
    def resources(self) -> Mapping[str, Resource]:
        """Return the resources of the stack by their names in the template; raise `Unreachable`."""
        try:
            pages = self.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=self.stack)
            listed = [one for page in pages for one in page["StackResourceSummaries"]]
        except (BotoCoreError, ClientError) as error:
            raise Unreachable(f"The resources of the stack {self.stack!r} cannot be read: {error}") from error
        return {
            one["LogicalResourceId"]: Resource(
                name=one["LogicalResourceId"], kind=one["ResourceType"], id=one["PhysicalResourceId"]
            )
            for one in listed
            if "PhysicalResourceId" in one
        }

    def of_kind(self, kind: str) -> list[Resource]:
        """Return the resources of a type, such as `AWS::SQS::Queue`, in the order of their names."""
        return sorted((one for one in self.resources.values() if one.kind == kind), key=lambda one: one.name)

    def order(self, do: str, **fields: object) -> dict[str, Any]:
        """Send an order to the operator's function and return its answer.

        Raise `Refused` for an order that it refuses, and `Unreachable` if it did not answer.
        """
        return self.invoke("AdminFunction", {"do": do, **fields}, f"The order {do}")

    def invoke(self, output: str, event: Mapping[str, object], called: str) -> dict[str, Any]:
        """Invoke the function of an output of the stack, and return its answer.

        Raise `Refused` for an event that it refuses, `Failed` if it raised an exception, and `Unreachable` if it did
        not answer. `called` names the event in their messages.
        """
        function = self.outputs.get(output)
        if function is None:
            raise Unreachable(f"The stack {self.stack!r} is no deployment of Longcode: it has no output {output}.")
        try:
            response = self.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
        except (BotoCoreError, ClientError) as error:
            raise Unreachable(f"The function {function} cannot be invoked: {error}") from error
        answer = json.loads(response["Payload"].read())
        if "FunctionError" in response:
            kind = str(answer.get("errorType", ""))
            raise Failed(f"{called} failed: {answer.get('errorMessage') or kind or answer}", kind=kind)
        if "code" in answer and "detail" in answer:
            raise Refused(answer["detail"], code=answer["code"], field=answer.get("field"))
        return dict(answer)

    def items(self, do: str, **fields: object) -> Iterator[dict[str, Any]]:
        """Yield the items of all pages of an order that lists something."""
        return (item for page in self._pages(do, fields, "cursor") for item in page["items"])

    def pages_of_accounts(self, do: str, **fields: object) -> Iterator[dict[str, Any]]:
        """Yield all pages of an order that goes through the accounts."""
        return self._pages(do, fields, "after")

    def _pages(self, do: str, fields: Mapping[str, object], goes_on: str) -> Iterator[dict[str, Any]]:
        """Yield all pages of an order; `goes_on` is its field for the cursor of the page before."""
        cursor = None
        while True:
            page = self.order(do, **fields, **{goes_on: cursor})
            yield page
            if not (cursor := page["next_cursor"]):
                return


def find(stack: str | None, region: str | None, profile: str | None) -> Deployment:
    """Return the named deployment on AWS, or without a name the one that `make up` runs on this machine.

    Raise `Unreachable` if no stack is named and none runs here.
    """
    if stack:
        try:
            return Deployment(stack, boto3.Session(region_name=region, profile_name=profile))
        except BotoCoreError as error:
            raise Unreachable(str(error)) from error
    url = local_url(Path.cwd(), os.geteuid())
    if url is None:
        raise Unreachable(
            "No deployment is named. Give its stack with --stack or LONGCODE_STACK, or start one here: make up."
        )
    session = boto3.Session(_LOCAL_KEY, _LOCAL_KEY, region_name=_LOCAL_REGION)
    return Deployment(_LOCAL_NAME, session, url)


def local_url(here: Path, user: int) -> str | None:
    """Return the address of the emulator of a stack that runs in a folder or in one above it.

    A file that is not this user's is left out: it could send the orders to a server of somebody else.
    """
    for folder in (here, *here.parents):
        file = folder / _LOCAL_STACK
        try:
            if file.stat().st_uid != user:
                continue
            local = json.loads(file.read_text())
            os.kill(local["pid"], 0)
            return str(local["emulator_url"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None
