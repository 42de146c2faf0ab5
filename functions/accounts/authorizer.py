"""Opens the API to an account number and its password (HTTP Basic)."""

import base64
from typing import Any

from longcode.accounts import passwords
from longcode.accounts import store as accounts
from longcode.aws.telemetry import logger

_LONGEST_NUMBER = 20  # digits; the table would choke on thousands of them


def authenticate(authorization: str) -> str | None:
    """Give the account whose number and password these are; a wrong number takes as long as a wrong password."""
    scheme, _, encoded = authorization.partition(" ")
    try:
        account, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return None
    if scheme.casefold() != "basic" or not _is_number(account):
        account = "0"
    return account if passwords.matches(password, accounts.password_hash(account)) else None


def _is_number(account: str) -> bool:
    return account.isascii() and account.isdigit() and len(account) <= _LONGEST_NUMBER


def allow(account: str | None, method_arn: str) -> dict[str, Any]:
    """Allow an account every route: the answer is cached for all of them."""
    if account is None:
        raise PermissionError("Unauthorized")
    everything = "/".join(method_arn.split("/")[:2]) + "/*"
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": everything}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return {"principalId": account, "policyDocument": policy, "context": {"account": account}}


def credentials(event: dict[str, Any]) -> str:
    """Find the Authorization header, however its name is written."""
    headers = event.get("headers") or {}
    return next((value for name, value in headers.items() if name.casefold() == "authorization"), "")


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return allow(authenticate(credentials(event)), event["methodArn"])
