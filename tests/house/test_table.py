"""The table in the template has the keys and indexes of the code, and the options that protect its data."""

from typing import Any

import pytest

from longcode.table import keys
from tests.support.source_reading import TABLE, relative_path, resources_of_type, sources, strings


@pytest.fixture
def table(template: dict[str, Any]) -> dict[str, Any]:
    (properties,) = resources_of_type(template, "AWS::DynamoDB::Table").values()
    return dict(properties)


def test_the_table_is_on_demand_backed_up_encrypted_and_deletes_expired_items(table: dict[str, Any]) -> None:
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table["DeletionProtectionEnabled"] == {"Ref": "DeletionProtection"}


def test_the_key_is_that_of_the_code(table: dict[str, Any]) -> None:
    assert _key(table) == keys.Key._fields


def test_the_indexes_are_those_of_the_code(table: dict[str, Any]) -> None:
    indexes = {index["IndexName"]: _key(index) for index in table["GlobalSecondaryIndexes"]}

    assert indexes == keys.INDEXES
    assert len(indexes) <= 2


def test_the_indexes_are_narrow(table: dict[str, Any]) -> None:
    projected = {
        index["IndexName"]: index["Projection"].get("NonKeyAttributes", index["Projection"]["ProjectionType"])
        for index in table["GlobalSecondaryIndexes"]
    }

    assert projected == {"due": "KEYS_ONLY", "folder": ["phone", "client_id", "send_at"]}


def _key(schema: dict[str, Any]) -> tuple[str, ...]:
    return tuple(part["AttributeName"] for part in schema["KeySchema"])


def test_only_one_file_sets_the_expiry_of_items() -> None:
    spelling = [
        relative_path(path) for path in sources(TABLE) if any(text.value == "expires_at" for text in strings(path))
    ]

    assert spelling == ["functions/longcode/table/store.py"]
