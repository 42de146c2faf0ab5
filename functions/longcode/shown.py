"""The base of values that an API shows as they are, and the spelling of instants in responses."""

from dataclasses import field, make_dataclass
from datetime import datetime
from typing import Annotated, Any

from msgspec import NODEFAULT, Struct
from msgspec.structs import asdict, fields

from longcode.months import instant


class _Spelled:
    """Has pydantic write an instant as it is stored, so that every response and webhook spells it alike."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, generate: Any) -> Any:
        return {**generate(source), "serialization": {"type": "function-plain", "function": instant}}

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: Any, _generate: Any) -> dict[str, str]:
        return {"type": "string", "format": "date-time"}


ShownInstant = Annotated[datetime, _Spelled]


class Shown(Struct, frozen=True):
    """A value that can be a field of a response. For pydantic, which does not know Structs, it is a dataclass."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, generate: Any) -> Any:
        of_fields = [
            (each.name, _shown(each.type), field() if each.default is NODEFAULT else field(default=each.default))
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


def _shown(kind: Any) -> Any:
    if kind == datetime:
        return ShownInstant
    return ShownInstant | None if kind == datetime | None else kind
