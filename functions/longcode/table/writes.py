"""Writes (put, update, delete) as values, and the conversion of writes and items to and from DynamoDB's JSON."""

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

import msgspec
from boto3.dynamodb.conditions import Attr, ConditionBase, ConditionExpressionBuilder
from msgspec import Struct

from longcode.aws.typed import describe
from longcode.months import instant
from longcode.table.keys import Key

T = TypeVar("T")
Attributes = dict[str, Any]
"""An item, or a part of it, by the names of its attributes."""

ABSENT: ConditionBase = Attr("pk").not_exists()
PRESENT: ConditionBase = Attr("pk").exists()


def has_value(name: str, value: Any) -> ConditionBase:
    """Return the condition that an attribute has a value, or, for None, that the item lacks the attribute."""
    return Attr(name).not_exists() if value is None else Attr(name).eq(value)


class Put(Struct, frozen=True):
    """Write a whole item in place of the stored one, if the stored one meets `when`."""

    key: Key
    item: Attributes
    when: ConditionBase | None = None


class Update(Struct, frozen=True):
    """Change attributes of an item, and set those of `if_absent` that it lacks, if the stored item meets `when`."""

    key: Key
    changes: Attributes = {}
    add: Mapping[str, int | set[str]] = {}
    remove: tuple[str, ...] = ()
    when: ConditionBase | None = None
    if_absent: Attributes = {}


class Delete(Struct, frozen=True):
    """Delete an item, if it meets `when`. Without `when`, a missing item is no error."""

    key: Key
    when: ConditionBase | None = None


Write = Put | Update | Delete


def key_of(entry: Mapping[str, Any]) -> Key:
    """Return the key of an item or of an entry of an index."""
    return Key(entry["pk"], entry["sk"])


def table() -> str:
    """Return the table's name."""
    return os.environ["TABLE_NAME"]


def request(write: Write) -> dict[str, Any]:
    """Return the arguments of PutItem, UpdateItem or DeleteItem, alone or in a transaction."""
    match write:
        case Put(key, item, when):
            return {"TableName": table(), "Item": wire_item(key, item), **_condition(when)}
        case Delete(key, when):
            return {"TableName": table(), "Key": wire_key(key), **_condition(when)}
        case Update(key):
            return {"TableName": table(), "Key": wire_key(key), **_update(write)}


def projection(names: Sequence[str]) -> dict[str, Any]:
    """Return the arguments that select a query's attributes, by placeholders: some names are reserved words."""
    placeholders = {f"#only{index}": name for index, name in enumerate(names)}
    return {"ProjectionExpression": ", ".join(placeholders), "ExpressionAttributeNames": placeholders}


def filtered(query: Mapping[str, Any], where: ConditionBase) -> dict[str, Any]:
    """Return the arguments of a query, extended to return only the items that meet a condition."""
    built = ConditionExpressionBuilder().build_expression(where)
    return {
        **query,
        "FilterExpression": built.condition_expression,
        "ExpressionAttributeNames": {
            **query.get("ExpressionAttributeNames", {}),
            **built.attribute_name_placeholders,
        },
        "ExpressionAttributeValues": {
            **query["ExpressionAttributeValues"],
            **to_wire(built.attribute_value_placeholders),
        },
    }


def _condition(when: ConditionBase | None) -> dict[str, Any]:
    if when is None:
        return {}
    built = ConditionExpressionBuilder().build_expression(when)
    arguments = {
        "ConditionExpression": built.condition_expression,
        "ExpressionAttributeNames": built.attribute_name_placeholders,
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    if built.attribute_value_placeholders:
        arguments["ExpressionAttributeValues"] = to_wire(built.attribute_value_placeholders)
    return arguments


def _update(update: Update) -> dict[str, Any]:
    arguments = _condition(update.when)
    names = arguments.setdefault("ExpressionAttributeNames", {})
    values = arguments.setdefault("ExpressionAttributeValues", {})

    def placed(name: str, value: Any) -> tuple[str, str]:
        """Return the placeholders of a name and of its new value."""
        placeholder = f"u{len(names)}"
        names[f"#{placeholder}"] = name
        values[f":{placeholder}"] = _to_wire(value)
        return f"#{placeholder}", f":{placeholder}"

    clauses = {
        "SET": [" = ".join(placed(name, value)) for name, value in update.changes.items()],
        "ADD": [" ".join(placed(name, value)) for name, value in update.add.items()],
        "REMOVE": [f"#r{index}" for index, _ in enumerate(update.remove)],
    }
    for name, value in update.if_absent.items():
        attribute, given = placed(name, value)
        clauses["SET"].append(f"{attribute} = if_not_exists({attribute}, {given})")
    names |= {f"#r{index}": name for index, name in enumerate(update.remove)}
    arguments["UpdateExpression"] = " ".join(f"{verb} {', '.join(parts)}" for verb, parts in clauses.items() if parts)
    if not values:
        del arguments["ExpressionAttributeValues"]
    return arguments


def attributes(value: Struct) -> Attributes:
    """Return a domain value as attributes, without those that equal their defaults.

    Instants become strings that sort by time.
    """
    plain = msgspec.to_builtins(value, builtin_types=(datetime,))
    omitted = {stored for stored, name, default in _defaults(type(value)) if getattr(value, name) == default}
    return {stored: _storable(part) for stored, part in plain.items() if stored not in omitted}


def read(kind: type[T], item: Attributes) -> T:
    """Return a domain value from its attributes; raise `msgspec.ValidationError` if they do not fit the type."""
    describe(kind)
    return msgspec.convert(item, kind)


@cache
def _defaults(kind: type[Struct]) -> tuple[tuple[str, str, Any], ...]:
    """Return the stored name, the name in Python and the default of each field that has one."""
    with_default = (field for field in msgspec.structs.fields(kind) if field.default is not msgspec.NODEFAULT)
    return tuple((field.encode_name, field.name, field.default) for field in with_default)


def _storable(value: Any) -> Any:
    match value:
        case datetime():
            return instant(value)
        case dict():
            return {name: _storable(part) for name, part in value.items()}
        case list() | tuple():
            return [_storable(part) for part in value]
        case _:
            return value


def wire_key(key: Key) -> dict[str, Any]:
    """Return a key as DynamoDB's JSON."""
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


def wire_item(key: Key, item: Attributes) -> dict[str, Any]:
    """Return an item with its key as DynamoDB's JSON."""
    return {**wire_key(key), **to_wire(item)}


def to_wire(item: Attributes) -> dict[str, Any]:
    """Return attributes as DynamoDB's JSON."""
    return {name: _to_wire(value) for name, value in item.items()}


def _to_wire(value: Any) -> dict[str, Any]:
    """Return a value as DynamoDB's JSON. Boto3's serializer takes ten times as long."""
    match value:
        case str():
            return {"S": str(value)}
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case datetime():
            return {"S": instant(value)}
        case list() | tuple():
            return {"L": [_to_wire(part) for part in value]}
        case dict():
            return {"M": to_wire(value)}
        case set() | frozenset() if value:  # DynamoDB has no empty set
            return {"SS": sorted(value)}
        case None:
            return {"NULL": True}
    raise TypeError(f"DynamoDB stores no {type(value).__name__} here")


def from_wire(item: dict[str, Any]) -> Attributes:
    """Return the attributes in DynamoDB's JSON."""
    # Most attributes are strings, which cost no call.
    return {name: value["S"] if "S" in value else _from_wire(value) for name, value in item.items()}


def _from_wire(wire: dict[str, Any]) -> Any:
    ((kind, value),) = wire.items()
    match kind:
        case "S" | "BOOL":
            return value
        case "N":
            # Our numbers have no fractions, but one item that has one must not make its whole batch unreadable.
            return int(value) if value.removeprefix("-").isdecimal() else float(value)
        case "L":
            return [_from_wire(part) for part in value]
        case "M":
            return from_wire(value)
        case "SS":
            return set(value)
        case "NULL":
            return None
    raise TypeError(f"an attribute of DynamoDB's type {kind} is not read here")
