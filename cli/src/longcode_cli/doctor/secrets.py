"""The secrets and addresses: filled in, and of the form that they should have. No secret is ever printed."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from longcode_cli.deployment import Deployment
from longcode_cli.doctor.finding import Finding

_OLD = timedelta(days=365)
_CARRIER = {
    "account_sid": (re.compile("AC[0-9a-f]{32}"), "AC and 32 hexadecimal digits"),
    "auth_token": (re.compile("[0-9a-f]{32}"), "32 hexadecimal digits"),
}
_STRIPE_KEY = re.compile("(?:rk|sk)_(live|test)_[0-9A-Za-z_]+")
_ADDRESS = re.compile(r"https://[^\s/]+(?:/\S*)?|http://(?:127\.0\.0\.1|localhost)(?::\d+)?(?:/\S*)?")


def find_in_carrier_secret(deployment: Deployment, now: datetime) -> list[Finding]:
    """Return what the carrier's secret lacks; with AWS as the carrier, it may stay as it is."""
    if deployment.parameters.get("Carrier") == "aws":
        return []
    secret, changed_at = _read(deployment, "CarrierSecret")
    put = (
        f"aws secretsmanager put-secret-value --secret-id {deployment.outputs['CarrierSecret']}"
        """ --secret-string '{"account_sid": "AC…", "auth_token": "…"}\'"""
    )
    return [*wrong_values(secret, put), *_age("The carrier's auth token", changed_at, now)]


def wrong_values(secret: Mapping[str, Any], put: str) -> list[Finding]:
    """Return which values of the carrier's secret are missing, or are still those that the template generates."""
    return [
        Finding(
            what=f"The carrier's secret has no {name} of Twilio's: that is {form}.",
            cure=f"Put in both: {put}",
            section="Secrets",
        )
        for name, (pattern, form) in _CARRIER.items()
        if not pattern.fullmatch(str(secret.get(name, "")))
    ]


def find_in_stripe_secret(deployment: Deployment, now: datetime) -> list[Finding]:
    """Return what Stripe's secret lacks, where invoices are exported."""
    if deployment.parameters.get("InvoiceExport") != "stripe":
        return []
    secret, changed_at = _read(deployment, "StripeSecret")
    put = (
        f"aws secretsmanager put-secret-value --secret-id {deployment.outputs['StripeSecret']}"
        """ --secret-string '{"api_key": "rk_live_…"}\'"""
    )
    return [*wrong_stripe_key(str(secret.get("api_key", "")), put), *_age("Stripe's key", changed_at, now)]


def wrong_stripe_key(key: str, put: str) -> list[Finding]:
    """Return whether a key is none of Stripe's, or one of its test mode."""
    found = _STRIPE_KEY.fullmatch(key)
    if found and found[1] == "live":
        return []
    what = "is of Stripe's test mode: no invoice is really exported" if found else "is not filled in"
    return [Finding(what=f"The api_key in Stripe's secret {what}.", cure=f"Put it in: {put}", section="Secrets")]


def find_in_addresses(deployment: Deployment, _now: datetime) -> list[Finding]:
    """Return which of the stack's addresses are not set, in the parameters where the functions read them."""
    names = [
        deployment.outputs[name] for name in ("PublicUrlParameter", "ReceiptsUrlParameter", "InboundUrlParameter")
    ]
    found = deployment.client("ssm").get_parameters(Names=names)["Parameters"]
    values = {parameter["Name"]: parameter["Value"] for parameter in found}
    return wrong_addresses(names, values)


def wrong_addresses(names: Iterable[str], values: Mapping[str, str]) -> list[Finding]:
    """Return the parameters that are missing or have no address."""
    return [
        Finding(
            what=f"The parameter {name} has no address that begins with https://: {values[name]}"
            if name in values
            else f"The parameter {name} is not there.",
            cure="Deploy the stack again, which sets it: make update ENV=prod",
            section="Addresses",
        )
        for name in names
        if not _ADDRESS.fullmatch(values.get(name, ""))
    ]


def _read(deployment: Deployment, output: str) -> tuple[Mapping[str, Any], datetime]:
    """Return a secret's values and when they were put in; values that are no JSON object are none."""
    found = deployment.client("secretsmanager").get_secret_value(SecretId=deployment.outputs[output])
    try:
        values = json.loads(found.get("SecretString", ""))
    except ValueError:
        values = {}
    return values if isinstance(values, dict) else {}, found["CreatedDate"]


def _age(what: str, changed_at: datetime, now: datetime) -> list[Finding]:
    if now - changed_at <= _OLD:
        return []
    return [
        Finding(
            what=f"{what} is {(now - changed_at).days} days old.",
            cure="Replace it once a year, in the order that the page says.",
            section="Secrets",
        )
    ]
