"""Import a list of opt-outs from another service, checked before it is written, and export the studio's own."""

from uuid import uuid4

from clients import kept_imports
from hub import form_data, page, words
from hub.consent import wording
from hub.site import Page, file_of_form, form_of_studio, go_to, name_of_person, page_of_studio, show, site
from longcode.accounts.account import Account
from longcode.aws import clients as aws_clients
from longcode.billing.sheet import MARK, csv_text
from longcode.clients import imports
from longcode.clients import store as client_store
from longcode.clients.imports import KeptImport, Phase
from longcode.clients.permission import Via, Writer
from longcode.clients.words import one_line
from longcode.errors import NotFound, RequestError
from longcode.months import local_day, time_zone
from longcode.optouts import listed
from longcode.optouts.store import ListedOptOut
from optout import list_import

_OF = "opt-outs"
_MOST_SHOWN = 100
_LONGEST_NAME = 100
ROWS_IN_A_FILE = 5_000
_FIRST = "0"  # sorts before every place
_IN_A_CALL = 500
_MOST_DIGITS = 6
_SAMPLE = "phone,date,means\n(212) 555-0123,2026-11-03,texted STOP\n(310) 555-0177,2026-10-12,e-mail\n"


@site.get("/hub/opt-outs/import")
@page_of_studio
def ask_for_list(account: Account) -> Page:
    """Ask for a list, and show those of the last day."""
    return _form(account)


@site.post("/hub/opt-outs/import")
@form_of_studio
def take_list(account: Account, fields: dict[str, str]) -> Page:
    """Keep and check a list; if it cannot be read, show why beside the form."""
    now, sent = aws_clients.now(), file_of_form("file")
    if sent is None or not sent.content:
        return _form(account, RequestError("Choose a file with numbers first.", field="body"))
    kept = KeptImport(
        account=account.id,
        id=form_data.key(fields),
        name=one_line(sent.name)[:_LONGEST_NAME] or "opt-outs.csv",
        size=len(sent.content),
        at=now,
        since=now,
        rows=0,
        by=name_of_person(),
        of=_OF,
    )
    try:
        kept_imports.begin(kept, account, sent.content, _writer(), run=list_import.run)
    except RequestError as refusal:
        return _form(account, refusal)
    return go_to(f"opt-outs/import/{kept.id}")


@site.get("/hub/opt-outs/import/sample.csv")
@page_of_studio
def show_sample(_account: Account) -> Page:
    """Return an example of a list."""
    return page.download(f"{MARK}{_SAMPLE}", "sample.csv")


@site.get("/hub/opt-outs/import/<list_id>")
@page_of_studio
def show_list(account: Account, list_id: str) -> Page:
    """Show how far a list is, and what is wrong in it."""
    kept = _existing(account, list_id)
    report = imports.report(kept) if kept.phase in (Phase.CHECKED, Phase.DONE) else []
    found = [{"line": one["line"], "id": one["id"], "said": kept_imports.problems(one)} for one in report]
    return show(
        "consent/list",
        account,
        kept=kept,
        found=found[:_MOST_SHOWN],
        more=max(0, len(found) - _MOST_SHOWN),
    )


@site.post("/hub/opt-outs/import/<list_id>")
@form_of_studio
def go_on(account: Account, fields: dict[str, str], list_id: str) -> Page:
    """Go on with a list for some seconds; `do` is "import" if a person has decided to record it."""
    kept, now = _existing(account, list_id), aws_clients.now()
    if fields.get("do") == "import":
        kept = kept_imports.begin_writing(kept, now)
    kept_imports.step(kept, account, _writer(), now, run=list_import.run)
    return go_to(f"opt-outs/import/{list_id}")


@site.post("/hub/opt-outs/import/<list_id>/discard")
@form_of_studio
def discard(account: Account, _fields: dict[str, str], list_id: str) -> Page:
    """Delete a list; what is recorded stays."""
    imports.discard(account.id, _existing(account, list_id).id)
    return go_to("opt-outs/import")


@site.get("/hub/opt-outs/import/<list_id>/problems.csv")
@page_of_studio
def show_problems(account: Account, list_id: str) -> Page:
    """Return the rows that were refused, each with what is wrong."""
    kept = _existing(account, list_id)
    return page.download(kept_imports.refused_rows(kept, list_import.columns_of), "opt-outs problems.csv")


@site.get("/hub/opt-outs/export/opt-outs.csv")
@page_of_studio
def show_file(account: Account) -> Page:
    """Return the studio's list as a CSV file, which can be imported again; a long one is several files."""
    query = site.current_event.query_string_parameters or {}
    since, count = query.get("since", ""), query.get("count", "")
    if not since:
        parts = listed.begins_of_parts(account.id, ROWS_IN_A_FILE)
        return _parts(account, parts) if len(parts) > 1 else _file_or_parts(account, _FIRST, ROWS_IN_A_FILE)
    rows = int(count) if count.isascii() and count.isdecimal() and len(count) <= _MOST_DIGITS else ROWS_IN_A_FILE
    return _file_or_parts(account, since, min(rows, ROWS_IN_A_FILE))


def _file_or_parts(account: Account, since: str, count: int) -> Page:
    """Return a file of the list, or the page with its parts if it is too large for a response."""
    rows, parts = [[*list_import.COLUMNS, *list_import.FOR_READING]], []
    place: str | None = since
    for first in range(0, count, _IN_A_CALL):
        if place is None:
            break
        parts.append((place, min(_IN_A_CALL, count - first)))
        entries, place = listed.part(account.id, account.number_since, limit=parts[-1][1], since=place)
        people = client_store.of_phones(account.id, [entry.phone for entry in entries])
        rows += [_row(account, entry, words.who(entry.phone, people[entry.phone], account)) for entry in entries]
    text = csv_text(rows)
    return page.download(text, "opt-outs.csv") if page.fits(text) or len(parts) == 1 else _parts(account, parts)


def _parts(account: Account, parts: list[tuple[str, int]]) -> Page:
    file = "opt-outs/export/opt-outs.csv"
    return show("settings/parts", account, of="opt-outs", title="Opt-outs", one="phone", file=file, parts=parts)


def _row(account: Account, entry: ListedOptOut, who: str) -> list[str]:
    day = entry.asked_on or local_day(entry.since, time_zone(account.time_zone))
    said = entry.words if entry.means in wording.WITH_WORDS else ""
    return [entry.phone, f"{day}", wording.means(entry), who, said, wording.over(entry, account), entry.by or ""]


def _writer() -> Writer:
    return Writer(via=Via.IMPORT, person=name_of_person())


def _existing(account: Account, list_id: str) -> KeptImport:
    kept = imports.get(account.id, list_id, aws_clients.now()) if form_data.ID.fullmatch(list_id) else None
    if kept is None or kept.of != _OF:
        raise NotFound("There is no such list. A file is kept for a day; please choose it again.")
    return kept


def _form(account: Account, wrong: RequestError | None = None) -> Page:
    now = aws_clients.now()
    return show(
        "consent/list_file",
        account,
        wrong.status if wrong else 200,
        key=uuid4().hex,
        wrong=wrong,
        lately=imports.of_account(account.id, now, _OF),
        now=now,
        most_rows=list_import.MOST_ROWS,
        most_bytes=kept_imports.MOST_BYTES,
    )
