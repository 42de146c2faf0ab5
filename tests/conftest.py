"""What every test of table and functions stands on: moto's AWS, with the table of template.yaml."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from hypothesis import settings
from moto import mock_aws

ROOT = Path(__file__).parents[1]
QUEUES = ("send", "inbound", "opt_out", "sign_up", "bill")
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
    "SHARED_NUMBER": SHARED_NUMBER,
    "PUBLIC_URL_PARAMETER": "/longcode/public-url",
    "MAIL_FROM": "longcode@longcode.example",
    "HELP_CONTACT": "help@longcode.example",
    "PLANS_FILE": str(ROOT / "infra" / "plans.json"),
    **{f"{name.upper()}_QUEUE_URL": f"https://sqs.us-east-1.amazonaws.com/123456789012/{name}" for name in QUEUES},
}

# A failure in CI must be one that the next run shows too; at a desk, each run looks elsewhere.
settings.register_profile("desk", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "desk")


class _Loader(yaml.SafeLoader):
    """Reads a template; what an intrinsic function would say is not needed here."""


_Loader.add_multi_constructor("!", lambda _loader, suffix, node: {suffix: getattr(node, "value", None)})


@pytest.fixture(scope="session")
def template() -> dict[str, Any]:
    """Read template.yaml."""
    loaded: dict[str, Any] = yaml.load((ROOT / "template.yaml").read_text(), Loader=_Loader)
    return loaded


@pytest.fixture
def aws(template: dict[str, Any]) -> Iterator[None]:
    """Give the functions an AWS: the template's table, their queues, secret, address and sender."""
    with mock_aws():
        table = template["Resources"]["Table"]["Properties"]
        wanted = ("KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes", "BillingMode")
        boto3.client("dynamodb").create_table(TableName="longcode", **{name: table[name] for name in wanted})
        for name in QUEUES:
            boto3.client("sqs").create_queue(QueueName=name)
        secret = json.dumps({"account_sid": "AC0", "auth_token": "test-token"})
        boto3.client("secretsmanager").create_secret(Name="carrier", SecretString=secret)
        url = "https://longcode.example"
        boto3.client("ssm").put_parameter(Name="/longcode/public-url", Type="String", Value=url)
        boto3.client("sesv2").create_email_identity(EmailIdentity="longcode@longcode.example")
        yield
