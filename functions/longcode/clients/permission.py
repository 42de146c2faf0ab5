"""Who last changed a client, and its Allow Text Marketing, when and by which way; and how the client agreed."""

from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct

from longcode.shown import Shown


class Via(StrEnum):
    """By which way a client was written: in the hub, over the API, with a file, or by the client on a join page."""

    HUB = "hub"
    API = "api"
    IMPORT = "import"
    JOIN_PAGE = "join_page"


class ConsentMeans(StrEnum):
    """How a client agreed to texts."""

    PAPER = "paper"
    PHONE = "phone"
    WEB_FORM = "web_form"
    IMPORT = "import"
    UNKNOWN = "unknown"


class Writer(Struct, frozen=True, kw_only=True):
    """Who writes clients: a `person` by name, software by the id of its API key, or, without both, the password.

    `file` is the name of an import's file.
    """

    via: Via
    person: str | None = None
    key: str | None = None
    file: str | None = None


class Consent(Struct, frozen=True, kw_only=True):
    """How a client agreed to texts: by which means, on which day, and who heard of it.

    `source` is the file or page that it came from; `words_version` and `words` are what a join page showed in which
    version, and what the client replied.
    """

    means: ConsentMeans
    given_on: date | None = None
    taken_by: str | None = None
    source: str | None = None
    words_version: int | None = None
    words: str = ""


class Permission(Shown, frozen=True, kw_only=True):
    """When Allow Text Marketing was last checked or unchecked, by whom, as in `Writer`, and how the client agreed.

    How the client agreed is as in `Consent`; `means` is None if it is unchecked, or was checked before that was kept.
    """

    since: datetime
    via: Via
    person: str | None = None
    key: str | None = None
    means: ConsentMeans | None = None
    given_on: date | None = None
    taken_by: str | None = None
    source: str | None = None
    words_version: int | None = None


class Change(Struct, frozen=True, kw_only=True):
    """When a client was last changed, and by whom, as in `Writer`."""

    at: datetime
    via: Via
    person: str | None = None
    key: str | None = None


def change_by(writer: Writer, at: datetime) -> Change:
    """Return what is kept of a change of a client."""
    return Change(at=at, via=writer.via, person=writer.person, key=writer.key)


def permission_by(writer: Writer, at: datetime, consent: Consent | None) -> Permission:
    """Return what is kept of a change of Allow Text Marketing; `consent` is None if it is unchecked."""
    by = Permission(since=at, via=writer.via, person=writer.person, key=writer.key)
    if consent is None:
        return by
    return Permission(
        since=by.since,
        via=by.via,
        person=by.person,
        key=by.key,
        means=consent.means,
        given_on=consent.given_on,
        taken_by=consent.taken_by,
        source=consent.source,
        words_version=consent.words_version,
    )


def unsaid(writer: Writer) -> Consent:
    """Return the consent of a client whose writer has not said how the client agreed."""
    if writer.via is Via.IMPORT:
        return Consent(means=ConsentMeans.IMPORT, source=writer.file)
    return Consent(means=ConsentMeans.UNKNOWN)
