"""The checker: the counters of a month against the sum over its messages, and an invoice's lines against both."""

from collections.abc import Mapping

from longcode import difference, invoice
from longcode.difference import Findings
from longcode.invoice import Invoice
from longcode.table import charged, usage
from longcode.usage import Usage, of

_TRIES = 20


class Moved(Exception):
    """The counters changed during the walk: what was added up is of no one moment."""


def check(account: str, drawn: Invoice, counters: Mapping[str, Usage]) -> Findings:
    """Check an invoice and the counters of months that it was drawn up from; raises `Moved`."""
    found = [compare(account, month, counted) for month, counted in counters.items()]
    return sum(found, Findings(wrong=invoice.wrong(drawn)))


def compare(account: str, month: str, counters: Usage) -> Findings:
    """Compare counters that were read before with the sum over the messages; raises `Moved`."""
    try:
        messages = sum((of(message) for message in charged.of_month(account, month)), Usage())
    except charged.Unreadable as unreadable:
        return Findings(unreadable=unreadable.args)
    if usage.of_month(account, month) != counters:
        raise Moved
    return difference.compare(month, counters, messages)


def compare_at_rest(account: str, month: str) -> tuple[Usage, Findings]:
    """Read the counters and compare them with the sum over the messages, as of one moment."""
    for _ in range(_TRIES):
        counters = usage.of_month(account, month)
        try:
            return counters, compare(account, month, counters)
        except Moved:
            continue
    raise TimeoutError(f"{month} of {account} did not come to rest")
