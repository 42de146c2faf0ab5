"""Counts the calls to AWS, and works out what DynamoDB charges for the writes among them.

moto gives no consumed capacity, so the rules of the DynamoDB developer guide are applied here: a write is charged
per started kilobyte of the larger of the item before and after, twice in a transaction; an entry of an index that
appears, goes or changes is charged once, and one that moves twice.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import boto3

from longcode.aws.clients import client
from longcode.table.writes import table

_KILOBYTE = 1024
_WRITES = {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"}
Wire = dict[str, Any]


@contextmanager
def counted_calls(*services: str) -> Iterator[list[str]]:
    """Collect the names of the AWS calls that the functions' clients make."""
    calls: list[str] = []
    lock = Lock()

    def note(model: Any, **_: Any) -> None:
        with lock:
            calls.append(model.name)

    with _watched("before-call", note, services):
        yield calls


@dataclass
class WriteUnits:
    """The write units of each call, in order."""

    calls: list[tuple[str, int]] = field(default_factory=list)

    @property
    def total(self) -> int:
        """Add up."""
        return sum(units for _, units in self.calls)


@contextmanager
def counted_write_units() -> Iterator[WriteUnits]:
    """Work out the write units of what one thread writes."""
    looker = boto3.client("dynamodb")
    indexes = looker.describe_table(TableName=table())["Table"]["GlobalSecondaryIndexes"]
    counted = WriteUnits()
    waiting: dict[tuple[str, str], Wire] = {}

    def look(key: tuple[str, str]) -> Wire:
        asked = {"pk": {"S": key[0]}, "sk": {"S": key[1]}}
        found: Wire = looker.get_item(TableName=table(), Key=asked, ConsistentRead=True).get("Item", {})
        return found

    def before(params: Wire, model: Any, **_: Any) -> None:
        waiting.clear()
        if model.name in _WRITES:
            waiting.update({key: look(key) for key in _written(params)})

    def after(model: Any, **_: Any) -> None:
        if model.name not in _WRITES:
            return
        factor = 2 if model.name == "TransactWriteItems" else 1
        units = 0
        for key, old in waiting.items():
            units += write_units(indexes, old, look(key), factor)
        counted.calls.append((model.name, units))

    with (
        _watched("before-parameter-build", before, ("dynamodb",)),
        _watched("after-call", after, ("dynamodb",)),
    ):
        yield counted


def write_units(indexes: list[Wire], old: Wire, new: Wire, factor: int) -> int:
    """Work out what a write costs that made `new` of `old`; in a transaction the factor is 2."""
    table_units = factor * _kilobytes(max(_size(old), _size(new)))
    return table_units + sum(_index_units(index, old, new) for index in indexes)


@contextmanager
def _watched(event: str, watcher: Callable[..., None], services: tuple[str, ...]) -> Iterator[None]:
    for service in services:
        client(service).meta.events.register(f"{event}.{service}", watcher)
    try:
        yield
    finally:
        for service in services:
            client(service).meta.events.unregister(f"{event}.{service}", watcher)


def _written(params: Wire) -> Iterator[tuple[str, str]]:
    if "TransactItems" in params:
        for action in params["TransactItems"]:
            yield from _written(next(iter(action.values())))
    elif "RequestItems" in params:
        for requests in params["RequestItems"].values():
            for request in requests:
                yield from _written(next(iter(request.values())))
    else:
        key = params.get("Key") or params["Item"]
        yield key["pk"]["S"], key["sk"]["S"]


def _index_units(index: Wire, old: Wire, new: Wire) -> int:
    before, after = _entry(index, old), _entry(index, new)
    if before == after:
        return 0
    if not before or not after:
        return _kilobytes(max(_size(before), _size(after)))
    moved = any(before[part["AttributeName"]] != after[part["AttributeName"]] for part in index["KeySchema"])
    return _kilobytes(_size(before)) + _kilobytes(_size(after)) if moved else _kilobytes(_size(after))


def _entry(index: Wire, item: Wire) -> Wire:
    keys = [part["AttributeName"] for part in index["KeySchema"]]
    if not all(name in item for name in keys):
        return {}
    shown = {"pk", "sk", *keys, *index["Projection"].get("NonKeyAttributes", [])}
    return {name: value for name, value in item.items() if name in shown}


def _kilobytes(size: int) -> int:
    return max(1, -(-size // _KILOBYTE))


def _size(item: Wire) -> int:
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: Wire) -> int:
    [(kind, held)] = value.items()
    match kind:
        case "S":
            return len(held.encode())
        case "N":
            return (len(held) + 1) // 2 + 1
        case "SS":
            return 3 + sum(len(one.encode()) for one in held)
        case "L":
            return 3 + sum(1 + _value_size(one) for one in held)
        case "M":
            return 3 + sum(1 + len(name.encode()) + _value_size(one) for name, one in held.items())
        case _:
            return 1
