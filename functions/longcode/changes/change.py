"""A change of an account or of the service, as it is recorded: what was changed, by whom, when and from where."""

from collections.abc import Container, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

_LONGEST_VALUE = 100
_DIGITS_SHOWN = 4


class Way(StrEnum):
    """The way on which a change came."""

    HUB = "hub"
    API = "api"
    LINK = "link"
    OPERATOR = "operator"
    SERVICE = "service"


class ChangeKind(StrEnum):
    """What was changed. An `ORDER` is one of the operator's."""

    ORDER = "order"
    SETTINGS = "settings"
    WEBHOOK_SECRET = "webhook_secret"  # noqa: S105
    PLAN = "plan"
    PASSWORD = "password"  # noqa: S105
    KEY_MADE = "key_made"
    KEY_ENDED = "key_ended"
    ADDRESS_ASKED = "address_asked"
    ADDRESS = "address"
    PERSON_ADDED = "person_added"
    PERSON_REMOVED = "person_removed"
    SESSION_ENDED = "session_ended"
    TEMPLATE_WRITTEN = "template_written"
    TEMPLATE_RENAMED = "template_renamed"
    TEMPLATE_DELETED = "template_deleted"
    TRIGGER_WRITTEN = "trigger_written"
    TRIGGER_SWITCHED = "trigger_switched"
    TRIGGER_DELETED = "trigger_deleted"
    JOIN_PAGE = "join_page"
    OPT_OUT = "opt_out"
    OPT_OUT_ANSWER = "opt_out_answer"
    IMPORT = "import"
    TAGS = "tags"
    EXPORT = "export"
    STOPPED = "stopped"
    CLOSED = "closed"


class Actor(Struct, frozen=True, kw_only=True):
    """Who makes a change, and from where.

    - `who` tells actors apart: a person of the hub or an API key by its id, or `password` for the account's password;
      else it is the `way`.
    - `name` is the person's, or that of the operator's employee, whom a studio does not see.
    - `address` is the internet address that the request came from.
    - `request` is the id of an invocation, under which a trail of AWS CloudTrail that logs it has who made it.
    """

    way: Way
    who: str
    name: str = ""
    address: str = ""
    browser: str = ""
    request: str = ""


THE_SERVICE = Actor(way=Way.SERVICE, who=Way.SERVICE)


class Detail(Struct, frozen=True):
    """A part of a change: the name of what was changed, and its values before and after where these are shown."""

    name: str
    before: str | None = None
    after: str | None = None


class RecordedChange(Struct, frozen=True, kw_only=True):
    """A change of an account, or with "" of the service. `about` is what it was made to, such as a person's name.

    One that takes several writes is `unfinished` until the last of them: if it stays so, it was made in part or not
    at all.
    """

    account: str
    id: str
    at: datetime
    kind: ChangeKind
    actor: Actor
    about: str = ""
    details: tuple[Detail, ...] = ()
    unfinished: bool = False


_SEEN_OF_ORDERS = {"reason", "units_a_day", "number", "month", "email", "on"}
"""The fields of orders that a studio sees; others name other studios, or the operator's own ids."""


def as_studio_sees(change: RecordedChange) -> RecordedChange:
    """Return a change without what a studio does not see of the operator's orders, such as who gave one."""
    if change.actor.way is not Way.OPERATOR:
        return change
    seen = tuple(detail for detail in change.details if detail.name in _SEEN_OF_ORDERS)
    return replace(change, details=seen, actor=Actor(way=Way.OPERATOR, who=Way.OPERATOR))


class Span(Struct, frozen=True, kw_only=True):
    """The part of a list of changes that is asked for: `limit` of those from `since` to before `until`.

    A part of those that match a filter looks at `look_at` changes at most.
    """

    limit: int
    cursor: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    look_at: int = 2_000


def end_of_phone(phone: str) -> str:
    """Return what the record of a change says of a client's phone: its last four digits."""
    return f"…{phone[-_DIGITS_SHOWN:]}"


def differences(before: Mapping[str, Any], after: Mapping[str, Any], unshown: Container[str] = ()) -> list[Detail]:
    """Return a detail for each value that `after` changes; the values of those in `unshown` are left out."""
    return [
        Detail(name) if name in unshown else Detail(name, short(before.get(name)), short(value))
        for name, value in after.items()
        if value != before.get(name)
    ]


def short(value: object) -> str | None:
    """Return a value as it is kept in a detail: as text, without its end if it is long; None stays None."""
    match value:
        case None:
            return None
        case bool():
            text = "on" if value else "off"
        case list() | tuple():
            text = ", ".join(map(str, value))
        case _:
            text = str(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"
