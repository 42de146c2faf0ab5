"""An AWS within the process: moto, with the table of template.yaml, the queues, the secret and the address."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from moto import mock_aws

from longcode import price_list
from longcode.aws.clients import client
from longcode.table import price_list as loaded
from tests import between

ROOT = Path(__file__).parents[1]
QUEUES = ("send", "bulk", "broadcast", "inbound", "opt_out", "sign_up", "bill", "event", "webhook", "export")
QUEUE_URLS = {name: f"https://sqs.us-east-1.amazonaws.com/123456789012/{name}" for name in QUEUES}
SHARED_NUMBER = "+15555550100"

os.environ |= {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "POWERTOOLS_SERVICE_NAME": "longcode",
    "POWERTOOLS_METRICS_NAMESPACE": "Longcode",
    "TABLE_NAME": "longcode",
    "CARRIER": "twilio",
    "CARRIER_SECRET": "carrier",
    "CARRIER_API_BASE": "http://127.0.0.1:1",
    "CONFIGURATION_SET": "",
    "STRIPE_SECRET": "",
    "SHARED_NUMBERS": SHARED_NUMBER,
    "SEGMENTS_A_SECOND": "1000000",
    "PUBLIC_URL_PARAMETER": "/longcode/public-url",
    "RECEIPTS_URL_PARAMETER": "/longcode/receipts-url",
    "INBOUND_URL_PARAMETER": "/longcode/inbound-url",
    "MAIL_FROM": "longcode@longcode.example",
    "HELP_CONTACT": "help@longcode.example",
    "WEBHOOK_LOOPBACK_CA": "",
    "QUIET_HOURS_FILE": str(ROOT / "infra" / "quiet_hours.json"),
    **{f"{name.upper()}_QUEUE_URL": url for name, url in QUEUE_URLS.items()},
}


class _Loader(yaml.SafeLoader):
    """Reads a template; what an intrinsic function would say is not needed here."""


_Loader.add_multi_constructor("!", lambda _loader, suffix, node: {suffix: getattr(node, "value", None)})


@cache
def read_template() -> dict[str, Any]:
    """Read template.yaml."""
    loaded: dict[str, Any] = yaml.load((ROOT / "template.yaml").read_text(), Loader=_Loader)
    return loaded


def create_table() -> None:
    """Create the template's table."""
    table = read_template()["Resources"]["Table"]["Properties"]
    wanted = ("KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes", "BillingMode")
    client("dynamodb").create_table(TableName="longcode", **{name: table[name] for name in wanted})


def load_plans(text: str | None = None) -> None:
    """Load a price list, infra/plans.json if no other, and read it as this process's own."""
    loaded.write(price_list.read(text or (ROOT / "infra" / "plans.json").read_text()), loaded.loaded()[1])
    loaded.forget()
    loaded.of_month("2026-11")


@contextmanager
def local_aws() -> Iterator[None]:
    """Give the functions an AWS."""
    with mock_aws():
        create_table()
        load_plans()
        for name in QUEUES:
            client("sqs").create_queue(QueueName=name)
        secret = json.dumps({"account_sid": "AC0", "auth_token": "test-token"})
        client("secretsmanager").create_secret(Name="carrier", SecretString=secret)
        url = "https://longcode.example"
        client("ssm").put_parameter(Name="/longcode/public-url", Type="String", Value=url)
        client("ssm").put_parameter(Name="/longcode/receipts-url", Type="String", Value="https://receipts.example/")
        client("ssm").put_parameter(Name="/longcode/inbound-url", Type="String", Value="https://inbound.example/")
        client("sesv2").create_email_identity(EmailIdentity="longcode@longcode.example")
        with between.refused():
            yield
