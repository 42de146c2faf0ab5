"""Conditional writes by PartiQL on moto, which reads such statements and overlooks their conditions.

Each statement of a batch is made as the one conditional write that it stands for; the emulator has the real thing.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from types import SimpleNamespace
from typing import Any

import boto3

from longcode.aws.clients import client

_NAME = re.compile(r"""["']([^"']+)["'](?==\?|: \?)""")
_EVENT = "before-call"  # of all calls: an event that names its operation would come before those who watch
Wire = dict[str, Any]


@contextmanager
def understood() -> Iterator[None]:
    """Have moto make each statement of a batch, if its condition holds."""
    dynamodb, turn = _own_client(), Lock()

    def answer(params: Wire, model: Any, **_: Any) -> Any:
        if model.name != "BatchExecuteStatement":
            return None
        statements = json.loads(params["body"])["Statements"]
        with turn:
            responses = [_made(dynamodb, one["Statement"], one["Parameters"]) for one in statements]
        return SimpleNamespace(status_code=200), {"Responses": responses, "ResponseMetadata": {"HTTPStatusCode": 200}}

    events = client("dynamodb").meta.events
    events.register_last(_EVENT, answer, "partiql")
    try:
        yield
    finally:
        events.unregister(_EVENT, answer, "partiql")


@cache
def _own_client() -> Any:
    """Give a client whose calls are nobody's: those of the functions are counted, killed and put in order."""
    return boto3.client("dynamodb")


def parts(text: str, values: list[Wire]) -> tuple[Wire, Wire, Wire]:
    """Take a statement apart: the key, what is written, and what must stand there."""
    names = _NAME.findall(text)
    if text.startswith("INSERT"):
        written = dict(zip(names, values, strict=True))
        return {name: written.pop(name) for name in ("pk", "sk")}, written, {}
    start = len(_NAME.findall(text.partition(" WHERE ")[0]))
    before = dict(zip(names[start:], values[start:], strict=True))
    key = {name: before.pop(name) for name in ("pk", "sk")}
    return key, dict(zip(names[:start], values[:start], strict=True)), before


def removed(text: str) -> list[str]:
    """List the attributes that a statement removes."""
    gone = re.search(r" REMOVE (.+?) WHERE ", text)
    return re.findall(r'"([^"]+)"', gone[1]) if gone else []


def _made(dynamodb: Any, text: str, values: list[Wire]) -> Wire:
    key, written, before = parts(text, values)
    table = re.search(r'"([^"]+)"', text)[1]  # type: ignore[index]
    found = dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")
    if not before:
        if found:
            return {"Error": {"Code": "DuplicateItem", "Message": "told by the test"}}
        dynamodb.put_item(TableName=table, Item={**key, **written})
        return {"TableName": table}
    if not found or any(found.get(name) != value for name, value in before.items()):
        return {"Error": {"Code": "ConditionalCheckFailed", "Message": "told by the test"}}
    gone = removed(text)
    kept = {name: value for name, value in found.items() if name not in gone}
    dynamodb.put_item(TableName=table, Item={**kept, **written})
    return {"TableName": table}
