"""The response with an invoice's PDF, for the API and for the hub, which loads nothing else of the API for it."""

from base64 import b64encode
from typing import Any

from aws_lambda_powertools.event_handler import Response

from billing import drawing
from longcode.billing.invoice import Invoice

MEDIA_TYPE = "application/pdf"
VARY = {"Vary": "Accept"}


def of(invoice: Invoice) -> Response[Any]:
    """Return an invoice as the response with its PDF."""
    name = {"Content-Disposition": f'inline; filename="invoice-{invoice.number}.pdf"'}
    answer: Response[Any] = Response(200, MEDIA_TYPE, b64encode(drawing.draw(invoice)).decode(), {**VARY, **name})
    answer.base64_encoded = True  # given bytes, Powertools would validate them as text
    return answer
