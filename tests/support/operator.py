"""Runs commands of the operator's command line against the functions of this process."""

import io
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
import typer.main

from admin import invoke
from longcode_cli.deployment import Deployment
from longcode_cli.main import app, main
from tests.support.fakes import NOW

STACK = "longcode"


@dataclass(frozen=True)
class OperatorsFunction:
    """A client of Lambda that carries out the orders in this process."""

    now: datetime = NOW

    def invoke(self, *, FunctionName: str, Payload: str) -> dict[str, Any]:  # noqa: N803 - as boto3 has it
        assert FunctionName == "admin"
        return {"Payload": io.BytesIO(json.dumps(invoke.act(json.loads(Payload), self.now)).encode())}


@dataclass(frozen=True)
class Caller:
    """A client of STS that says whose credentials these are."""

    arn: str = "arn:aws:iam::111122223333:user/ann"

    def get_caller_identity(self) -> dict[str, Any]:
        return {"UserId": "AIDA", "Account": "111122223333", "Arn": self.arn}


@dataclass(frozen=True)
class Stacks:
    """A client of CloudFormation that knows one stack."""

    outputs: Mapping[str, str]

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803 - as boto3 has it
        assert StackName == STACK
        return {"Stacks": [{"Outputs": [{"OutputKey": key, "OutputValue": it} for key, it in self.outputs.items()]}]}

    def get_paginator(self, operation: str) -> "Stacks":
        assert operation == "list_stack_resources"
        return self

    def paginate(self, *, StackName: str) -> list[dict[str, Any]]:  # noqa: N803 - as boto3 has it
        log = {"LogicalResourceId": "FunctionsLog", "ResourceType": "AWS::Logs::LogGroup"}
        return [{"StackResourceSummaries": [{**log, "PhysicalResourceId": f"{StackName}-FunctionsLog"}]}]


@dataclass(frozen=True)
class Log:
    """A client of CloudWatch Logs with lines of JSON by their time, of which it gives one in a page."""

    lines: Sequence[tuple[datetime, Mapping[str, Any]]]

    def filter_log_events(
        self,
        *,
        logGroupName: str,  # noqa: N803 - as boto3 has it
        filterPattern: str,  # noqa: N803
        startTime: int,  # noqa: N803
        endTime: int = sys.maxsize,  # noqa: N803
        nextToken: str = "0",  # noqa: N803
    ) -> dict[str, Any]:
        assert logGroupName == f"{STACK}-FunctionsLog"
        wanted = re.findall(r'\$\.(\w+) = "([^"]*)"', filterPattern)
        found = [
            {"timestamp": int(at.timestamp() * 1000), "message": json.dumps(line)}
            for at, line in self.lines
            if startTime <= at.timestamp() * 1000 < endTime
            and any(str(line.get(name)) == value for name, value in wanted)
        ]
        at = int(nextToken)
        return {"events": found[at : at + 1], **({"nextToken": str(at + 1)} if at + 1 < len(found) else {})}


@dataclass(frozen=True)
class Session:
    """A session of boto3 whose clients are given."""

    clients: Mapping[str, Any] = field(default_factory=dict)

    def client(self, service: str, **_options: Any) -> Any:
        return self.clients[service]


def deployment(now: datetime = NOW, outputs: Mapping[str, str] | None = None, **clients: Any) -> Deployment:
    """Return a deployment whose orders are carried out in this process at a time; other clients are given by name."""
    known = {
        "lambda": OperatorsFunction(now),
        "cloudformation": Stacks({"AdminFunction": "admin", **(outputs or {})}),
        "sts": Caller(),
    }
    return Deployment(STACK, Session({**known, **clients}))


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A command that has ended. What it printed has one space for each run of white space."""

    exit_code: int
    printed: str
    answer: Any


def longcode(*words: str, of: Deployment | None = None, typed: str | None = None) -> Ended:
    """Run a command of `longcode`, as Ann; `typed` is what she types, at a terminal, when she is asked."""
    printed, errors = io.StringIO(), io.StringIO()
    with redirect_stdout(printed), redirect_stderr(errors), _typing(typed), pytest.raises(SystemExit) as ended:
        main(["--by", "Ann", *words], lambda: of or deployment())
    code = int(ended.value.code or 0)
    answer = json.loads(printed.getvalue()) if "--json" in words and printed.getvalue() else None
    return Ended(exit_code=code, printed=" ".join((printed.getvalue() + errors.getvalue()).split()), answer=answer)


@contextmanager
def _typing(typed: str | None) -> Iterator[None]:
    before, terminal = sys.stdin, io.StringIO(typed or "")
    terminal.isatty = lambda: typed is not None  # type: ignore[method-assign]
    sys.stdin = terminal
    try:
        yield
    finally:
        sys.stdin = before


def commands(command: object = None, *names: str) -> Iterator[tuple[str, str | None]]:
    """Yield each command with its help."""
    command = command or typer.main.get_command(app)
    groups = getattr(command, "commands", None)
    if groups is None:
        yield " ".join(names), getattr(command, "help", None)
    for name, one in (groups or {}).items():
        yield from commands(one, *names, name)
