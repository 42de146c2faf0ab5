"""On every route that takes an id, one of another account is answered exactly as one that nobody has."""

import json
import re
from importlib import import_module
from typing import Any

import pytest

from accounts import credentials_api, settings_api
from infra import openapi
from longcode.aws.clients import client as aws_client
from send import api as send_api
from tests.support.api_document import DOCUMENT
from tests.support.broadcast_steps import create_broadcast
from tests.support.fakes import NOW, call, client, studio
from tests.support.source_reading import routes
from tests.support.trigger_steps import fire_all, report_event, write_trigger
from tests.support.webhook_endpoint import write_delivery
from triggers import events_api

MINE, THEIRS = "10000001", "10000002"
CREATES = {"put_client", "put_template", "put_trigger"}  # under an id of the studio's own
BY_KEY = {"phone", "month", "token"}  # the same for all accounts, or secret
ROUTES = [
    (name, verb, path)
    for name in openapi.RESOLVERS
    for verb, path in routes(name)
    if set(re.findall(r"\{(\w+)\}", path)) - BY_KEY
    and DOCUMENT["paths"][path][verb.lower()]["operationId"] not in CREATES
]
BODIES: dict[str, Any] = {
    "link_message": {"record": {"kind": "session", "id": "s1"}},
    "rename_template": {"name": "new"},
    "put_call_done": {"note": "Called"},
}


@pytest.fixture
def ids(aws: None) -> dict[str, str]:
    """What the other account has, by the name of the parameter."""
    studio(MINE)
    theirs = studio(THEIRS, edition="professional")
    client(theirs)
    client(theirs, "c-without", phones=())
    text = {"client_id": "c1", "body": "Hello"}
    call(settings_api, "PUT", "/templates/spring", {"body": "Hello"}, account=THEIRS)
    write_trigger(account=THEIRS, name="spring", timing=None, sms_else_call=True)
    report_event(theirs, client_id="c-without")
    fire_all(NOW)
    return {
        "client_id": "c1",
        "name": "spring",
        "message_id": call(send_api, "POST", "/messages", text, account=THEIRS).json["messages"][0]["id"],
        "broadcast_id": create_broadcast(theirs),
        "call_id": call(events_api, "GET", "/calls", account=THEIRS).json["items"][0]["id"],
        "key_id": call(credentials_api, "POST", "/account/keys", {"name": "k", "scope": "read"}, account=THEIRS).json[
            "id"
        ],
        "delivery_id": write_delivery(theirs, "a").id,
    }


@pytest.mark.parametrize(("name", "verb", "path"), ROUTES, ids=str)
def test_an_id_of_another_account_is_answered_as_one_that_nobody_has(
    ids: dict[str, str], name: str, verb: str, path: str
) -> None:
    before = everything()

    theirs, nobodys = (answer(name, verb, path, ids, unknown=unknown) for unknown in (False, True))

    assert theirs[0] == 404
    assert theirs == nobodys
    assert everything() == before


def answer(name: str, verb: str, path: str, ids: dict[str, str], *, unknown: bool) -> tuple[int, Any, str]:
    """Ask with an id of the other account, or with an unknown one; return status, headers and text without the id."""
    used = {
        key: "".join("z" if each.isalnum() else each for each in value) if unknown else value
        for key, value in ids.items()
    }
    concrete = re.sub(r"\{(\w+)\}", lambda match: used[match[1]], path)
    body = BODIES.get(DOCUMENT["paths"][path][verb.lower()]["operationId"])
    response = call(import_module(name), verb, concrete, body, account=MINE)
    [own] = [used[parameter] for parameter in re.findall(r"\{(\w+)\}", path)]
    return response.status, response.headers, response.text.replace(json.dumps(own)[1:-1], "…")


def everything() -> list[Any]:
    """Return all items but the counts of calls, and the price list that a process loads."""
    items = aws_client("dynamodb").scan(TableName="longcode")["Items"]
    return [item for item in items if item["type"]["S"] not in ("calls", "price-list")]
