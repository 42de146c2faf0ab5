"""Write the modules of the Python client that follow from the API document; `make openapi` calls it."""

import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from infra.sdk_methods import Operation, methods
from infra.sdk_types import definition, docstring, is_page, referenced, title_of

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "sdk" / "python" / "src" / "longcode_client" / "api"
_PACKAGE = "longcode_client"
_SHARED, _EVENTS = "shared", "events"
_NOTE = "`make openapi` writes this module from docs/openapi.json."
# Names that a module imports if it uses them.
_IMPORTED = {
    "typing": ("Any", "Literal", "NotRequired", "TypedDict", "final"),
    f"{_PACKAGE}.calls": ("Calls", "in_path", "new_key"),
    f"{_PACKAGE}.items": ("Items",),
}


def modules(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the text of each module by file name: one for each tag, the types that several use, and webhooks."""
    schemas: Mapping[str, Any] = document["components"]["schemas"]
    homes = _homes(document)
    alternatives = {title for operation in _operations(document) for title in operation.alternatives}
    alternatives |= {title for body in map(_body_of, document["webhooks"].values()) for title in _kinds(body)}
    about = {_module(tag["name"]): tag["description"] for tag in document["tags"]}
    about |= {_SHARED: "Types that several modules use.", _EVENTS: "The bodies of webhooks."}
    texts = {}
    for module, sentence in about.items():
        own = [title for title in sorted(homes) if homes[title] == module]
        parts = [definition(title, schemas[title], is_final=title in alternatives) for title in own]
        parts += _events(document) if module == _EVENTS else _group(module, sentence, document)
        texts[f"{module}.py"] = _formatted(_head(module, sentence, parts, homes), parts)
    return texts


def write(document: Mapping[str, Any]) -> None:
    """Write the modules, and delete those of tags that are gone."""
    texts = modules(document)
    for path in FOLDER.glob("*.py"):
        if path.name not in {*texts, "__init__.py"}:
            path.unlink()
    for name, text in texts.items():
        (FOLDER / name).write_text(text)


def _homes(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the module of each type: the one of its tag, or `shared` if operations of several tags use it."""
    schemas = document["components"]["schemas"]
    users: dict[str, set[str]] = defaultdict(set)
    for operation in _operations(document):
        for title in referenced(operation.described, schemas):
            users[title].add(_module_of(operation))
    for title in referenced(document["webhooks"], schemas):
        users[title].add(_EVENTS)
    users["Problem"] = {_SHARED}
    return {
        title: next(iter(tags)) if len(tags) == 1 else _SHARED
        for title, tags in users.items()
        if not is_page(schemas[title])
    }


def _operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    for path, operations in document["paths"].items():
        for verb, described in operations.items():
            yield Operation(path, verb, described)


def _group(module: str, sentence: str, document: Mapping[str, Any]) -> list[str]:
    """Return the class that has the methods of a tag, if there are any."""
    texts = [
        text
        for operation in _operations(document)
        if _module_of(operation) == module
        for text in methods(operation, document["components"]["schemas"])
    ]
    name = module.title().replace("_", "")
    return ["\n\n".join([f"class {name}Api(Calls):\n{docstring(sentence)}", *texts])] if texts else []


def _events(document: Mapping[str, Any]) -> list[str]:
    """Return the types of the webhooks' bodies, and the union of them."""
    parts, names = [], []
    for webhook in document["webhooks"].values():
        post = webhook["post"]
        name = "".join(word.title() for word in re.split(r"[._]", post["operationId"]))
        parts.append(definition(name, {**_body_of(webhook), "description": f"{post['summary']}."}))
        names.append(name)
    return [*parts, f"Event = {' | '.join(names)}"]


def _body_of(webhook: Mapping[str, Any]) -> Mapping[str, Any]:
    schema: Mapping[str, Any] = webhook["post"]["requestBody"]["content"]["application/json"]["schema"]
    return schema


def _kinds(body: Mapping[str, Any]) -> list[str]:
    """Return the types of the data of a webhook, if there are several."""
    return [title_of(kind["$ref"]) for kind in body["properties"]["data"].get("oneOf", ())]


def _head(module: str, sentence: str, parts: list[str], homes: Mapping[str, str]) -> str:
    """Return the docstring and the imports of a module."""
    words = {word for part in parts for word in re.findall(r"\w+", part)}
    imported = {origin: [name for name in names if name in words] for origin, names in _IMPORTED.items()}
    shared = [title for title in sorted(homes) if homes[title] == _SHARED and title in words]
    if module != _SHARED:
        imported[f"{_PACKAGE}.api.{_SHARED}"] = shared
    lines = [f"from {origin} import {', '.join(names)}" for origin, names in imported.items() if names]
    return "\n".join([docstring(f"{sentence}\n\n{_NOTE}", ""), "", "from __future__ import annotations", "", *lines])


def _formatted(head: str, parts: list[str]) -> str:
    """Return a module as `ruff format` and the order of imports would have it."""
    ruff = Path(sys.executable).with_name("ruff")
    text = "\n\n\n".join([head, *parts]) + "\n"
    for command in (("check", "--select", "I", "--fix-only"), ("format",)):
        run = subprocess.run(
            [ruff, *command, "--quiet", "--stdin-filename", FOLDER / "module.py", "-"],
            input=text,
            capture_output=True,
            text=True,
            check=True,
        )
        text = run.stdout
    return text


def _module(tag: str) -> str:
    return tag.replace("-", "_")


def _module_of(operation: Operation) -> str:
    return _module(operation.described["tags"][0])
