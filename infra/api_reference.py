"""Adds to the OpenAPI document what infra/api_reference.yaml says: sentences, examples, values, codes, webhooks."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from textwrap import wrap
from typing import Any

import yaml

_FILE = Path(__file__).with_suffix(".yaml")
REFERENCE: Mapping[str, dict[str, Any]] = yaml.safe_load(_FILE.read_text())
CODES_PAGE = Path(__file__).parents[1] / "docs" / "codes.md"

_PROBLEM_TYPE = "application/problem+json"
_DATA = "What happened. New fields may come."
_PAGE = "A page of a list. `next_cursor` begins the next page; it is null on the last page."
_STATUSES: Mapping[int, str] = {
    400: "The request cannot be read.",
    401: "The account number and the password or API key do not match.",
    403: "It is not allowed: by the scope of the key, the status of the account, or the operator.",
    404: "This account has no such item.",
    409: "It is not possible now: `code` says what is in the way.",
    413: "The request is too large.",
    415: "This route does not accept the body's content type.",
    422: "A field is missing or wrong: `errors` names it.",
    429: "Too many requests.",
    500: "Something failed on our side. The request may have taken effect.",
    503: "The service is not ready. The request has no effect.",
    504: "The response took too long. The request may have taken effect.",
}
_PROSE_WIDTH = 160
_CODES_HEAD = (
    "# Codes",
    "",
    "A code never changes its meaning; new codes may be added.",
    "This page is written by `make openapi` from `infra/api_reference.yaml`.",
)


class Undescribed(Exception):
    """A field, parameter or value that infra/api_reference.yaml does not have."""


def describe_schema(title: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema with a sentence and an example for each field, and a sentence for each value."""
    if title.startswith("Page_"):
        schema = {"description": _PAGE, **schema}
    properties = {
        name: _described(field, *_entry("fields", f"{title}.{name}", name))
        for name, field in schema.get("properties", {}).items()
    }
    if schema.get("additionalProperties") is False:  # a request body: its texts lose the spaces around them
        properties = {name: _not_blank(field) for name, field in properties.items()}
    if properties:
        schema = {**schema, "properties": properties}
    if "enum" in schema:
        meanings = _entry("values", title)
        lines = [f"- `{value}`: {_entry_of(meanings, value, title)}" for value in schema["enum"]]
        schema = {**schema, "description": "\n".join([schema["description"], "", *lines])}
    return schema


def describe_parameter(parameter: dict[str, Any]) -> dict[str, Any]:
    """Return a parameter with a sentence and an example. No parameter can be null: it is left out instead."""
    sentence, example = _entry("parameters", parameter["name"])
    schema = {name: value for name, value in parameter["schema"].items() if name != "title"}
    if {"type": "null"} in schema.get("anyOf", []):
        [schema] = [kind for kind in schema["anyOf"] if kind != {"type": "null"}]
    described = {**parameter, "description": sentence, "schema": schema}
    return described if example is None else {**described, "example": example}


def file_body(operation_id: str) -> dict[str, Any] | None:
    """Return the body of an operation that takes a file; None if it takes none."""
    kinds = REFERENCE["bodies"].get(operation_id)
    if not kinds:
        return None
    content = {
        kind: {"schema": {"type": "string", "description": sentence}, "example": example}
        for kind, (sentence, example) in kinds.items()
    }
    return {"required": True, "content": content}


def problem() -> dict[str, Any]:
    """Return the schema of problem documents."""
    nullable_instant = {"type": ["string", "null"], "format": "date-time"}
    fault = {
        "type": "object",
        "description": "A wrong field.",
        "required": ["field", "message"],
        "properties": {
            "field": {
                "type": "string",
                "description": "The path of the field, such as `phones.0.number`.",
                "examples": ["to"],
            },
            "message": {
                "type": "string",
                "description": "What would be right.",
                "examples": ["This is not a phone number."],
            },
        },
    }
    return {
        "type": "object",
        "title": "Problem",
        "description": "The reason for a refused request (RFC 9457). `code` is stable, `detail` is for a person.",
        "required": ["type", "title", "status", "code", "detail"],
        "properties": {
            "type": {"type": "string", "format": "uri-reference"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "code": {"type": "string", "enum": sorted(REFERENCE["codes"])},
            "detail": {"type": "string"},
            "frees_at": nullable_instant,
            "plans_that_allow": {"type": "array", "items": {"type": "string"}},
            "most": {"type": "integer"},
            "errors": {"type": "array", "items": fault},
        },
    }


def refusals() -> dict[str, Any]:
    """Return the responses of refused requests, by name."""
    content = {_PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {_name(status): {"description": about, "content": content} for status, about in _STATUSES.items()}


def refusals_of(verb: str, operation: Mapping[str, Any]) -> dict[str, Any]:
    """Return references to the responses with which an operation can refuse a request, by status."""
    has_body, is_open = "requestBody" in operation, operation.get("security") == []
    names_something = has_body or any(one["in"] == "path" for one in operation.get("parameters", []))
    impossible = {
        401: is_open,
        404: not names_something,
        409: verb == "get",
    }
    return {
        str(status): {"$ref": f"#/components/responses/{_name(status)}"}
        for status in _STATUSES
        if not impossible.get(status)
    }


def tags() -> list[dict[str, str]]:
    """Return the tags in the order in which to read them."""
    return [{"name": name, "description": tag["about"]} for name, tag in REFERENCE["tags"].items()]


def tag_of(path: str) -> str:
    """Return the tag of a path."""
    first = path.split("/")[1]
    return next(name for name, tag in REFERENCE["tags"].items() if first in tag["paths"])


def webhooks() -> dict[str, Any]:
    """Return the requests that are posted to a studio's endpoint, by the type of their event."""
    return {event: {"post": _webhook(event, webhook)} for event, webhook in REFERENCE["webhooks"].items()}


def webhook_schemas() -> dict[str, Any]:
    """Return the schemas of the payloads of webhooks that have several kinds of them, by title."""
    return {
        title: {"title": title, **_payload(f"{kind['about']} New fields may come.", webhook["data"] | kind["data"])}
        for webhook in REFERENCE["webhooks"].values()
        for title, kind in webhook.get("kinds", {}).items()
    }


def _webhook(event: str, webhook: Mapping[str, Any]) -> dict[str, Any]:
    kinds = [{"$ref": f"#/components/schemas/{title}"} for title in webhook.get("kinds", ())]
    data = {"oneOf": kinds, "description": _DATA} if kinds else _payload(_DATA, webhook["data"])
    at = {**_type("instant"), "description": "When it happened.", "examples": ["2026-12-03T17:05:12.000Z"]}
    body = {
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": {"type": "string", "const": event, "description": "The type of the event."},
            "timestamp": at,
            "data": data,
        },
    }
    headers = ("webhook-id", "webhook-timestamp", "webhook-signature")
    return {
        "operationId": event.replace(".", "_"),
        "summary": webhook["about"].removesuffix("."),
        "description": "Signed as in Standard Webhooks 1.0; docs/guide/webhooks.md shows how to check it.",
        "security": [],
        "parameters": [
            {"name": name, "in": "header", "required": True, "schema": {"type": "string"}} for name in headers
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {
            "2XX": {
                "description": "The endpoint has accepted the webhook. After any other response it is sent again."
            },
            "410": {"description": "Send no more webhooks."},
        },
    }


def _payload(about: str, data: Mapping[str, Any]) -> dict[str, Any]:
    fields = {
        name: {**_type(kind), "description": sentence, "examples": [example]}
        for name, (kind, sentence, example) in data.items()
    }
    return {"type": "object", "description": about, "required": list(fields), "properties": fields}


def _type(kind: str) -> dict[str, Any]:
    """Return the schema of a field's type in the reference."""
    name = kind.removesuffix("?")
    if name[0].isupper():
        return {"$ref": f"#/components/schemas/{name}"}
    if name == "instant":
        return {"type": "string", "format": "date-time"}
    if name == "array":
        return {"type": "array", "items": {"type": "string"}}
    return {"type": [name, "null"] if kind.endswith("?") else name}


def codes_page() -> str:
    """Return docs/codes.md."""
    refused = {"title": "Refused requests", "where": "`code` of a problem document.", "codes": REFERENCE["codes"]}
    sections = [refused, *REFERENCE["further_codes"].values()]
    return "\n".join([*_CODES_HEAD, *(line for section in sections for line in _codes_section(section))]) + "\n"


def _codes_section(section: Mapping[str, Any]) -> Iterator[str]:
    yield from ("", f"## {section['title']}", "", *wrap(section["where"], _PROSE_WIDTH, break_on_hyphens=False), "")
    yield from ("| Code | What happened | What to do |", "|---|---|---|")
    for code, (what, todo) in sorted(section["codes"].items()):
        yield f"| `{code}` | {what} | " + todo.replace("|", r"\|") + " |"


def _described(field: dict[str, Any], sentence: str, example: Any) -> dict[str, Any]:
    without_title = {name: value for name, value in field.items() if name != "title"}
    examples = {} if example is None else {"examples": [example]}
    return {**without_title, "description": sentence, **examples}


def _not_blank(part: Any) -> Any:
    """Return a part of a schema in which a text with a least length must have more than spaces."""
    match part:
        case {"type": "string", "minLength": _} if "pattern" not in part:
            return {**part, "pattern": r"[^\s\u0085]"}  # pydantic takes a next-line character for a space too
        case dict():
            return {name: _not_blank(each) for name, each in part.items()}
        case list():
            return [_not_blank(each) for each in part]
    return part


def _entry(section: str, *names: str) -> Any:
    entries = REFERENCE[section]
    for name in names:
        if name in entries:
            return entries[name]
    raise Undescribed(f"{_FILE.name} has no {section} {names[0]}")


def _entry_of(meanings: Mapping[str, str], value: str, title: str) -> str:
    if value not in meanings:
        raise Undescribed(f"{_FILE.name} has no value {title} {value}")
    return meanings[value]


def _name(status: int) -> str:
    return HTTPStatus(status).phrase.replace(" ", "").replace("URI", "Uri")
