"""AWS in this process: moto with the template's table, queues, secret and addresses; the settings of the tests."""

import copyreg
import json
import os
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from pathlib import Path
from threading import Condition
from time import monotonic
from types import FunctionType
from typing import Any, ClassVar

import yaml
from moto.backends import get_backend
from moto.core.models import botocore_stubber

from longcode.aws.clients import client
from longcode.plans import plans
from longcode.plans import store as price_list
from longcode.plans.plans import PriceList
from longcode.table import keyed_hash
from longcode.usage import call_limits
from send import pacing
from tests.support import query_bounds, quick_moto
from tests.support.quick_moto import ACCOUNT, REGION, ParameterDict

ROOT = Path(__file__).parents[2]
QUEUES = ("send", "bulk", "broadcast", "inbound", "opt_out", "sign_up", "bill", "event", "webhook", "export")
QUEUE_URLS = {name: f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/{name}" for name in QUEUES}
SHARED_NUMBER = "+15555550100"
ACCOUNT_SID = "AC0123456789abcdef0123456789abcdef"  # of Twilio
_SERVICES = ("dynamodb", "sqs", "secretsmanager", "ssm", "ses", "sesv2")
_ADDRESSES = {
    "public": "https://longcode.example",
    "receipts": "https://receipts.example/",
    "inbound": "https://inbound.example/",
}

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
    "MESSAGING_SERVICE_SID": "",
    "ANSWERED_BY_CARRIER": "",
    "ALLOWED_COUNTRIES": "US,CA,AR,AU,BR,CI,GB,MX",
    "TEXT_TOLL_FREE": "false",
    "STRIPE_SECRET": "",
    "SHARED_NUMBERS": SHARED_NUMBER,
    "SEGMENTS_A_SECOND": "1000000",
    "DEDICATED_SEGMENTS_A_SECOND": "500000",
    "PUBLIC_URL_PARAMETER": "/longcode/public-url",
    "RECEIPTS_URL_PARAMETER": "/longcode/receipts-url",
    "INBOUND_URL_PARAMETER": "/longcode/inbound-url",
    "MAIL_FROM": "longcode@longcode.example",
    "ALLOWED_ORIGIN": "",
    "NEW_STUDIO_UNITS_A_DAY": "50",
    "ACCOUNT_UNITS_A_DAY": "10000",
    "SERVICE_SEGMENTS_A_DAY": "30000",
    "WELCOME_MAIL": "password",
    "SELLER_NAME": "Longcode LLC",
    "SELLER_ADDRESS": "12 Main Street, Chicago, IL 60601",
    "SELLER_TAX_NUMBER": "EIN 12-3456789",
    "PAYMENT_DAYS": "30",
    "HOW_TO_PAY": "By bank transfer to account 000123456789, with the invoice's number.",
    "HELP_CONTACT": "help@longcode.example",
    "OPERATOR_ADDRESSES": "Op@longcode.example",
    "WEBHOOK_LOOPBACK_CA": "",
    "QUIET_HOURS_FILE": str(ROOT / "infra" / "quiet_hours.json"),
    "PLAN_BOUNDS_FILE": str(ROOT / "infra" / "plan_bounds.json"),
    "DOCS_FOLDER": str(ROOT / "docs"),
    **{f"{name.upper()}_QUEUE_URL": url for name, url in QUEUE_URLS.items()},
}


def _copy_parameters(known: Any) -> Any:
    return ParameterDict, (known.account_id, known.region_name), None, None, iter(known.items())


# Two parts of moto's backends that cannot be pickled by themselves.
copyreg.pickle(ParameterDict, _copy_parameters)
copyreg.pickle(Condition, lambda _condition: (Condition, ()))
quick_moto.install(_SERVICES)


class _Loader(yaml.CSafeLoader):
    """Reads a SAM template without evaluating its intrinsic functions."""


def _intrinsic(loader: _Loader, name: str, node: yaml.Node) -> dict[str, Any]:
    match node:
        case yaml.SequenceNode():
            return {name: loader.construct_sequence(node, deep=True)}
        case yaml.MappingNode():
            return {name: loader.construct_mapping(node, deep=True)}
    return {name: node.value}


_Loader.add_multi_constructor("!", _intrinsic)


@cache
def read_template() -> dict[str, Any]:
    """Read template.yaml."""
    template: dict[str, Any] = yaml.load((ROOT / "template.yaml").read_text(), Loader=_Loader)
    return template


def create_table() -> None:
    """Create the template's table."""
    table = read_template()["Resources"]["Table"]["Properties"]
    properties = ("KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes", "BillingMode")
    client("dynamodb").create_table(TableName="longcode", **{name: table[name] for name in properties})


def load_plans(text: str | None = None) -> None:
    """Write a price list (by default infra/plans.json) into the table and into this process's cache."""
    prices = plans.read_price_list(text) if text else _read_plans()
    price_list.write(prices, price_list.read_loaded()[1])
    price_list.set_copy(prices, monotonic())


@cache
def _read_plans() -> PriceList:
    return plans.read_price_list((ROOT / "infra" / "plans.json").read_text())


@contextmanager
def local_aws() -> Iterator[None]:
    """Run the block on a fresh AWS: a copy of the one that was set up once for the whole process."""
    botocore_stubber.enabled = True
    try:
        restore(_set_up())
        price_list.set_copy(_read_plans(), monotonic())
        keyed_hash.secret_key.cache_clear()
        pacing.forget()
        call_limits.limits.clear()
        with query_bounds.refusing_reversed_bounds():
            yield
    finally:
        botocore_stubber.enabled = False


class _Pickler(pickle.Pickler):
    """Keeps functions, such as the factory of a defaultdict, in a list, as they cannot be pickled."""

    functions: ClassVar[list[Any]] = []

    def persistent_id(self, value: Any) -> int | None:
        if not isinstance(value, FunctionType):
            return None
        self.functions.append(value)
        return len(self.functions) - 1


class _Unpickler(pickle.Unpickler):
    def persistent_load(self, index: Any) -> Any:
        return _Pickler.functions[index]


def snapshot() -> bytes:
    """Return the complete state of AWS."""
    pickled = BytesIO()
    _Pickler(pickled).dump({name: get_backend(name)[ACCOUNT][REGION] for name in _SERVICES})  # type: ignore[call-overload]
    return pickled.getvalue()


def restore(state: bytes) -> None:
    """Restore the state of AWS from a snapshot."""
    for name, backend in _Unpickler(BytesIO(state)).load().items():
        get_backend(name)[ACCOUNT][REGION] = backend


@cache
def _set_up() -> bytes:
    """Set up the table, queues, secret, addresses and sender."""
    create_table()
    load_plans()
    for name in QUEUES:
        client("sqs").create_queue(QueueName=name)
    secret = json.dumps({"account_sid": ACCOUNT_SID, "auth_token": "test-token"})
    client("secretsmanager").create_secret(Name="carrier", SecretString=secret)
    for name, url in _ADDRESSES.items():
        client("ssm").put_parameter(Name=f"/longcode/{name}-url", Type="String", Value=url)
    client("sesv2").create_email_identity(EmailIdentity="longcode@longcode.example")
    return snapshot()
