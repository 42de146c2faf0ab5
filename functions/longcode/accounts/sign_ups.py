"""Sign-up forms that wait for the click on a mailed link: one mail an hour and one open link for each address."""

from datetime import datetime, timedelta
from hashlib import blake2b

from boto3.dynamodb.conditions import Attr
from msgspec import Struct
from msgspec.structs import replace

from longcode.accounts import passwords
from longcode.jobs import OpenAccount
from longcode.table import credential_keys, hourly, store
from longcode.table.writes import Put, Update, attributes, has_value, read

VALID = timedelta(hours=24)
"""How long a link works."""

MAIL_EVERY = timedelta(hours=1)
"""How often an address gets a mail, whoever fills in the form with it."""

MOST_FORMS = 30
"""How many forms a source address can send in an hour. A hosted product sends those of many studios."""

TOO_MANY_FORMS = "Too many forms came from this internet address; please try again in an hour."
"""What a form beyond these is answered with."""

MOST_TAGGED = 3
"""How many mails an hour a mailbox gets for its addresses with a tag, such as `ann+fox@…`, whatever the tags are."""

_LEASE = timedelta(minutes=1)
_KEPT = timedelta(hours=48)


class WaitingSignUp(Struct, frozen=True, kw_only=True):
    """The newest form with an address, and the address's link, known by the hash of its secret.

    `mailed_at` is when the link was mailed, `mailing_until` the lease of the worker that mails it, `used_at` when
    the form was confirmed.
    """

    form: OpenAccount
    hash: str
    valid_until: datetime
    mailing_until: datetime
    mailed_at: datetime | None = None
    used_at: datetime | None = None


class Busy(Exception):
    """Another worker is mailing the link; the queue delivers the form again after its lease."""


class Mailing(Struct, frozen=True, kw_only=True):
    """The right to mail an address: token and secret of its new link, and the hash of the link that it replaces."""

    token: str
    secret: str
    replaced: str | None


def claim_mail(form: OpenAccount, now: datetime) -> Mailing | None:
    """Store a form with a new link, and return what to mail; None if the address had a mail in the last hour.

    Also None, and nothing is stored, if the mailbox had too many mails for addresses with a tag.

    In that case the form takes the place of the one that waits: the link that was mailed shows the newest form. A
    mail whose link was used does not count, so that whoever has the mailbox can go on at once.

    Raise `Busy` while another worker mails the link.
    """
    address = _hash_of_address(form.email)
    place = credential_keys.sign_up(address)
    item = store.unexpired(store.get(place), now)
    known = read(WaitingSignUp, item) if item else None
    if known and known.mailed_at:
        is_unanswered = known.used_at is None and now < known.mailed_at + MAIL_EVERY
        if known.form.id == form.id or is_unanswered:
            _replace_form(known, form)
            return None
    if known and known.mailed_at is None and now < known.mailing_until:
        raise Busy(form.id)
    if (mailbox := _mailbox_of_tagged(form.email)) and not hourly.count(_hash_of_address(mailbox), MOST_TAGGED, now):
        return None
    secret, hashed = passwords.generate_secret()
    new = WaitingSignUp(form=form, hash=hashed, valid_until=now + VALID, mailing_until=now + _LEASE)
    same = Attr("hash").eq(known.hash) if known else store.absent_or_expired(now)
    if not store.try_write(Put(place, {"type": "sign-up", **attributes(new), **store.expires(now + _KEPT)}, same)):
        raise Busy(form.id)
    return Mailing(token=f"{address}.{secret}", secret=secret, replaced=known.hash if known else None)


def mark_mailed(form: OpenAccount, mailing: Mailing, now: datetime) -> None:
    """Record that the mail of a link was sent."""
    own = Attr("hash").eq(passwords.hash_of_secret(mailing.secret))
    place = credential_keys.sign_up(_hash_of_address(form.email))
    store.try_write(Update(place, changes={"mailed_at": now}, when=own))


def find(token: str, now: datetime) -> WaitingSignUp | None:
    """Return the sign-up of a token, or None if the link is unknown, used, too old or replaced by a newer one."""
    address, _, secret = token.partition(".")
    item = store.unexpired(store.get(credential_keys.sign_up(address)), now)
    found = read(WaitingSignUp, item) if item else None
    is_open = found and passwords.is_secret(secret, found.hash) and found.used_at is None and now < found.valid_until
    return found if is_open else None


def mark_used(sign_up: WaitingSignUp, now: datetime) -> None:
    """Use up the link of a sign-up."""
    place = credential_keys.sign_up(_hash_of_address(sign_up.form.email))
    store.try_write(Update(place, changes={"used_at": now}, when=Attr("hash").eq(sign_up.hash)))


def count_form(source: str, now: datetime) -> bool:
    """Count a form from a source address; return False if that address has sent too many within the hour."""
    return hourly.count(source, MOST_FORMS, now)


def count_mail(email: str, now: datetime) -> bool:
    """Count a mail that somebody has sent to an address; return False if its mailbox had too many in the hour."""
    return hourly.count(_hash_of_address(_mailbox_of_tagged(email) or email), MOST_TAGGED, now)


def _mailbox_of_tagged(email: str) -> str | None:
    """Return an address without its tag, which is mostly the same mailbox; None if it has none."""
    local, _, domain = email.rpartition("@")
    name, plus, _ = local.partition("+")
    return f"{name}@{domain}" if plus else None


def _replace_form(known: WaitingSignUp, form: OpenAccount) -> None:
    if known.form.id != form.id and known.used_at is None:
        place = credential_keys.sign_up(_hash_of_address(form.email))
        changes = {"form": attributes(replace(known, form=form))["form"]}
        same = Attr("hash").eq(known.hash) & has_value("used_at", None)
        store.try_write(Update(place, changes=changes, when=same))


def _hash_of_address(email: str) -> str:
    return blake2b(email.encode(), digest_size=16).hexdigest()
