"""Write docs/openapi.json, one document of all routes of the API: `make openapi`."""

import inspect
import json
import re
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, get_args, get_type_hints

from longcode.web.scopes import scopes_of

ROOT = Path(__file__).parents[1]
FILE = ROOT / "docs" / "openapi.json"

# Each resolver with its tag, which stays when code moves, because generated clients use it in names. The carriers'
# webhooks are left out: only a carrier calls them, and it defines their form.
RESOLVERS = {
    "accounts.signup_api": "accounts",
    "accounts.settings_api": "accounts",
    "accounts.credentials_api": "accounts",
    "clients.api": "accounts",
    "triggers.rules_api": "accounts",
    "send.api": "send",
    "broadcasts.api": "send",
    "triggers.events_api": "send",
    "inbox.api": "inbox",
    "webhooks.api": "inbox",
    "optout.api": "optout",
    "billing.plan_api": "billing",
    "billing.usage_api": "billing",
    "billing.invoices_api": "billing",
}
WITHOUT_PASSWORD = {"accounts.signup_api"}

_VERBS = ("get", "put", "post", "patch", "delete")
# References to the sources of rules are removed: callers of the API do not have those pages.
_SOURCE = re.compile(r" \((?:facts|design) [^)]*\)")
_OK, _NO_CONTENT, _INVALID = "200", "204", "422"
_REPLACED_BY_PROBLEM = {"HTTPValidationError", "ValidationError"}

_PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "The reason for a refused request (RFC 9457). `code` is stable, `detail` is for a person.",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "frees_at": {
            "type": ["string", "null"],
            "format": "date-time",
            "description": "For a limit: when enough units are available; null if the limit never allows so many.",
        },
        "plans_that_allow": {
            "type": "array",
            "items": {"type": "string"},
            "description": "For a limit: the plans that would allow it now, smallest first.",
        },
        "most": {
            "type": "integer",
            "description": "For a limit on templates, triggers or clients: how many the account's plan allows.",
        },
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
_REFUSED = {
    "description": "The request is refused and has no effect.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_BASIC = {
    "type": "http",
    "scheme": "basic",
    "description": "The account number, and the password or an API key in its place.",
}


class Clash(Exception):
    """Two functions have the same route, or two different schemas the same name."""


def document() -> dict[str, Any]:
    """Return the documents of all resolvers as one, in alphabetical order."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    paths: dict[str, dict[str, Any]] = {}
    schemas: dict[str, Any] = {"Problem": _PROBLEM}
    for name in RESOLVERS:
        app = import_module(name).app
        described = json.loads(app.get_openapi_json_schema())
        routes = {(route.method.lower(), route.openapi_path): route.func for route in _routes(app)}
        for path, operations in described["paths"].items():
            for verb, operation in operations.items():
                scopes: list[str] = sorted(scopes_of(verb.upper(), path))
                _add(
                    paths.setdefault(path, {}),
                    verb,
                    _operation(name, operation, routes[verb, path], scopes),
                )
        for title, schema in described.get("components", {}).get("schemas", {}).items():
            if title not in _REPLACED_BY_PROBLEM:
                _add(schemas, title, schema)
    return {
        "openapi": "3.1.0",
        "info": {"title": project["name"].title(), "version": project["version"], "summary": project["description"]},
        "security": [{"basic": []}],
        "paths": {path: _in_order(paths[path]) for path in sorted(paths)},
        "components": {
            "securitySchemes": {"basic": _BASIC},
            "responses": {"Refused": _REFUSED},
            "schemas": dict(sorted(schemas.items())),
        },
    }


def text() -> str:
    """Return the document as the text of its file."""
    return _SOURCE.sub("", json.dumps(document(), indent=2, ensure_ascii=False)) + "\n"


def _routes(app: Any) -> Iterator[Any]:
    yield from app._static_routes  # Powertools offers no other access to the function of a route
    yield from app._dynamic_routes


def _operation(name: str, described: dict[str, Any], function: Any, scopes: list[str]) -> dict[str, Any]:
    summary, _, description = (inspect.getdoc(function) or "").partition("\n\n")
    operation = {
        "tags": [RESOLVERS[name]],
        "operationId": function.__name__,
        "summary": summary.removesuffix("."),
        "description": description or None,
        "security": [] if name in WITHOUT_PASSWORD else None,
        "x-scopes": None if name in WITHOUT_PASSWORD else scopes,
        "parameters": described.get("parameters"),
        "requestBody": described.get("requestBody"),
        "responses": _responses(described["responses"], function),
    }
    return {part: value for part, value in operation.items() if value is not None}


def _responses(described: dict[str, Any], function: Any) -> dict[str, Any]:
    responses = {status: response for status, response in sorted(described.items()) if status != _INVALID}
    if _NO_CONTENT in described:
        responses = {_NO_CONTENT: {"description": described[_NO_CONTENT]["description"]}}
    elif get_args(get_type_hints(function)["return"]) == (str,):
        responses = {_OK: {"description": "A page", "content": {"text/html": {"schema": {"type": "string"}}}}}
    return {**responses, "default": {"$ref": "#/components/responses/Refused"}}


def _in_order(operations: dict[str, Any]) -> dict[str, Any]:
    return {verb: operations[verb] for verb in _VERBS if verb in operations}


def _add(to: dict[str, Any], name: str, value: Any) -> None:
    if to.setdefault(name, value) != value:
        raise Clash(name)


if __name__ == "__main__":
    FILE.write_text(text())
