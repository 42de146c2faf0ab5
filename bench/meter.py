"""Counts calls to AWS, and calculates DynamoDB's charges for the reads and writes among them.

moto reports no consumed capacity, so the rules of the DynamoDB developer guide are applied here. A write is charged
per started kilobyte of the larger of the item before and after it, and twice in a transaction; an index entry that
is added, removed or changed is charged once, and one that moves is charged twice. A read is charged per four started
kilobytes: of each item that is read by its key, existing or not, or of all the items of a query together. A read that
is not strongly consistent is charged half.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock, local
from typing import Any

import boto3

from bench.rig import watched
from longcode.table.writes import table

_KILOBYTE, _READ_KILOBYTES = 1024, 4
_READ_AT_ONCE = 100
Wire = dict[str, Any]
_WRITES = {
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "BatchWriteItem",
    "TransactWriteItems",
}


@contextmanager
def counted_calls(*services: str) -> Iterator[list[str]]:
    """Collect the names of the AWS calls that the functions' clients make."""
    calls: list[str] = []
    lock = Lock()

    def note(model: Any, **_: Any) -> None:
        with lock:
            calls.append(model.name)

    with watched("before-call", note, services):
        yield calls


@dataclass
class Units:
    """The units that each call is charged, in order."""

    calls: list[tuple[str, float]] = field(default_factory=list)

    @property
    def total(self) -> float:
        """The sum."""
        return sum(units for _, units in self.calls)


@contextmanager
def counted_read_units() -> Iterator[Units]:
    """Collect the read units of all reads."""
    counted = Units()
    asked = local()

    def before(params: Wire, **_: Any) -> None:
        asked.params = dict(params)

    def after(model: Any, parsed: Wire, **_: Any) -> None:
        if model.name in _READS:
            counted.calls.append((model.name, _READS[model.name](asked.params, parsed)))

    with (
        watched("before-parameter-build", before, ("dynamodb",)),
        watched("after-call", after, ("dynamodb",)),
    ):
        yield counted


@contextmanager
def counted_write_units() -> Iterator[Units]:
    """Collect the write units of all writes; they are approximate for an item that two threads write at once."""
    reader = boto3.client("dynamodb")
    indexes = reader.describe_table(TableName=table())["Table"]["GlobalSecondaryIndexes"]
    counted = Units()
    waiting = local()

    def read_items(keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], Wire]:
        asked = [{"pk": {"S": pk}, "sk": {"S": sk}} for pk, sk in keys]
        found: list[Wire] = []
        for start in range(0, len(asked), _READ_AT_ONCE):
            some = {"Keys": asked[start : start + _READ_AT_ONCE], "ConsistentRead": True}
            found += reader.batch_get_item(RequestItems={table(): some})["Responses"][table()]
        return {key: {} for key in keys} | {(item["pk"]["S"], item["sk"]["S"]): item for item in found}

    def before(params: Wire, model: Any, **_: Any) -> None:
        if model.name in _WRITES:
            waiting.items = read_items(set(_written(params)))

    def after(model: Any, **_: Any) -> None:
        if model.name not in _WRITES:
            return
        factor = 2 if model.name == "TransactWriteItems" else 1
        now = read_items(waiting.items)
        units = sum(_write_units(indexes, old, now[key], factor) for key, old in waiting.items.items())
        counted.calls.append((model.name, units))

    with (
        watched("before-parameter-build", before, ("dynamodb",)),
        watched("after-call", after, ("dynamodb",)),
    ):
        yield counted


def _write_units(indexes: list[Wire], old: Wire, new: Wire, factor: int) -> int:
    """Return the units of a write that turned `old` into `new`; in a transaction the factor is 2."""
    table_units = factor * started(max(size(old), size(new)))
    return table_units + sum(_index_units(index, old, new) for index in indexes)


def _read_one(asked: Wire, answer: Wire) -> float:
    return started(size(answer.get("Item", {})), _READ_KILOBYTES) * _consistency_factor(asked)


def _read_many(asked: Wire, answer: Wire) -> float:
    units = 0.0
    for name, chunk in asked["RequestItems"].items():
        sizes = [size(item) for item in answer["Responses"].get(name, [])]
        absent = len(chunk["Keys"]) - len(sizes)
        units += (sum(started(each, _READ_KILOBYTES) for each in sizes) + absent) * _consistency_factor(chunk)
    return units


def _read_query(asked: Wire, answer: Wire) -> float:
    return started(sum(size(item) for item in answer["Items"]), _READ_KILOBYTES) * _consistency_factor(asked)


def _consistency_factor(asked: Wire) -> float:
    return 1 if asked.get("ConsistentRead") else 0.5


_READS: dict[str, Callable[[Wire, Wire], float]] = {
    "GetItem": _read_one,
    "BatchGetItem": _read_many,
    "Query": _read_query,
}


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
        return started(max(size(before), size(after)))
    moved = any(before[part["AttributeName"]] != after[part["AttributeName"]] for part in index["KeySchema"])
    return started(size(before)) + started(size(after)) if moved else started(size(after))


def _entry(index: Wire, item: Wire) -> Wire:
    keys = [part["AttributeName"] for part in index["KeySchema"]]
    if not all(name in item for name in keys):
        return {}
    shown = {"pk", "sk", *keys, *index["Projection"].get("NonKeyAttributes", [])}
    return {name: value for name, value in item.items() if name in shown}


def started(size: int, kilobytes: int = 1) -> int:
    """Return the number of started blocks of a size in bytes, at least one."""
    return max(1, -(-size // (kilobytes * _KILOBYTE)))


def size(item: Wire) -> int:
    """Return the size of an item in bytes (DynamoDB developer guide, "Item sizes and formats")."""
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
