"""An account's month: what its invoice has besides (late units, credits), and what keeps it from being issued."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime

from msgspec import Struct
from msgspec.structs import fields

from longcode import months
from longcode.billing.invoice import LATE, Invoice, InvoiceLine, InvoiceState, charges
from longcode.plans.plans import Plan
from longcode.usage.usage import Usage

_MONTHS_BACK = 3


class Credit(Struct, frozen=True, kw_only=True):
    """An amount, in millionths of the currency, to take off the account's next invoice.

    `month` is the invoice that it is given for, `applied_in` the month whose invoice it was taken off.
    """

    account: str
    id: str
    month: str
    amount_micros: int
    reason: str
    given_at: datetime
    applied_in: str | None = None


class Balance(Struct, frozen=True, kw_only=True):
    """The amount that an account's last invoice carried on to the next, and how many credits wait for the next.

    `version` grows with each invoice and each credit, so a write that was computed from an older balance fails.
    """

    account: str
    version: int = 0
    carried_micros: int = 0
    waiting: int = 0


class Difference(Struct, frozen=True, kw_only=True):
    """A count of a month that is not the same in its counters and in the sum over its messages."""

    month: str
    count: str
    counters: int
    messages: int


class Findings(Struct, frozen=True, kw_only=True):
    """Why an invoice is not issued: counts that differ, messages that cannot be read, lines that do not add up."""

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


class MonthEntry(Struct, frozen=True, kw_only=True):
    """An account's month: its `invoice` once it is issued, or the `findings` that keep it from being issued."""

    account: str
    month: str
    state: InvoiceState
    invoice: Invoice | None = None
    findings: Findings | None = None
    look_again_at: datetime | None = None
    mailed_at: datetime | None = None
    paid_on: date | None = None
    credited_micros: int = 0


def months_before(month: str) -> list[str]:
    """Return the months whose late units a month's invoice charges: the three before it, oldest first."""
    earlier = [month]
    for _ in range(_MONTHS_BACK):
        earlier.insert(0, months.previous(earlier[0]))
    return earlier[:-1]


def months_to_read(month: str) -> list[str]:
    """Return the other months whose invoices must be read to find the late units of a month's invoice.

    They are the three months before it, and the two after it, because their invoices may have been issued first.
    """
    wanted = [*months_before(month), month]
    for _ in range(_MONTHS_BACK - 1):
        wanted.append(months.following(wanted[-1]))
    return [other for other in wanted if other != month]


def billed_in(month: str, invoices: Iterable[Invoice]) -> Usage | None:
    """Return the units of a month that were invoiced: by its own invoice, and by later ones as late units.

    Return None before the month's own invoice is issued.
    """
    issued = list(invoices)
    own = next((invoice for invoice in issued if invoice.month == month), None)
    if own is None:
        return None
    late = [
        line for invoice in issued for line in invoice.lines if line.item.startswith(LATE) and line.month == month
    ]
    return Usage(
        units_sent=own.units_sent + _quantity(late, "units_sent"),
        units_received=own.units_received + _quantity(late, "units_received"),
    )


def _quantity(late: Iterable[InvoiceLine], item: str) -> int:
    return sum(line.quantity for line in late if line.item.startswith(f"{LATE}{item}"))


def late_lines(month: str, plan: Plan, billed: Usage, counted: Usage) -> Iterator[InvoiceLine]:
    """Yield the difference between a month's billed and counted units, a line for each item, at the month's price."""
    before, after = ({line.item: line for line in charges(plan, usage)} for usage in (billed, counted))
    for item, line in (before | after).items():
        more = (after[item].quantity if item in after else 0) - (before[item].quantity if item in before else 0)
        if more:
            description = f"{line.description}, counted late"
            yield InvoiceLine(f"{LATE}{item}", description, more, line.price_micros, more * line.price_micros, month)


def is_same_credit(credit: Credit, other: Credit) -> bool:
    """Return whether two credits with the same id are one order of the operator, given twice."""
    return (credit.month, credit.amount_micros, credit.reason) == (other.month, other.amount_micros, other.reason)


def credit_lines(charged: Iterable[InvoiceLine], carried_micros: int, waiting: Sequence[Credit]) -> list[InvoiceLine]:
    """Return the lines that reduce the charges. If they exceed the charges, a last line carries the excess on."""
    taken = [_credit_line("brought_forward", "Brought forward", -carried_micros)] if carried_micros else []
    taken += [_credit_line("credit", credit.reason, -credit.amount_micros, credit.month) for credit in waiting]
    total = sum(line.amount_micros for line in (*charged, *taken))
    return [*taken, _credit_line("carried_on", "Carried on to the next invoice", -total)] if total < 0 else taken


def _credit_line(item: str, description: str, micros: int, month: str | None = None) -> InvoiceLine:
    return InvoiceLine(item, description, 1, micros, micros, month)


def carried_on(lines: Iterable[InvoiceLine]) -> int:
    """Return the amount that an invoice with these lines carries on to the next, in millionths."""
    return sum(line.amount_micros for line in lines if line.item == "carried_on")


def compare_counts(month: str, counters: Usage, messages: Usage) -> Findings:
    """Return the differences between a month's counters and the sum over its messages."""
    counts = [(field.name, getattr(counters, field.name), getattr(messages, field.name)) for field in fields(Usage)]
    return Findings(
        differences=tuple(
            Difference(month=month, count=name, counters=counter, messages=total)
            for name, counter, total in counts
            if counter != total
        )
    )
