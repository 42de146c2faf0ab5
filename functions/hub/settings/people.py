"""The page of the people who sign in by mail, and of the sessions: the owner adds and removes people."""

from accounts import invitations
from hub.site import Page, actor, form_of_owner, form_of_studio, go_to, page_of_studio, show, site
from longcode.accounts import people, sessions
from longcode.accounts.account import Account
from longcode.accounts.people import Role
from longcode.aws import clients
from longcode.changes import store as changes
from longcode.changes.change import ChangeKind, Detail
from longcode.errors import RequestError


@site.get("/hub/people")
@page_of_studio
def show_people(account: Account) -> Page:
    """Show the people and the sessions of the account."""
    return _page(account)


@site.post("/hub/people")
@form_of_owner
def add_person(account: Account, fields: dict[str, str]) -> Page:
    """Add a person, who is mailed how to sign in."""
    name, email = fields.get("name", ""), fields.get("email", "")
    role = Role.OWNER if fields.get("role") == Role.OWNER else Role.STAFF
    try:
        person = invitations.invite(account, name, email, role, clients.now(), by=actor())
    except RequestError as refusal:
        return _page(account, fields, refusal)
    return go_to(f"people?added={person.id}")


@site.post("/hub/people/<person_id>/remove")
@form_of_owner
def remove_person(account: Account, _fields: dict[str, str], person_id: str) -> Page:
    """Remove a person, and end their sessions."""
    if person := people.get(account.id, person_id):
        invitations.remove(account, person, clients.now(), actor())
    return go_to("people")


@site.post("/hub/sessions/<session_hash>/end")
@form_of_studio
def end_session(account: Account, _fields: dict[str, str], session_hash: str) -> Page:
    """End a session."""
    now = clients.now()
    if session := sessions.to_end(site.context["session"], session_hash, now):
        ended = [Detail("browser", session.browser)]
        record = changes.new(account.id, ChangeKind.SESSION_ENDED, now, actor(), about=session.name, details=ended)
        sessions.end(session, record)
    return go_to("people")


def _page(account: Account, typed: dict[str, str] | None = None, wrong: RequestError | None = None) -> Page:
    mine = site.context["session"]
    shown = sessions.of_account(account.id, clients.now())
    return show(
        "settings/people",
        account,
        wrong.status if wrong else 200,
        people=people.of_account(account),
        sessions=[one for one in shown if mine.may_end(one.person)],
        typed=typed or {},
        wrong=wrong,
        now=clients.now(),
        added="added" in (site.current_event.query_string_parameters or {}) and wrong is None,
    )
