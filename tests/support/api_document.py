"""The API document, and what it says is wrong with a value."""

import json
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from infra import openapi
from longcode.months import instant
from longcode.webhooks.delivery import Delivery

DOCUMENT: dict[str, Any] = json.loads(openapi.FILE.read_text())


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


def webhook_faults(webhook: dict[str, Any]) -> list[str]:
    """Return what is wrong with the body of a webhook, by the description of its event."""
    described = DOCUMENT["webhooks"][webhook["type"]]["post"]["requestBody"]["content"]["application/json"]["schema"]
    unknown = set(webhook["data"]) - set(described["properties"]["data"]["properties"])
    return [*faults(described, webhook), *(f"{name} is not described" for name in sorted(unknown))]


def delivery_faults(delivery: Delivery) -> list[str]:
    """Return what is wrong with the webhook of a delivery whose data is complete."""
    return webhook_faults({"type": delivery.event, "timestamp": instant(delivery.created_at), "data": delivery.data})
