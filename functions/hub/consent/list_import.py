"""The import of a list of opt-outs from another service."""

from hub.clients import file_pages
from hub.clients.file_pages import FileKind
from optout import list_import

_SAMPLE = "phone,date,means\n(212) 555-0123,2026-11-03,texted STOP\n(310) 555-0177,2026-10-12,e-mail\n"

file_pages.add_pages(
    FileKind(
        path="opt-outs/import",
        of="opt-outs",
        form="consent/list_file",
        report="consent/list",
        most_rows=list_import.MOST_ROWS,
        run=list_import.run,
        columns=lambda _account, text: list_import.columns_of(text),
        sample=lambda _account: _SAMPLE,
    )
)
