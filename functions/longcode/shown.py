"""The base of values that an API shows as they are."""

from dataclasses import field, make_dataclass
from typing import Any

from msgspec import NODEFAULT, Struct
from msgspec.structs import asdict, fields


class Shown(Struct, frozen=True):
    """A value that can be a field of a response. For pydantic, which does not know Structs, it is a dataclass."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, generate: Any) -> Any:
        of_fields = [
            (each.name, each.type, field() if each.default is NODEFAULT else field(default=each.default))
            for each in fields(cls)
        ]
        twin = make_dataclass(cls.__name__, of_fields, kw_only=True, namespace={"__doc__": cls.__doc__})
        return {
            "type": "is-instance",
            "cls": cls,
            "serialization": {
                "type": "function-plain",
                "function": lambda value: twin(**asdict(value)),
                "return_schema": generate.generate_schema(twin),
            },
        }
