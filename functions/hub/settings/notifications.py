"""The page on which each person chooses how they are told of replies by mail."""

from typing import Any

from hub.site import Page, form_of_studio, go_to, page_of_studio, show, site
from longcode.accounts import people
from longcode.accounts.account import Account
from longcode.aws import clients
from longcode.errors import RequestError
from longcode.messages import reply_notices

_NEVER = "never"
_CHOICES = {
    "0": "at once",
    "5": "if nobody has read it after 5 minutes",
    "15": "if nobody has read it after 15 minutes",
    "60": "if nobody has read it after an hour",
    _NEVER: "not at all",
}
_NO_CHOICE = "Choose one of these."


@site.get("/hub/notifications")
@page_of_studio
def show_notifications(account: Account) -> Page:
    """Show how the person who is signed in is told of replies."""
    chosen = reply_notices.of_person(account.id, _person())
    tell = str(chosen.delay_minutes) if chosen.wanted else _NEVER
    return _page(account, tell, quiet=chosen.quiet_at_night)


@site.post("/hub/notifications")
@form_of_studio
def change_notifications(account: Account, fields: dict[str, str]) -> Page:
    """Change how the person who is signed in is told of replies."""
    tell, quiet = fields.get("tell", ""), "quiet" in fields
    if tell not in _CHOICES:
        return _page(account, tell, quiet=quiet, wrong=RequestError(_NO_CHOICE, field="tell"))
    reply_notices.choose(
        account.id,
        _person(),
        wanted=tell != _NEVER,
        delay_minutes=0 if tell == _NEVER else int(tell),
        quiet_at_night=quiet,
        now=clients.now(),
    )
    return go_to("notifications?saved=1")


def _person() -> str:
    """Return who is signed in; with the account's password, that is the owner."""
    return site.context["session"].person or people.OWNER


def _page(account: Account, tell: str, *, quiet: bool, wrong: RequestError | None = None) -> Page:
    values: dict[str, Any] = {"choices": _CHOICES, "tell": tell, "quiet": quiet, "wrong": wrong}
    mine = next((one for one in people.of_account(account) if one.id == _person()), people.owner_of(account))
    begins, ends = reply_notices.NIGHT_BEGINS, reply_notices.NIGHT_ENDS
    saved = "saved" in (site.current_event.query_string_parameters or {}) and wrong is None
    night = f"from {begins:%H:%M} to {ends:%H:%M}"
    status = wrong.status if wrong else 200
    return show("settings/notifications", account, status, email=mine.email, night=night, saved=saved, **values)
