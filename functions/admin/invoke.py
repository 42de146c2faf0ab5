"""The operator's function: an event's `do` names the order, its other fields are the order's arguments."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from admin import (
    account_status,
    changes,
    credentials,
    ledger,
    numbers,
    optout_history,
    phones,
    price_list,
    restore_check,
    usage,
    waiting,
)
from admin.order import Order
from admin.texts import find, recipients, release, show, unattributed
from longcode.aws import clients, orders
from longcode.aws.telemetry import logger

ORDERS: Mapping[type[Order], Callable[[Any, datetime], dict[str, Any]]] = {
    account_status.ShowAccount: account_status.show,
    account_status.Approve: account_status.approve,
    account_status.SetCeiling: account_status.set_ceiling,
    account_status.ListAccounts: account_status.list_accounts,
    account_status.ListUnapproved: account_status.list_unapproved,
    account_status.Suspend: account_status.set_status,
    account_status.Restore: account_status.set_status,
    account_status.Close: account_status.close,
    account_status.Reopen: account_status.set_status,
    credentials.MailLink: credentials.mail_link,
    credentials.ChangeAddress: credentials.change_address,
    credentials.MailSignIn: credentials.mail_sign_in,
    credentials.EndCredentials: credentials.end_credentials,
    credentials.MakeKey: credentials.make_key,
    credentials.ListKeys: credentials.list_keys,
    credentials.EndKey: credentials.end_key,
    numbers.ListNumbers: numbers.list_numbers,
    numbers.Assign: numbers.assign,
    numbers.ListParked: numbers.list_parked,
    phones.ShowPhone: phones.show,
    phones.ListBlocked: phones.list_blocked,
    phones.HashPhone: phones.hash_phone,
    find.FindTexts: find.find,
    show.ShowText: show.show,
    recipients.ListBroadcasts: recipients.list_broadcasts,
    recipients.ListRecipients: recipients.list_recipients,
    recipients.ListLeftOut: recipients.list_left_out,
    numbers.CheckNumbers: numbers.check_numbers,
    price_list.ShowPlans: price_list.show,
    price_list.Load: price_list.load,
    ledger.CloseMonth: ledger.close_month,
    ledger.CheckMonth: ledger.check_month,
    ledger.RepairMonth: ledger.repair_month,
    ledger.ListInvoices: ledger.list_invoices,
    ledger.WriteCsv: ledger.write_csv,
    ledger.ListOpen: ledger.list_open,
    ledger.MarkPaid: ledger.mark_paid,
    ledger.Resend: ledger.resend,
    ledger.GiveCredit: ledger.give_credit,
    ledger.Export: ledger.export,
    usage.ListUsage: usage.list_usage,
    unattributed.ListUnattributed: unattributed.list_unattributed,
    unattributed.HandOver: unattributed.hand_over,
    unattributed.Move: unattributed.move,
    release.Release: release.release,
    waiting.CountParked: waiting.count_parked,
    waiting.ListOverdue: waiting.list_overdue,
    waiting.NoteDeadLetters: waiting.note_dead_letters,
    restore_check.RestoreCheck: restore_check.restore_check,
    optout_history.ExportHistory: optout_history.export_history,
    optout_history.ImportHistory: optout_history.import_history,
    changes.ListChanges: changes.list_changes,
}

_ORDER: Any = reduce(or_, ORDERS)


def act(event: Any, now: datetime, request: str = "") -> dict[str, Any]:
    """Carry out an order and return its result, or `code`, `detail` and `field` if it is malformed or refused.

    `request` is the id of the invocation.
    """
    operator = changes.operator(request)
    return orders.carry_out(event, _ORDER, lambda order: changes.recorded(order, ORDERS[type(order)], now, operator))


def read(event: Any) -> Order:
    """Return an order; raise `RequestError` for one that is malformed."""
    order: Order = orders.read(event, _ORDER)
    return order


@logger.inject_lambda_context
def handler(event: Any, context: Any) -> dict[str, Any]:
    return act(event, clients.now(), context.aws_request_id)
