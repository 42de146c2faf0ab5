"""Accounts: sign-up, settings, changes of plan and status, password hashes; plan confirmations; templates."""

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from boto3.dynamodb.conditions import Attr
from msgspec import Struct
from msgspec.structs import replace

from longcode.accounts.account import Account, OldSecret, ReplyDelivery, StatusChange
from longcode.errors import NotFound
from longcode.plans.plans import PlanChange
from longcode.table import keys, store
from longcode.table.writes import ABSENT, PRESENT, Delete, Put, Update, Write, attributes, read
from longcode.template import Template

_CONFIRMATION_VALID = timedelta(hours=24)


class Confirmation(Struct, frozen=True, kw_only=True):
    """A change of plan that waits until the studio follows the link in its mail."""

    account: str
    plan: str
    valid_until: datetime
    used: bool = False


def get(account: str) -> Account | None:
    """Read an account."""
    found = store.get(keys.account(account))
    return read(Account, found) if found else None


def need(account: str) -> Account:
    """Read an account; raises `NotFound`."""
    found = get(account)
    if found is None:
        raise NotFound("There is no such account.")
    return found


def with_email(address: str) -> str | None:
    """Return the id of the account that signed up with that address."""
    found = store.get(keys.email(address))
    return str(found["account"]) if found else None


def open_account(account: Account) -> None:
    """Write a new account; raises `ConditionFailed` if its id or address is taken."""
    store.transact(
        [
            Put(keys.account(account.id), {"type": "account", **attributes(account)}, ABSENT),
            Put(keys.email(account.email), {"type": "email", "account": account.id}, ABSENT),
            Put(keys.registered(account.id), {"type": "registered", "account": account.id}, ABSENT),
        ]
    )


def all_ids(after: str | None = None) -> Iterator[str]:
    """Yield the ids of all accounts in order, starting after an id."""
    start = keys.registered(after) if after else None
    return (str(found["account"]) for found in store.query(keys.registered(), after=start))


def get_many(ids: Iterable[str]) -> list[Account]:
    """Read accounts, a hundred in a call; those that do not exist are left out."""
    wanted = [keys.account(account) for account in dict.fromkeys(ids)]
    found = store.get_many(wanted) if wanted else {}
    return [read(Account, found[key]) for key in wanted if key in found]


def with_webhook() -> Iterator[Account]:
    """Yield the accounts that receive webhooks."""
    for listed in store.query(keys.with_webhook()):
        account = get(str(listed["account"]))
        if account and account.delivery is ReplyDelivery.WEBHOOK:
            yield account


def hosted(ids: Iterable[str]) -> list[Account]:
    """Return the accounts, among these ids, that receive webhooks."""
    return [account for account in get_many(ids) if account.delivery is ReplyDelivery.WEBHOOK]


def switch_webhook_off(account: str, url: str, now: datetime) -> bool:
    """Switch an account to polling; return False if its webhook has another address by now."""
    off = {"delivery": ReplyDelivery.POLL, "webhook_gone_at": now}
    return store.try_write(Update(keys.account(account), changes=off, when=Attr("webhook_url").eq(url)))


def change_webhook_secret(account: Account, secret: str, old: Sequence[OldSecret]) -> bool:
    """Write a new secret and the old ones that are still in use; return False if another was written meanwhile."""
    before = Attr("webhook_secret")
    same = before.eq(account.webhook_secret) if account.webhook_secret else before.not_exists()
    changes = {"webhook_secret": secret, "webhook_old_secrets": [attributes(old_secret) for old_secret in old]}
    return store.try_write(Update(keys.account(account.id), changes=changes, when=same & PRESENT))


def list_webhook(account: str) -> None:
    """Put an account on the list of webhooks for good; `with_webhook` skips it if it polls again."""
    store.write(Put(keys.with_webhook(account), {"type": "webhook", "account": account}))


def change_settings(account: str, settings: dict[str, Any]) -> None:
    """Write settings; None removes one."""
    removed = tuple(name for name, value in settings.items() if value is None)
    changes = {name: value for name, value in settings.items() if value is not None}
    store.write(Update(keys.account(account), changes=changes, remove=removed, when=PRESENT))


def change_plan(account: Account, change: PlanChange, *others: Write) -> Account:
    """Add a change of plan, together with other writes; raises `ConditionFailed` if another was added meanwhile."""
    changes = (*account.plan_changes, change)
    before = attributes(account)["plan_changes"]
    after = [*before, attributes(change)]
    same = Attr("plan_changes").eq(before)
    store.transact([Update(keys.account(account.id), changes={"plan_changes": after}, when=same), *others])
    return replace(account, plan_changes=changes)


def set_status(account: Account, change: StatusChange) -> Account:
    """Change an account's status; raises `ConditionFailed` if another change was written meanwhile."""
    changed = replace(account, status=change.to, status_changes=(*account.status_changes, change))
    before, after = attributes(account).get("standings"), attributes(changed)["standings"]
    same = Attr("standings").eq(before) if before else Attr("standings").not_exists()
    changes = {"standing": change.to, "standings": after}
    store.write(Update(keys.account(account.id), changes=changes, when=PRESENT & same))
    return changed


def password_hash(account: str) -> str | None:
    """Read the hash of an account's password."""
    found = store.get(keys.password(account))
    return str(found["hash"]) if found else None


def set_password(account: str, hashed: str, *, instead_of: str | None = None) -> None:
    """Write the hash of a new password; raises `ConditionFailed` if the old hash is no longer `instead_of`."""
    unchanged = Attr("hash").eq(instead_of) if instead_of else None
    store.write(Put(keys.password(account), {"type": "password", "hash": hashed}, unchanged))


def claim_establishing(account: Account, form: Mapping[str, Any], now: datetime, until: datetime) -> Account | None:
    """Lease the mailing of an account's credentials; return None if another worker has it, or if they were sent.

    The account takes its details from this form: of several forms, the one whose credentials are mailed counts. But
    if the plan was changed since, credentials were already mailed, without a record of it: then it keeps its details.
    """
    free = Attr("established_at").not_exists() & (
        Attr("establishing_until").not_exists() | Attr("establishing_until").lt(keys.instant(now))
    )
    same = Attr("plan_changes").eq(attributes(account)["plan_changes"])
    taken = replace(account, **form) if len(account.plan_changes) == 1 else account
    changes = {name: value for name, value in attributes(taken).items() if name in form}
    write = Update(
        keys.account(account.id),
        changes={**changes, "establishing_until": until},
        remove=tuple(name for name in form if name not in changes),  # values that equal the default
        when=free & same,
    )
    return taken if store.try_write(write) else None


def establish(account: str, sign_up: str, now: datetime) -> None:
    """Write by which form the account got its credentials; any other form now only asks for a change of plan."""
    established = {"established_at": now, "established_by": sign_up}
    store.write(Update(keys.account(account), changes=established, remove=("establishing_until",)))


def is_established_by(account: str, sign_up: str) -> bool:
    """Return whether the account got its credentials by this form."""
    return (store.get(keys.account(account)) or {}).get("established_by") == sign_up


def request_confirmation(account: str, plan: str, now: datetime) -> str:
    """Store a change of plan for a day, and return the token that confirms it; only its hash is stored."""
    token = secrets.token_urlsafe(32)
    waiting = Confirmation(account=account, plan=plan, valid_until=now + _CONFIRMATION_VALID)
    item = {"type": "confirmation", **store.expires(now + 2 * _CONFIRMATION_VALID), **attributes(waiting)}
    store.write(Put(_confirmation_key(token), item, ABSENT))
    return token


def find_confirmation(token: str, now: datetime) -> Confirmation | None:
    """Return the change of plan of a token, while it is valid and unused."""
    found = store.unexpired(store.get(_confirmation_key(token)), now)
    waiting = read(Confirmation, found) if found else None
    return waiting if waiting and not waiting.used and now < waiting.valid_until else None


def use_confirmation(token: str) -> None:
    """Mark a token as used; raises `ConditionFailed` if it was used before."""
    store.write(use_confirmation_write(token))


def use_confirmation_write(token: str) -> Update:
    """Return the write that marks a token as used; it fails if it was used before."""
    unused = Attr("account").exists() & Attr("used").not_exists()
    return Update(_confirmation_key(token), changes={"used": True}, when=unused)


def _confirmation_key(token: str) -> keys.Key:
    return keys.plan_confirmation(sha256(token.encode()).hexdigest())


def get_template(account: str, name: str) -> Template | None:
    """Read a template."""
    found = store.get(keys.template(account, name))
    return read(Template, found) if found else None


def template_page(account: str, after: str | None, limit: int) -> list[Template]:
    """List templates in the order of their names."""
    start = keys.template(account, after) if after else None
    return [read(Template, item) for item in store.query(keys.template(account), after=start, limit=limit)]


def put_template(template: Template) -> None:
    """Write a template."""
    store.write(Put(keys.template(template.account, template.name), {"type": "template", **attributes(template)}))


def delete_template(account: str, name: str) -> bool:
    """Delete a template; return False if it does not exist."""
    return store.try_write(Delete(keys.template(account, name), PRESENT))
