"""The steps of docs/restore.md on the local stack. Its emulator has no point-in-time recovery: items are copied."""

from datetime import UTC, datetime, timedelta
from typing import Any

from infra.local.emulator import client
from infra.local.participants import eventually
from infra.local.stack import Stack

_STACK = "longcode"
_REPEATED = ("SendQueue", "BulkQueue", "BroadcastQueue", "EventQueue", "WebhookQueue", "BillQueue", "ExportQueue")
_WRITING = ("InboundQueue", "OptOutQueue", "BroadcastQueue", "EventQueue")
_WAITING = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
_DESCRIBED = ("KeySchema", "AttributeDefinitions")


def copied_items(stack: Stack) -> list[dict[str, Any]]:
    """Return all items of the table: what a restore to this instant would bring back."""
    pages = client("dynamodb", stack.emulator_url).get_paginator("scan").paginate(TableName=stack.table_name)
    return [item for page in pages for item in page["Items"]]


def restore(stack: Stack, items: list[dict[str, Any]], name: str) -> None:
    """Create a table with the keys and indexes of the stack's own and these items."""
    dynamodb = client("dynamodb", stack.emulator_url)
    table = dynamodb.describe_table(TableName=stack.table_name)["Table"]
    indexes = [
        {part: index[part] for part in ("IndexName", "KeySchema", "Projection")}
        for index in table["GlobalSecondaryIndexes"]
    ]
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=indexes,
        **{part: table[part] for part in _DESCRIBED},
    )
    for start in range(0, len(items), 25):
        puts = [{"PutRequest": {"Item": item}} for item in items[start : start + 25]]
        dynamodb.batch_write_item(RequestItems={name: puts})


def update(stack: Stack, **parameters: str) -> None:
    """Update the stack with parameters, and keep the others."""
    cloudformation = client("cloudformation", stack.emulator_url)
    before = cloudformation.describe_stacks(StackName=_STACK)["Stacks"][0]["Parameters"]
    kept = [
        {"ParameterKey": one["ParameterKey"], "UsePreviousValue": True}
        for one in before
        if one["ParameterKey"] not in parameters
    ]
    changed = [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]
    cloudformation.update_stack(
        StackName=_STACK,
        UsePreviousTemplate=True,
        Parameters=[*kept, *changed],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )

    def is_done() -> bool:
        status = cloudformation.describe_stacks(StackName=_STACK)["Stacks"][0]["StackStatus"]
        assert status in ("UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_COMPLETE"), status
        return bool(status == "UPDATE_COMPLETE")

    eventually(is_done, f"the update with {parameters}")


def purge(stack: Stack) -> None:
    """Purge the queues whose jobs the sweeper repeats from the table."""
    sqs = client("sqs", stack.emulator_url)
    for url in sqs.list_queues()["QueueUrls"]:
        if any(name in url for name in _REPEATED):
            sqs.purge_queue(QueueUrl=url)


def is_idle(stack: Stack) -> bool:
    """Return whether the queues are empty whose jobs write texts."""
    sqs = client("sqs", stack.emulator_url)
    urls = [url for url in sqs.list_queues()["QueueUrls"] if any(name in url for name in _WRITING)]
    counts = [sqs.get_queue_attributes(QueueUrl=url, AttributeNames=_WAITING)["Attributes"] for url in urls]
    return all(int(count[name]) == 0 for count in counts for name in _WAITING)


def sweep(stack: Stack, ahead: timedelta = timedelta()) -> None:
    """Run the sweeper as if it were so much later."""
    stack.invoke(stack.sweep_function, {"sweep_at": (datetime.now(UTC) + ahead).isoformat()})


def reconcile(stack: Stack, since: datetime) -> None:
    """Fetch the texts received since then, as two minutes later: the webhook of a newer text may be on its way."""
    later = datetime.now(UTC) + timedelta(minutes=2)
    stack.invoke(stack.reconcile_function, {"since": since.isoformat(), "reconcile_at": later.isoformat()})


def check(stack: Stack, restored_to: datetime) -> dict[str, Any]:
    """Order texts.restore_check for all phones."""
    order: dict[str, Any] = {"do": "texts.restore_check", "restored_to": restored_to.isoformat(), "by": "Ann"}
    answer = stack.invoke(stack.admin_function, order)
    assert isinstance(answer, dict)
    assert answer.get("next_after", "refused") is None, answer
    return answer
