"""A table as spreadsheets write it: its encoding, separator, headings and rows."""

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping

from msgspec import Struct

from longcode.clients.words import one_line
from longcode.errors import RequestError

IN_UTF_8 = "Save it in UTF-8 (Excel: Save As, CSV UTF-8)"
HOW_TO_SAVE = f"{IN_UTF_8}, or name its encoding, as in text/csv; charset=windows-1252."
REPLACEMENT_CHARACTER = "\ufffd"
"""The character that a program writes for bytes that it could not read."""

_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",  # before UTF-16, because it begins in the same way
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # .xlsx, .ods and Numbers; .xls
# What programs call ISO 8859-1 is Windows-1252 (WHATWG, Encoding Standard, §4.2).
_ENCODINGS = {"iso8859-1": "cp1252", "ascii": "cp1252", "utf-16": "utf-16-le"}
_EIGHT_BIT = re.compile("ascii|iso8859|cp(125|437|850|852|866|932)|mac-|koi8|shift_jis|gb|big5|euc_")
_MOST_LINES = 200_000  # reading a million takes seconds
_MOST_COLUMNS = 16_384  # as many as a sheet of Excel has
_LONGEST_HEADING = 65_536
_SEPARATORS = ",;\t|"
_SEPARATOR_LINE = re.compile(r'"?sep=(?P<separator>[^\r\n"])"?[,;\t]*(?=\r|\n|$)', re.IGNORECASE)
_FORMULA = re.compile(r'="(.*)"', re.DOTALL)  # as in ="0123", which keeps Excel from reading a number
_QUOTED = re.compile(r"'(?=[=+@\d-])")  # marks a cell as text; our own lists have it (longcode/billing/sheet.py)


class SheetRow(Struct, frozen=True, kw_only=True):
    """A row with its first line in the file, its cells by column, and its filled cells that have no heading."""

    line: int
    cells: dict[str, str]
    without_heading: tuple[int, ...]


class Sheet(Struct, frozen=True):
    """A table. `headings` are the headings of its columns as the file spells them."""

    headings: dict[str, str]
    rows: list[SheetRow]


def decode(file: bytes, charset: str | None) -> str:
    """Return a file's text; if its encoding is not certain, raise `RequestError`, which says how to save the file.

    A file that is valid UTF-8 is read as UTF-8, whatever its charset says. A file in an 8-bit encoding is read only
    if its charset names the encoding: Windows-1252, Windows-1250 and Mac Roman cannot be told apart.
    """
    if file.startswith(_WORKBOOKS):
        raise _unreadable("The file is a workbook. Save it as CSV UTF-8.")
    marked = next(((mark, encoding) for mark, encoding in _MARKS.items() if file.startswith(mark)), None)
    if marked:
        text = _decoded(file.removeprefix(marked[0]), marked[1])
    else:
        text = _decoded(file, _unmarked_utf16(file) or "utf-8")
        if text is None and charset:
            text = _decoded(file, _encoding(charset))
    if text is None:
        line = file[: _first_beyond_utf8(file)].count(b"\n") + 1
        raise _unreadable(f"The file is not UTF-8 (line {line}). {HOW_TO_SAVE}")
    if REPLACEMENT_CHARACTER in text:
        line = text[: text.index(REPLACEMENT_CHARACTER)].count("\n") + 1
        raise _unreadable(f"A character was lost when the file was saved or sent (line {line}). {HOW_TO_SAVE}")
    if "\0" in text:
        raise _unreadable(f"The file is not a text. {HOW_TO_SAVE}")
    return text.removeprefix("\ufeff")


def read_sheet(text: str, columns: Mapping[str, str]) -> Sheet:
    """Return the table of a CSV file. `columns` maps each heading that is known to its column, "" if it is ignored.

    Case, and anything between the words of a heading, do not matter. Empty rows and columns, and rows that repeat the
    headings, are left out. Raise `RequestError` for an unknown heading, for one that appears twice, and for a text
    that is not CSV.
    """
    if text.count("\n") + text.count("\r") > _MOST_LINES:
        raise _unreadable(f"The file has more than {_MOST_LINES:,} lines.")
    known = {_letters(name): column for name, column in columns.items()}
    if named := _SEPARATOR_LINE.match(text):
        separator, text = named["separator"], text[named.end() :]
    else:
        start = text.lstrip()[:_LONGEST_HEADING]
        separator = max(_SEPARATORS, key=lambda separator: _count_known(start, separator, known))
    lines = _lines(text, separator)
    _, headings = next(lines, (0, []))
    by_index = _columns(headings, known)
    # Files that were put together repeat their headings.
    repeated_headings = [_letters(heading) for heading in headings]
    rows = [
        SheetRow(
            line=line,
            cells={
                column: cells[index] if index < len(cells) else "" for index, column in by_index.items() if column
            },
            without_heading=tuple(n for n, cell in enumerate(cells, start=1) if cell and n - 1 not in by_index),
        )
        for line, cells in lines
        if [_letters(cell) for cell in cells] != repeated_headings
    ]
    return Sheet({column: headings[index] for index, column in by_index.items() if column}, rows)


def _unreadable(detail: str) -> RequestError:
    return RequestError(detail, field="body")


def _decoded(file: bytes, encoding: str | None) -> str | None:
    try:
        return file.decode(encoding) if encoding else None
    except UnicodeDecodeError:
        return None


def _unmarked_utf16(file: bytes) -> str | None:
    """Return the UTF-16 encoding of a file without a mark, or None: the file begins with an ASCII heading."""
    if len(file) >= 2 and len(file) % 2 == 0 and 0 in file[:2]:  # noqa: PLR2004  # a character of UTF-16
        return "utf-16-be" if file[0] == 0 else "utf-16-le"
    return None


def _encoding(charset: str) -> str | None:
    """Return the 8-bit encoding that a charset names; None for those of Unicode, which `decode` finds by itself."""
    try:
        name = codecs.lookup(charset).name
    except (LookupError, ValueError):
        name = ""
    if name.startswith("utf-"):
        return None
    if not _EIGHT_BIT.match(name):
        raise _unreadable(f"The charset {charset[:40]!r} is unknown. {HOW_TO_SAVE}")
    return _ENCODINGS.get(name, name)


def _first_beyond_utf8(file: bytes) -> int:
    try:
        file.decode()
    except UnicodeDecodeError as error:
        return error.start
    return 0


def _lines(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row that has a filled cell, with its first line in the file."""
    reader = csv.reader(io.StringIO(text, newline=None), delimiter=separator, strict=True)
    line = 1
    try:
        for row in reader:
            cells = [_cell(cell) for cell in row]
            if any(cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise _unreadable(f"The file cannot be read as CSV, in the row of line {line}: {error}.") from error


def _cell(cell: str) -> str:
    if not (text := cell.strip()):
        return ""
    if formula := _FORMULA.fullmatch(text):
        text = formula[1].strip()
    return _QUOTED.sub("", text, count=1) if _QUOTED.match(text) else text if one_line(text) else ""


def _count_known(text: str, separator: str, known: Mapping[str, str]) -> tuple[int, int]:
    """Return how many known headings a separator gives, and how many in all."""
    try:
        _, headings = next(_lines(text, separator), (0, []))
    except RequestError:
        return 0, 0
    return sum(_letters(heading) in known for heading in headings), len(headings)


def _columns(headings: list[str], known: Mapping[str, str]) -> dict[int, str]:
    """Return the columns by their indexes, without those that have no heading."""
    if len(headings) > _MOST_COLUMNS:
        raise _unreadable(f"The file has more than {_MOST_COLUMNS:,} columns.")
    unknown = [heading for heading in headings if heading and _letters(heading) not in known]
    if unknown:
        names = ", ".join(filter(None, dict.fromkeys(known.values())))
        raise _unreadable(f"Unknown columns: {', '.join(unknown)[:200]}. The columns are {names}.")
    by_index = {index: known[_letters(heading)] for index, heading in enumerate(headings) if heading}
    for column in filter(None, by_index.values()):
        same = [index for index, other in by_index.items() if other == column]
        if len(same) > 1:
            spelled = " and ".join(f"{headings[index]!r} (column {index + 1})" for index in same)
            raise _unreadable(
                f"{len(same)} columns are called {column}: {spelled}. Name each once; a second phone is phone_2."
            )
    return by_index


def _letters(heading: str) -> str:
    """Return the letters and digits of a heading, which `First Name`, `first-name` and `FirstName` share."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", heading).casefold())
