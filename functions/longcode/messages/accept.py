"""Accepting texts: complete their words, write all of a request with their reservations, then enqueue them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from longcode import jobs
from longcode.accounts.account import Account
from longcode.aws import queues
from longcode.errors import DayLimitReached, PlanLimitReached
from longcode.message import Message, MessageState
from longcode.messages import compose
from longcode.messages import store as messages
from longcode.months import month_of
from longcode.numbers import choose as choose_number
from longcode.plans import plans
from longcode.plans import store as price_list
from longcode.plans.plans import Plan
from longcode.table.writes import Attributes, Update, Write
from longcode.usage import store as quotas
from longcode.usage.usage import Limits, limit_refusal, limits_at
from longcode.windows import SWEEP_AFTER


def final_texts(
    words: str,
    account: Account,
    phones: Collection[str],
    now: datetime,
    *,
    field: str,
    introduce: bool = True,
    last_texted: Mapping[str, datetime] | None = None,
) -> dict[str, str]:
    """Return the final text to each phone, with the sender's name and in the characters that cost least, by phone.

    Raise `TextTooLong` or `EmptyText` for the request's `field`. Unless `introduce` is False, a text that begins a
    conversation begins with the sender's name. `last_texted` is when the account last texted each phone, if the
    caller has read it.
    """
    name = compose.sender_prefix(account) if introduce else None
    if last_texted is None:
        last_texted = choose_number.last_texted(account, phones) if name else {}
    return {
        phone: compose.final_text(words, name, last_texted.get(phone), now, smart=account.smart_encoding, field=field)
        for phone in phones
    }


def write(account: Account, drafts: Sequence[Message], now: datetime, others: Sequence[Write] = ()) -> list[Message]:
    """Write the texts of one request and `others` atomically, enqueue those to send now, and return the texts.

    Raise `messages.AlreadyAccepted` when the request came before, `PlanLimitReached` or `DayLimitReached`, and
    `messages.RequestOvertaken` when a condition of `others` failed.
    """
    at = drafts[0].send_at or now
    plan = plan_at(account, at)
    limits = limits_at(account, plan, at, ahead=drafts[0].send_at is not None)
    texts = [limits.with_reservation(draft) for draft in drafts]
    units, check_at = sum(text.units for text in texts), now + SWEEP_AFTER
    reservations = quotas.reserve_writes(limits, units, check_at) or quotas.watch_writes(
        account, limits.month, check_at
    )
    try:
        while (quota := _try_accept(texts, reservations, others)) is not None:
            _check(limits, plan, quota, units, now)
            quotas.begin_counters(limits, check_at)
    except messages.AlreadyAccepted as repeated:
        if repeated.first != texts[0]:  # otherwise it is our own write, which the SDK repeated
            raise
    with queues.best_effort(message_id=texts[0].id):
        queues.send(*(jobs.for_message(text) for text in texts if text.state is MessageState.ACCEPTED))
    return texts


def plan_at(account: Account, at: datetime) -> Plan:
    """Return the account's plan at an instant; in a future month, the plan that its changes so far give it."""
    month = month_of(at)
    name = plans.plan_name_in(month, account.plan_changes)
    return price_list.of_month(month)[name or account.plan_changes[0].plan]


def limit_reached(
    used: Mapping[str, int], units: int, limits: Limits, plan: Plan, now: datetime
) -> PlanLimitReached | DayLimitReached:
    """Return the error for units that would exceed these limits; it names the plans that would allow them."""
    first, plans_in_month = plans.first_month_of_change(now), price_list.of_month(limits.month)
    choosable = [
        plans_in_month[name]
        for name, offered in price_list.of_month(first).items()
        if offered.on_offer and first <= limits.month
    ]
    return limit_refusal(limits, plan, used, units, choosable)


def _try_accept(
    texts: Sequence[Message], reservations: Sequence[Update], others: Sequence[Write]
) -> Attributes | None:
    """Write texts with their reservations; return the quota's item if a reservation failed, else None."""
    try:
        messages.accept(texts, reservations, others)
    except messages.NotReserved as refused:
        return refused.found
    return None


def _check(limits: Limits, plan: Plan, quota: Attributes, units: int, now: datetime) -> None:
    """Raise if a limit would be exceeded, unless a counter does not yet include all earlier usage."""
    reached = limits.reached(quota, units)
    if reached and all(limits.is_begun(quota, name) for name in limits.counters):
        quotas.schedule_check(limits.account, limits.month, now)
        raise limit_reached(quota, units, limits, plan, now)
