"""The template's routes are the resolvers' routes, and only the open ones are open."""

import ast
import inspect
import json
import re
import textwrap
from importlib import import_module
from typing import Any

from longcode.web.problems import BROKEN
from longcode.web.scopes import SPECIAL_ROUTES
import pytest

from clients import bulk_import
from infra import openapi
from tests.support.source_reading import defined, events, handlers, resources_of_type, routes

OPEN = re.compile(
    r"/plans|/panel|/accounts|/signup|/signup/confirm/{}|/signup/address/{}|/password/{}|/join/{}|/docs|/docs/{}|/carriers/.+|/hub.*"
)
NOT_OF_THE_API = (
    "/carriers/",
    "/docs",
    "/hub",
    "/signup/",
    "/password/",
    "/join/",
)  # the carrier's webhooks, and pages
DOCUMENT = json.loads(openapi.FILE.read_text())
SERVED = {name: routes(name) for name, path in handlers().items() if "app" in defined(path)}


def nameless(path: str) -> str:
    """Return a path without the names of its parameters, which may differ between the template and the code."""
    return re.sub(r"{[^}]+}", "{}", path)


def test_the_template_has_the_routes_that_the_functions_serve(template: dict[str, Any]) -> None:
    in_template = {
        (name, event["Method"].upper(), nameless(event["Path"]))
        for name, event in events(template, "Api")
        if name
        not in (
            "hub.site_api",
            "hub.operator.operator_api",
            "hub.plan.pdf_api",
        )  # a route for many pages, or for a file
    }
    served = {(name, verb, nameless(path)) for name, module_routes in SERVED.items() for verb, path in module_routes}

    assert sorted(in_template - served) == []
    assert sorted(served - in_template) == []


def test_every_route_but_the_open_ones_needs_a_password(template: dict[str, Any]) -> None:
    with_auth = {nameless(event["Path"]) for _, event in events(template, "Api") if "Auth" in event}
    open_paths = [
        event["Path"] for _, event in events(template, "Api") if event.get("Auth", {}).get("Authorizer") == "NONE"
    ]
    paths = {nameless(event["Path"]) for _, event in events(template, "Api")}

    assert {path for path in paths if OPEN.fullmatch(path)} == {nameless(path) for path in open_paths} == with_auth


def test_an_old_password_works_for_a_minute_at_most(template: dict[str, Any]) -> None:
    (api,) = resources_of_type(template, "AWS::Serverless::Api").values()
    authorizer = api["Auth"]["Authorizers"][api["Auth"]["DefaultAuthorizer"]]

    assert authorizer["Identity"]["ReauthorizeEvery"] <= 60
    assert authorizer["Identity"]["Headers"] == ["Authorization"]


def test_the_scopes_name_only_routes_that_exist() -> None:
    served = {(verb.upper(), path) for path, operations in DOCUMENT["paths"].items() for verb in operations}

    assert sorted(SPECIAL_ROUTES - served) == []


def test_the_openapi_file_is_current() -> None:
    assert json.loads(openapi.text()) == DOCUMENT, "run make openapi"


def test_the_openapi_file_has_every_route_of_the_api(template: dict[str, Any]) -> None:
    documented = [(verb.upper(), path) for path, operations in DOCUMENT["paths"].items() for verb in operations]
    routes_in_template = {(event["Method"].upper(), nameless(event["Path"])) for _, event in events(template, "Api")}

    assert {(verb, nameless(path)) for verb, path in documented} == {
        (verb, path) for verb, path in routes_in_template if not path.startswith(NOT_OF_THE_API)
    }


def test_the_openapi_file_leaves_open_what_the_template_leaves_open() -> None:
    paths = DOCUMENT["paths"]
    open_paths = {
        path
        for path, operations in paths.items()
        for operation in operations.values()
        if operation.get("security") in ([], [{"partner": []}])
    }

    assert open_paths == {path for path in paths if OPEN.fullmatch(nameless(path))}


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [
        operation["operationId"] for operations in DOCUMENT["paths"].values() for operation in operations.values()
    ]

    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", openapi.RESOLVERS)
def test_the_openapi_file_has_the_statuses_of_each_route(name: str) -> None:
    paths = DOCUMENT["paths"]
    missing = [
        f"{verb} {path} answers {status}"
        for (verb, path), function in SERVED[name].items()
        for status in _answered(function)
        if str(status) not in paths[path][verb.lower()]["responses"]
    ]

    assert missing == []


def _answered(function: Any) -> set[int]:
    """Return the statuses in the `Response(202, …)` calls of a route; none if it has no such call."""
    source = ast.parse(textwrap.dedent(inspect.getsource(function)))
    calls = [node for node in ast.walk(source) if isinstance(node, ast.Call) and ast.unparse(node.func) == "Response"]
    first = [node for call in calls for node in ast.walk(call.args[0])]
    return {node.value for node in first if isinstance(node, ast.Constant) and type(node.value) is int}


def test_refusals_of_the_gateway_are_problem_documents(template: dict[str, Any]) -> None:
    (api,) = resources_of_type(template, "AWS::Serverless::Api").values()
    answers = {
        name: json.loads(response["ResponseTemplates"]["application/json"])
        for name, response in api["GatewayResponses"].items()
    }
    statuses = {name: response["StatusCode"] for name, response in api["GatewayResponses"].items()}
    headers = {name: response["ResponseParameters"]["Headers"] for name, response in api["GatewayResponses"].items()}

    assert {"UNAUTHORIZED", "ACCESS_DENIED", "THROTTLED", "REQUEST_TOO_LARGE", "DEFAULT_4XX", "DEFAULT_5XX"} <= set(
        answers
    )
    assert {tuple(answer) for answer in answers.values()} == {("type", "title", "status", "code", "detail")}
    assert {parameters["Content-Type"] for parameters in headers.values()} == {"'application/problem+json'"}
    assert {name: answer["status"] for name, answer in answers.items()} == statuses
    assert answers["UNAUTHORIZED"] == answers["ACCESS_DENIED"]
    assert {answer["detail"] for answer in answers.values() if answer["status"] >= 500} == {BROKEN}
    assert all("WWW-Authenticate" in headers[name] for name in ("UNAUTHORIZED", "ACCESS_DENIED"))


def test_the_gateway_sends_only_files_in_base64(template: dict[str, Any]) -> None:
    (api,) = resources_of_type(template, "AWS::Serverless::Api").values()
    binary = {kind.replace("~1", "/") for kind in api["BinaryMediaTypes"]}
    accepted = {kind for name in SERVED for kind in import_module(name).app.content_types}

    # With text/html, a PDF that a browser opens: the first type of its Accept decides, whatever the response is.
    assert binary == {"application/pdf", "text/html", "multipart/form-data", *bulk_import.TYPES}
    assert accepted & binary == {*bulk_import.TYPES}
