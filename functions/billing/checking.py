"""The checker: the counters of a month against the sum over its messages, and an invoice's lines against both."""

from billing.drawing import Drawn
from longcode import difference, invoice
from longcode.difference import Findings
from longcode.table import charged, usage
from longcode.usage import Usage, of


class Moved(Exception):
    """The counters changed during the walk: what was added up is of no one moment."""


def check(account: str, drawn: Drawn) -> Findings:
    """Check what an invoice was drawn up from, late units too; raises `Moved`."""
    found = [compare(account, month, counters) for month, counters in drawn.counters.items()]
    return sum(found, Findings(wrong=invoice.wrong(drawn.invoice)))


def compare(account: str, month: str, counters: Usage) -> Findings:
    """Compare counters that were read before with the sum over the messages; raises `Moved`."""
    try:
        messages = sum((of(message) for message in charged.of_month(account, month)), Usage())
    except charged.Unreadable as unreadable:
        return Findings(unreadable=unreadable.args)
    if usage.of_month(account, month) != counters:
        raise Moved
    return difference.compare(month, counters, messages)
