"""The methods of the Python client: one for each operation and type of content that it responds with."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.sdk_types import annotation, docstring, is_page, title_of

Part = Mapping[str, Any]

_JSON, _KEY, _CURSORS = "application/json", "idempotency-key", ("cursor", "after")
_REPEATABLE = {"get", "put", "delete"}
_READ_AS = {"": "", _JSON: ".json()", "application/pdf": ".data"}  # anything else is text
_INDENT = " " * 8


@dataclass(frozen=True)
class Operation:
    """An operation of the document."""

    path: str
    verb: str
    described: Part

    def parameters(self, place: str) -> list[Part]:
        """Return the parameters in the path, the query or the headers."""
        return [one for one in self.described.get("parameters", []) if one["in"] == place]

    @property
    def cursor(self) -> Part | None:
        """Return the parameter that names the page of a list; None if there is none."""
        return next((one for one in self.parameters("query") if self.verb == "get" and one["name"] in _CURSORS), None)

    @property
    def content(self) -> Part:
        """Return the body by its type; empty if it takes none."""
        content: Part = self.described.get("requestBody", {}).get("content", {})
        return content

    @property
    def responses(self) -> list[Part]:
        """Return what it can respond with when it succeeds, each by its type."""
        responses = self.described["responses"].items()
        return [response.get("content", {}) for status, response in responses if status.startswith("2")]

    @property
    def alternatives(self) -> list[str]:
        """Return the types of its JSON if there are several."""
        types = list(dict.fromkeys(annotation(one[_JSON]["schema"]) for one in self.responses if _JSON in one))
        return types if len(types) > 1 else []

    @property
    def has_key(self) -> bool:
        """Return whether it takes an Idempotency-Key."""
        return any(one["name"] == _KEY for one in self.parameters("header"))

    @property
    def is_of_partners(self) -> bool:
        """Return whether it takes a partner key; such an operation can be repeated."""
        return "partner" in {name for scheme in self.described.get("security", []) for name in scheme}


def methods(operation: Operation, schemas: Part) -> Iterator[str]:
    """Return the methods of an operation."""
    kinds = list(dict.fromkeys(kind for response in operation.responses for kind in response))
    for kind in kinds or [""]:
        returned = [annotation(one[kind]["schema"]) for one in operation.responses if kind in one]
        suffix = f"_{kind.partition('/')[2]}" if kind in kinds[1:] else ""
        yield _method(operation, suffix, kind, " | ".join(dict.fromkeys(returned)) or "None", schemas)


def _method(operation: Operation, suffix: str, kind: str, returned: str, schemas: Part) -> str:
    cursor = operation.cursor
    values = [f'"{one["name"]}": {one["name"]}' for one in operation.parameters("query") if one is not cursor]
    address = f'"{operation.path}"'
    if "{" in operation.path:
        address = f"f{address}".replace("{", "{in_path(").replace("}", ")}")
    if cursor or is_page(schemas.get(returned, {})):
        function = "self._texts"
        if returned in schemas:
            function, returned = "self._items", annotation(schemas[returned]["properties"]["items"]["items"])
        begin = [f'"{cursor["name"]}"', cursor["name"]] if cursor else []
        body = ["return " + _called(function, address, f"{{{', '.join(values)}}}", *begin)]
        returned = f"Items[{returned}]"
    else:
        options = _options(operation, kind, values)
        call = _called("self._call", f'"{operation.verb.upper()}"', address, *options) + _READ_AS.get(kind, ".text")
        body = [f"answer: {returned} = {call}", "return answer"] if kind else [call]
    arguments = ", ".join(["self", *_positional(operation), *_by_name(operation, cursor)])
    described = operation.described
    text = f"{described['summary']}.\n\n{described.get('description', '')}".strip()
    head = f"    def {described['operationId']}{suffix}({arguments}) -> {returned}:"
    return "\n".join([head, docstring(text, _INDENT), *(f"{_INDENT}{line}" for line in body)])


def _positional(operation: Operation) -> Iterator[str]:
    for one in operation.parameters("path"):
        yield f"{one['name']}: str"
    if _JSON in operation.content:
        yield f"body: {title_of(operation.content[_JSON]['schema']['$ref'])}"
    elif operation.content:
        yield "file: bytes"


def _by_name(operation: Operation, cursor: Part | None) -> list[str]:
    """Return the arguments that are given by name. What is None is not sent."""
    arguments = []
    if operation.content and _JSON not in operation.content:
        arguments.append(f'content_type: str = "{next(iter(operation.content))}"')
    for one in operation.parameters("query"):
        kind, default = annotation(one["schema"]), "None"
        if one is cursor and "default" in one["schema"]:
            default = f'"{one["schema"]["default"]}"'
        elif not one["required"] and not kind.endswith(" | None"):
            kind = f"{kind} | None"
        arguments.append(f"{one['name']}: {kind}" + ("" if one["required"] else f" = {default}"))
    if operation.has_key:
        arguments.append("idempotency_key: str | None = None")
    if operation.is_of_partners:
        arguments.append("partner_key: str")
    return ["*", *arguments] if arguments else []


def _options(operation: Operation, kind: str, values: list[str]) -> Iterator[str]:
    """Return what a call has beside its verb and path."""
    if values:
        yield f"query={{{', '.join(values)}}}"
    if operation.content:
        yield "body=body" if _JSON in operation.content else "body=file, content_type=content_type"
    if kind not in ("", _JSON):
        yield f'accept="{kind}"'
    if operation.has_key:
        yield "key=idempotency_key or new_key()"
    elif operation.verb in _REPEATABLE or "read" in operation.described.get("x-scopes", ()):
        yield "repeatable=True"  # what a key with the scope `read` may call changes nothing
    if operation.is_of_partners:
        yield "repeatable=True"  # the partner's own id of the studio takes the place of an Idempotency-Key
        yield "bearer=partner_key"
    if operation.described.get("security") == []:
        yield "with_password=False"


def _called(function: str, *arguments: str) -> str:
    return f"{function}({', '.join(arguments)})"
