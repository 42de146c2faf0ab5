"""The client has every operation of docs/openapi.json and no other, with its requests and types."""

import inspect
import re
from types import NoneType, UnionType
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict
from urllib.parse import parse_qsl, urlsplit

import pytest

from infra import sdk
from longcode_client import Longcode
from longcode_client.api import events
from tests.support.api_document import DOCUMENT

OPERATIONS: dict[str, tuple[str, str, Any]] = {
    operation["operationId"]: (verb.upper(), path, operation)
    for path, operations in DOCUMENT["paths"].items()
    for verb, operation in operations.items()
}
SCHEMAS = DOCUMENT["components"]["schemas"]
METHODS = {
    name: method
    for name, method in inspect.getmembers(Longcode, inspect.isfunction)
    if not name.startswith("_") and name != "close"
}
SIMPLE = {str: "string", int: "integer", bool: "boolean", float: "number", NoneType: "null"}
OTHER_TYPES = {"show_invoice_html": "show_invoice", "show_invoice_pdf": "show_invoice"}
TYPES = {
    name: kind
    for module in sorted(sdk.FOLDER.glob("*.py"))
    for name, kind in vars(__import__(f"longcode_client.api.{module.stem}", fromlist=["*"])).items()
}


class Recorded(Exception):
    """The request that a method makes."""


class Pool:
    """Raises each request."""

    def request(self, method: str, url: str, **options: Any) -> Any:
        raise Recorded(method, url, options)


def test_the_modules_are_those_of_the_document() -> None:
    written = {path.name: path.read_text() for path in sdk.FOLDER.glob("*.py") if path.name != "__init__.py"}

    assert written == sdk.modules(DOCUMENT), "run make openapi"


def test_there_is_a_method_for_each_operation_and_no_other() -> None:
    assert {OTHER_TYPES.get(name, name) for name in METHODS} == set(OPERATIONS)


@pytest.mark.parametrize("name", METHODS)
def test_a_method_makes_the_request_of_its_operation(name: str) -> None:
    verb, path, operation = OPERATIONS[OTHER_TYPES.get(name, name)]
    given = {parameter: value(parameter, name) for parameter in list(inspect.signature(METHODS[name]).parameters)[1:]}
    client = Longcode("https://api.example/v1", "10000001", "secret", pool=Pool())  # type: ignore[arg-type]

    with pytest.raises(Recorded) as recorded:
        list(getattr(client, name)(**given) or ())

    method, url, options = recorded.value.args
    parameters = {place: [one["name"] for one in parameters_in(operation, place)] for place in ("path", "query")}
    headers = options["headers"]
    assert (method, urlsplit(url).path) == (verb, "/v1" + re.sub(r"\{\w+\}", "a%2Fb%20c", path))
    assert sorted(dict(parse_qsl(urlsplit(url).query))) == sorted(parameters["query"])
    assert set(given) - {"body", "file", "content_type", "idempotency_key", "partner_key"} == {
        *parameters["path"],
        *parameters["query"],
    }
    assert (headers.get("Content-Type"), options["body"] is None) == (
        next(iter(operation["requestBody"]["content"])) if "requestBody" in operation else None,
        "requestBody" not in operation,
    )
    assert headers.get("Idempotency-Key") == ("key" if parameters_in(operation, "header") else None)
    scheme = {"[]": None, "[{'partner': []}]": "Bearer"}.get(str(operation.get("security")), "Basic")
    assert headers.get("Authorization", "").partition(" ")[0] == (scheme or "")
    assert headers["Accept"] in accepted(operation)


def test_the_types_are_the_schemas() -> None:
    expected = {title: plain(schema) for title, schema in SCHEMAS.items() if not title.startswith("Page_")}
    expected = {title: schema for title, schema in expected.items() if title != "Inbox"}  # a page too

    ours = {title: described(TYPES[title]) for title in expected}

    assert ours == expected


def test_what_a_method_returns_and_takes_is_that_of_the_document() -> None:
    wrong = [name for name in METHODS if names_of(METHODS[name]) != expected_names(name)]

    assert wrong == []


@pytest.mark.parametrize("event", DOCUMENT["webhooks"])
def test_the_types_of_webhooks_are_the_schemas(event: str) -> None:
    post = DOCUMENT["webhooks"][event]["post"]
    [ours] = [one for one in get_args(events.Event) if get_args(get_type_hints(one)["type"]) == (event,)]

    assert described(ours) == plain(post["requestBody"]["content"]["application/json"]["schema"])


def value(parameter: str, method: str) -> Any:
    """Return an argument of a method."""
    kinds = {"body": {}, "file": b"id\n", "content_type": "text/csv", "idempotency_key": "key"}
    return kinds.get(
        parameter, "a/b c" if "{" + parameter + "}" in OPERATIONS[OTHER_TYPES.get(method, method)][1] else "1"
    )


def parameters_in(operation: Any, place: str) -> list[Any]:
    return [one for one in operation.get("parameters", []) if one["in"] == place]


def accepted(operation: Any) -> set[str]:
    """Return the types that a method may ask for."""
    contents = [response.get("content", {}) for status, response in operation["responses"].items() if status < "3"]
    return {kind for content in contents for kind in content} or {"application/json"}


def names_of(method: Any) -> set[str]:
    """Return the types that a method names."""
    hints = {name: str(hint) for name, hint in get_type_hints(method).items() if name in ("body", "return")}
    return set(re.findall(r"longcode_client\.api\.\w+\.(\w+)", " ".join(hints.values())))


def expected_names(name: str) -> set[str]:
    _, _, operation = OPERATIONS[OTHER_TYPES.get(name, name)]
    responses = [response for status, response in operation["responses"].items() if status < "3"]
    parts = [operation.get("requestBody", {}), *([] if name in OTHER_TYPES else responses)]
    titles = set(re.findall(r"#/components/schemas/(\w+)", str(parts)))
    pages = {title for title in titles if set(SCHEMAS[title].get("properties", {})) == {"items", "next_cursor"}}
    items = {title for page in pages for title in re.findall(r"schemas/(\w+)", str(SCHEMAS[page]))}
    return titles - pages | items


def described(kind: Any) -> Any:
    """Return a type as `plain` returns its schema."""
    origin, arguments = get_origin(kind), get_args(kind)
    if kind in SIMPLE:
        return {"type": SIMPLE[kind]}
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (Union, UnionType):
        return {"anyOf": [reference(one) for one in arguments]}
    if origin is list:
        return {"items": reference(arguments[0])}
    if origin is dict:
        return {"type": "object"} if arguments[1] is Any else {"values": reference(arguments[1])}
    assert is_typeddict(kind)
    hints = get_type_hints(kind, include_extras=True)
    optional = [name for name, hint in hints.items() if get_origin(hint) is NotRequired or not kind.__total__]
    return {
        "properties": {name: reference(hint) for name, hint in get_type_hints(kind).items()},
        "required": sorted(set(hints) - set(optional)),
    }


def reference(kind: Any) -> Any:
    return {"$ref": kind.__name__} if is_typeddict(kind) and kind.__name__ in SCHEMAS else described(kind)


def plain(schema: Any) -> Any:
    """Return a schema without words, examples, defaults and bounds."""
    match schema:
        case {"$ref": str(path)}:
            name = path.rpartition("/")[2]
            return plain(SCHEMAS[name]) if "enum" in SCHEMAS[name] else {"$ref": name}
        case {"const": value}:
            return {"enum": [value]}
        case {"type": [*kinds]}:
            return {"anyOf": [{"type": kind} for kind in kinds]}
        case {"properties": dict() as properties}:
            return {
                "properties": {name: plain(part) for name, part in properties.items()},
                "required": sorted(schema.get("required", [])),
            }
        case {"enum": [*values]}:
            return {"enum": values}
        case {"anyOf": [*parts]} | {"oneOf": [*parts]}:
            return {"anyOf": [plain(part) for part in parts]}
        case {"items": items}:
            return {"items": plain(items)}
        case {"additionalProperties": dict() as values}:
            return {"values": plain(values)}
    return {"type": schema["type"]}
