"""Sign-ups from the queue: establish the account and mail its credentials, or ask to confirm a change of plan."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from aws_lambda_powertools.utilities.batch import EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from longcode import jobs
from longcode.accounts import passwords
from longcode.accounts import store as accounts
from longcode.accounts.account import Account, AccountStatus
from longcode.aws import clients, mail, queues
from longcode.aws.settings import public_url
from longcode.aws.telemetry import OneByOne, logger
from longcode.plans import plans
from longcode.plans import store as price_list
from longcode.table.store import ConditionFailed

_LEASE = timedelta(minutes=1)

processor = OneByOne(EventType.SQS)


class Busy(Exception):
    """Another call is mailing the credentials: look again when its lease is over."""


def establish(form: jobs.EstablishAccount, now: datetime) -> None:
    """Bring a sign-up to its mail. Killed anywhere, the next delivery of the form goes on."""
    known = accounts.with_email(form.email)
    account = accounts.get(known) if known else _open(form, now)
    if account is None:
        raise LookupError(known)
    if account.established_at or account.standing is AccountStatus.CLOSED:
        if not accounts.is_established_by(account.id, form.id):
            _tell_of_form(account, form.plan, now)
        return
    account = accounts.claim_establishing(account, _filled_in(form, now), now, now + _LEASE)
    if account is None:
        raise Busy(form.id)
    password = passwords.make()
    accounts.set_password(account.id, passwords.hashed(password))
    mail.send(account.email, "Your Longcode account", _credentials(account, password, now))
    accounts.establish(account.id, form.id, now)


def _open(form: jobs.EstablishAccount, now: datetime) -> Account:
    account_id = str(secrets.randbelow(90_000_000) + 10_000_000)
    account = Account(id=account_id, email=form.email, created_at=now, **_filled_in(form, now))
    accounts.open_account(account)
    return account


def _tell_of_form(account: Account, plan: str, now: datetime) -> None:
    """Tell a studio whose address is known what its form would change. A closed account keeps its address."""
    if account.standing is AccountStatus.CLOSED:
        mail.send(account.email, "Your Longcode account is closed", _closed(account))
    else:
        _ask_to_confirm(account, plan, now)


def _filled_in(form: jobs.EstablishAccount, now: datetime) -> dict[str, Any]:
    """Give what an account takes from the form that brings its credentials: it joins at that instant."""
    return {
        "name": form.studio_name,
        "product": form.product,
        "edition": form.edition.strip().casefold(),
        "country_code": form.country_code,
        "plan_changes": (plans.PlanChange(now, form.plan),),
    }


def _ask_to_confirm(account: Account, plan: str, now: datetime) -> None:
    token = accounts.request_confirmation(account.id, plan, now)
    month = plans.counts_from(now)
    title = price_list.of_month(month)[plan].title
    text = f"""Somebody filled in the Longcode form with this address and chose the plan {title}.

If it was you, follow this link within 24 hours to change the plan of account {account.id}:
{public_url()}/signup/confirm/{token}

{plans.if_made(month)}

If it was not you, do nothing: nothing changes.
"""
    mail.send(account.email, "Confirm your change of plan", text)


def _closed(account: Account) -> str:
    return f"""Somebody filled in the Longcode form with this address.

Account {account.id} of {account.name} has this address, and it is closed. The form does not open it again.

If it was you, ask whoever runs this service to open the account again. If it was not you, do nothing.
"""


def _credentials(account: Account, password: str, now: datetime) -> str:
    change, month = plans.counted(account.plan_changes)[-1]
    plan = price_list.of_month(month)[change.plan]
    return f"""Welcome to Longcode, {account.name}.

Enter both of these in your studio software to activate texting:

Account number: {account.id}
Password: {password}

The address of the API: {public_url()}

Your plan: {plan.title}. {plans.once_made(month, now)}
"""


def record_handler(record: SQSRecord) -> None:
    """Establish one sign-up; an id or address taken meanwhile comes back with the queue."""
    try:
        establish(queues.read(jobs.EstablishAccount, record.body), clients.now())
    except (Busy, ConditionFailed) as later:
        logger.info("again later", extra={"reason": type(later).__name__})
        raise


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    return process_partial_response(event, record_handler, processor, context)
