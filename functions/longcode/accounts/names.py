"""The names of studios, with nothing that a reader could follow, call or write to; and email addresses."""

import re
import unicodedata

from longcode import segments
from longcode.errors import RequestError

MAIL_ADDRESS = r"^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)+$"
"""The pattern of an email address, as in HTML; SES takes ASCII only."""

LONGEST_ADDRESS = 254
"""How many characters an email address can have (RFC 5321)."""

NO_MAIL_ADDRESS = "This is not an email address. Write one such as ann@studio.example."

_LINK = re.compile(r"://|\bwww\.|[^\W_][.。][^\W\d_]\w|\d+(?:\.\d+){3}")
_ORDER = re.compile(r"\b(?:text|txt|sms|send|call|dial|ring|tel|phone|whatsapp)\b.*?\d{3}", re.IGNORECASE)
_ZERO_OR_ONE = str.maketrans("oOlI", "0011")
_LETTERS_AS_DIGITS = re.compile(r"(?<![^\W\d_])[oOlI]+(?=\d)|(?<=\d)[oOlI]+(?![^\W\d_])")
_DIGITS = re.compile(r"\d(?:[^\w]*\d|_+\d|[^\W\d]\d)+")
_YEARS = re.compile(r"(?:1[89]|20)\d\d\D+(?:1[89]|20)\d\d")
_MOST_DIGITS = 6  # local numbers have seven
_SAY = "must not contain {}: clients read this name"


def check_mail_address(text: str) -> str:
    """Return an email address in lower case; raise `RequestError` for anything else."""
    address = text.strip()
    if len(address) > LONGEST_ADDRESS or not re.fullmatch(MAIL_ADDRESS, address):
        raise RequestError(NO_MAIL_ADDRESS, field="email")
    return address.casefold()


def check_studio_name(name: str) -> str:
    """Return a name; raise `ValueError` if it has an email address, a link, or digits that read as a phone number.

    Mails and texts begin with the name, so a stranger could otherwise send such things in the operator's name. It is
    checked as a phone shows it, and as smart encoding sends it: without what shows nothing, with plain characters.
    """
    shown = "".join(character for character in name if unicodedata.category(character)[0] != "C")
    for form in (shown, segments.with_look_alikes(shown)):
        _check(unicodedata.normalize("NFKC", form))
    return name


def _check(plain: str) -> None:
    if "@" in plain:
        raise ValueError(_SAY.format("@"))
    if _LINK.search(plain):
        raise ValueError(_SAY.format("links (put a space after a dot)"))
    if _ORDER.search(plain):
        raise ValueError(_SAY.format("numbers to text or call"))
    with_digits = _LETTERS_AS_DIGITS.sub(lambda found: found[0].translate(_ZERO_OR_ONE), plain)
    for digits in _DIGITS.findall(with_digits):
        if sum(map(str.isdigit, digits)) > _MOST_DIGITS and not _YEARS.fullmatch(digits):
            raise ValueError(_SAY.format("phone numbers"))
