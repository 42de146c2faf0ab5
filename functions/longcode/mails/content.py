"""What a mail says: its subject, its parts and its main link; and the same as plain text."""

from msgspec import Struct


class Facts(Struct, frozen=True):
    """Lines with a name and a value each."""

    rows: tuple[tuple[str, str], ...]


class Quote(Struct, frozen=True, kw_only=True):
    """Words of somebody else: who wrote them, and for each text the time and the words.

    `note` says what they may mean. `url` is where they can be answered, if that is not the mail's own link.
    """

    who: str
    texts: tuple[tuple[str, str], ...]
    note: str = ""
    url: str = ""


Part = str | Facts | Quote
"""A part of a mail; a string is a paragraph."""


class Action(Struct, frozen=True):
    """The main link of a mail: what it does, and its address."""

    label: str
    url: str


class MailContent(Struct, frozen=True, kw_only=True):
    """What a mail says. `greeted` is the name of whom it greets; `why` completes "You get this mail because".

    `after` are the parts below the link of `action`. `preferences` is the address of a page where the reader can
    choose not to get such mails.
    """

    subject: str
    greeted: str = ""
    parts: tuple[Part, ...]
    action: Action | None = None
    after: tuple[Part, ...] = ()
    why: str
    preferences: str = ""


SENDER = "Longcode, with which photography studios text their clients"
"""Who writes, as the end of each mail names it."""

NO_STUDIO_OF_MINE = "If you do not know the studio, you don't need to do anything."
"""What a studio's mail says to somebody for whom it is not meant."""


def because_of_account(account: str, more: str = "") -> str:
    """Return why the owner of an account gets a mail."""
    return f"this is the address of account {account}{more}"


def because(content: MailContent) -> str:
    """Return the sentence that says why the reader of a mail gets it."""
    return f"You get this mail because {content.why}."


def greeting(content: MailContent) -> str:
    """Return the first line of a mail."""
    return f"Hello {content.greeted}," if content.greeted else "Hello,"


def text_part(content: MailContent, help_contact: str) -> str:
    """Return a mail as plain text. An address stands alone on its line, so that no mail program breaks it."""
    action = [f"{content.action.label}:\n{content.action.url}"] if content.action else []
    parts = [greeting(content), *map(_text, content.parts), *action, *map(_text, content.after)]
    ending = ["--", f"{SENDER}.", because(content), f"Questions: {help_contact}"]
    if content.preferences:
        ending.append(f"Change which mails you get:\n{content.preferences}")
    return "\n\n".join([*parts, "\n".join(ending)]) + "\n"


def _text(part: Part) -> str:
    match part:
        case str():
            return part
        case Facts(rows):
            return "\n".join(f"{name}: {value}" for name, value in rows)
        case Quote():
            words = (f"  {time}  {words}".replace("\n", "\n    ") for time, words in part.texts)
            return "\n".join(filter(None, [f"{part.who}:", *words, part.note, part.url]))
