"""What people and spreadsheets write into the cells of a client: names, yes and no, and ids."""

import re
import unicodedata

from longcode.template import is_blank, is_placeholder

_NO_WIDTH = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\u2800\u3164\ufeff\uffa0\ufff0-\ufffb]"
)  # shows nothing; U+200C and U+200D stay, because emoji and letters of Persian and of India need them
_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_WORD_BREAK = re.compile(r"[\s_-]+")
_YES_NUMBER = re.compile(r"[+-]?1([.,]0+)?")  # -1 is TRUE in Access and Visual Basic
_NO_NUMBER = re.compile(r"[+-]?0([.,]0+)?")
_DECIMAL = re.compile(r"(\d+)[.,]0{1,2}")
_UNCERTAIN_ID = re.compile(r"\d+([.,]\d+)?E\+\d+|\d{1,3}(,\d{3})+|\d+[.,]0{3,}", re.IGNORECASE)
_ERROR = re.compile(
    r"#(N/A|NV|REF|BEZUG|VALUE|WERT|NAME|DIV/0|NUM|ZAHL|NULL|SPILL|CALC|ERROR)[!?]?|#{3,}", re.IGNORECASE
)

# Yes and no, and TRUE and FALSE as spreadsheets write them, in many languages, and ticks. A word that means yes in
# one language and no in another is in neither list; nor is the letter O, which may be a zero.
_YES_WORDS = """
    y yes yep yeah yup t true on ok okay x v checked ticked enabled active allow allowed agree agreed accept accepted
    granted consent consented subscribe subscribed optin optedin
    ja j jawohl jo oui si s sí sim sì da tak áno ano igen evet kyllä jah jā taip hai ναι да так はい 是 有 예 네
    wahr vrai verdadero verdadeiro vero waar sant sann sand tosi igaz prawda pravda adevărat doğru истина истинно 真
    ✓ ✔ ☑ ✅ 🗸 🗹 👍
"""
_NO_WORDS = """
    n no nope nah f false off unchecked unticked disabled inactive deny denied decline declined refuse refused revoked
    unsubscribe unsubscribed optout optedout never
    nein non não nej nei nee ne nie nē ei nem nu hayır いいえ 否 нет ні не όχι 아니요 아니오 不
    falsch faux falso onwaar falskt falsk usann usand epätosi hamis fałsz nepravda fals yanlış ложь хибність 假
    ✗ ✘ ✕ ✖ ❌ ☐ 👎
"""
# Besides placeholders: some of these are names of people, and all are often no name.
_DOUBTFUL = frozenset(
    {"null", "nil", "none", "nan", "na", "unnamed", "blank", "empty", "test", "xxx", "asdf", "client", "customer"}
    | {"name", "first name", "firstname", "last name", "lastname"}
)


def one_line(text: str) -> str:
    """Return a text in one line, without characters that show nothing; "" if nothing of it shows."""
    line = _BLANK.sub(" ", _NO_WIDTH.sub("", text)).strip()
    # Half of a surrogate pair shows nothing, but is kept for the form to refuse.
    return line if not is_blank(line) or any(unicodedata.category(part) == "Cs" for part in line) else ""


def doubt_about_name(name: str) -> str | None:
    """Return a sentence that says what looks wrong about a name, or None."""
    shows_no_letter = bool(name) and not any(unicodedata.category(c)[0] in "LS" for c in name)
    if is_placeholder(name) or name.casefold() in _DOUBTFUL or shows_no_letter:
        return f"{name!r} does not look like a name; a text would greet the client with it."
    if "{" in name or "}" in name:
        return "A text with this name would be refused because of its braces."
    if not name.isascii() and _is_misread(name):
        return f"{name!r} looks as if UTF-8 had been read in another encoding before the file was saved."
    return None


def _is_misread(name: str) -> bool:
    try:
        return name.encode("cp1252").decode() != name
    except ValueError:
        return False


def yes_or_no(cell: str) -> bool | None:
    """Return whether a cell says yes or no, and None if it says neither."""
    if _YES_NUMBER.fullmatch(cell):
        return True
    if _NO_NUMBER.fullmatch(cell):
        return False
    word = _folded(cell)
    return True if word in _YES else False if word in _NO else None


def plain_id(cell: str) -> str:
    """Return an id without decimals (`17.0`) and invisible characters, and with wide digits as plain ones."""
    line, narrow = one_line(cell), unicodedata.normalize("NFKC", one_line(cell))
    plain = narrow if narrow.isascii() else line
    decimal = _DECIMAL.fullmatch(plain)
    return decimal[1] if decimal else plain


def is_uncertain_id(cell: str) -> bool:
    """Return whether a spreadsheet has changed an id so that the original is uncertain: `1.70123E+09`, `17,000`."""
    return _UNCERTAIN_ID.fullmatch(cell) is not None


def is_no_id(word: str) -> bool:
    """Return whether a program writes this word where it has no id."""
    return word.casefold() in {"null", "(null)", "nil", "none", "nan", "undefined", "-", "--"}


def is_error(cell: str) -> bool:
    """Return whether a cell is an error of its spreadsheet, such as `#REF!`, or a column that was too narrow."""
    return _ERROR.fullmatch(cell) is not None


def _folded(word: str) -> str:
    """Return a word without case, accents, spaces, hyphens and final stops."""
    parts = unicodedata.normalize("NFKD", _NO_WIDTH.sub("", word).casefold().replace("ı", "i"))
    return _WORD_BREAK.sub("", "".join(c for c in parts if unicodedata.category(c) != "Mn")).rstrip(".!")


_YES = frozenset(map(_folded, _YES_WORDS.split()))
_NO = frozenset(map(_folded, _NO_WORDS.split()))
