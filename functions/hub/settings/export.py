"""The page from which the owner takes all data of the studio, as one ZIP or as single CSV files."""

from datetime import datetime

from hub import page
from hub.settings import archive
from hub.settings.files import FILES, MESSAGES_IN_A_FILE, message_rows, sheet
from hub.site import Page, notice, page_of_owner, show, site, taken_out
from longcode.accounts.account import Account
from longcode.aws import clients
from longcode.errors import NotFound
from longcode.messages import retentions

_MOST_DIGITS = 6
_LONGEST_PLACE = 200
_NO_FILE = "There is no such file."
_TOO_MUCH = "Your studio has more data than one file can hold. The page Export has all of it in single files."
_TOO_LARGE = "This file is larger than what can be sent at once, even as a ZIP. Ask us, and we bring it to you."


@site.get("/hub/export")
@page_of_owner
def show_files(account: Account) -> Page:
    """Show the files that the data fills."""
    messages = retentions.begins_of_parts(account.id, account.created_at, clients.now(), MESSAGES_IN_A_FILE)
    return show(
        "settings/export",
        account,
        messages=[(since, count, since.partition("T")[0]) for since, count in messages],
        is_one_file=sum(count for _, count in messages) <= archive.MOST_MESSAGES,
        files={name: title for name, (title, _) in FILES.items()},
    )


@site.get("/hub/export/messages.csv")
@page_of_owner
def show_messages_file(account: Account) -> Page:
    """Return a file of messages."""
    query = site.current_event.query_string_parameters or {}
    since, count = query.get("since", ""), query.get("count", "")
    is_number = count.isascii() and count.isdigit() and len(count) <= _MOST_DIGITS
    if not is_number or not 0 < int(count) <= MESSAGES_IN_A_FILE or not 0 < len(since) <= _LONGEST_PLACE:
        raise NotFound(_NO_FILE)
    now = clients.now()
    return _file_or_halves(account, since, int(count), now)


@site.get("/hub/export/everything.zip")
@page_of_owner
def show_everything(account: Account) -> Page:
    """Return all data in one ZIP."""
    return _archive(account, "everything.zip", whole=True)


@site.get("/hub/export/all-else.zip")
@page_of_owner
def show_all_else(account: Account) -> Page:
    """Return all data but messages, clients and their consents in one ZIP."""
    return _archive(account, "all-else.zip", whole=False)


def _archive(account: Account, name: str, *, whole: bool) -> Page:
    try:
        file = page.archive(archive.of(account, clients.now(), whole=whole), name)
    except archive.TooMuch:
        return notice("Too much for one file", _TOO_MUCH, 413, go_on="export")
    return taken_out(account, name, file)


def _file_or_halves(account: Account, since: str, count: int, now: datetime) -> Page:
    """Return a file of messages, or the page with its halves if it is too large for a response."""
    text = sheet(message_rows(account, since, count, now))
    if count == 1 or page.fits(text):
        return taken_out(account, "messages.csv", page.download(text, "messages.csv"))
    half = count // 2
    _, middle = retentions.messages_before(account.id, since, now, half)
    parts = [(since, half), *([(middle, count - half)] if middle else [])]
    return show(
        "settings/parts",
        account,
        of="export",
        title="Messages",
        one="message",
        file="export/messages.csv",
        parts=parts,
    )


@site.get("/hub/export/data.csv")
@page_of_owner
def show_other_file(account: Account) -> Page:
    """Return one of the other files, as a ZIP if it is too large for a response."""
    name = (site.current_event.query_string_parameters or {}).get("of", "")
    if name not in FILES:
        raise NotFound(_NO_FILE)
    now, (_, rows) = clients.now(), FILES[name]
    try:
        file = archive.one(account, name, rows(account, now), now)
    except archive.TooMuch:
        return notice("Too much for one file", _TOO_LARGE, 413, go_on="export")
    if isinstance(file, bytes):
        return taken_out(account, f"{name}.zip", page.archive(file, f"{name}.zip"))
    return taken_out(account, f"{name}.csv", page.download(file, f"{name}.csv"))
