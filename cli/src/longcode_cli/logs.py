"""Reads the log of all functions (CloudWatch Logs) with the operator's own credentials."""

import json
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from longcode_cli.deployment import Deployment
from longcode_cli.errors import Unreachable

_LOG = "FunctionsLog"  # the log group of all functions, by its name in template.yaml


def lines(
    deployment: Deployment,
    names: Collection[str],
    values: Collection[str],
    *,
    since: timedelta | datetime,
    until: datetime | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield the lines that have one of the values in one of these fields, the oldest first; raise `Unreachable`."""
    log = deployment.resources.get(_LOG)
    if log is None:
        raise Unreachable(f"The stack {deployment.stack!r} has no {_LOG}.")
    begin = datetime.now(UTC) - since if isinstance(since, timedelta) else since
    either = " || ".join(f'($.{name} = "{value}")' for name in names for value in values)
    arguments: dict[str, Any] = {
        "logGroupName": log.id,
        "filterPattern": f"{{ {either} }}",
        "startTime": _milliseconds(begin),
        **({"endTime": _milliseconds(until)} if until else {}),
    }
    while True:
        try:
            page = deployment.client("logs").filter_log_events(**arguments)
        except (BotoCoreError, ClientError) as error:
            raise Unreachable(f"The log {arguments['logGroupName']} cannot be read: {error}") from error
        for event in page["events"]:
            at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
            line = _read(event["message"])
            if any(str(line.get(name)) in values for name in names):  # the emulator takes no pattern of JSON
                yield {"at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"), **line}
        if not (token := page.get("nextToken")):
            return
        arguments["nextToken"] = token


def _read(message: str) -> dict[str, Any]:
    """Return the fields of a line; none of one that is no JSON object, such as Lambda's own."""
    try:
        line = json.loads(message)
    except ValueError:
        return {}
    return line if isinstance(line, dict) else {}


def _milliseconds(at: datetime) -> int:
    return max(0, int(at.timestamp() * 1000))
