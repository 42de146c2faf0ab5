"""The names of studios: nothing in them that a reader could follow, call or write to."""

import re
import unicodedata

MAIL_ADDRESS = r"^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)+$"
"""The pattern of a mail address, as in HTML; SES takes ASCII only."""

NO_MAIL_ADDRESS = "This is not a mail address. Write one such as ann@studio.example."

_LINK = re.compile(r"://|\bwww\.|[^\W_][.。][^\W\d_]{2,}")
_DIGITS = re.compile(r"\d(?:[^\w]*\d|_+\d)+")
_YEARS = re.compile(r"(?:1[89]|20)\d\d\D+(?:1[89]|20)\d\d")
_MOST_DIGITS = 6  # local numbers have seven
_SAY = "must not contain {}: clients read this name"


def check_studio_name(name: str) -> str:
    """Return a name; raise `ValueError` if it has a mail address, a link, or digits that read as a phone number.

    Mails and texts begin with the name, so a stranger could otherwise send such things in the operator's name.
    """
    plain = unicodedata.normalize("NFKC", name)
    if "@" in plain:
        raise ValueError(_SAY.format("@"))
    if _LINK.search(plain):
        raise ValueError(_SAY.format("links (put a space after a dot)"))
    for digits in _DIGITS.findall(plain):
        if sum(map(str.isdigit, digits)) > _MOST_DIGITS and not _YEARS.fullmatch(digits):
            raise ValueError(_SAY.format("phone numbers"))
    return name
