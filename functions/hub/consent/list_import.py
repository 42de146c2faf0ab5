"""Import a list of opt-outs from another service, checked before it is written."""

from uuid import uuid4

from clients import kept_imports
from hub import form_data, page
from hub.site import Page, actor, file_of_form, form_of_studio, go_to, name_of_person, page_of_studio, show, site
from longcode.accounts.account import Account
from longcode.aws import clients as aws_clients
from longcode.billing.sheet import MARK
from longcode.clients import imports
from longcode.clients.imports import KeptImport, Phase
from longcode.clients.permission import Via, Writer
from longcode.clients.words import one_line
from longcode.errors import NotFound, RequestError
from optout import list_import

_OF = "opt-outs"
_MOST_SHOWN = 100
_LONGEST_NAME = 100
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
        kept = kept_imports.begin_writing(kept, now, actor())
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
