"""Python types from the schemas of the API document, for the Python client."""

import json
import keyword
import re
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

_SIMPLE = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
_WIDTH = 112


class Unreadable(Exception):
    """A schema that has no type here yet."""


def annotation(schema: Mapping[str, Any], inner: str = "Any") -> str:
    """Return a schema as a type; `inner` is the name of an object that is described in place."""
    match schema:
        case {"$ref": str(reference)}:
            return title_of(reference)
        case {"const": value}:
            return f"Literal[{json.dumps(value)}]"
        case {"enum": [*values]}:
            return f"Literal[{', '.join(map(json.dumps, values))}]"
        case {"anyOf": [*parts]} | {"oneOf": [*parts]}:
            return " | ".join(annotation(part, inner) for part in parts)
        case {"type": [*kinds]}:
            return " | ".join(annotation({**schema, "type": kind}, inner) for kind in kinds)
        case {"type": "string", "format": "binary"}:
            return "bytes"
        case {"type": "array", "items": items}:
            return f"list[{annotation(items, inner)}]"
        case {"type": "object", "properties": _}:
            return inner
        case {"type": "object", "additionalProperties": dict() as values}:
            return f"dict[str, {annotation(values, inner)}]"
        case {"type": "object"}:
            return "dict[str, Any]"
        case {"type": kind} if kind in _SIMPLE:
            return _SIMPLE[kind]
    raise Unreadable(schema)


def definition(title: str, schema: Mapping[str, Any], *, is_final: bool = False) -> str:
    """Return the definition of a schema: a TypedDict, after those of the objects in it, or the values of an enum.

    A type checker tells final ones from each other by their fields.
    """
    if "enum" in schema:
        return f"{comment(schema['description'])}\n{title} = {annotation(schema)}"
    *inner, outer = _typed_dicts(title, schema)
    return "\n\n\n".join([*inner, f"@final\n{outer}" if is_final else outer])


def docstring(text: str, indent: str = "    ") -> str:
    """Return a docstring within the length of a line."""
    width = _WIDTH - len(indent)
    lines = [line for part in text.split("\n\n") for line in ["", *_wrapped(part, width)]][1:]
    if len(lines) == 1:
        return f'{indent}"""{lines[0]}"""'
    return "\n".join(f"{indent}{line}".rstrip() for line in [f'"""{lines[0]}', *lines[1:], '"""'])


def comment(text: str) -> str:
    """Return the first paragraph of a text as a comment."""
    return "\n".join(f"# {line}" for line in _wrapped(text.partition("\n\n")[0], _WIDTH))


def is_page(schema: Mapping[str, Any]) -> bool:
    """Return whether a schema is a page of a list, which only the iterators see."""
    return set(schema.get("properties", {})) == {"items", "next_cursor"}


def title_of(reference: str) -> str:
    """Return the name of the schema that a reference leads to."""
    return reference.rpartition("/")[2]


def referenced(part: Any, schemas: Mapping[str, Any]) -> set[str]:
    """Return the schemas that a part of the document refers to, directly or indirectly."""
    reached: set[str] = set()
    waiting = list(_references(part))
    while waiting:
        title = waiting.pop()
        if title not in reached and title in schemas:  # responses of refusals are referred to as well
            reached.add(title)
            waiting += _references(schemas[title])
    return reached


def _references(part: Any) -> Iterator[str]:
    match part:
        case {"$ref": str(reference)}:
            yield title_of(reference)
        case dict():
            for value in part.values():
                yield from _references(value)
        case list():
            for value in part:
                yield from _references(value)


def _typed_dicts(title: str, schema: Mapping[str, Any]) -> Iterator[str]:
    required = set(schema.get("required", ()))
    lines = []
    for name, field in schema["properties"].items():
        if keyword.iskeyword(name) or not name.isidentifier():
            raise Unreadable(f"{title}.{name}")
        inner = f"{title}{name.title().replace('_', '')}"
        for described in _described_in_place(field):
            yield from _typed_dicts(inner, described)
        kind = annotation(field, inner)
        lines.append(f"    {name}: {kind if name in required or not required else f'NotRequired[{kind}]'}")
    total = "" if required else ", total=False"
    yield "\n".join([f"class {title}(TypedDict{total}):", docstring(schema["description"]), "", *lines])


def _described_in_place(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if schema.get("type") == "object" and "properties" in schema:
        yield schema
    for part in [*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else [])]:
        yield from _described_in_place(part)


def _wrapped(paragraph: str, width: int) -> list[str]:
    if "\\" in paragraph or '"""' in paragraph:
        raise Unreadable(paragraph)
    lines = re.split(r"\n(?=- )", paragraph)  # a list keeps its lines
    return [line for entry in lines for line in textwrap.wrap(entry, width, break_on_hyphens=False)]
