"""Writes as values, and as arguments of DynamoDB: the same alone and in a transaction."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from boto3.dynamodb.conditions import Attr, ConditionBase, ConditionExpressionBuilder
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from msgspec import Struct

from longcode.table.keys import Key, instant

ABSENT: ConditionBase = Attr("pk").not_exists()
PRESENT: ConditionBase = Attr("pk").exists()
T = TypeVar("T")


class Delete(Struct, frozen=True):
    """Delete an item, whether it exists or not, if `when` holds of it."""

    key: Key
    when: ConditionBase | None = None


Attributes = dict[str, Any]


class Put(Struct, frozen=True):
    """Write a whole item, if `when` holds of the item that is there."""

    key: Key
    item: Attributes
    when: ConditionBase | None = None


class Update(Struct, frozen=True):
    """Change attributes of an item, and set those of `if_absent` that it lacks, if `when` holds of it."""

    key: Key
    changes: Attributes = {}
    add: Mapping[str, int | set[str]] = {}
    remove: tuple[str, ...] = ()
    when: ConditionBase | None = None
    if_absent: Attributes = {}


Write = Put | Update | Delete


_serialize = TypeSerializer().serialize


class _Deserializer(TypeDeserializer):  # type: ignore[misc]  # boto3 has no types
    def _deserialize_n(self, value: str) -> int | float:
        # Our numbers have no fractions, but one item that has one must not make its whole batch unreadable.
        return int(value) if value.removeprefix("-").isdecimal() else float(value)


_deserialize = _Deserializer().deserialize


def table() -> str:
    """Return the table's name."""
    return os.environ["TABLE_NAME"]


def wire_key(key: Key) -> dict[str, Any]:
    """Return a key as DynamoDB's JSON."""
    return to_wire(key._asdict())


def whole(key: Key, item: Attributes) -> dict[str, Any]:
    """Return an item with its key as DynamoDB's JSON."""
    return to_wire({**key._asdict(), **item})


def request(change: Write) -> dict[str, Any]:
    """Return the arguments of PutItem, UpdateItem or DeleteItem, alone or in a transaction."""
    match change:
        case Put(key, item, when):
            return {"TableName": table(), "Item": whole(key, item), **_condition(when)}
        case Delete(key, when):
            return {"TableName": table(), "Key": wire_key(key), **_condition(when)}
        case Update(key):
            return {"TableName": table(), "Key": wire_key(key), **_update(change)}


def projection(names: Sequence[str]) -> dict[str, Any]:
    """Return the arguments that select a query's attributes, by placeholders: some names are reserved words."""
    places = {f"#only{index}": name for index, name in enumerate(names)}
    return {"ProjectionExpression": ", ".join(places), "ExpressionAttributeNames": places}


def filtered(asked: Mapping[str, Any], where: ConditionBase) -> dict[str, Any]:
    """Return the arguments of a query that returns only the items that a condition holds of."""
    built = ConditionExpressionBuilder().build_expression(where)
    return {
        **asked,
        "FilterExpression": built.condition_expression,
        "ExpressionAttributeNames": {**asked["ExpressionAttributeNames"], **built.attribute_name_placeholders},
        "ExpressionAttributeValues": {
            **asked["ExpressionAttributeValues"],
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


def _update(change: Update) -> dict[str, Any]:
    arguments = _condition(change.when)
    given = {**change.changes, **change.if_absent, **change.add}
    place = {name: f"u{index}" for index, name in enumerate({**given, **dict.fromkeys(change.remove)})}
    absent = [f"#{place[name]} = if_not_exists(#{place[name]}, :{place[name]})" for name in change.if_absent]
    clauses = {
        "SET": [f"#{place[name]} = :{place[name]}" for name in change.changes] + absent,
        "ADD": [f"#{place[name]} :{place[name]}" for name in change.add],
        "REMOVE": [f"#{place[name]}" for name in change.remove],
    }
    values = to_wire({f":{place[name]}": value for name, value in given.items()})
    arguments["UpdateExpression"] = " ".join(f"{verb} {', '.join(of)}" for verb, of in clauses.items() if of)
    arguments["ExpressionAttributeNames"] = arguments.get("ExpressionAttributeNames", {}) | {
        f"#{at}": name for name, at in place.items()
    }
    if values:
        arguments["ExpressionAttributeValues"] = arguments.get("ExpressionAttributeValues", {}) | values
    return arguments


def attributes(value: Any) -> Attributes:
    """Turn a domain value into plain attributes; instants become texts that sort."""
    plain = msgspec.to_builtins(value, builtin_types=(datetime,))
    defaults = _defaults(type(value))
    return {
        name: _plain(held)
        for name, held in plain.items()
        if name not in defaults or getattr(value, name) != defaults[name]
    }


def _defaults(kind: Any) -> Attributes:
    if issubclass(kind, msgspec.Struct):
        of_struct = msgspec.structs.fields(kind)
        return {field.name: field.default for field in of_struct if field.default is not msgspec.NODEFAULT}
    return {field.name: field.default for field in fields(kind) if field.default is not MISSING}


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return instant(value)
        case dict():
            return {name: _plain(held) for name, held in value.items()}
        case list() | tuple():
            return [_plain(held) for held in value]
        case _:
            return value


def read(kind: type[T], found: Attributes) -> T:
    """Turn attributes into a domain value; raises `msgspec.ValidationError` for an item that code cannot read."""
    return msgspec.convert(found, kind)


def to_wire(found: Attributes) -> dict[str, Any]:
    """Return attributes as DynamoDB's JSON."""
    return {name: _serialize(_plain(value)) for name, value in found.items()}


def from_wire(found: dict[str, Any]) -> Attributes:
    """Return the attributes in DynamoDB's JSON."""
    return {name: _deserialize(value) for name, value in found.items()}
