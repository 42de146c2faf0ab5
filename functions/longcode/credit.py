"""Credits: what the operator takes off an invoice stands on the next one, and carries on until it is used up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from longcode.invoice import Line


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


def same(one: Credit, other: Credit) -> bool:
    """Tell whether two credits are one that was given twice."""
    return (one.month, one.amount_micros, one.reason) == (other.month, other.amount_micros, other.reason)


def lines(charges: Iterable[Line], carried_micros: int, credits_given: Sequence[Credit]) -> list[Line]:
    """List what takes away from the charges; where they are too small for it, the last line puts the rest off."""
    taken = [_line("brought_forward", "Brought forward", -carried_micros)] if carried_micros else []
    taken += [_line("credit", one.reason, -one.amount_micros, one.month) for one in credits_given]
    below = sum(line.amount_micros for line in (*charges, *taken))
    return [*taken, _line("carried_on", "Carried on to the next invoice", -below)] if below < 0 else taken


def carried_on(lines: Iterable[Line]) -> int:
    """Tell what an invoice carries on to the next."""
    return sum(line.amount_micros for line in lines if line.item == "carried_on")


def _line(item: str, description: str, micros: int, month: str | None = None) -> Line:
    return Line(item, description, 1, micros, micros, month)
