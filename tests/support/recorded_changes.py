"""Reads the record of changes; the browser of a person who makes some."""

from datetime import timedelta
from typing import Any

from longcode.accounts import people, sessions
from longcode.accounts.account import Account
from longcode.accounts.people import Person, Role
from longcode.aws import clients
from longcode.changes import store as changes
from longcode.changes.change import RecordedChange, Span
from tests.support.browser import Browser
from tests.support.fakes import NOW


def recorded(account: str = "10000001") -> list[RecordedChange]:
    found, _ = changes.of_account(account, Span(limit=200), clients.now() + timedelta(minutes=1))
    return found


def summary(account: str = "10000001") -> list[tuple[Any, ...]]:
    """Return each change, the oldest first: kind, about, and the details with their values."""
    return [
        (change.kind.value, change.about, *((each.name, each.before, each.after) for each in change.details))
        for change in reversed(recorded(account))
    ]


def of_person(account: Account, role: Role = Role.OWNER, name: str = "Ann Lee") -> Browser:
    """Return the browser of a person who has signed in by mail."""
    person = Person(
        account=account.id, id=f"id-{role}", name=name, email=f"{role}@x.example", role=role, added_at=NOW
    )
    people.add(person)
    return Browser({"session": sessions.begin(account.id, "Firefox on Mac", clients.now(), person)})


def set_general(browser: Browser, **fields: str) -> None:
    page = browser.get("account")
    given = {name: value for name, value in page.fields.items() if name not in ("email", "account")} | fields
    assert browser.post("account", **given).path == "account"
