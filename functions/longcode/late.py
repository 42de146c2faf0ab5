"""Late units: those that were counted after their month's invoice stand on the next one, at their month's price."""

from collections.abc import Iterable, Iterator

from longcode import months
from longcode.invoice import LATE, Invoice, Line, charges
from longcode.plans import Plan
from longcode.usage import Usage

_LOOKED_BACK = 3


def months_before(month: str) -> list[str]:
    """List the months whose late units an invoice has, oldest first."""
    found = [month]
    for _ in range(_LOOKED_BACK):
        found.insert(0, months.previous(found[0]))
    return found[:-1]


def months_beside(month: str) -> list[str]:
    """List the months whose invoices tell what is billed of the months before: the newer ones may be issued first."""
    beside = [*months_before(month), month]
    for _ in range(_LOOKED_BACK - 1):
        beside.append(months.following(beside[-1]))
    return [one for one in beside if one != month]


def billed(month: str, invoices: Iterable[Invoice]) -> Usage | None:
    """Tell what of a month is on invoices: its own, and lines of later ones. None before its own is issued."""
    every = list(invoices)
    own = next((one for one in every if one.month == month), None)
    if own is None:
        return None
    lines = [line for one in every for line in one.lines if line.item.startswith(LATE) and line.month == month]
    return Usage(
        units_sent=own.units_sent + _quantity(lines, "units_sent"),
        units_received=own.units_received + _quantity(lines, "units_received"),
    )


def lines(month: str, plan: Plan, billed: Usage, counted: Usage) -> Iterator[Line]:
    """Give what a month would have had more, or less, on each line of its invoice."""
    before, after = ({line.item: line for line in charges(plan, usage)} for usage in (billed, counted))
    for item, line in (before | after).items():
        more = (after[item].quantity if item in after else 0) - (before[item].quantity if item in before else 0)
        if more:
            told = f"{line.description}, counted late"
            yield Line(f"{LATE}{item}", told, more, line.price_micros, more * line.price_micros, month)


def _quantity(lines: Iterable[Line], direction: str) -> int:
    return sum(line.quantity for line in lines if line.item.startswith(f"{LATE}{direction}"))
