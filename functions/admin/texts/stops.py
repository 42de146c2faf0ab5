"""What would stop a text to a phone now, for each of some accounts: the checks of the API and of the worker."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from msgspec.structs import replace

from admin.texts import why
from admin.texts.why import Why
from longcode.accounts.account import Account
from longcode.aws.at_once import at_once
from longcode.clients import store as clients
from longcode.errors import NoPriceList, RequestError
from longcode.message import HoldReason, Message, MessageKind
from longcode.messages import accept, compose, sending
from longcode.messages.checks import SendChecks
from longcode.numbers import choose as choose_number
from longcode.numbers.routing import hour_frees_at
from longcode.usage import store as quotas
from longcode.usage.usage import limits_at


def stops(phone: str, studios: Sequence[Account], now: datetime) -> dict[str, Why]:
    """Return why a text of one unit to a phone would not go now, by account, without accounts whose text would go."""
    if not studios:
        return {}
    drafts = [_draft(studio, phone, now) for studio in studios]
    checks = sending.send_checks(drafts, now)
    found = at_once(*(partial(_stop, *pair, checks, now) for pair in zip(studios, drafts, strict=True)))
    return {studio.id: stop for studio, stop in zip(studios, found, strict=True) if stop}


def _draft(studio: Account, phone: str, now: datetime) -> Message:
    text = compose.draft(
        account=studio.id, message_id="", kind=MessageKind.INDIVIDUAL, phone=phone, body="Hello", now=now
    )
    return replace(text, number=studio.number or "")


def _stop(studio: Account, text: Message, checks: SendChecks, now: datetime) -> Why | None:
    if code := checks.refusal(text):
        return why.refused(code, studio)
    if held := checks.held(text):
        found = why.held(held)
        also = " The number is parked." if held is HoldReason.PARKED else ""
        return Why(f"It would wait: {found.why}.{also}", found.help)
    return _no_permission(studio, text.phone) or _crowded(studio, text, checks, now) or _over_limit(studio, text, now)


def _no_permission(studio: Account, phone: str) -> Why | None:
    """Return why a text to a client is refused whose record does not allow it; a bare number needs no record."""
    with_phone = clients.with_phone(studio.id, phone)
    if not with_phone or any(with_phone.values()):
        return None
    return Why(
        "The record of the studio's client does not allow texts to the phone.",
        "If the client agrees, the studio ticks Allow Text Marketing and the SMS box of the number.",
    )


def _crowded(studio: Account, text: Message, checks: SendChecks, now: datetime) -> Why | None:
    if choose_number.is_shared(text.number):
        last_texts = checks.conversations[text.phone].of(studio.id)
    else:
        last = checks.last_texts.get((text.account, text.phone, text.number))
        last_texts = [last] if last else []
    frees_at = hour_frees_at(last_texts, now, studio.texts_an_hour)
    if not frees_at:
        return None
    return Why(
        f"The phone has had {studio.texts_an_hour} texts of the account within the hour.",
        f"The studio can text it again at {why.at(frees_at)}.",
    )


def _over_limit(studio: Account, text: Message, now: datetime) -> Why | None:
    """Return the API's refusal of a text that does not fit the quota of the month or day; it says what helps."""
    try:
        plan = accept.plan_at(studio, now)
        limits = limits_at(studio, plan, now)
        used = quotas.reserved(limits)
        refusal: RequestError | None = (
            accept.limit_reached(used, text.units, limits, plan, now) if limits.reached(used, text.units) else None
        )
    except NoPriceList:
        return Why("No plans are loaded, so nobody can send.", "`longcode plans load` loads infra/plans.json.")
    return Why(refusal.detail) if refusal else None
