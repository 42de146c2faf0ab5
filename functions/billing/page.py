"""An invoice as a page to print."""

import html

from longcode.account import Account
from longcode.invoice import Invoice, money


def page(invoice: Invoice, account: Account) -> str:
    """Lay an invoice out for printing."""
    rows = "".join(
        f"<tr><td>{html.escape(line.description)}<td>{line.quantity:,}"
        f"<td>{money(line.price_micros, invoice.currency)}<td>{money(line.amount_micros, invoice.currency)}"
        for line in invoice.lines
    )
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>Invoice {invoice.month}</title>"
        f"<style>body{{font:16px sans-serif;margin:3em}}td,th{{padding:.3em 1em;text-align:right}}"
        f"td:first-child,th:first-child{{text-align:left}}</style>"
        f"<h1>Invoice for {invoice.month}</h1><p>{html.escape(account.name)}, account {account.id}"
        f"<table><tr><th>Item<th>Quantity<th>Price<th>Amount{rows}"
        f"<tr><th>Total<th><th><th>{money(invoice.total_micros, invoice.currency)}</table></html>"
    )
