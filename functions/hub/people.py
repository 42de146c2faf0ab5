"""The page of the people who sign in by mail, and of the sessions: the owner adds and removes people."""

import re
from uuid import uuid4

from hub.site import Page, form_of_owner, form_of_studio, go_to, page_of_studio, show, site
from longcode.accounts import owner_notices, people, sessions, sign_ups
from longcode.accounts.account import Account, NoticeKind
from longcode.accounts.names import MAIL_ADDRESS, NO_MAIL_ADDRESS
from longcode.accounts.people import Person, Role
from longcode.aws import clients, mail
from longcode.aws.parameters import public_url
from longcode.clients.words import one_line
from longcode.errors import RequestError
from longcode.mails.content import NO_STUDIO_OF_MINE, Action, MailContent
from longcode.messages import reply_notices

_LONGEST = 100
_NO_NAME = "Write the person's name, in at most 100 characters."
_TAKEN = "Somebody has this address already."
_TOO_MANY = f"An account has at most {people.MOST_PEOPLE} people besides the owner."
_WAIT = "You have added many people within the hour. Please add the next in an hour."


@site.get("/hub/people")
@page_of_studio
def show_people(account: Account) -> Page:
    """Show the people and the sessions of the account."""
    return _page(account)


@site.post("/hub/people")
@form_of_owner
def add_person(account: Account, fields: dict[str, str]) -> Page:
    """Add a person, and mail them how to sign in, unless their address had several such mails in the hour."""
    name, email = one_line(fields.get("name", "")), fields.get("email", "").strip().casefold()
    try:
        person = _person(account, name, email, fields.get("role", ""))
    except RequestError as refusal:
        return _page(account, fields, refusal)
    if sign_ups.count_mail(email, clients.now()):  # they can ask for a link on the page of the sign-in anyway
        mail.send(email, _invitation(account, name))
    return go_to(f"people?added={person.id}")


@site.post("/hub/people/<person_id>/remove")
@form_of_owner
def remove_person(account: Account, _fields: dict[str, str], person_id: str) -> Page:
    """Remove a person, and end their sessions."""
    if person := people.get(account.id, person_id):
        people.remove(person)
        sessions.end_of_person(account.id, person.id, clients.now())
        reply_notices.forget(account.id, person.id)
    return go_to("people")


@site.post("/hub/sessions/<session_hash>/end")
@form_of_studio
def end_session(account: Account, _fields: dict[str, str], session_hash: str) -> Page:
    """End a session: staff their own, the owner any."""
    mine = site.context["session"]
    for session in sessions.of_account(account.id, clients.now()):
        if session.hash == session_hash and (mine.role is Role.OWNER or session.person == mine.person):
            sessions.end(session)
    return go_to("people")


def _person(account: Account, name: str, email: str, role: str) -> Person:
    """Store and return a new person; raise `RequestError` if that is not possible."""
    if not name or len(name) > _LONGEST:
        raise RequestError(_NO_NAME, field="name")
    if not re.fullmatch(MAIL_ADDRESS, email):
        raise RequestError(NO_MAIL_ADDRESS, field="email")
    if len(people.of_account(account)) > people.MOST_PEOPLE:
        raise RequestError(_TOO_MANY)
    now = clients.now()
    if not sign_ups.count_invited(account.id, now, is_new=account.trial_units_a_day is not None):
        raise RequestError(_WAIT)
    person = Person(
        account=account.id,
        id=uuid4().hex,
        name=name,
        email=email,
        role=Role.OWNER if role == Role.OWNER else Role.STAFF,
        added_at=now,
    )
    told = owner_notices.new(account.id, NoticeKind.PERSON, now, f"{person.role} {email.rpartition('@')[2]}")
    if email == account.email or not people.add(person, told):
        raise RequestError(_TAKEN, field="email")
    return person


def _page(account: Account, typed: dict[str, str] | None = None, wrong: RequestError | None = None) -> Page:
    mine = site.context["session"]
    shown = sessions.of_account(account.id, clients.now())
    return show(
        "people",
        account,
        wrong.status if wrong else 200,
        people=people.of_account(account),
        sessions=[one for one in shown if mine.role is Role.OWNER or one.person == mine.person],
        typed=typed or {},
        wrong=wrong,
        now=clients.now(),
        added="added" in (site.current_event.query_string_parameters or {}) and wrong is None,
    )


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
