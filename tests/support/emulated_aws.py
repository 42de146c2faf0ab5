"""Runs the emulator as AWS for the functions in this process, with the template's table and the queues only."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3

from infra.local.emulator import emulator
from infra.local.folder import run_folder
from longcode.aws import clients
from longcode.aws.settings import settings
from longcode.table.writes import table
from tests.support.local_aws import QUEUES, create_table, load_plans

_WRITTEN_AT_ONCE = 25
Wire = dict[str, Any]
"""An object of a request or a response, as boto3 takes and returns it."""


@dataclass(frozen=True)
class SeparateClients:
    """Access to the table and the queues with separate clients, whose calls are neither counted nor killed."""

    dynamodb: Any = field(default_factory=lambda: boto3.client("dynamodb"))
    sqs: Any = field(default_factory=lambda: boto3.client("sqs"))

    def put(self, items: list[Wire]) -> None:
        """Write whole items."""
        for start in range(0, len(items), _WRITTEN_AT_ONCE):
            batch = [{"PutRequest": {"Item": item}} for item in items[start : start + _WRITTEN_AT_ONCE]]
            self.dynamodb.batch_write_item(RequestItems={table(): batch})

    def receive(self, queue_url: str) -> list[Wire]:
        """Return all messages on a queue, without deleting them."""
        messages: list[Wire] = []
        while received := self.sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get("Messages"):
            messages += received
        return messages

    def delete(self, queue_url: str, messages: list[Wire]) -> None:
        """Delete received messages from a queue."""
        for start in range(0, len(messages), 10):
            batch = [
                {"Id": str(index), "ReceiptHandle": message["ReceiptHandle"]}
                for index, message in enumerate(messages[start : start + 10])
            ]
            self.sqs.delete_message_batch(QueueUrl=queue_url, Entries=batch)

    def take(self, queue_url: str) -> list[str]:
        """Receive and delete all messages of a queue; return their bodies."""
        messages = self.receive(queue_url)
        self.delete(queue_url, messages)
        return [message["Body"] for message in messages]


@contextmanager
def emulated_aws() -> Iterator[SeparateClients]:
    """Run the emulator until the block ends, with a table and queues; yield access to them."""
    with run_folder() as folder, emulator(folder) as url, environment(AWS_ENDPOINT_URL=url):
        create_table()
        load_plans()
        sqs = clients.client("sqs")
        urls = {f"{name.upper()}_QUEUE_URL": sqs.create_queue(QueueName=name)["QueueUrl"] for name in QUEUES}
        with environment(AWS_ENDPOINT_URL=url, **urls):
            yield SeparateClients()


@contextmanager
def environment(**variables: str) -> Iterator[None]:
    """Set environment variables until the block ends; clients and settings read them anew."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ |= variables
    _forget()
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        _forget()


def _forget() -> None:
    clients._open.cache_clear()
    settings.cache_clear()
