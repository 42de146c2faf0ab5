"""The API document, and what it says is wrong with a value."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from longcode.months import instant
from longcode.webhooks.delivery import Delivery

FILE = Path(__file__).parents[2] / "docs" / "openapi.json"  # infra/openapi.py would load what only it needs
DOCUMENT: dict[str, Any] = json.loads(FILE.read_text())


def faults(schema: dict[str, Any], value: object) -> list[str]:
    """Return what is wrong with a value of a schema of the document."""
    validator = Draft202012Validator(_absolute(schema), registry=_registry(), format_checker=FormatChecker())
    return [fault.message for fault in validator.iter_errors(value)]


@cache
def _registry() -> Any:
    return Registry().with_resource("urn:api", DRAFT202012.create_resource(DOCUMENT))


def _absolute(schema: Any) -> Any:
    match schema:
        case dict():
            return {name: f"urn:api{part}" if name == "$ref" else _absolute(part) for name, part in schema.items()}
        case list():
            return [_absolute(part) for part in schema]
    return schema


def check_answer(method: str, path: str, status: int, content_type: str, text: str) -> None:
    """Raise `AssertionError` if the document has the route, and does not describe the answer."""
    responses = _responses(method, path)
    if responses is None:
        return
    assert str(status) in responses, f"{method} {path}: {status} is not described: {text[:200]}"
    content = responses[str(status)]
    kind = content_type.partition(";")[0]
    assert not text or kind in content, f"{method} {path}: {status} with {kind} is not described"
    if kind.endswith("json") and text:
        wrong = [fault.message for fault in content[kind].iter_errors(json.loads(text))]
        assert not wrong, f"{method} {path}: {status}: {wrong[0][:300]}"


@cache
def _routes() -> list[tuple[re.Pattern[str], str]]:
    """Return the paths of the document as patterns, those without parameters first."""
    paths = sorted(DOCUMENT["paths"], key=lambda path: path.count("{"))
    return [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), path) for path in paths]


def _responses(method: str, path: str) -> dict[str, dict[str, Any]] | None:
    """Return validators by status and media type of the route of a path; None if the document does not have it."""
    for pattern, route in _routes():
        if pattern.fullmatch(path) and method.lower() in DOCUMENT["paths"][route]:
            return _validators(method.lower(), route)
    return None


@cache
def _validators(verb: str, route: str) -> dict[str, dict[str, Any]]:
    responses = DOCUMENT["paths"][route][verb]["responses"]
    return {
        status: {
            kind: Draft202012Validator(_absolute(media.get("schema", {})), registry=_registry())
            for kind, media in _resolved(response).get("content", {}).items()
        }
        for status, response in responses.items()
    }


def _resolved(response: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in response:
        return response
    found: dict[str, Any] = DOCUMENT["components"]["responses"][response["$ref"].rpartition("/")[2]]
    return found


def webhook_faults(webhook: dict[str, Any]) -> list[str]:
    """Return what is wrong with the body of a webhook, by the description of its event."""
    described = DOCUMENT["webhooks"][webhook["type"]]["post"]["requestBody"]["content"]["application/json"]["schema"]
    kinds = payloads(described)
    unknown = set(webhook["data"]).difference(*(kind["properties"] for kind in kinds))
    return [*faults(described, webhook), *(f"{name} is not described" for name in sorted(unknown))]


def payloads(described: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the schemas of the data of a webhook: one, or those of its kinds."""
    data = described["properties"]["data"]
    schemas = DOCUMENT["components"]["schemas"]
    return [schemas[kind["$ref"].rpartition("/")[2]] for kind in data["oneOf"]] if "oneOf" in data else [data]


def delivery_faults(delivery: Delivery) -> list[str]:
    """Return what is wrong with the webhook of a delivery whose data is complete."""
    return webhook_faults({"type": delivery.event, "timestamp": instant(delivery.created_at), "data": delivery.data})
