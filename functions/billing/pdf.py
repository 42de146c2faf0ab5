"""An invoice as PDF, drawn from the document alone: the same invoice gives the same bytes, whenever asked for."""

from io import BytesIO

from billing.lettering import BOLD, REGULAR, runs, width, wrapped
from billing.paper import Canvas, letter
from longcode.invoice import Invoice
from longcode.invoice_facts import Row, facts, how_cut, rows, sums

_LEFT, _RIGHT, _TOP, _BOTTOM = 54.0, 541.0, 738.0, 54.0  # fits on A4 too, which is narrower and longer
_VALUES = _LEFT + 140
_COLUMNS = (_RIGHT - 170, _RIGHT - 85, _RIGHT)  # where quantity, price and amount end
_SIZE, _LEADING = 9.5, 14.0


class _Sheet:
    """Draws from the top of a page to its bottom, and goes on with the next."""

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

    def ending(self, at: float, text: str, font: str = REGULAR) -> None:
        self.text(at - width(text, font, _SIZE), text, font)

    def paragraph(self, at: float, room: float, text: str, font: str = REGULAR) -> None:
        """Draw a text over as many lines as it takes, the last of them not yet left."""
        first, *others = wrapped(text, font, _SIZE, room)
        self.text(at, first, font)
        for line in others:
            self.down()
            self.text(at, line, font)

    def rule(self) -> None:
        self._canvas.setLineWidth(0.5)
        self._canvas.line(_LEFT, self._y - 4, _RIGHT, self._y - 4)


def draw(invoice: Invoice) -> bytes:
    """Draw an invoice on US letter paper."""
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=letter, invariant=1, lang="en-US")  # no time of now, no random id
    canvas.setTitle(f"Invoice {invoice.number}")
    canvas.setAuthor("Longcode")
    _fill(_Sheet(canvas), invoice)
    canvas.save()
    return buffer.getvalue()


def _fill(sheet: _Sheet, invoice: Invoice) -> None:
    sheet.text(_LEFT, f"Longcode: Invoice {invoice.number}", BOLD, 16)
    sheet.down(28)
    for fact in facts(invoice):
        sheet.text(_LEFT, fact.label, BOLD)
        sheet.paragraph(_VALUES, _RIGHT - _VALUES, fact.value)
        sheet.down()
    sheet.down()
    _row(sheet, Row("Item", "Quantity", "Price", "Amount"), BOLD)
    for row in rows(invoice):
        _row(sheet, row, REGULAR)
    for fact in sums(invoice):
        sheet.text(_LEFT, fact.label, BOLD)
        sheet.ending(_RIGHT, fact.value, BOLD)
        sheet.down(1.5 * _LEADING)
    sheet.paragraph(_LEFT, _RIGHT - _LEFT, how_cut(invoice))


def _row(sheet: _Sheet, row: Row, font: str) -> None:
    for at, cell in zip(_COLUMNS, (row.quantity, row.price, row.amount), strict=True):
        sheet.ending(at, cell, font)
    sheet.paragraph(_LEFT, _COLUMNS[0] - 60 - _LEFT, row.description, font)
    sheet.rule()
    sheet.down(1.5 * _LEADING)
