"""The owner's sheet of a month: each charged text on pages, and all of them as CSV files."""

import re
from itertools import islice

from msgspec import Struct

from billing import usage_api
from hub import page
from hub.plan.usage import checked_month
from hub.site import Page, page_of_owner, show, site, taken_out
from hub.words import origin
from longcode import months
from longcode.accounts.account import Account
from longcode.aws import clients
from longcode.billing import charged
from longcode.billing.charged import Chunk
from longcode.carriers.refusals import meaning_of_error
from longcode.clients import store as client_store
from longcode.message import Direction, Message
from longcode.phone import in_words
from longcode.usage.usage import is_credited

_PAGE = 50
_MOST_CHUNKS = 4  # so that a page without charged texts does not take long
_ONLY = {"sent": (Direction.OUT,), "received": (Direction.IN,)}


class SheetText(Struct, frozen=True, kw_only=True):
    """A text of the sheet: whom it was to or from, what it counts, who or what wrote it, why it is not charged."""

    text: Message
    who: str
    digits: str
    is_sent: bool
    by: str
    not_charged: str


@site.get("/hub/usage/<month>/sheet")
@page_of_owner
def show_texts(account: Account, month: str) -> Page:
    """Show the month's charged texts, in the order in which they were accepted.

    With `early`, show those that were scheduled before the month. They are apart, because it takes long to find them.
    """
    now = clients.now()
    query = site.current_event.query_string_parameters or {}
    after, only, is_early = query.get("after", ""), query.get("only", ""), "early" in query
    is_cursor = re.fullmatch(charged.CURSOR, after) is not None
    begin = charged.place_of_month(checked_month(account, month, now))
    until = begin if is_early else None
    start = after if is_cursor else None if is_early else begin
    chunks = _chunks(account, month, start, until, _ONLY.get(only, tuple(Direction)))
    reached = chunks[-1].reached if chunks else None
    texts = [text for chunk in chunks for text in chunk.messages]
    names = client_store.names(account.id, sorted({text.client_id for text in texts if text.client_id}))
    return show(
        "plan/texts",
        account,
        month=month,
        rows=[_row(text, names, account) for text in texts],
        unreadable=sum(len(chunk.unreadable) for chunk in chunks),
        only=only if only in _ONLY else "",
        is_first=not is_cursor,
        is_early=is_early,
        more="" if reached is None or reached == until else reached,
        now=now,
    )


@site.get("/hub/usage/<month>/texts.csv")
@page_of_owner
def show_file(account: Account, month: str) -> Page:
    """Return a file with the month's charged texts."""
    query = site.current_event.query_string_parameters or {}
    days = months.days(checked_month(account, month, clients.now()))
    after, until = (query[name] if query.get(name) in days else None for name in ("after", "until"))
    text = usage_api.sheet_csv(account.id, month, after, until)
    name = f"longcode-texts-{month}{f'-to-{until[-2:]}' if until else ''}.csv"
    return taken_out(account, name, page.download(text, name))


def _chunks(
    account: Account, month: str, after: str | None, until: str | None, directions: tuple[Direction, ...]
) -> list[Chunk]:
    """Return chunks that fill a page, or as many as may be read for one, until a place."""
    chunks: list[Chunk] = []
    for chunk in islice(charged.chunks(account.id, month, after, _PAGE, directions), _MOST_CHUNKS):
        chunks.append(chunk)
        if chunk.reached == until or sum(len(read.messages) for read in chunks) >= _PAGE:
            break
    return chunks


def _row(text: Message, names: dict[str, str], account: Account) -> SheetText:
    return SheetText(
        text=text,
        who=names.get(text.client_id or "", "") or in_words(text.phone, account.country_code),
        digits=text.phone.removeprefix("+"),
        is_sent=text.direction is Direction.OUT,
        by=origin(text) if text.direction is Direction.OUT else "",
        not_charged=meaning_of_error(text.error).words if is_credited(text) else "",
    )
