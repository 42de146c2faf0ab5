"""The settings of a function: its environment variables, read all at once."""

import os
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from longcode.aws.typed import describe

SOURCE_ROOT = Path(__file__).parents[2]
_LOCAL_AWS = re.compile(r"http://127\.0\.0\.1:[0-9]+/?$")  # an emulator; on AWS the variable is not set


class Settings(Struct, frozen=True, kw_only=True):
    """The environment variables that template.yaml gives every function: each field is a variable, in capitals.

    `messaging_service_sid` is Twilio's Messaging Service of the shared numbers, if there is one.
    `answered_by_carrier` are the numbers on which the carrier itself answers STOP, START and HELP.
    `allowed_countries` are the countries in ISO 3166 that this service texts, `text_toll_free` whether toll-free
    numbers get texts. `segments_a_second` is the throughput of all shared numbers together,
    `dedicated_segments_a_second` that of each dedicated number. `stripe_secret` is empty unless invoices are
    exported, and `allowed_origin` unless a browser application of that origin may call the API. `welcome_mail` says
    whether the welcome mail has the password, or a link that shows it once; `new_studio_units_a_day` is the limit
    until the operator approves a new account, 0 if none needs approval. `account_units_a_day` is the ceiling of an
    account for which the operator has set no other, and `service_segments_a_day` that of all accounts together.
    `operator_addresses` are those that can sign in to the operator's pages of the hub, which are off without any.
    The `seller_…` settings, `how_to_pay` and the last of the `payment_days` are on each invoice, if they are set.
    `webhook_loopback_ca` is the file of a CA that allows webhooks to https://localhost; it is empty on AWS.
    """

    table_name: str
    send_queue_url: str
    bulk_queue_url: str
    broadcast_queue_url: str
    inbound_queue_url: str
    opt_out_queue_url: str
    sign_up_queue_url: str
    bill_queue_url: str
    event_queue_url: str
    webhook_queue_url: str
    export_queue_url: str
    webhook_loopback_ca: str
    carrier: str
    carrier_secret: str
    carrier_api_base: str
    configuration_set: str
    allowed_origin: str
    messaging_service_sid: str
    answered_by_carrier: tuple[str, ...]
    allowed_countries: tuple[str, ...]
    text_toll_free: bool
    shared_numbers: tuple[str, ...]
    segments_a_second: float
    dedicated_segments_a_second: float
    public_url_parameter: str
    receipts_url_parameter: str
    inbound_url_parameter: str
    stripe_secret: str
    mail_from: str
    help_contact: str
    operator_addresses: tuple[str, ...]
    new_studio_units_a_day: int
    account_units_a_day: int
    service_segments_a_day: int
    welcome_mail: Literal["password", "link"]
    seller_name: str
    seller_address: str
    seller_tax_number: str
    payment_days: int
    how_to_pay: str
    quiet_hours_file: str
    plan_bounds_file: str
    docs_folder: str


def read(environment: Mapping[str, str]) -> Settings:
    """Return the settings; raise `KeyError` with all missing names, `ValueError` for an invalid setting."""
    names = Settings.__struct_fields__
    missing = [name.upper() for name in names if name.upper() not in environment]
    if missing:
        raise KeyError(f"missing settings: {', '.join(missing)}")
    values: dict[str, object] = {name: environment[name.upper()] for name in names}
    for name in ("shared_numbers", "answered_by_carrier", "allowed_countries", "operator_addresses"):
        values[name] = [each for each in dict.fromkeys(map(str.strip, environment[name.upper()].split(","))) if each]
    describe(Settings)
    result = msgspec.convert(values, Settings, strict=False)
    if result.webhook_loopback_ca and not _LOCAL_AWS.match(environment.get("AWS_ENDPOINT_URL", "")):
        raise ValueError("WEBHOOK_LOOPBACK_CA is for a stack on this machine only")
    return result


@cache
def settings() -> Settings:
    """Return this function's settings, read from its environment on first use."""
    return read(os.environ)


def is_on_this_machine() -> bool:
    """Return whether this stack runs on an emulator on this machine, not on AWS."""
    return bool(_LOCAL_AWS.match(os.environ.get("AWS_ENDPOINT_URL", "")))


def is_lambda_function() -> bool:
    """Return whether this process is a deployed Lambda function, not a test."""
    return "AWS_LAMBDA_FUNCTION_NAME" in os.environ


def is_deployed() -> bool:
    """Return whether this process runs in Lambda's runtime, on AWS or on an emulator."""
    return "LAMBDA_TASK_ROOT" in os.environ
