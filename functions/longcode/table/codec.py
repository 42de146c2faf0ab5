"""Domain values as DynamoDB attributes, and back. A field that equals its default is left out of the item."""

from dataclasses import MISSING, fields
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from longcode.table.keys import instant

Attributes = dict[str, Any]
T = TypeVar("T")


class _Deserializer(TypeDeserializer):  # type: ignore[misc]  # boto3 has no types
    def _deserialize_n(self, value: str) -> int | float:
        # Our numbers have no fractions, but one item that has one must not make its whole batch unreadable.
        return int(value) if value.removeprefix("-").isdecimal() else float(value)


_serialize = TypeSerializer().serialize
_deserialize = _Deserializer().deserialize


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
