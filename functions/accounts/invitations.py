"""Add a person to an account, and mail them how to sign in; remove a person."""

from datetime import datetime
from uuid import uuid4

from longcode.accounts import owner_notices, people, sessions, sign_ups
from longcode.accounts.account import Account, NoticeKind
from longcode.accounts.names import check_mail_address
from longcode.accounts.people import Person, Role
from longcode.aws import mail
from longcode.aws.parameters import public_url
from longcode.changes import store as changes
from longcode.changes.change import Actor, ChangeKind, Detail, short
from longcode.clients.words import one_line
from longcode.errors import RequestError
from longcode.mails.content import NO_STUDIO_OF_MINE, Action, MailContent
from longcode.messages import reply_notices
from longcode.teamwork import store as teamwork

_LONGEST_NAME = 100
_NO_NAME = f"Write the person's name, in at most {_LONGEST_NAME} characters."
_TAKEN = "Somebody has this address already."
_TOO_MANY = f"An account has at most {people.MOST_PEOPLE} people besides the owner."
_WAIT = "You have added many people within the hour. Please add the next in an hour."


def invite(account: Account, name: str, address: str, role: Role, now: datetime, *, by: Actor) -> Person:
    """Add a person, notify the owner, and mail the person how to sign in; raise `RequestError` if it is refused.

    A mailbox that had several such mails within the hour gets none: a link can be asked for on the sign-in page.
    """
    name = one_line(name)
    if not name or len(name) > _LONGEST_NAME:
        raise RequestError(_NO_NAME, field="name")
    email = check_mail_address(address)
    if len(people.of_account(account)) > people.MOST_PEOPLE:
        raise RequestError(_TOO_MANY)
    if not people.count_added(account, now):
        raise RequestError(_WAIT)
    person = Person(
        account=account.id,
        id=uuid4().hex,
        name=name,
        email=email,
        role=role,
        added_at=now,
        added_by=by.name or None,
    )
    notice = owner_notices.new(account.id, NoticeKind.PERSON, now, f"{role} {email.rpartition('@')[2]}")
    details = [Detail("role", after=role), Detail("email", after=short(email))]
    record = changes.new(account.id, ChangeKind.PERSON_ADDED, now, by, about=name, details=details)
    if email == account.email or not people.add(person, notice, record):
        raise RequestError(_TAKEN, field="email")
    if sign_ups.count_mail(email, now):
        mail.send(email, _invitation(account, name))
    return person


def remove(account: Account, person: Person, now: datetime, by: Actor) -> None:
    """Remove a person, notify the owner, and end the person's sessions."""
    remover = people.address_of(account, by.who)
    notice = owner_notices.new(account.id, NoticeKind.PERSON_REMOVED, now, f"{person.email} {remover}".rstrip())
    details = [Detail("role", person.role), Detail("email", short(person.email))]
    record = changes.new(account.id, ChangeKind.PERSON_REMOVED, now, by, about=person.name, details=details)
    people.remove(person, notice, record)
    sessions.end_of_person(account.id, person.id, now)
    reply_notices.forget(account.id, person.id)
    teamwork.unassign(account.id, person.id)


def _invitation(account: Account, name: str) -> MailContent:
    return MailContent(
        subject="Your studio has added you to Longcode",
        greeted=name,
        parts=(
            f"{account.name} texts its clients with Longcode, and has added you. To read and answer the texts, open"
            " this page and enter the address to which this mail came. You then get a link that signs you in; there"
            " is no password to remember.",
        ),
        action=Action("Sign in", f"{public_url()}/hub/sign-in"),
        after=(NO_STUDIO_OF_MINE,),
        why="the owner of the studio's account has entered your address",
    )
