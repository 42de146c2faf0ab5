"""The pages of a file that is imported in steps: choose it, see what it would do, write it, mend what is left."""

import re
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from msgspec import Struct

from clients import kept_imports
from hub import form_data, page, words
from hub.site import Page, actor, file_of_form, form_of_studio, go_to, name_of_person, page_of_studio, show, site
from longcode.accounts.account import Account
from longcode.aws import clients as aws_clients
from longcode.billing.sheet import MARK
from longcode.clients import imports
from longcode.clients.imports import KeptImport, Phase
from longcode.clients.permission import Via, Writer
from longcode.clients.rows import EmptyCells
from longcode.clients.spreadsheet import HOW_TO_SAVE, IN_UTF_8
from longcode.clients.words import one_line
from longcode.errors import NotFound, RequestError

Views = dict[str, Callable[..., Page]]

_MOST_SHOWN = 100  # rows of a report; the file with them has all
_LONGEST_NAME = 100


class FileKind(Struct, frozen=True, kw_only=True):
    """A kind of file that people import. Its pages are below /hub/ at `path`.

    - `of` is the kind as imports keep it, and the name of a file that has none.
    - `form` and `report` are the templates of the pages.
    - `run` checks and writes rows, `columns` reads a file as `kept_imports.refused_rows` takes it.
    - `sample` is an example of a file.
    """

    path: str
    of: str
    form: str
    report: str
    most_rows: int
    run: Callable[..., dict[str, Any]]
    columns: Callable[[Account, str], tuple[list[str], list[list[str]]]]
    sample: Callable[[Account], str]


def add_pages(kind: FileKind) -> None:
    """Add the pages of a kind of file to the site."""
    one = "/<import_id>"
    pages: Views = {"": _ask, "/sample.csv": _sample, one: _report, f"{one}/problems.csv": _refused_rows}
    forms: Views = {"": _take, one: _go_on, f"{one}/discard": _discard}
    for end, view in pages.items():
        site.get(f"/hub/{kind.path}{end}")(page_of_studio(partial(view, kind)))
    for end, act in forms.items():
        site.post(f"/hub/{kind.path}{end}")(form_of_studio(partial(act, kind)))


def _ask(kind: FileKind, account: Account) -> Page:
    """Ask for a file, and show the imports of the last day."""
    return _form(kind, account, {})


def _take(kind: FileKind, account: Account, fields: dict[str, str]) -> Page:
    """Keep and check a file; if it cannot be read, show why beside the form."""
    now, sent = aws_clients.now(), file_of_form("file")
    if sent is None or not sent.content:
        return _form(kind, account, fields, RequestError("Choose a file first.", field="body"))
    kept = KeptImport(
        account=account.id,
        id=form_data.key(fields),
        name=one_line(sent.name)[:_LONGEST_NAME] or f"{kind.of}.csv",
        size=len(sent.content),
        at=now,
        since=now,
        rows=0,
        empty_cells=EmptyCells.CLEAR if fields.get("empty_cells") == EmptyCells.CLEAR else EmptyCells.KEEP,
        by=name_of_person(),
        of=kind.of,
    )
    try:
        kept_imports.begin(kept, account, sent.content, _writer(kept), run=kind.run)
    except RequestError as refusal:
        return _form(kind, account, fields, refusal)
    return go_to(f"{kind.path}/{kept.id}")


def _sample(kind: FileKind, account: Account) -> Page:
    """Return an example of a file."""
    return page.download(f"{MARK}{kind.sample(account)}", "sample.csv")


def _report(kind: FileKind, account: Account, import_id: str) -> Page:
    """Show how far an import is, and what it found: what was refused first."""
    kept, now = _existing(kind, account, import_id), aws_clients.now()
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
        kind.report,
        account,
        kept=kept,
        left=_left(kept, now),
        found=rows[:_MOST_SHOWN],
        more=max(0, len(rows) - _MOST_SHOWN),
    )


def _go_on(kind: FileKind, account: Account, fields: dict[str, str], import_id: str) -> Page:
    """Go on with an import for some seconds; `do` is "import" if a person has decided to write its rows."""
    kept, now = _existing(kind, account, import_id), aws_clients.now()
    if fields.get("do") == "import":
        kept = kept_imports.begin_writing(kept, now, actor())
    kept_imports.step(kept, account, _writer(kept), now, run=kind.run)
    return go_to(f"{kind.path}/{import_id}")


def _discard(kind: FileKind, account: Account, _fields: dict[str, str], import_id: str) -> Page:
    """Delete an import and its file; the rows that are written stay."""
    imports.discard(account.id, _existing(kind, account, import_id).id)
    return go_to(kind.path)


def _refused_rows(kind: FileKind, account: Account, import_id: str) -> Page:
    """Return the rows that were refused, each with what is wrong, so that they can be corrected and imported."""
    kept = _existing(kind, account, import_id)
    name = re.sub(r"[^\w .-]", "", quote(kept.name.rpartition(".")[0] or kept.name, safe=" "))
    rows = kept_imports.refused_rows(kept, partial(kind.columns, account))
    return page.download(rows, f"{name or kind.of} problems.csv")


def _writer(kept: KeptImport) -> Writer:
    return Writer(via=Via.IMPORT, person=name_of_person(), file=kept.name)


def _existing(kind: FileKind, account: Account, import_id: str) -> KeptImport:
    kept = imports.get(account.id, import_id, aws_clients.now()) if form_data.ID.fullmatch(import_id) else None
    if kept is None or kept.of != kind.of:
        raise NotFound("There is no such file. A file is kept for a day; please choose it again.")
    return kept


def _left(kept: KeptImport, now: datetime) -> str:
    """Return about how long the phase still takes, "" before that can be said."""
    passed = (now - kept.since).total_seconds()
    if not kept.done or not passed:
        return ""
    minutes = round(passed * (kept.rows - kept.done) / kept.done / 60)
    return f"about {words.counted(minutes, 'minute')} left" if minutes else "less than a minute left"


def _form(kind: FileKind, account: Account, typed: dict[str, str], wrong: RequestError | None = None) -> Page:
    query, now = site.current_event.query_string_parameters or {}, aws_clients.now()
    return show(
        kind.form,
        account,
        wrong.status if wrong else 200,
        key=uuid4().hex,
        typed=typed or query,
        lost="empty_cells" in query,
        wrong=wrong.detail.replace(HOW_TO_SAVE, f"{IN_UTF_8}.") if wrong else "",
        lately=imports.of_account(account.id, now, kind.of),
        now=now,
        most_rows=kind.most_rows,
        most_bytes=kept_imports.MOST_BYTES,
    )
