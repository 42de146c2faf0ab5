"""An invoice as a page to print, on whatever paper: it loads nothing, and no script may run."""

import base64
import hashlib
from html import escape

from longcode.invoice import Invoice, State
from longcode.invoice_facts import Fact, Row, facts, how_cut, rows, sums

_STYLE = (
    "body{font:11pt/1.4 sans-serif;color:#000;background:#fff;max-width:44em;margin:2em auto;padding:0 1em}"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.2em 1.5em}dt{font-weight:bold}dd{margin:0}"
    "table{border-collapse:collapse;width:100%}caption{text-align:left;font-weight:bold;padding:.5em 0}"
    "th,td{padding:.3em .5em;text-align:right;border-bottom:1px solid #999}tr{break-inside:avoid}"
    "th:first-child,td:first-child{text-align:left}tbody th{font-weight:normal}"
    "@page{margin:18mm}@media print{body{margin:0;padding:0;max-width:none}}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def page(invoice: Invoice, state: State) -> str:
    """Lay an invoice out. Where it stands is told above it: that is no part of the document."""
    title = f"Invoice {escape(invoice.number)}"
    paid = "<p>This invoice is paid.</p>" if state is State.PAID else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Longcode: {title}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>Longcode: {title}</h1>{paid}<dl>{''.join(map(_fact, facts(invoice)))}</dl>"
        '<table><caption>Lines</caption><thead><tr><th scope="col">Item</th><th scope="col">Quantity</th>'
        '<th scope="col">Price</th><th scope="col">Amount</th></tr></thead>'
        f"<tbody>{''.join(map(_row, rows(invoice)))}</tbody>"
        f"<tfoot>{''.join(map(_sum, sums(invoice)))}</tfoot></table>"
        f"<p>{escape(how_cut(invoice))}</p></main></body></html>"
    )


def _fact(fact: Fact) -> str:
    return f"<dt>{escape(fact.label)}</dt><dd>{escape(fact.value)}</dd>"


def _row(row: Row) -> str:
    cells = "".join(f"<td>{escape(cell)}</td>" for cell in (row.quantity, row.price, row.amount))
    return f'<tr><th scope="row">{escape(row.description)}</th>{cells}</tr>'


def _sum(fact: Fact) -> str:
    return f'<tr><th scope="row" colspan="3">{escape(fact.label)}</th><td>{escape(fact.value)}</td></tr>'
