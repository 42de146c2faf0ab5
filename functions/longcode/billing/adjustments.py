"""Late units: those that were counted after their month's invoice stand on the next one, at their month's price."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from longcode import months
from longcode.billing.invoice import LATE, Invoice, InvoiceLine, charges
from longcode.plans.plans import Plan
from longcode.usage.usage import Usage

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


def billed_in(month: str, invoices: Iterable[Invoice]) -> Usage | None:
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


def late_lines(month: str, plan: Plan, billed: Usage, counted: Usage) -> Iterator[InvoiceLine]:
    """Give what a month would have had more, or less, on each line of its invoice."""
    before, after = ({line.item: line for line in charges(plan, usage)} for usage in (billed, counted))
    for item, line in (before | after).items():
        more = (after[item].quantity if item in after else 0) - (before[item].quantity if item in before else 0)
        if more:
            told = f"{line.description}, counted late"
            yield InvoiceLine(f"{LATE}{item}", told, more, line.price_micros, more * line.price_micros, month)


def _quantity(lines: Iterable[InvoiceLine], direction: str) -> int:
    return sum(line.quantity for line in lines if line.item.startswith(f"{LATE}{direction}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """So much less, in millionths of the currency, because of something about the invoice of a month.

    `applied_in` is the month whose invoice has it.
    """

    account: str
    id: str
    month: str
    amount_micros: int
    reason: str
    given_at: datetime
    applied_in: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """Where an account's invoices stand: what the last was too small for, and how many credits wait for the next.

    `version` is another after each invoice and each credit, so that two of them never meet.
    """

    account: str
    version: int = 0
    carried_micros: int = 0
    waiting: int = 0


def is_same_credit(one: Credit, other: Credit) -> bool:
    """Tell whether two credits are one that was given twice."""
    return (one.month, one.amount_micros, one.reason) == (other.month, other.amount_micros, other.reason)


def credit_lines(
    charges: Iterable[InvoiceLine], carried_micros: int, credits_given: Sequence[Credit]
) -> list[InvoiceLine]:
    """List what takes away from the charges; where they are too small for it, the last line puts the rest off."""
    taken = [_credit_line("brought_forward", "Brought forward", -carried_micros)] if carried_micros else []
    taken += [_credit_line("credit", one.reason, -one.amount_micros, one.month) for one in credits_given]
    below = sum(line.amount_micros for line in (*charges, *taken))
    return [*taken, _credit_line("carried_on", "Carried on to the next invoice", -below)] if below < 0 else taken


def carried_on(lines: Iterable[InvoiceLine]) -> int:
    """Tell what an invoice carries on to the next."""
    return sum(line.amount_micros for line in lines if line.item == "carried_on")


def _credit_line(item: str, description: str, micros: int, month: str | None = None) -> InvoiceLine:
    return InvoiceLine(item, description, 1, micros, micros, month)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One count of a month, as the counters have it and as the messages add up."""

    month: str
    count: str
    counters: int
    messages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Why an invoice is not sent: counts that differ, messages that cannot be read, lines that do not add up."""

    differences: tuple[Difference, ...] = ()
    unreadable: tuple[str, ...] = ()
    wrong: str | None = None

    def __bool__(self) -> bool:
        return bool(self.differences or self.unreadable or self.wrong)

    def __add__(self, other: "Findings") -> "Findings":
        return Findings(
            differences=self.differences + other.differences,
            unreadable=self.unreadable + other.unreadable,
            wrong=self.wrong or other.wrong,
        )


def compare_counts(month: str, counters: Usage, messages: Usage) -> Findings:
    """Compare the counters of a month with what its messages add up to."""
    pairs = [(one.name, getattr(counters, one.name), getattr(messages, one.name)) for one in fields(Usage)]
    differ = [
        Difference(month=month, count=name, counters=has, messages=sums) for name, has, sums in pairs if has != sums
    ]
    return Findings(differences=tuple(differ))
