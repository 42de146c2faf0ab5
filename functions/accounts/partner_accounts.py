"""Open an account for a studio of a partner, whose software gets account number and API key at once (facts S19)."""

import secrets
from datetime import datetime
from hashlib import blake2b

import msgspec
from msgspec import Struct

from longcode import jobs
from longcode.accounts import account_links, api_keys, passwords
from longcode.accounts import store as accounts
from longcode.accounts.account import Account, check_edition
from longcode.accounts.account_links import LinkKind
from longcode.accounts.api_keys import ApiKey
from longcode.accounts.passwords import KeyScope
from longcode.aws import queues
from longcode.aws.settings import settings
from longcode.errors import IdempotencyConflict, TooManyAccounts, UnknownPlan
from longcode.jobs import Product
from longcode.partners import store as partners
from longcode.partners.store import PartnerKey, PartnerStudio
from longcode.plans import store as price_list
from longcode.plans.plans import PlanChange
from longcode.table.store import ConditionFailed
from longcode.table.writes import Put

_OTHER_STUDIO = "This studio_id was used with other details; a repeated request must be the same."
_TOO_MANY = f"A partner opens at most {partners.MOST_OPENED} accounts an hour; please try again later."


class StudioOfPartner(Struct, frozen=True, kw_only=True):
    """What a partner says of a studio. `studio_id` is the partner's own id."""

    studio_id: str
    studio_name: str
    email: str
    product: Product
    edition: str
    plan: str
    country_code: str


class Opened(Struct, frozen=True, kw_only=True):
    """An account of a partner's studio, with its API key while that is shown; `is_new` if it was opened just now."""

    account: Account
    key: str | None
    is_new: bool


def open_account(key: PartnerKey, secret: str, asked: StudioOfPartner, now: datetime) -> Opened:
    """Open an account, or return the one that the partner opened under this `studio_id` before.

    It has no email address until the studio has confirmed it by a mailed link: nothing else is mailed before. Until
    then, a request with another address mails the link there. Raise `RequestError` if it is refused.
    """
    check_edition(asked.edition)
    while (known := partners.find(key.partner, asked.studio_id)) is None:
        if asked.plan not in price_list.on_offer(now):
            raise UnknownPlan(f"There is no plan {asked.plan!r}.", field="plan")
        if not partners.count_opened(key.partner, now):
            raise TooManyAccounts(_TOO_MANY)
        studio = _new_studio(key, asked, now)
        account = _new_account(key, studio.account, asked, now)
        try:
            accounts.open_account(account, _api_key(key, secret, studio, now), partners.new_studio(studio))
        except ConditionFailed:
            continue  # the same request came twice, or the number is taken
        queues.send(jobs.MailAddressLink(account=account.id, new_email=asked.email))
        return Opened(account=account, key=_first_key(key, secret, studio, now), is_new=True)
    return _opened_before(key, secret, known, asked, now)


def _opened_before(
    key: PartnerKey, secret: str, known: PartnerStudio, asked: StudioOfPartner, now: datetime
) -> Opened:
    account = accounts.get_or_raise(known.account)
    is_other_address = asked.email != known.email
    if known.fingerprint != _fingerprint(asked) or (is_other_address and account.email):
        raise IdempotencyConflict(_OTHER_STUDIO, field="studio_id")
    if is_other_address:
        partners.set_email(known, asked.email)
    if not account.email and (is_other_address or not account_links.newest(LinkKind.ADDRESS, account.id, now)):
        queues.send(jobs.MailAddressLink(account=account.id, new_email=asked.email))
    return Opened(account=account, key=_first_key(key, secret, known, now), is_new=False)


def _new_studio(key: PartnerKey, asked: StudioOfPartner, now: datetime) -> PartnerStudio:
    return PartnerStudio(
        partner=key.partner,
        studio_id=asked.studio_id,
        account=accounts.new_number(),
        fingerprint=_fingerprint(asked),
        email=asked.email,
        key_id=key.id,
        salt=secrets.token_hex(16),
        opened_at=now,
    )


def _new_account(key: PartnerKey, number: str, asked: StudioOfPartner, now: datetime) -> Account:
    return Account(
        id=number,
        name=asked.studio_name,
        email="",
        partner=key.name,
        product=asked.product,
        edition=asked.edition.strip().casefold(),
        created_at=now,
        established_at=now,
        plan_changes=(PlanChange(now, asked.plan),),
        country_code=asked.country_code,
        trial_units_a_day=settings().new_studio_units_a_day or None,
    )


def _api_key(key: PartnerKey, secret: str, studio: PartnerStudio, now: datetime) -> Put:
    key_id, first = passwords.derive_key(secret, studio.salt)
    api_key = ApiKey(account=studio.account, id=key_id, name=key.name, scope=KeyScope.ALL, created_at=now)
    return api_keys.new(api_key, passwords.hash_of(first))


def _first_key(key: PartnerKey, secret: str, studio: PartnerStudio, now: datetime) -> str | None:
    """Return the studio's first API key for a day, if it was made with this partner key; it is stored nowhere."""
    is_shown = key.id == studio.key_id and now < studio.opened_at + partners.SHOWN_FOR
    return passwords.derive_key(secret, studio.salt)[1] if is_shown else None


def _fingerprint(asked: StudioOfPartner) -> str:
    details = {name: value for name, value in msgspec.structs.asdict(asked).items() if name != "email"}
    return blake2b(msgspec.json.encode(details), digest_size=16).hexdigest()
