"""A query parameter that a route does not have is refused; responses spell instants as webhooks do."""

import json
import re
from importlib import import_module
from typing import Any

import pytest

from inbox import api as inbox_api
from infra import openapi
from longcode.aws.clients import client as aws_client
from send import api as send_api
from tests.support.fakes import call, client, studio
from tests.support.source_reading import routes

ROUTES = [(name, verb, path) for name in openapi.RESOLVERS for verb, path in routes(name)]
PATHS = json.loads(openapi.FILE.read_text())["paths"]
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def everything() -> list[object]:
    """Return what the table has, but not the counts of calls: a refused call is one."""
    items = aws_client("dynamodb").scan(TableName="longcode")["Items"]
    return [item for item in items if item["type"] != {"S": "calls"}]


@pytest.mark.parametrize(("name", "verb", "path"), ROUTES, ids=str)
def test_a_query_parameter_that_a_route_does_not_have_is_refused(aws: None, name: str, verb: str, path: str) -> None:
    studio()
    before = everything()
    concrete = re.sub(r"\{\w+\}", "x", path.replace("{phone}", "+12125550123"))

    response = call(import_module(name), verb, concrete, account="10000001", query={"limitt": "5"})

    assert (response.status, response.json["code"]) == (422, "invalid")
    body = PATHS[path][verb.lower()].get("requestBody", {"content": {}})
    takes_body = "application/json" in body["content"]  # a body that lacks is refused first
    assert response.json["errors"][0]["field"] == ("body" if takes_body else "limitt")
    assert everything() == before


def test_the_refusal_names_the_parameters_that_there_are(aws: None) -> None:
    studio()

    response = call(inbox_api, "GET", "/inbox", account="10000001", query={"cursor": "5"})

    assert response.json["detail"] == "There is no such query parameter; there are: after, limit."


def test_instants_have_milliseconds_and_end_with_z(aws: None) -> None:
    client(studio())
    accepted = call(send_api, "POST", "/messages", {"client_id": "c1", "body": "Hello"}, account="10000001").json

    listed = call(inbox_api, "GET", "/messages", account="10000001", query={"folder": "sent"}).json

    found = [value for body in (accepted, listed) for value in _instants(body)]
    assert found
    assert [value for value in found if not INSTANT.fullmatch(value)] == []


def _instants(body: Any) -> list[str]:
    return re.findall(r'"(\d{4}-\d\d-\d\dT[^"]+)"', json.dumps(body))
