"""Write docs/openapi.json, one document of all routes, docs/codes.md and the Python client: `make openapi`."""

import inspect
import json
import re
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from longcode.web.scopes import scopes_of

from infra import api_reference as reference
from infra import sdk

ROOT = Path(__file__).parents[1]
FILE = ROOT / "docs" / "openapi.json"

# The carriers' webhooks are left out: only a carrier calls them, and it defines their form. So is the page that shows
# this document (reference.api).
RESOLVERS = (
    "accounts.signup_api",
    "accounts.settings_api",
    "accounts.credentials_api",
    "clients.api",
    "triggers.rules_api",
    "send.api",
    "broadcasts.api",
    "triggers.events_api",
    "inbox.api",
    "webhooks.api",
    "optout.api",
    "billing.plan_api",
    "billing.usage_api",
    "billing.invoices_api",
)
WITHOUT_PASSWORD = {"accounts.signup_api"}
WITH_PARTNER_KEY = {"/accounts"}

_VERBS = ("get", "put", "post", "patch", "delete")
# References to the sources of rules are removed: callers of the API do not have those pages.
_SOURCE = re.compile(r" \((?:facts|design) [^)]*\)")
_END_OF_SUMMARY = re.compile(r"[.;:]\s")
_NO_CONTENT, _INVALID = "204", "422"
_REPLACED_BY_PROBLEM = {"HTTPValidationError", "ValidationError", "ResponseValidationError"}

_SERVERS = [
    {
        "url": "{address}",
        "description": "The service. Its operator gives you the address; `make up` prints that of the local stack.",
        "variables": {"address": {"default": "https://api.longcode.example"}},
    }
]
_BASIC = {
    "type": "http",
    "scheme": "basic",
    "description": "The account number, and the password or an API key in its place.",
}

_PARTNER = {
    "type": "http",
    "scheme": "bearer",
    "description": "A partner key, which the operator gives hosted products.",
}


class Clash(Exception):
    """Two functions have the same route, or two different schemas the same name."""


def document() -> dict[str, Any]:
    """Return the documents of all resolvers as one, in alphabetical order."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    paths: dict[str, dict[str, Any]] = {}
    schemas: dict[str, Any] = {"Problem": reference.describe_schema("Problem", reference.problem())}
    for name in RESOLVERS:
        app = import_module(name).app
        described = json.loads(app.get_openapi_json_schema())
        routes = {(route.method.lower(), route.openapi_path): route.func for route in _routes(app)}
        for path, operations in described["paths"].items():
            for verb, operation in operations.items():
                _add(
                    paths.setdefault(path, {}),
                    verb,
                    _operation(name, verb, path, operation, routes[verb, path]),
                )
        for title, schema in described.get("components", {}).get("schemas", {}).items():
            if title not in _REPLACED_BY_PROBLEM:
                _add(schemas, title, reference.describe_schema(title, schema))
    for title, schema in reference.webhook_schemas().items():
        _add(schemas, title, schema)
    return {
        "openapi": "3.1.0",
        "info": {"title": project["name"].title(), "version": project["version"], "summary": project["description"]},
        "servers": _SERVERS,
        "security": [{"basic": []}],
        "tags": reference.tags(),
        "paths": {path: _in_order(paths[path]) for path in sorted(paths)},
        "webhooks": reference.webhooks(),
        "components": {
            "securitySchemes": {"basic": _BASIC, "partner": _PARTNER},
            "responses": reference.refusals(),
            "schemas": dict(sorted(schemas.items())),
        },
    }


def text() -> str:
    """Return the document as the text of its file."""
    return _SOURCE.sub("", json.dumps(document(), indent=2, ensure_ascii=False)) + "\n"


def _routes(app: Any) -> Iterator[Any]:
    yield from app._static_routes  # Powertools offers no other access to the function of a route
    yield from app._dynamic_routes


def _operation(name: str, verb: str, path: str, described: dict[str, Any], function: Any) -> dict[str, Any]:
    summary, description = _texts(inspect.getdoc(function) or "")
    scopes: list[str] = sorted(scopes_of(verb.upper(), path))
    operation = {
        "tags": [reference.tag_of(path)],
        "operationId": function.__name__,
        "summary": summary,
        "description": description or None,
        "security": [{"partner": []}] if path in WITH_PARTNER_KEY else [] if name in WITHOUT_PASSWORD else None,
        "x-scopes": None if name in WITHOUT_PASSWORD else scopes,
        "parameters": [reference.describe_parameter(one) for one in described.get("parameters", [])] or None,
        "requestBody": described.get("requestBody") or reference.file_body(function.__name__),
    }
    operation = {part: value for part, value in operation.items() if value is not None}
    return {**operation, "responses": _responses(verb, described["responses"], operation)}


def _texts(docstring: str) -> tuple[str, str]:
    """Return what a docstring says first, as a summary of few words without a full stop, and all the rest."""
    first, _, more = docstring.partition("\n\n")
    summary, *rest = _END_OF_SUMMARY.split(first, maxsplit=1)
    further = [f"{text[0].upper()}{text[1:]}" for text in rest]
    return summary.removesuffix("."), "\n\n".join(filter(None, [*further, more]))


def _responses(verb: str, described: dict[str, Any], operation: dict[str, Any]) -> dict[str, Any]:
    responses = {status: response for status, response in sorted(described.items()) if status != _INVALID}
    if _NO_CONTENT in described:
        responses = {_NO_CONTENT: {"description": described[_NO_CONTENT]["description"]}}
    return {**responses, **reference.refusals_of(verb, operation)}


def _in_order(operations: dict[str, Any]) -> dict[str, Any]:
    return {verb: operations[verb] for verb in _VERBS if verb in operations}


def _add(to: dict[str, Any], name: str, value: Any) -> None:
    if to.setdefault(name, value) != value:
        raise Clash(name)


if __name__ == "__main__":
    FILE.write_text(text())
    sdk.write(json.loads(FILE.read_text()))
    reference.CODES_PAGE.write_text(reference.codes_page())
