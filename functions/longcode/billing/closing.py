"""Close an account's month: compute its invoice, check the counters, then issue the invoice or park it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace

from longcode import months
from longcode.accounts import store as accounts
from longcode.accounts.account import Account, plan_owed_in
from longcode.aws.settings import settings
from longcode.aws.telemetry import count, logger
from longcode.billing import adjustments, charged
from longcode.billing import store as invoices
from longcode.billing.adjustments import Findings, MonthEntry
from longcode.billing.invoice import Invoice, InvoiceLine, Seller, charges, compute_invoice, find_errors
from longcode.plans import plans
from longcode.plans import store as price_list
from longcode.plans.plans import Plan
from longcode.table.writes import Write
from longcode.usage import store as quotas
from longcode.usage.usage import Usage, usage_of
from longcode.windows import SWEEP_AFTER

_TRIES, _READ_AT_ONCE = 20, 100


class Draft(Struct, frozen=True, kw_only=True):
    """An invoice and the counters that it was computed from, by month.

    `settlement` are the writes to the account's credits and balance that belong into the invoice's transaction.
    """

    invoice: Invoice
    counters: dict[str, Usage]
    settlement: list[Write]


class OpenMonth(Struct, frozen=True, kw_only=True):
    """A month of an account that should have an invoice and has none; `entry` is None if it is not billed yet."""

    account: str
    entry: MonthEntry | None


class CountersChanged(Exception):
    """The counters changed while the messages were added up, so counters and sum cannot be compared."""


def without_invoice(ids: Iterable[str], month: str) -> Iterator[OpenMonth]:
    """Yield those of the accounts that should have an invoice of a month and have none."""
    rest = iter(ids)
    while some := list(islice(rest, _READ_AT_ONCE)):
        entries = {entry.account: entry for entry in invoices.entries((account, month) for account in some)}
        open_ids = [account for account in some if account not in entries or entries[account].invoice is None]
        for account in accounts.get_many(open_ids):
            if account.id in entries or owes(account, month):
                yield OpenMonth(account=account.id, entry=entries.get(account.id))


def close(account: Account, month: str, now: Callable[[], datetime]) -> Invoice | None:
    """Return the invoice of a month that has ended, and issue it if it is not issued yet.

    Return None if the account owes nothing for the month, or if the check found something wrong.
    """
    entry = invoices.entry(account.id, month)
    if entry and (entry.invoice or _waits_for_second_check(entry, now())):
        return entry.invoice
    for _ in range(_TRIES):
        draft = draft_invoice(account, month)
        if draft is None:
            if entry:
                invoices.forget(account.id, month)
            return None
        try:
            findings = check(account.id, draft.invoice, draft.counters)
            if findings:
                _doubt_or_park(entry, account.id, month, findings, now())
                return None
            return invoices.issue(with_terms(draft.invoice, now()), now() + SWEEP_AFTER, *draft.settlement)
        except (CountersChanged, invoices.InvoiceOvertaken):
            continue  # a text was counted meanwhile, or another invoice or a credit was written first: start again
    raise TimeoutError(f"{month} of {account.id} kept changing")


def _waits_for_second_check(entry: MonthEntry, now: datetime) -> bool:
    return entry.look_again_at is not None and entry.look_again_at > now


def _doubt_or_park(entry: MonthEntry | None, account: str, month: str, findings: Findings, now: datetime) -> None:
    """Schedule a second check, for when a lagging index has caught up; after the second, park the month."""
    if entry is None:
        invoices.doubt(account, month, findings, now + SWEEP_AFTER)
        return
    if invoices.park(account, month, findings):
        count("ParkedInvoices")
        logger.error("invoice parked", extra={"account": account, "month": month})


def draft_invoice(account: Account, month: str) -> Draft | None:
    """Return the invoice to issue; None if nothing is owed: the account joined later, or was closed before the month.

    An account that was closed before still gets an invoice, without a fee, for units that are on no invoice yet.
    """
    plan = _plan_of(account, month)
    if plan is None:
        return None
    balance = invoices.balance(account.id)
    used = quotas.of_month(account.id, month)
    late = list(_late_months(account, month))
    if plan_owed_in(account, month) is None and used == Usage() and not late:
        return None
    late_lines = [line for _, _, lines in late for line in lines]
    waiting = invoices.waiting_credits(balance)
    credit_lines = adjustments.credit_lines((*charges(plan, used), *late_lines), balance.carried_micros, waiting)
    return Draft(
        invoice=compute_invoice(
            account.id, month, plan, used, studio=account.name, others=[*late_lines, *credit_lines]
        ),
        counters={month: used} | {earlier: counted for earlier, counted, _ in late},
        settlement=invoices.settlement_writes(balance, month, waiting, adjustments.carried_on(credit_lines)),
    )


def with_terms(invoice: Invoice, now: datetime) -> Invoice:
    """Return an invoice with the seller, how to pay, and the last day for it: these stay as they are when issued.

    The days to pay begin on the day on which it is issued, which is later than the 1st if the month was parked.
    """
    operator = settings()
    seller = Seller(
        name=operator.seller_name,
        address=operator.seller_address,
        tax_number=operator.seller_tax_number,
        how_to_pay=operator.how_to_pay,
    )
    begins = max(invoice.issued_on, date.fromisoformat(months.day_of(now)))
    return replace(invoice, seller=seller, due_on=begins + timedelta(days=operator.payment_days))


def owes(account: Account, month: str) -> bool:
    """Return whether an account owes a month's fee: it has credentials and was open for any part of the month."""
    return account.established_at is not None and plan_owed_in(account, month) is not None


def _plan_of(account: Account, month: str) -> Plan | None:
    """Return an account's plan in a month, without the fee if it was closed before; None before it had a plan.

    An account that never got the credentials of its sign-up never had a plan.
    """
    name = plans.plan_name_in(month, account.plan_changes)
    if name is None or account.established_at is None:
        return None
    plan = price_list.of_month(month)[name]
    return plan if plan_owed_in(account, month) else replace(plan, monthly_fee_micros=0)


def _late_months(account: Account, month: str) -> Iterator[tuple[str, Usage, list[InvoiceLine]]]:
    """Yield each earlier month whose invoiced units differ from its counters, with the counters and the lines."""
    entries = invoices.entries((account.id, other) for other in adjustments.months_to_read(month))
    issued = [entry.invoice for entry in entries if entry.invoice]
    for earlier in adjustments.months_before(month):
        billed, plan = adjustments.billed_in(earlier, issued), _plan_of(account, earlier)
        if billed is None or plan is None:
            continue  # the month's own invoice will have its units
        counted = quotas.of_month(account.id, earlier)
        if lines := list(adjustments.late_lines(earlier, plan, billed, counted)):
            yield earlier, counted, lines


def check(account: str, invoice: Invoice, counters: Mapping[str, Usage]) -> Findings:
    """Return what is wrong with an invoice or the counters that it was computed from; raise `CountersChanged`."""
    findings = [_compare(account, month, counted) for month, counted in counters.items()]
    return sum(findings, Findings(wrong=find_errors(invoice)))


def compare_month(account: str, month: str) -> tuple[Usage, Findings]:
    """Return a month's counters and how they differ from its messages; start again if texts are counted meanwhile."""
    for _ in range(_TRIES):
        counters = quotas.of_month(account, month)
        try:
            return counters, _compare(account, month, counters)
        except CountersChanged:
            continue
    raise TimeoutError(f"{month} of {account} kept changing")


def _compare(account: str, month: str, counters: Usage) -> Findings:
    """Return how counters, read before, differ from the messages; raise `CountersChanged` if they changed since."""
    try:
        messages = sum((usage_of(message) for message in charged.of_month(account, month)), Usage())
    except charged.Unreadable as unreadable:
        return Findings(unreadable=unreadable.args)
    if quotas.of_month(account, month) != counters:
        raise CountersChanged
    return adjustments.compare_counts(month, counters, messages)
