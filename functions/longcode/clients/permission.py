"""Who last changed a client, and its Allow Text Marketing, when, and by which way."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from longcode.shown import Shown


class Via(StrEnum):
    """By which way a client was written: in the hub, over the API, or with a file, which either of them can take."""

    HUB = "hub"
    API = "api"
    IMPORT = "import"


class Writer(Struct, frozen=True, kw_only=True):
    """Who writes clients: a `person` by name, software by the id of its API key, or, without both, the password."""

    via: Via
    person: str | None = None
    key: str | None = None


class Permission(Shown, frozen=True, kw_only=True):
    """When Allow Text Marketing was last checked or unchecked, and by whom, as in `Writer`."""

    since: datetime
    via: Via
    person: str | None = None
    key: str | None = None


class Change(Struct, frozen=True, kw_only=True):
    """When a client was last changed, and by whom, as in `Writer`."""

    at: datetime
    via: Via
    person: str | None = None
    key: str | None = None


def change_by(writer: Writer, at: datetime) -> Change:
    """Return what is kept of a change of a client."""
    return Change(at=at, via=writer.via, person=writer.person, key=writer.key)


def permission_by(writer: Writer, at: datetime) -> Permission:
    """Return what is kept of a change of Allow Text Marketing."""
    return Permission(since=at, via=writer.via, person=writer.person, key=writer.key)
