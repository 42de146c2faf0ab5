"""Draws an account's invoice of a month up: its plan and units, late units of the months before, what takes away."""

from collections.abc import Iterator
from dataclasses import replace

from msgspec import Struct

from longcode import credit, late, plans
from longcode.account import Account, plan_in
from longcode.invoice import Invoice, Line, charges, draw_up
from longcode.plans import Plan
from longcode.table import balances, invoices, price_list, usage
from longcode.table.writes import Write
from longcode.usage import Usage


class Drawn(Struct, frozen=True, kw_only=True):
    """An invoice with the counters that it was drawn up from, by month, and the writes that go with it."""

    invoice: Invoice
    counters: dict[str, Usage]
    settling: list[Write]


def draw(account: Account, month: str) -> Drawn | None:
    """Draw it up; None if the account owes nothing for the month: it joined later, or was closed before.

    An account that was closed before still has an invoice where units of it are on none, at no fee.
    """
    terms = terms_of(account, month)
    if terms is None:
        return None
    balance = balances.of(account.id)
    used = usage.of_month(account.id, month)
    late_ones = list(_late(account, month))
    if plan_in(account, month) is None and used == Usage() and not late_ones:
        return None
    lines = [line for _, _, more in late_ones for line in more]
    waiting = balances.waiting(balance)
    others = credit.lines((*charges(terms, used), *lines), balance.carried_micros, waiting)
    return Drawn(
        invoice=draw_up(account.id, month, terms, used, studio=account.name, others=[*lines, *others]),
        counters={month: used} | {before: counted for before, counted, _ in late_ones},
        settling=balances.settling(balance, month, waiting, credit.carried_on(others)),
    )


def owes(account: Account, month: str) -> bool:
    """Tell whether an account owes a month's fee: it had its credentials, and was open for any part of the month."""
    return account.established_at is not None and plan_in(account, month) is not None


def terms_of(account: Account, month: str) -> Plan | None:
    """Tell an account's plan in a month, with no fee after it was closed; None before it had one.

    Who never got the credentials of the sign-up never had one.
    """
    name = plans.in_month(month, account.plan_changes)
    if name is None or account.established_at is None:
        return None
    plan = price_list.of_month(month)[name]
    return plan if plan_in(account, month) else replace(plan, monthly_fee_micros=0)


def _late(account: Account, month: str) -> Iterator[tuple[str, Usage, list[Line]]]:
    """Give the months before of which not all units are on an invoice, or too many; with their counters and lines."""
    beside = invoices.entries((account.id, one) for one in late.months_beside(month))
    issued = [one.invoice for one in beside if one.invoice]
    for before in late.months_before(month):
        billed, plan = late.billed(before, issued), terms_of(account, before)
        if billed is None or plan is None:
            continue  # its own invoice will have them
        counted = usage.of_month(account.id, before)
        if lines := list(late.lines(before, plan, billed, counted)):
            yield before, counted, lines
