"""Draws the PDF of an invoice, and loads what that takes only then: few mails and requests need it."""

from longcode.billing.invoice import Invoice


def draw(invoice: Invoice) -> bytes:
    """Return the PDF of an invoice."""
    from billing import pdf  # noqa: PLC0415 - the first line of this file says why

    return pdf.draw(invoice)
