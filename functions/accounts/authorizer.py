"""Authorise requests by account number and password, or API key in place of the password (HTTP Basic)."""

import base64
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from msgspec import Struct

from longcode.accounts import api_keys, passwords
from longcode.accounts import store as accounts
from longcode.accounts.passwords import KeyScope
from longcode.aws import clients
from longcode.aws.telemetry import logger

_MAX_DIGITS = 20  # far more than an account number has; a longer one could exceed a key of the table


class Caller(Struct, frozen=True):
    """An account, and what the caller may do with it. `key` is the id of the API key, empty for the password."""

    account: str
    scope: KeyScope = KeyScope.ALL
    key: str = ""


def authenticate(authorization: str, now: datetime) -> Caller | None:
    """Return the caller if the account's password or an API key of the account is right, or None.

    An unknown account takes as long as a wrong password, so that the duration does not show which accounts exist.
    """
    scheme, _, encoded = authorization.partition(" ")
    try:
        account, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        account, secret = "", ""
    if scheme.casefold() != "basic" or not _is_account_number(account):
        account = "0"  # no account has this number; the secret is checked all the same, for the duration
    key_id = passwords.key_id_of(secret)
    if key_id:
        return _with_key(account, key_id, secret, now)
    return Caller(account) if passwords.matches(secret, accounts.password_hash(account)) else None


def _with_key(account: str, key_id: str, secret: str, now: datetime) -> Caller | None:
    key, hashed = api_keys.find(account, key_id) or (None, None)
    if not passwords.matches(secret, hashed) or key is None or key.has_ended(now):
        return None
    try:
        api_keys.note_use(key, now)
    except (BotoCoreError, ClientError) as error:  # no reason to refuse the request
        logger.warning("use of an API key not noted", extra={"account": account, "reason": type(error).__name__})
    return Caller(account, key.scope, key.id)


def _is_account_number(account: str) -> bool:
    return account.isascii() and account.isdigit() and len(account) <= _MAX_DIGITS


def allow(caller: Caller | None, method_arn: str) -> dict[str, Any]:
    """Return the policy that lets a caller reach all routes, because API Gateway caches it for all of them.

    Each route checks the scope in the policy's context (longcode/web/resolver.py). Raise `PermissionError` without a
    caller.
    """
    if caller is None:
        raise PermissionError("Unauthorized")
    all_routes = "/".join(method_arn.split("/")[:2]) + "/*"
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": all_routes}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    context = {"account": caller.account, "scope": caller.scope, "key": caller.key}
    return {"principalId": caller.account, "policyDocument": policy, "context": context}


def credentials(event: dict[str, Any]) -> str:
    """Return the Authorization header, in whatever case its name is written."""
    headers = event.get("headers") or {}
    return next((value for name, value in headers.items() if name.casefold() == "authorization"), "")


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return allow(authenticate(credentials(event), clients.now()), event["methodArn"])
