"""Suspends an account and restores it, closes it and opens it again, and shows how it stands; the operator's."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from longcode.account import Account
from longcode.aws import clock
from longcode.aws.telemetry import logger
from longcode.errors import RequestError, WrongStanding
from longcode.standing import Standing, Turn
from longcode.table import accounts
from longcode.table.store import ConditionFailed

Words = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"\S")]


class Order(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do"):
    """Which account it is about, and who of the operator's wants it, which the studio is not shown."""

    account: str
    by: Words | None = None


class Show(Order, frozen=True, kw_only=True, tag="show"):
    """Show how an account stands."""


class Suspend(Order, frozen=True, kw_only=True, tag="suspend"):
    """Stop an account's sending. The reason is for the studio, and never left out."""

    reason: Words


class Restore(Order, frozen=True, kw_only=True, tag="restore"):
    """Let a suspended account send again."""


class Close(Order, frozen=True, kw_only=True, tag="close"):
    """End an account. The month is still billed, on its ordinary day."""

    reason: Words | None = None


class Reopen(Order, frozen=True, kw_only=True, tag="reopen"):
    """Open a closed account again, with the plan that it had."""


# What an order makes of an account, and of which accounts; the others are refused.
_TURNS: Mapping[type[Order], tuple[set[Standing], Standing]] = {
    Suspend: ({Standing.ACTIVE, Standing.SUSPENDED}, Standing.SUSPENDED),
    Restore: ({Standing.SUSPENDED}, Standing.ACTIVE),
    Close: ({Standing.ACTIVE, Standing.SUSPENDED}, Standing.CLOSED),
    Reopen: ({Standing.CLOSED}, Standing.ACTIVE),
}
_INSTEAD = {Standing.SUSPENDED: "restore it or close it", Standing.CLOSED: "reopen it first"}


def turn(order: Suspend | Restore | Close | Reopen, now: datetime) -> Account:
    """Change how an account stands, whoever else does at once; given again, an order changes nothing.

    Raises `NotFound`, or `WrongStanding` where something else would have to come first.
    """
    allowed, to = _TURNS[type(order)]
    while not _is_so(account := accounts.need(order.account), order, to):
        if account.standing not in allowed:
            why = f"The account is {account.standing}: {_INSTEAD[account.standing]}."
            raise WrongStanding(why, field="do")
        at = max([now, account.created_at, *(one.at for one in account.standings)])  # clocks differ
        try:
            turned = accounts.turn(account, Turn(at=at, to=to, reason=_reason(order), by=order.by))
        except ConditionFailed:
            continue  # somebody else's order came first
        logger.info("turned", extra={"account": account.id, "standing": to})
        return turned
    return account


def _is_so(account: Account, order: Order, to: Standing) -> bool:
    """Tell whether an account stands so already; a suspension with another reason is another one."""
    last = account.standings[-1].reason if account.standings else None
    return account.standing is to and (to is not Standing.SUSPENDED or last == _reason(order))


def _reason(order: Order) -> str | None:
    return order.reason if isinstance(order, Suspend | Close) else None


def shown(account: Account) -> dict[str, Any]:
    """Show how an account stands and how that came about; and the number that it keeps until it is taken back."""
    turns = [msgspec.to_builtins(one) for one in account.standings]
    return {"account": account.id, "standing": account.standing, "number": account.number, "standings": turns}


def answer(event: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Do what the operator asks for, or say why not and which field it is about.

    `msgspec.ValidationError` says what of it cannot be read.
    """
    order: Show | Suspend | Restore | Close | Reopen = msgspec.convert(
        event, Show | Suspend | Restore | Close | Reopen
    )
    try:
        return shown(accounts.need(order.account) if isinstance(order, Show) else turn(order, now))
    except RequestError as refusal:  # without a field, it is the account that is not there
        return {"code": refusal.code, "detail": refusal.detail, "field": refusal.field or "account"}


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return answer(event, clock.now())
