"""The emulator of AWS as the functions of this process see it: the template's table and the queues, nothing else."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from infra.local.emulator import emulator
from infra.local.folder import run_folder
from longcode.aws import clients
from longcode.aws.settings import settings
from tests.local_aws import QUEUES, create_table, load_plans


@contextmanager
def emulated_aws() -> Iterator[None]:
    """Start the emulator and give the functions its table and queues."""
    with run_folder() as folder, emulator(folder) as url, _environment(AWS_ENDPOINT_URL=url):
        create_table()
        load_plans()
        sqs = clients.client("sqs")
        urls = {f"{name.upper()}_QUEUE_URL": sqs.create_queue(QueueName=name)["QueueUrl"] for name in QUEUES}
        with _environment(AWS_ENDPOINT_URL=url, **urls):
            yield


@contextmanager
def _environment(**variables: str) -> Iterator[None]:
    """Set variables of the environment, and have clients and settings read them anew, then as before."""
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
