"""The canned replies beside a text box: templates that have a shortcut."""

from collections.abc import Iterable

from msgspec import Struct

from longcode.accounts.account import Account
from longcode.clients.client import Client, client_merge_values
from longcode.errors import RequestError
from longcode.template import Template, render


class CannedReply(Struct, frozen=True, kw_only=True):
    """A canned reply: the template's name, the shortcut, and the words, filled in for a client if one is known."""

    name: str
    shortcut: str
    words: str


def of(account: Account, templates: Iterable[Template], client: Client | None) -> list[CannedReply]:
    """Return canned replies by shortcut, filled in as far as the client's record allows.

    Without a client, the merge fields stay: they are filled in when the text is sent.
    """
    values = client_merge_values(account, client) if client else None
    found = [
        CannedReply(name=template.name, shortcut=template.shortcut, words=_filled(template.body, values))
        for template in templates
        if template.shortcut
    ]
    return sorted(found, key=lambda reply: reply.shortcut)


def _filled(body: str, values: dict[str, str] | None) -> str:
    try:
        return body if values is None else render(body, values)
    except RequestError:
        return body
