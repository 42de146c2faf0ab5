"""The whole life of one text: what became of it and why, its steps, its cost, and the webhooks about it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from admin.order import AccountId, ReadingOrder
from admin.texts import find, why
from admin.texts.why import Known
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.aws.settings import settings
from longcode.billing import store as invoices
from longcode.billing.invoice import money
from longcode.broadcasts import store as broadcasts
from longcode.broadcasts.broadcast import Broadcast
from longcode.carriers.choose import look_up_carrier
from longcode.carriers.refusals import meaning_of_error
from longcode.errors import NoPriceList, NotFound, RequestError
from longcode.message import Direction, Message, MessageKind, MessageState
from longcode.messages import accept
from longcode.months import instant
from longcode.numbers import choose as choose_number
from longcode.numbers import store as numbers
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED, OptOutEvent, account_scope
from longcode.plans.plans import Plan
from longcode.usage import store as quotas
from longcode.usage.usage import MONTH_COUNTER, is_credited, limits_at
from longcode.webhooks import delivery
from longcode.webhooks import store as webhooks
from longcode.webhooks.delivery import Delivery
from longcode.windows import ends_at

_TOLD = (*MessageState,)
_MOST_EVENTS = 500  # a phone can text STOP and START without end, and an answer has six megabytes at most


class ShowText(ReadingOrder, frozen=True, kw_only=True, tag="texts.show"):
    """Show a text by the same ids as `texts.find`."""

    id: Annotated[str, Meta(min_length=1, max_length=200)]
    account: AccountId | None = None


class Life(Struct, frozen=True, kw_only=True):
    """A text with what belongs to it, as far as it exists."""

    text: Message
    account: Account | None
    broadcast: Broadcast | None
    plan: Plan | None
    used: dict[str, int]
    limits: dict[str, int]
    invoice: str | None
    opt_outs: list[OptOutEvent]
    sticky_sender: str | None
    number_parked: str | None
    deliveries: list[Delivery]


def show(order: ShowText, now: datetime) -> dict[str, Any]:
    """Return the life of a text; raise `NotFound`, or `RequestError` if several have the id."""
    return show_with(order, look_up_carrier, now)


def show_with(order: ShowText, carrier: find.OpenCarrier, now: datetime) -> dict[str, Any]:
    """Do the order; `carrier` is as in `find.find_with`."""
    found = find.by_id(order.id, order.account, carrier)
    if found.is_unattributed:
        raise NotFound("This is an unattributed reply: `longcode unattributed list` shows it.", field="id")
    if len(found.texts) != 1:
        names = ", ".join(text.account for text in found.texts)
        raise RequestError(f"Several accounts have this text ({names}): name one.", field="account")
    return _shown(_life(found.texts[0], now), now)


def _life(text: Message, now: datetime) -> Life:
    account = accounts.get(text.account)
    plan, used, limits = _quota(text, account) if account else (None, {}, {})
    invoice = invoices.get(text.account, text.month) if text.month else None
    conversations = numbers.conversations_with(text.phone)
    parked = {one.number: one.code for one in numbers.all_parked()} if text.number else {}
    return Life(
        text=text,
        account=account,
        broadcast=broadcasts.get(text.account, text.broadcast) if text.broadcast else None,
        plan=plan,
        used=used,
        limits=limits,
        invoice=invoice.number if invoice else None,
        opt_outs=_opt_outs(text, now),
        sticky_sender=conversations.sticky_sender(text.account, settings().shared_numbers),
        number_parked=parked.get(text.number),
        deliveries=_deliveries(text, now),
    )


def _quota(text: Message, account: Account) -> tuple[Plan | None, dict[str, int], dict[str, int]]:
    """Return the plan of a text's month, and how much of which limits is used now."""
    at = text.sent_at or text.send_at or text.created_at
    try:
        plan = accept.plan_at(account, at)
    except NoPriceList:
        return None, {}, {}
    limits = limits_at(account, plan, at)
    return plan, quotas.reserved(limits), limits.counters


def _opt_outs(text: Message, now: datetime) -> list[OptOutEvent]:
    """Return the newest opt-outs, opt-ins and questions that concern the account, oldest first."""
    scopes = (SHARED, account_scope(text.account))
    return [event for event in optouts.phone_history(text.phone, now) if event.scope in scopes][-_MOST_EVENTS:]


def _deliveries(text: Message, now: datetime) -> list[Delivery]:
    """Return the webhooks about a text, oldest first: their ids follow from what they report."""
    if text.direction is Direction.IN:
        wanted = {delivery.of_reply(text, now).id}
    else:
        attempts = [text.returned[:count] for count in range(len(text.returned) + 1)]
        reported = [replace(text, state=state, returned=returned) for state in _TOLD for returned in attempts]
        wanted = {delivery.of_status(one, now).id for one in reported}
    found = webhooks.delivery_facts(text.account, wanted).deliveries.values()
    return sorted(found, key=lambda one: one.created_at)


def _shown(life: Life, now: datetime) -> dict[str, Any]:
    text = life.text
    known = Known(
        account=life.account,
        broadcast=life.broadcast,
        number_parked=life.number_parked,
        segments_a_second=choose_number.throughput_of(text.number)[1],
    )
    said = why.of(text, known, now)
    return {
        "why": said.why,
        "help": said.help,
        "account": text.account,
        "account_name": life.account.name if life.account else None,
        "message_id": text.id,
        "text": msgspec.to_builtins(replace(text, skipped=())),  # those are other phones
        "from": _origin(life),
        "number": _number(life),
        "cost": _cost(life),
        "quota": _quota_in_words(life),
        "carrier": _carrier(text),
        "waits": _waits(text),
        "steps": [{"at": instant(at), "what": what} for at, what in sorted(_steps(life))],
        "opt_outs": [msgspec.to_builtins(event) for event in life.opt_outs],
        "webhooks": [_webhook(one) for one in life.deliveries],
    }


def _origin(life: Life) -> str:
    """Return who or what the text is from."""
    text, broadcast = life.text, life.broadcast
    if text.direction is Direction.IN:
        return "the client" + (f", to text {text.answers}" if text.answers else "")
    if text.broadcast:
        state = f" ({broadcast.state}{', paused' if broadcast.paused else ''})" if broadcast else ""
        return f"broadcast {text.broadcast}{state}" + (
            f", begun by {broadcast.by}" if broadcast and broadcast.by else ""
        )
    if text.kind is MessageKind.TRIGGERED:
        return f"trigger {text.trigger}" if text.trigger else "a trigger"
    if text.kind is MessageKind.SERVICE:
        return "the service itself, in answer to a keyword"
    return f"{text.by}, in the hub" if text.by else "the studio's software, by the API"


def _number(life: Life) -> str:
    """Return our number of the text, and over which one the account talks with the phone now."""
    text = life.text
    kind = "shared" if choose_number.is_shared(text.number) else "dedicated"
    own = f"{text.number} ({kind})" if text.number else "none yet: a shared number is chosen when it is sent"
    parked = f", parked because of {life.number_parked}" if life.number_parked else ""
    sticky = f"; sticky sender now: {life.sticky_sender}" if life.sticky_sender not in (None, text.number) else ""
    return f"{own}{parked}{sticky}"


def _cost(life: Life) -> str:
    text, plan = life.text, life.plan
    units, segments = "unit" if text.units == 1 else "units", "segment" if text.segments == 1 else "segments"
    length = f"{text.units} {units}, {text.segments} {segments} in {text.encoding}"
    if is_credited(text):
        return f"{length}; not charged: the carrier did not deliver it"
    if text.month is None:
        return (
            f"{length}; not charged: it is not sent" if text.direction is Direction.OUT else f"{length}; not charged"
        )
    price = (
        f", {money(text.charged_units * plan.unit_price_micros, plan.currency)} if beyond the included ones"
        if plan
        else ""
    )
    invoice = f"; on invoice {life.invoice}" if life.invoice else ""
    return f"{length}; {text.charged_units} charged in {text.month}{price}{invoice}"


def _quota_in_words(life: Life) -> str | None:
    if life.plan is None:
        return None
    counters = [
        f"{life.used.get(name, 0):,} of {limit:,} units of the {'month' if name == MONTH_COUNTER else 'day'} used now"
        for name, limit in life.limits.items()
    ]
    reserved = f"; reserved in {life.text.reserved_in}" if life.text.reserved_in else ""
    included = f"{life.plan.included_units:,} units included, then it {life.plan.past_limit}s"
    return "; ".join([f"plan {life.plan.name} ({included})", *counters]) + reserved


def _carrier(text: Message) -> str | None:
    """Return the carrier with its ids of the text, and what its code means."""
    if not text.carrier:
        return None
    ids = [text.carrier_id or "no id", *(f"{one} (given back)" for one in text.returned)]
    code = f"; {text.error}: {meaning_of_error(text.error).words}" if text.error and ":" in text.error else ""
    return f"{text.carrier} {', '.join(ids)}{code}"


def _waits(text: Message) -> str | None:
    """Return the windows of a text: until when it is worth sending, quiet hours, lease, deadline, next look."""
    if text.direction is Direction.IN:
        return None
    windows = {
        "not before": text.send_at,
        "worth sending until": ends_at(text),
        "quiet hours from": text.quiet_from,
        "claimed until": text.lease_until,
        "decided by": text.deadline,
        "looked at again": text.due_at,
    }
    return "; ".join(f"{name} {why.at(moment)}" for name, moment in windows.items() if moment)


def _steps(life: Life) -> Iterator[tuple[datetime, str]]:
    text = life.text
    if text.direction is Direction.IN:
        yield (
            text.created_at,
            f"received over {text.number}" + (f", as the keyword {text.keyword}" if text.keyword else ""),
        )
    else:
        units = f", {text.units} units reserved" if text.reserved_in else ""
        yield text.created_at, f"accepted from {_origin(life)}{units}"
    if text.claimed_at:
        again = ", for the second time after an uncertain attempt" if text.resent else ""
        yield text.claimed_at, f"attempt {text.attempt} taken up by a worker{again}"
    if text.returned and text.claimed_at:
        yield text.claimed_at, f"before that, the carrier gave back {len(text.returned)} attempts"
    if text.sent_at:
        yield (
            text.sent_at,
            f"counted as sent over {text.number}" + (f" ({text.carrier_id})" if text.carrier_id else ""),
        )
    if text.finished_at:
        yield text.finished_at, f"{text.state}" + (f" ({text.error})" if text.error else "")
    for event in life.opt_outs:
        yield event.at, _consent_step(event)
    for one in life.deliveries:
        about = f" that it is {one.data['state']}" if "state" in one.data else ""
        yield one.created_at, f"webhook{about} written for the studio's software"


def _consent_step(event: OptOutEvent) -> str:
    where = "all shared numbers" if event.scope == SHARED else "this account"
    if event.asks:
        return "the client wrote what may mean STOP"
    return f"opted {'out of' if event.out else 'in to'} {where} ({event.means})"


def _webhook(one: Delivery) -> dict[str, Any]:
    return {
        "id": one.id,
        "event": one.event,
        "about": one.data.get("state"),
        "state": one.state,
        "attempts": one.attempt,
        "error": one.error,
        "created_at": instant(one.created_at),
        "next_at": instant(one.due_at) if one.due_at else None,
        "finished_at": instant(one.finished_at) if one.finished_at else None,
    }
