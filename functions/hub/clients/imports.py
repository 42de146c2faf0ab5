"""The pages of an import: choose a file, see what it would do, write it with its progress, mend what is left."""

import re
from datetime import datetime
from functools import partial
from urllib.parse import quote
from uuid import uuid4

from clients import kept_imports
from hub import form_data, page, words
from hub.site import Page, actor, file_of_form, form_of_studio, go_to, name_of_person, page_of_studio, show, site
from longcode.accounts.account import Account
from longcode.aws import clients as aws_clients
from longcode.clients import imports
from longcode.clients.imports import KeptImport, Phase
from longcode.clients.permission import Via, Writer
from longcode.clients.rows import EmptyCells, columns_of
from longcode.clients.spreadsheet import HOW_TO_SAVE, IN_UTF_8
from longcode.clients.words import one_line
from longcode.errors import NotFound, RequestError

_MOST_SHOWN = 100  # rows of a report; the file with them has all
_LONGEST_NAME = 100
_SAMPLE = """id,first_name,last_name,phone,sms,phone_2,sms_2,allow_text_marketing,tags,status,time_zone
1001,Zoë,Müller,(212) 555-0123,yes,,,yes,wedding; 2027,active,America/New_York
1002,Ann,Lee,(310) 555-0177,yes,(310) 555-0178,no,no,newborn,active,
"""


@site.get("/hub/clients/import")
@page_of_studio
def ask_for_file(account: Account) -> Page:
    """Ask for a file, and show the imports of the last day."""
    return _form(account)


@site.post("/hub/clients/import")
@form_of_studio
def take_file(account: Account, fields: dict[str, str]) -> Page:
    """Keep and check a file; if it cannot be read, show why beside the form."""
    now, sent = aws_clients.now(), file_of_form("file")
    if sent is None or not sent.content:
        return _form(account, fields, RequestError("Choose a file with clients first.", field="body"))
    kept = KeptImport(
        account=account.id,
        id=form_data.key(fields),
        name=one_line(sent.name)[:_LONGEST_NAME] or "clients.csv",
        size=len(sent.content),
        at=now,
        since=now,
        rows=0,
        empty_cells=EmptyCells.CLEAR if fields.get("empty_cells") == EmptyCells.CLEAR else EmptyCells.KEEP,
        by=name_of_person(),
    )
    try:
        kept_imports.begin(kept, account, sent.content, _writer(kept))
    except RequestError as refusal:
        return _form(account, fields, refusal)
    return go_to(f"clients/import/{kept.id}")


@site.get("/hub/clients/import/sample.csv")
@page_of_studio
def show_sample(account: Account) -> Page:
    """Return a file as an import takes it, with the columns of the studio's own fields."""
    heading, *rows = _SAMPLE.splitlines()
    lines = [",".join((heading, *account.client_fields)), *(row + "," * len(account.client_fields) for row in rows)]
    return page.download("\ufeff" + "".join(f"{line}\n" for line in lines), "sample.csv")


@site.get("/hub/clients/import/<import_id>")
@page_of_studio
def show_import(account: Account, import_id: str) -> Page:
    """Show how far an import is, and what it found."""
    kept, now = _existing(account, import_id), aws_clients.now()
    report = imports.report(kept) if kept.phase in (Phase.CHECKED, Phase.DONE) else []
    rows = [
        {
            "line": found["line"],
            "id": found["id"],
            "refused": found["status"] == "refused",
            "said": kept_imports.problems(found),
        }
        for found in sorted(report, key=lambda found: (found["status"] != "refused", found["row"]))
    ]
    return show(
        "clients/import",
        account,
        kept=kept,
        left=_left(kept, now),
        found=rows[:_MOST_SHOWN],
        more=max(0, len(rows) - _MOST_SHOWN),
    )


@site.post("/hub/clients/import/<import_id>")
@form_of_studio
def go_on(account: Account, fields: dict[str, str], import_id: str) -> Page:
    """Go on with an import for some seconds; `do` is "import" if a person has decided to write its rows."""
    kept, now = _existing(account, import_id), aws_clients.now()
    if fields.get("do") == "import":
        kept = kept_imports.begin_writing(kept, now, actor())
    kept_imports.step(kept, account, _writer(kept), now)
    return go_to(f"clients/import/{import_id}")


@site.post("/hub/clients/import/<import_id>/discard")
@form_of_studio
def discard(account: Account, _fields: dict[str, str], import_id: str) -> Page:
    """Delete an import and its file; the rows that are written stay."""
    imports.discard(account.id, _existing(account, import_id).id)
    return go_to("clients/import")


@site.get("/hub/clients/import/<import_id>/problems.csv")
@page_of_studio
def show_refused_rows(account: Account, import_id: str) -> Page:
    """Return the rows that were refused, each with what is wrong, so that they can be corrected and imported."""
    kept = _existing(account, import_id)
    name = re.sub(r"[^\w .-]", "", quote(kept.name.rpartition(".")[0] or kept.name, safe=" "))
    rows = kept_imports.refused_rows(kept, partial(columns_of, own=account.client_fields))
    return page.download(rows, f"{name or 'clients'} problems.csv")


def _writer(kept: KeptImport) -> Writer:
    return Writer(via=Via.IMPORT, person=name_of_person(), file=kept.name)


def _existing(account: Account, import_id: str) -> KeptImport:
    kept = imports.get(account.id, import_id, aws_clients.now()) if form_data.ID.fullmatch(import_id) else None
    if kept is None or kept.of != "clients":
        raise NotFound("There is no such import. A file is kept for a day; choose it again.")
    return kept


def _left(kept: KeptImport, now: datetime) -> str:
    """Return about how long the phase still takes, "" before that can be said."""
    passed = (now - kept.since).total_seconds()
    if not kept.done or not passed:
        return ""
    minutes = round(passed * (kept.rows - kept.done) / kept.done / 60)
    return f"about {words.counted(minutes, 'minute')} left" if minutes else "less than a minute left"


def _form(account: Account, typed: dict[str, str] | None = None, wrong: RequestError | None = None) -> Page:
    query = site.current_event.query_string_parameters or {}
    return show(
        "clients/import_file",
        account,
        wrong.status if wrong else 200,
        key=uuid4().hex,
        typed=typed or query,
        lost="empty_cells" in query,
        wrong=wrong.detail.replace(HOW_TO_SAVE, f"{IN_UTF_8}.") if wrong else "",
        lately=imports.of_account(account.id, aws_clients.now(), "clients"),
        now=aws_clients.now(),
        most_rows=kept_imports.MOST_ROWS,
        most_bytes=kept_imports.MOST_BYTES,
    )
