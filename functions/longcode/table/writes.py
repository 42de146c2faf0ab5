"""Writes (put, update, delete) as values, and the conversion of writes and items to and from DynamoDB's JSON."""

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

import msgspec
from boto3.dynamodb.conditions import Attr, ConditionBase, ConditionExpressionBuilder
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from msgspec import Struct

from longcode.table.keys import Key, instant

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
        "ExpressionAttributeNames": {**query["ExpressionAttributeNames"], **built.attribute_name_placeholders},
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
    new_values = {**update.changes, **update.if_absent, **update.add}
    placeholders = {name: f"u{index}" for index, name in enumerate({**new_values, **dict.fromkeys(update.remove)})}
    set_if_absent = [
        f"#{placeholders[name]} = if_not_exists(#{placeholders[name]}, :{placeholders[name]})"
        for name in update.if_absent
    ]
    clauses = {
        "SET": [f"#{placeholders[name]} = :{placeholders[name]}" for name in update.changes] + set_if_absent,
        "ADD": [f"#{placeholders[name]} :{placeholders[name]}" for name in update.add],
        "REMOVE": [f"#{placeholders[name]}" for name in update.remove],
    }
    values = to_wire({f":{placeholders[name]}": value for name, value in new_values.items()})
    arguments["UpdateExpression"] = " ".join(f"{verb} {', '.join(parts)}" for verb, parts in clauses.items() if parts)
    arguments["ExpressionAttributeNames"] = arguments.get("ExpressionAttributeNames", {}) | {
        f"#{placeholder}": name for name, placeholder in placeholders.items()
    }
    if values:
        arguments["ExpressionAttributeValues"] = arguments.get("ExpressionAttributeValues", {}) | values
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


class _Deserializer(TypeDeserializer):  # type: ignore[misc]  # boto3 has no types
    def _deserialize_n(self, value: str) -> int | float:
        # Our numbers have no fractions, but one item that has one must not make its whole batch unreadable.
        return int(value) if value.removeprefix("-").isdecimal() else float(value)


_serialize = TypeSerializer().serialize
_deserialize = _Deserializer().deserialize


def wire_key(key: Key) -> dict[str, Any]:
    """Return a key as DynamoDB's JSON."""
    return to_wire(key._asdict())


def wire_item(key: Key, item: Attributes) -> dict[str, Any]:
    """Return an item with its key as DynamoDB's JSON."""
    return to_wire({**key._asdict(), **item})


def to_wire(item: Attributes) -> dict[str, Any]:
    """Return attributes as DynamoDB's JSON."""
    return {name: _to_wire(value) for name, value in item.items()}


def _to_wire(value: Any) -> dict[str, Any]:
    """Return a value as DynamoDB's JSON. Strings and whole numbers, which most are, take boto3 ten times as long."""
    if type(value) is str:
        return {"S": value}
    if type(value) is int:
        return {"N": str(value)}
    wire: dict[str, Any] = _serialize(_storable(value))
    return wire


def from_wire(item: dict[str, Any]) -> Attributes:
    """Return the attributes in DynamoDB's JSON."""
    return {name: _from_wire(value) for name, value in item.items()}


def _from_wire(value: dict[str, Any]) -> Any:
    return value["S"] if "S" in value else _deserialize(value)
