"""List our numbers and those that are parked, check them at the carrier, dedicate them to accounts."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from admin.order import AccountId, Order, ReadingOrder, Unchanged, account_or_raise
from longcode import months
from longcode.aws.parameters import inbound_url, public_url
from longcode.aws.settings import settings
from longcode.aws.telemetry import logger
from longcode.carriers.choose import open_account
from longcode.carriers.refusals import meaning_of
from longcode.carriers.twilio_account import AtTwilio, NoAnswer, TwilioAccount, WantedAccount, find_faults
from longcode.clients import store as clients
from longcode.errors import BadPhone, NumberTaken
from longcode.numbers import choose, listed
from longcode.numbers import store as numbers
from longcode.numbers.listed import DedicatedNumber
from longcode.phone import to_e164
from longcode.table import keyed_hash, store
from longcode.table.store import ConditionFailed
from longcode.usage import store as usage
from longcode.usage.habit import Activity

_WEBHOOK = "/carriers/twilio/inbound"


class Assign(Order, frozen=True, kw_only=True, tag="numbers.assign"):
    """Dedicate a number to an account, in place of its earlier number; null only takes the earlier number back."""

    account: AccountId
    number: str | None


class ListNumbers(ReadingOrder, frozen=True, kw_only=True, tag="numbers.list"):
    """List our numbers: the shared ones, those of accounts, and those that are kept for the account that had them."""


def list_numbers(_order: ListNumbers, now: datetime) -> dict[str, Any]:
    """Return all numbers, each with its account, its throughput, why it is parked, and its texts of two days.

    `number_hash` stands for the number in the logs.
    """
    numbers_listed = list(_listed(listed.dedicated_numbers(), now))
    paces = {str(item["number"]): choose.throughput_of(str(item["number"])) for item in numbers_listed}
    waits = listed.waits(sorted({name for name, _ in paces.values()}), now)
    parked = {one.number: one for one in numbers.all_parked()}
    for item in numbers_listed:
        name, segments_a_second = paces[item["number"]]
        held = parked.get(item["number"])
        item["segments_a_second"] = segments_a_second
        item["waits_seconds"] = waits[name].total_seconds()
        item["parked"] = _parked(held) if held else None
        item["number_hash"] = keyed_hash.of(item["number"])
    return {"items": numbers_listed}


def _listed(dedicated: list[DedicatedNumber], now: datetime) -> Iterator[dict[str, Any]]:
    for number in settings().shared_numbers:
        yield {"number": number, "kind": "shared"}
    texts = _texts_of_two_days([own.account for own in dedicated if own.account], now)
    for own in dedicated:
        if own.account:
            since = {"since": msgspec.to_builtins(own.at), "texts": texts[own.account]}
            yield {"number": own.number, "kind": "dedicated", "account": own.account, **since}
        elif own.kept_until and own.kept_until > now:
            until = msgspec.to_builtins(own.kept_until)
            yield {"number": own.number, "kind": "kept", "account": own.kept_for, "kept_until": until}


def _texts_of_two_days(accounts: Sequence[str], now: datetime) -> dict[str, dict[str, int]]:
    """Return what became of each account's texts of today and yesterday in Chicago: all go from its own number."""
    days = [months.day_of(now - timedelta(days=back)) for back in (0, 1)]
    wanted = {account: [key for day in days for key in usage.keys_of_day(account, day)] for account in accounts}
    items = store.get_many([key for keys in wanted.values() for key in keys]) if wanted else {}
    return {
        account: _outcomes(usage.activity_of(items[key] for key in keys if key in items))
        for account, keys in wanted.items()
    }


def _outcomes(found: Activity) -> dict[str, int]:
    return {
        "taken": found.texts_sent + found.texts_undelivered,
        "not_delivered": found.texts_undelivered,
        "refused": found.texts_refused,
    }


def _parked(one: numbers.ParkedNumber) -> dict[str, Any]:
    return {
        "code": one.code,
        "reason": meaning_of(settings().carrier, one.code).words,
        "at": msgspec.to_builtins(one.at),
    }


class ListParked(ReadingOrder, frozen=True, kw_only=True, tag="numbers.list_parked"):
    """List the numbers whose texts are held, because the carrier refused their registration."""


def list_parked(_order: ListParked, _now: datetime) -> dict[str, Any]:
    """Return the parked numbers, each with the carrier's code and when the text was sent that it refused."""
    return {"items": msgspec.to_builtins(numbers.all_parked())}


class CheckNumbers(ReadingOrder, frozen=True, kw_only=True, tag="numbers.check"):
    """Ask the carrier whether our numbers belong to us there, are registered, and send what they receive to us."""


def check_numbers(_order: CheckNumbers, _now: datetime) -> dict[str, Any]:
    """Return our numbers and what is set wrong at Twilio; `unanswered` is why Twilio could not be asked, or null.

    With another carrier, only the numbers are returned: its settings are in the operator's own AWS account.
    """
    ours = {"carrier": settings().carrier, "shared": list(settings().shared_numbers)}
    return check_at_twilio(open_account(), {**ours, "dedicated": numbers.all_dedicated()})


def check_at_twilio(account: TwilioAccount | None, ours: dict[str, Any]) -> dict[str, Any]:
    """Return our numbers, with what is wrong in an account at Twilio."""
    if ours["carrier"] != "twilio":
        return {**ours, "items": [], "unanswered": None}
    if account is None:
        return {**ours, "items": [], "unanswered": "The secret of the carrier has no account_sid yet."}
    try:
        found = account.read(settings().messaging_service_sid)
    except NoAnswer as failed:
        return {**ours, "items": [], "unanswered": str(failed)}
    return {**ours, "items": msgspec.to_builtins(_faults(found, ours)), "unanswered": None}


def _faults(found: AtTwilio, ours: dict[str, Any]) -> list[Any]:
    wanted = WantedAccount(
        shared=tuple(ours["shared"]),
        dedicated=tuple(ours["dedicated"]),
        service=settings().messaging_service_sid,
        webhook=f"{public_url()}{_WEBHOOK}",
        fallback=f"{inbound_url()}{_WEBHOOK}",
        texts_us="US" in settings().allowed_countries,
    )
    return list(find_faults(found, wanted))


def assign(order: Assign, now: datetime) -> dict[str, Any]:
    """Set or take back an account's number, and return the number that it has now; a repeated order changes nothing.

    Raise `NotFound`, `BadPhone` or `NumberTaken`.
    """
    number = None if order.number is None else _not_shared(order.number)
    is_changed = False
    while (account := account_or_raise(order.account)).number != number:
        try:
            if not numbers.dedicate(account, number, now):
                raise NumberTaken(
                    "This number belongs to another account, or did so in the last thirty days.", field="number"
                )
        except ConditionFailed:
            continue  # the account's number was changed meanwhile
        is_changed = True
        logger.info("dedicated number set", extra={"account": order.account, "given": number is not None})
    if number:
        # A client can have had it as a phone before: each text looks that up now, and is refused when it is posted.
        for account_id, client_id in clients.with_phone_in_all_accounts(number):
            clients.mark_phone(account_id, client_id, number)
    return {"number": number} if is_changed else Unchanged(number=number)


def _not_shared(entered: str) -> str:
    if not entered.startswith("+"):
        raise BadPhone("Write the number in E.164: +, the country code, the number.", field="number")
    try:
        number = to_e164(entered, "1")
    except BadPhone as error:
        error.field = "number"
        raise
    if number in settings().shared_numbers:
        raise NumberTaken("This number is shared by all studios: see the parameter SharedNumbers.", field="number")
    return number
