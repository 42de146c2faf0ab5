"""Authorise requests by account number and password, or API key in place of the password (HTTP Basic)."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from msgspec import Struct

from longcode.accounts import api_keys, attempts, passwords
from longcode.accounts.credential_limits import CredentialLimits
from longcode.accounts.passwords import KeyScope
from longcode.aws import clients
from longcode.aws.telemetry import logger

_LONGEST_HEADER = 1_000  # far more than an account number and a credential; a longer one is not hashed
_MAX_DIGITS = 20  # far more than an account number has; a longer one could exceed a key of the table


limits = CredentialLimits()


class Caller(Struct, frozen=True):
    """An account, and what the caller may do with it. `key` is the id of the API key, empty for the password."""

    account: str
    scope: KeyScope = KeyScope.ALL
    key: str = ""


def authenticate_within(limits: CredentialLimits, authorization: str, address: str, now: datetime) -> Caller | None:
    """Return the caller as `authenticate` does, or None without looking if the limits of this process refuse it."""
    source = attempts.source(address)
    if _parts(authorization) is None or limits.refuses(authorization, source, now):
        return None
    caller = authenticate(authorization, address, now)
    if caller:
        limits.note_right(authorization, now)
    else:
        limits.note_wrong(authorization, source, now)
    return caller


def authenticate(authorization: str, address: str, now: datetime) -> Caller | None:
    """Return the caller if the account's password or an API key of the account is right, or None.

    No password is right, nor looked at, while its source address has to wait. An unknown account is treated as one
    with another password, so that neither answer nor duration shows which accounts exist.
    """
    if (parts := _parts(authorization)) is None:
        return None
    account, secret = parts
    key_id = passwords.key_id_of(secret)
    return _with_key(account, key_id, secret, now) if key_id else _with_password(account, secret, address, now)


def _parts(authorization: str) -> tuple[str, str] | None:
    """Return the account number and the secret of a header of HTTP Basic, or None."""
    if len(authorization) > _LONGEST_HEADER:
        return None
    scheme, _, encoded = authorization.partition(" ")
    try:
        account, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return None
    return (account, secret) if scheme.casefold() == "basic" and _is_account_number(account) else None


def _with_password(account: str, password: str, address: str, now: datetime) -> Caller | None:
    source = attempts.source(address)
    known, hashed = attempts.with_password_hash(account, source, now)
    if known and known.must_wait:
        with _best_effort(account):
            attempts.ensure_told(known, now)
        return None
    if passwords.matches(password, hashed):
        return Caller(account)
    with _best_effort(account):
        attempts.note_wrong(known, account, source, password, now, hashed=hashed)
    return None


def _with_key(account: str, key_id: str, secret: str, now: datetime) -> Caller | None:
    """Return the caller with an API key. Wrong keys are not counted: nobody guesses one."""
    key, hashed = api_keys.find(account, key_id) or (None, None)
    if not passwords.matches(secret, hashed) or key is None or key.has_ended(now):
        return None
    with _best_effort(account):
        api_keys.note_use(key, now)
    return Caller(account, key.scope, key.id)


@contextmanager
def _best_effort(account: str) -> Iterator[None]:
    """Run the block; log a failed write instead of raising it, because the answer does not depend on it."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        logger.warning("use of credentials not written", extra={"account": account, "reason": type(error).__name__})


def _is_account_number(account: str) -> bool:
    return account.isascii() and account.isdigit() and len(account) <= _MAX_DIGITS


def allow(caller: Caller | None, method_arn: str) -> dict[str, Any]:
    """Return the policy that lets a caller reach all routes, because API Gateway caches it for all of them.

    Each route checks the scope in the policy's context (longcode/web/resolver.py). Raise `PermissionError` without a
    caller, which API Gateway answers with 401 and, unlike a policy, does not keep: another address may be let in.
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
    address = event["requestContext"].get("identity", {}).get("sourceIp") or ""
    return allow(authenticate_within(limits, credentials(event), address, clients.now()), event["methodArn"])
