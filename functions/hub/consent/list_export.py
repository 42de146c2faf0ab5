"""The studio's list of opt-outs as CSV files, which an import reads again."""

from collections.abc import Iterator

from hub import page, words
from hub.consent import wording
from hub.site import Page, page_of_studio, show, site, taken_out
from longcode.accounts.account import Account
from longcode.billing.sheet import csv_text
from longcode.clients import store as client_store
from longcode.months import local_day, time_zone
from longcode.optouts import listed
from longcode.optouts.store import ListedOptOut
from optout import list_import

ROWS_IN_A_FILE = 5_000
_FIRST = "0"  # sorts before every place
_IN_A_CALL = 500
_MOST_DIGITS = 6


@site.get("/hub/opt-outs/export/opt-outs.csv")
@page_of_studio
def show_file(account: Account) -> Page:
    """Return the studio's list as a CSV file; a long one is several files."""
    query = site.current_event.query_string_parameters or {}
    since, count = query.get("since", ""), query.get("count", "")
    if not since:
        parts = listed.begins_of_parts(account.id, ROWS_IN_A_FILE)
        return _parts(account, parts) if len(parts) > 1 else _file_or_parts(account, _FIRST, ROWS_IN_A_FILE)
    rows = int(count) if count.isascii() and count.isdecimal() and len(count) <= _MOST_DIGITS else ROWS_IN_A_FILE
    return _file_or_parts(account, since, min(rows, ROWS_IN_A_FILE))


def rows(account: Account) -> Iterator[list[str]]:
    """Yield the whole list with its headings, the oldest opt-out first."""
    yield [*list_import.COLUMNS, *list_import.FOR_READING]
    place: str | None = _FIRST
    while place is not None:
        found, place = _rows(account, place, _IN_A_CALL)
        yield from found


def _file_or_parts(account: Account, since: str, count: int) -> Page:
    """Return a file of the list, or the page with its parts if it is too large for a response."""
    listed_rows, parts = [[*list_import.COLUMNS, *list_import.FOR_READING]], []
    place: str | None = since
    for first in range(0, count, _IN_A_CALL):
        if place is None:
            break
        parts.append((place, min(_IN_A_CALL, count - first)))
        found, place = _rows(account, *parts[-1])
        listed_rows += found
    text = csv_text(listed_rows)
    if page.fits(text) or len(parts) == 1:
        return taken_out(account, "opt-outs.csv", page.download(text, "opt-outs.csv"))
    return _parts(account, parts)


def _rows(account: Account, since: str, limit: int) -> tuple[list[list[str]], str | None]:
    """Return the rows of some phones from a place on, and the place of the next one."""
    entries, following = listed.part(account.id, account.number_since, limit=limit, since=since)
    people = client_store.of_phones(account.id, [entry.phone for entry in entries])
    found = [_row(account, entry, words.who(entry.phone, people[entry.phone], account)) for entry in entries]
    return found, following


def _parts(account: Account, parts: list[tuple[str, int]]) -> Page:
    file = "opt-outs/export/opt-outs.csv"
    return show("settings/parts", account, of="opt-outs", title="Opt-outs", one="phone", file=file, parts=parts)


def _row(account: Account, entry: ListedOptOut, who: str) -> list[str]:
    day = entry.asked_on or local_day(entry.since, time_zone(account.time_zone))
    said = entry.words if entry.means in wording.WITH_WORDS else ""
    return [entry.phone, f"{day}", wording.means(entry), who, said, wording.over(entry, account), entry.by or ""]
