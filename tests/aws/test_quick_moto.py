"""What tests.support.quick_moto does in place of moto."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from longcode.aws.clients import client
from tests.support.local_aws import restore, snapshot

_KEPT = {"N": "1"}


def key(name: str) -> dict[str, Any]:
    return {"pk": {"S": name}, "sk": {"S": name}}


def put(name: str, **attributes: Any) -> None:
    client("dynamodb").put_item(TableName="longcode", Item=key(name) | attributes)


def stored(name: str) -> Any:
    return client("dynamodb").get_item(TableName="longcode", Key=key(name)).get("Item")


def change(name: str) -> dict[str, Any]:
    update = {"UpdateExpression": "SET changed = :yes", "ExpressionAttributeValues": {":yes": {"BOOL": True}}}
    return {"Update": {"TableName": "longcode", "Key": key(name)} | update}


def test_a_refused_transaction_leaves_the_table_as_it_was(aws: None) -> None:
    put("changed", kept=_KEPT)
    put("deleted", kept=_KEPT)
    put("replaced", kept=_KEPT)

    with pytest.raises(ClientError) as refused:
        client("dynamodb").transact_write_items(
            TransactItems=[
                change("changed"),
                change("new"),
                {"Delete": {"TableName": "longcode", "Key": key("deleted")}},
                {"Put": {"TableName": "longcode", "Item": key("replaced")}},
                {
                    "ConditionCheck": {
                        "TableName": "longcode",
                        "Key": key("missing"),
                        "ConditionExpression": "attribute_exists(pk)",
                    }
                },
            ]
        )

    reasons = [reason["Code"] for reason in refused.value.response["CancellationReasons"]]
    assert reasons == ["None", "None", "None", "None", "ConditionalCheckFailed"]
    assert {name: stored(name) for name in ("changed", "deleted", "replaced", "new", "missing")} == {
        "changed": key("changed") | {"kept": _KEPT},
        "deleted": key("deleted") | {"kept": _KEPT},
        "replaced": key("replaced") | {"kept": _KEPT},
        "new": None,
        "missing": None,
    }


def test_a_restored_state_does_not_see_what_was_written_since(aws: None) -> None:
    put("before", nested={"M": {"list": {"L": [_KEPT]}}})
    state = snapshot()

    for _ in range(2):
        client("dynamodb").transact_write_items(TransactItems=[change("before"), change("after")])
        restore(state)

        assert stored("before") == key("before") | {"nested": {"M": {"list": {"L": [_KEPT]}}}}
        assert stored("after") is None


def test_an_item_of_more_than_400_kilobytes_is_refused(aws: None) -> None:
    with pytest.raises(ClientError, match="Item size has exceeded the maximum allowed size"):
        put("big", text={"S": "x" * 410_000})

    assert stored("big") is None
