"""Finding a message: by its client, its phone, what it is linked to, or words in it."""

import unicodedata
from dataclasses import dataclass

from longcode.message import Message, Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is looked for; a message must have all that is named. `words` may stand anywhere in its text."""

    client_id: str | None = None
    phone: str | None = None
    record: Reference | None = None
    words: str | None = None

    @property
    def reads(self) -> bool:
        """Tell whether a message must be read to know: an index has neither its words nor its record."""
        return self.record is not None or self.words is not None


def fold(text: str) -> str:
    """Spell a text as words are looked for in it: without case, accents and line breaks, look-alikes as one."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = "".join(character for character in apart if not unicodedata.combining(character))
    return " ".join(unicodedata.normalize("NFC", bare).split())


def may_match(search: Search, client_id: str | None, phone: str) -> bool:
    """Tell from what an index knows of a message whether it is worth reading."""
    return search.client_id in (None, client_id) and search.phone in (None, phone)


def matches(search: Search, message: Message) -> bool:
    """Tell whether a message is one that is looked for."""
    return (
        may_match(search, message.client_id, message.phone)
        and search.record in (None, message.record)
        and (search.words is None or fold(search.words) in fold(message.body))
    )
