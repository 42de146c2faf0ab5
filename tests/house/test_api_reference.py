"""docs/openapi.json is valid and complete: sentences, examples that fit, all codes; tools can read it."""

import ast
import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from infra import api_reference, openapi
from longcode import errors
from longcode.accounts.account import WebhookEvent
from longcode.broadcasts import outcome
from longcode.message import HoldReason
from longcode.messages import lookup
from longcode.numbers.conversations import TextRefusal
from longcode.triggers.planning import REASONS
from longcode.webhooks import delivery
from tests.support.api_document import DOCUMENT, faults, payloads
from tests.support.local_aws import read_template
from tests.support.source_reading import FUNCTIONS, ROOT
from triggers.forecast import CALL_INSTEAD

SCHEMAS = DOCUMENT["components"]["schemas"]
OPERATIONS = [
    (f"{verb} {path}", operation)
    for path, operations in DOCUMENT["paths"].items()
    for verb, operation in operations.items()
]
API_TOOLS = ROOT / ".venv" / "api" / "bin"
# As TypeScript's own compiler has them with `strict`, for a browser. The generated modules import each other by names
# without an ending.
TYPESCRIPT_OPTIONS = {
    "compilerOptions": {"lib": ["dom", "dom.iterable", "esnext"], "noImplicitOverride": False},
    "unstable": ["sloppy-imports"],
}
USE_OF_TYPESCRIPT = """
import { Configuration, MessagesApi } from "./client/index";
const messages = new MessagesApi(new Configuration({ username: "10000001", password: "secret" }));
const accepted = await messages.postMessage({ newMessage: { clientId: "c1", body: "Hi" }, idempotencyKey: "k" });
const id: string = accepted.messages[0].id;
// @ts-expect-error: an id is no number, and the compiler must say so
const number: number = id;
"""


LIMITS = {
    **dict.fromkeys(("minLength", "maxLength", "pattern"), ("string",)),
    **dict.fromkeys(("minItems", "maxItems"), ("array",)),
    **dict.fromkeys(("minimum", "maximum"), ("integer", "number")),
    **dict.fromkeys(("minProperties", "maxProperties"), ("object",)),
}


def subschemas(place: str, part: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield all objects in a part of the document with their places, except lists of fields by name."""
    if isinstance(part, dict):
        if not place.endswith("/properties"):
            yield place, part
        for name, value in part.items():
            yield from subschemas(f"{place}/{name}", value)
    elif isinstance(part, list):
        for value in part:
            yield from subschemas(place, value)


def fields() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for title, schema in SCHEMAS.items():
        for name, field in schema.get("properties", {}).items():
            yield title, name, field


@pytest.mark.long
def test_the_document_is_valid() -> None:
    validate(DOCUMENT)


def test_every_schema_operation_and_field_has_a_sentence() -> None:
    silent = [title for title, schema in SCHEMAS.items() if not schema.get("description")]
    silent += [f"{title}.{name}" for title, name, field in fields() if not field.get("description")]
    silent += [name for name, operation in OPERATIONS if not operation.get("summary")]
    silent += [
        f"{name} {parameter['name']}"
        for name, operation in OPERATIONS
        for parameter in operation.get("parameters", [])
        if not parameter.get("description")
    ]

    assert silent == []


def test_every_example_fits_its_field() -> None:
    wrong = [
        (title, name, faults(field, example))
        for title, name, field in fields()
        for example in field.get("examples", [])
        if faults(field, example)
    ]
    wrong += [
        (name, parameter["name"], found)
        for name, operation in OPERATIONS
        for parameter in operation.get("parameters", [])
        if "example" in parameter and (found := faults(parameter["schema"], parameter["example"]))
    ]

    assert wrong == []


def test_the_reference_describes_nothing_that_does_not_exist() -> None:
    described = {f"{title}.{name}" for title, name, _ in fields()} | {name for _, name, _ in fields()}
    parameters = {each["name"] for _, operation in OPERATIONS for each in operation.get("parameters", [])}
    values = {title: set(schema["enum"]) for title, schema in SCHEMAS.items() if "enum" in schema}

    assert set(api_reference.REFERENCE["fields"]) - described == set()
    assert set(api_reference.REFERENCE["parameters"]) == parameters
    assert {title: set(meanings) for title, meanings in api_reference.REFERENCE["values"].items()} == values


def test_the_codes_are_those_of_the_code_and_of_the_gateway() -> None:
    of_errors = {
        error.code
        for error in vars(errors).values()
        if isinstance(error, type) and issubclass(error, errors.RequestError)
    }
    of_resolver = set(re.findall(r'problem\(\w+, "(\w+)"', (FUNCTIONS / "longcode/web/resolver.py").read_text()))
    of_resolver |= set(re.findall(r'status_code, "(\w+)"', (FUNCTIONS / "longcode/web/resolver.py").read_text()))
    responses = read_template()["Resources"]["Api"]["Properties"]["GatewayResponses"].values()
    of_gateway = {json.loads(response["ResponseTemplates"]["application/json"])["code"] for response in responses}

    assert set(api_reference.REFERENCE["codes"]) == of_errors | of_resolver | of_gateway
    assert api_reference.CODES_PAGE.read_text() == api_reference.codes_page(), "run make openapi"


def test_the_further_codes_are_those_of_texts_triggers_and_deliveries() -> None:
    def literals(pattern: str, *folders: str) -> set[str]:
        files = [path for folder in folders for path in (FUNCTIONS / folder).rglob("*.py")]
        return {code for path in files for code in re.findall(pattern, path.read_text())}

    refused = set(api_reference.REFERENCE["codes"])
    documented = {name: set(part["codes"]) for name, part in api_reference.REFERENCE["further_codes"].items()}
    of_texts = literals(r'\berror=(?:[\w.]+ or )?"(\w+)"', "send", "sweeper", "broadcasts", "longcode/messages")
    of_texts |= {*HoldReason, *TextRefusal, *outcome.DETAILS, lookup.UNCERTAIN}
    of_deliveries = literals(r'(?:\berror=|_Unreachable\()"(\w+)"', "longcode/webhooks")
    of_deliveries |= {delivery.WEBHOOK_OFF, delivery.ENDPOINT_FAILING, delivery.MESSAGE_GONE, "status_500"}

    assert documented["texts"] == of_texts - refused
    assert documented["triggers"] == {*REASONS, CALL_INSTEAD}
    assert documented["deliveries"] == of_deliveries


def test_titles_and_operation_ids_are_unique() -> None:
    titles = [schema.get("title", name) for name, schema in SCHEMAS.items()]
    ids = [operation["operationId"] for _, operation in OPERATIONS]

    assert len(titles) == len(set(titles))
    assert len(ids) == len(set(ids))


def test_a_limit_stands_beside_the_type_that_it_limits() -> None:
    """Elsewhere it has no effect: `maxLength` limits strings and not lists."""
    wrong = [
        (place, limit, schema)
        for place, schema in subschemas("", DOCUMENT["paths"] | SCHEMAS)
        for limit, kinds in LIMITS.items()
        if limit in schema and schema.get("type") not in kinds
    ]

    assert wrong == []


def test_a_text_of_a_body_that_may_not_be_empty_may_not_be_blank() -> None:
    """Bodies lose the spaces around their texts, so a space is as short as nothing."""
    bodies = {title: schema for title, schema in SCHEMAS.items() if schema.get("additionalProperties") is False}
    texts = [(place, schema) for place, schema in subschemas("", bodies) if "minLength" in schema]

    assert len(texts) > 10
    assert [place for place, schema in texts if "pattern" not in schema] == []
    name = SCHEMAS["NewKey"]["properties"]["name"]
    assert [bool(faults(name, text)) for text in (" ", "\u0085", "a")] == [True, True, False]


def test_parameters_and_settings_that_are_never_null_are_not_described_as_null() -> None:
    """A parameter is left out; a setting that is always set is refused as null."""
    null = {"type": "null"}
    nullable = [
        (name, parameter["name"])
        for name, operation in OPERATIONS
        for parameter in operation.get("parameters", [])
        if null in parameter["schema"].get("anyOf", [])
    ]
    settings = SCHEMAS["AccountSettings"]["properties"]

    assert nullable == []
    assert {name for name, field in settings.items() if null in field.get("anyOf", [])} == {
        *("phone", "webhook_url", "sender_name", "units_a_day", "retention_days", "opening_hours", "away_text")
    }


def test_patterns_are_read_by_every_engine() -> None:
    """Named classes such as Unicode's need a flag in JavaScript, and Python does not know them."""
    patterns = re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', openapi.FILE.read_text())

    assert patterns
    assert [pattern for pattern in patterns if re.search(r"\\\\[pPkh<]|\(\?[^:=!]", pattern)] == []


@pytest.mark.long
def test_a_python_client_is_generated_whose_modules_can_be_imported(tmp_path: Path) -> None:
    subprocess.run(
        [
            *(API_TOOLS / "openapi-python-client", "generate", "--path", openapi.FILE),
            *("--output-path", tmp_path / "longcode_client", "--meta", "none"),
        ],
        check=True,
        capture_output=True,
        env={"PATH": f"{API_TOOLS}:/usr/bin:/bin"},
    )
    modules = sorted(".".join(path.relative_to(tmp_path).with_suffix("").parts) for path in tmp_path.rglob("*.py"))
    program = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)"

    subprocess.run([API_TOOLS / "python", "-c", program, *modules], check=True, cwd=tmp_path)

    functions = {
        node.name
        for path in (tmp_path / "longcode_client" / "api").rglob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef)
    }
    of_operations = {path.stem for path in (tmp_path / "longcode_client" / "api").rglob("*.py")} - {"__init__"}
    # This generator has no way to post a file.
    assert of_operations | {"import_clients"} == {operation["operationId"] for _, operation in OPERATIONS}
    assert {"sync_detailed", "sync"} <= functions


@pytest.mark.long
def test_a_second_validator_accepts_the_document_and_generates_a_typescript_client_that_compiles(
    tmp_path: Path,
) -> None:
    """The generator refuses a document that is not valid."""
    generator = API_TOOLS / "openapi-generator-cli"
    # The second compiler of Java does not repay its time in a run that is this short.
    settings = os.environ | {"JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}
    (tmp_path / "deno.json").write_text(json.dumps(TYPESCRIPT_OPTIONS))
    (tmp_path / "use.ts").write_text(USE_OF_TYPESCRIPT)

    generated = subprocess.run(
        [
            *(generator, "generate", "-q", "-i", openapi.FILE, "-o", tmp_path / "client"),
            *("-g", "typescript-fetch", "--global-property", "apiDocs=false,modelDocs=false"),
        ],
        capture_output=True,
        text=True,
        check=False,
        env=settings,
    )
    compiled = subprocess.run(
        [API_TOOLS / "deno", "check", "-q", "--no-remote", "use.ts"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=os.environ | {"DENO_DIR": str(tmp_path / "deno"), "DENO_NO_UPDATE_CHECK": "1"},
    )

    assert generated.returncode == 0, generated.stdout + generated.stderr
    assert compiled.returncode == 0, compiled.stderr
    of_tags = {path.stem for path in (tmp_path / "client" / "apis").glob("*.ts")}
    assert {"MessagesApi", "OptOutsApi", "SignUpApi"} <= of_tags


@pytest.mark.parametrize("event", WebhookEvent)
def test_a_webhook_is_described_with_an_example(event: WebhookEvent) -> None:
    body = DOCUMENT["webhooks"][event]["post"]["requestBody"]["content"]["application/json"]["schema"]
    examples = [{name: field["examples"][0] for name, field in kind["properties"].items()} for kind in payloads(body)]

    for data in examples:
        assert faults(body, {"type": event, "timestamp": "2026-12-03T17:05:12.000Z", "data": data}) == []
    assert faults(body, {"type": event, "timestamp": "2026-12-03T17:05:12.000Z", "data": {}})
