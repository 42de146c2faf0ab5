"""A month's charged texts as CSV, page by page: Lambda answers with 6 MB at most, and the gateway waits for 29 s."""

import csv
import io
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import quote

from longcode import charges_sheet
from longcode.table import charged, clients
from longcode.table.charged import Chunk

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse

CSV = "text/csv; charset=utf-8"
CURSOR = charged.CURSOR
TOLD: "dict[int, OpenAPIResponse]" = {
    200: {"description": "A page of the list", "content": {"text/csv": {"schema": {"type": "string"}}}}
}

_CHUNKS = 10  # of 500 texts: about a megabyte, and 200 reads of a hundred items


def page(account: str, month: str, cursor: str | None, size: int = _CHUNKS) -> tuple[str, str | None]:
    """Give a page of rows, and the cursor of the next, None on the last. The first begins with the columns' names."""
    chunks = list(islice(charged.chunks(account, month, cursor), size))
    written = io.StringIO()
    writer = csv.writer(written)
    if cursor is None:
        writer.writerow(charges_sheet.COLUMNS)
    writer.writerows(_rows(account, chunks))
    return written.getvalue(), chunks[-1].reached if chunks else None


def headers(month: str, next_cursor: str | None) -> dict[str, str]:
    """Tell what the file is called, and where the next page is."""
    named = {"Content-Disposition": f'attachment; filename="longcode-texts-{month}.csv"'}
    if next_cursor is None:
        return named
    cursor = quote(next_cursor, safe="")
    return named | {"Next-Cursor": cursor, "Link": f'<texts?cursor={cursor}>; rel="next"'}


def _rows(account: str, chunks: Sequence[Chunk]) -> list[tuple[str, ...]]:
    named = {text.client_id for chunk in chunks for text in chunk.messages if text.client_id}
    names = clients.names(account, sorted(named))
    rows: list[tuple[str, ...]] = []
    for chunk in chunks:
        rows += [charges_sheet.row(text, names) for text in chunk.messages]
        rows += [charges_sheet.unreadable(message_id) for message_id in chunk.unreadable]
    return rows
