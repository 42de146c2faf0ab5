"""Draw an invoice as PDF, from the document alone, so that the same invoice always gives the same bytes.

The file embeds a font for Latin, Greek and Cyrillic. For Chinese, Japanese and Korean it names fonts that PDF readers
have.
"""

import unicodedata
from functools import cache
from importlib import resources
from io import BytesIO
from itertools import groupby
from typing import Any

from reportlab.lib.pagesizes import letter
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from longcode.billing.invoice import Invoice
from longcode.billing.invoice_words import (
    InvoiceRow,
    fine_print,
    footnotes,
    how_to_pay,
    invoice_facts,
    invoice_rows,
    invoice_sums,
)

_LEFT, _RIGHT, _TOP, _BOTTOM = 54.0, 541.0, 738.0, 54.0  # fits A4 too, which is narrower and longer
_VALUES = _LEFT + 140
_COLUMNS = (_RIGHT - 170, _RIGHT - 85, _RIGHT)  # the right edges of quantity, price and amount
_SIZE, _LEADING = 9.5, 14.0
_SMALL, _TINY = 8.0, 6.5

REGULAR, BOLD = "SourceSansPro-Regular", "SourceSansPro-Bold"
_FONTS = resources.files("font_source_sans_pro") / "files"
_BOX = "\u25a1"
_JAPANESE, _CHINESE, _TAIWANESE, _KOREAN = "HeiseiKakuGo-W5", "STSong-Light", "MSung-Light", "HYGothic-Medium"
# Each font's character collection (Adobe) covers this encoding.
_COLLECTIONS = {_JAPANESE: "shift_jis", _CHINESE: "gbk", _TAIWANESE: "big5", _KOREAN: "euc_kr"}
_EAST_ASIAN = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "IDEOGRAPHIC", "FULLWIDTH", "HALFWIDTH")

Run = tuple[str, str]


class _Sheet:
    """A cursor that moves down the page, and on to the next page."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._y = _TOP

    def down(self, by: float = _LEADING) -> None:
        self._y -= by
        if self._y < _BOTTOM:
            self._canvas.showPage()
            self._y = _TOP

    def text(self, at: float, text: str, font: str = REGULAR, size: float = _SIZE) -> None:
        for name, piece in runs(text, font):
            self._canvas.setFont(name, size)
            self._canvas.drawString(at, self._y, piece)
            at += width(piece, name, size) if name in (REGULAR, BOLD) else self._canvas.stringWidth(piece, name, size)

    def text_to_right_edge(self, at: float, text: str, font: str = REGULAR) -> None:
        self.text(at - width(text, font, _SIZE), text, font)

    def paragraph(self, at: float, room: float, text: str, font: str = REGULAR, size: float = _SIZE) -> None:
        """Draw a text over as many lines as it needs; the cursor stays on the last."""
        first, *others = wrapped(text, font, size, room)
        self.text(at, first, font, size)
        for line in others:
            self.down(_LEADING * size / _SIZE)
            self.text(at, line, font, size)

    def rule(self) -> None:
        self._canvas.setLineWidth(0.5)
        self._canvas.line(_LEFT, self._y - 4, _RIGHT, self._y - 4)


def draw(invoice: Invoice) -> bytes:
    """Return an invoice as PDF on US letter paper."""
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=letter, invariant=1, lang="en-US")  # without the time and a random id
    canvas.setTitle(f"Invoice {invoice.number}")
    canvas.setAuthor("Longcode")
    _fill(_Sheet(canvas), invoice)
    canvas.save()
    return buffer.getvalue()


def _fill(sheet: _Sheet, invoice: Invoice) -> None:
    sheet.text(_LEFT, f"Longcode: Invoice {invoice.number}", BOLD, 16)
    sheet.down(28)
    for fact in invoice_facts(invoice):
        sheet.text(_LEFT, fact.label, BOLD)
        sheet.paragraph(_VALUES, _RIGHT - _VALUES, fact.value)
        sheet.down()
    sheet.down()
    _row(sheet, InvoiceRow("Item", "Quantity", "Price", "Amount", ""), BOLD)
    for row in invoice_rows(invoice):
        _row(sheet, row, REGULAR)
    for fact in invoice_sums(invoice):
        sheet.text(_LEFT, fact.label, BOLD)
        sheet.text_to_right_edge(_RIGHT, fact.value, BOLD)
        sheet.down(1.5 * _LEADING)
    sheet.paragraph(_LEFT, _RIGHT - _LEFT, how_to_pay(invoice))
    sheet.down(2 * _LEADING)
    for note in footnotes(invoice):
        sheet.paragraph(_LEFT, _RIGHT - _LEFT, note, size=_SMALL)
        sheet.down(1.5 * _SMALL)
    sheet.paragraph(_LEFT, _RIGHT - _LEFT, fine_print(invoice), size=_TINY)


def _row(sheet: _Sheet, row: InvoiceRow, font: str) -> None:
    for at, cell in zip(_COLUMNS, (row.quantity, row.price, row.amount), strict=True):
        sheet.text_to_right_edge(at, cell, font)
    sheet.paragraph(_LEFT, _COLUMNS[0] - 60 - _LEFT, row.description, font)
    if row.explanation:
        sheet.down(0.8 * _LEADING)
        sheet.paragraph(_LEFT, _COLUMNS[0] - 60 - _LEFT, row.explanation, size=_SMALL)
    sheet.rule()
    sheet.down(1.5 * _LEADING)


def runs(text: str, font: str) -> list[Run]:
    """Split a text into pieces with one font each: the font's name and the characters.

    A character that no font has becomes a box, so that every studio's name can be drawn.
    """
    clean = text if text.isascii() and text.isprintable() else _without_control_characters(text)
    glyphs = _glyphs(font)
    if all(ord(char) in glyphs for char in clean):
        return [(font, clean)] if clean else []
    east_asian = _east_asian(clean)
    letters = [_run_of_character(char, font, east_asian) for char in clean]
    return [(name, "".join(char for _, char in piece)) for name, piece in groupby(letters, key=lambda run: run[0])]


def _without_control_characters(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFC", text) if unicodedata.category(char)[0] != "C")


def width(text: str, font: str, size: float) -> float:
    """Return the width of a text in points."""
    return sum(float(pdfmetrics.stringWidth(piece, name, size)) for name, piece in runs(text, font))


def wrapped(text: str, font: str, size: float, room: float) -> list[str]:
    """Split a text into lines of at most `room` points: at spaces, and inside a word longer than a line."""
    lines = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}".strip()
        if width(joined, font, size) <= room:
            lines[-1] = joined
            continue
        lines += [""] if lines[-1] else []
        for char in word:
            if width(lines[-1] + char, font, size) > room:
                lines.append("")
            lines[-1] += char
    return lines


def _run_of_character(char: str, font: str, east_asian: str) -> Run:
    if ord(char) in _glyphs(font):
        return font, char
    return (east_asian, char) if _has_character(east_asian, char) else (font, _BOX)


def _east_asian(text: str) -> str:
    """Return the East Asian font that has the most characters of a text."""
    foreign = [char for char in text if unicodedata.name(char, "").startswith(_EAST_ASIAN)]
    fonts = [_KOREAN, *_COLLECTIONS] if any("HANGUL" in unicodedata.name(char) for char in foreign) else _COLLECTIONS
    return max(fonts, key=lambda font: sum(_has_character(font, char) for char in foreign))


def _has_character(font: str, char: str) -> bool:
    try:
        char.encode(_COLLECTIONS[font])
    except UnicodeEncodeError:
        return False
    _register_east_asian(font)
    return unicodedata.name(char, "").startswith(_EAST_ASIAN)


@cache
def _glyphs(font: str) -> Any:
    loaded = TTFont(font, str(_FONTS / f"{font}.ttf"))
    pdfmetrics.registerFont(loaded)
    return loaded.face.charToGlyph


@cache
def _register_east_asian(font: str) -> None:
    pdfmetrics.registerFont(UnicodeCIDFont(font))
