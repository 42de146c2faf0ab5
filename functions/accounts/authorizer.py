"""Authorise requests by account number and password (HTTP Basic)."""

import base64
from typing import Any

from longcode.accounts import passwords
from longcode.accounts import store as accounts
from longcode.aws.telemetry import logger

_MAX_DIGITS = 20  # far more than an account number has; a longer one could exceed a key of the table


def authenticate(authorization: str) -> str | None:
    """Return the account number if its password is right, or None.

    An unknown account takes as long as a wrong password, so that the duration does not show which accounts exist.
    """
    scheme, _, encoded = authorization.partition(" ")
    try:
        account, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return None
    if scheme.casefold() != "basic" or not _is_account_number(account):
        account = "0"  # no account has this number; the password is checked all the same, for the duration
    return account if passwords.matches(password, accounts.password_hash(account)) else None


def _is_account_number(account: str) -> bool:
    return account.isascii() and account.isdigit() and len(account) <= _MAX_DIGITS


def allow(account: str | None, method_arn: str) -> dict[str, Any]:
    """Return the policy that allows an account all routes, because API Gateway caches it for all of them.

    Raise `PermissionError` without an account.
    """
    if account is None:
        raise PermissionError("Unauthorized")
    all_routes = "/".join(method_arn.split("/")[:2]) + "/*"
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": all_routes}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return {"principalId": account, "policyDocument": policy, "context": {"account": account}}


def credentials(event: dict[str, Any]) -> str:
    """Return the Authorization header, in whatever case its name is written."""
    headers = event.get("headers") or {}
    return next((value for name, value in headers.items() if name.casefold() == "authorization"), "")


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return allow(authenticate(credentials(event)), event["methodArn"])
