"""The keys of the items that the pages of the hub keep, besides the studio's data: imports, notes and others."""

from longcode.table.keys import Key


def kept_import(account: str, import_id: str = "") -> Key:
    """A file of clients that somebody imports in the hub, and how far it is."""
    return Key(f"account#{account}", f"import#{import_id}")


def import_part(account: str, import_id: str, part: str = "") -> Key:
    """A part of the file of an import, or of the report on its rows."""
    return Key(f"account#{account}", f"import-part#{import_id}#{part}")


def former_words(account: str, template: str) -> Key:
    """The former words of a template, by its name."""
    return Key(f"account#{account}", f"former-words#{template}")


def assignment(account: str, phone: str = "") -> Key:
    """The person who answers a conversation."""
    return Key(f"account#{account}", f"assignment#{phone}")


def note(account: str, phone: str = "", note_id: str = "") -> Key:
    """A note on a conversation, which only the studio's people see."""
    return Key(f"account#{account}", f"note#{phone}#{note_id}" if phone else "note#")


def typing(account: str, phone: str, session: str = "") -> Key:
    """A session of the hub in which somebody writes an answer to a phone."""
    return Key(f"account#{account}", f"typing#{phone}#{session}")


def tally(account: str, month: str) -> Key:
    """How a month's counted texts divide by template and by person, as far as they are added up."""
    return Key(f"account#{account}", f"tally#{month}")
