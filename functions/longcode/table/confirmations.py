"""Changes of plan that wait for the link in a mail to be followed."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from boto3.dynamodb.conditions import Attr

from longcode.table import keys, store
from longcode.table.codec import attributes, read
from longcode.table.writes import ABSENT, Put, Update

_VALID = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """The plan that an account takes when the link is followed."""

    account: str
    plan: str
    valid_until: datetime
    used: bool = False


def ask(account: str, plan: str, now: datetime) -> str:
    """Keep a change of plan for a day, and give the token that confirms it; only its hash is kept."""
    token = secrets.token_urlsafe(32)
    waiting = Confirmation(account=account, plan=plan, valid_until=now + _VALID)
    item = {"type": "confirmation", **store.expires(now + 2 * _VALID), **attributes(waiting)}
    store.write(Put(_key(token), item, ABSENT))
    return token


def find(token: str, now: datetime) -> Confirmation | None:
    """Find what a token confirms, while it is valid and unused."""
    found = store.unexpired(store.get(_key(token)), now)
    waiting = read(Confirmation, found) if found else None
    return waiting if waiting and not waiting.used and now < waiting.valid_until else None


def use(token: str) -> None:
    """Use a token up; raises `ConditionFailed` when it was used before."""
    store.write(using(token))


def using(token: str) -> Update:
    """Make the write that uses a token up, and fails when it was used before."""
    unused = Attr("account").exists() & Attr("used").not_exists()
    return Update(_key(token), changes={"used": True}, when=unused)


def _key(token: str) -> keys.Key:
    return keys.plan_confirmation(sha256(token.encode()).hexdigest())
