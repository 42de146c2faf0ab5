"""What people write on the command line, and how amounts are printed: months, days, instants, money."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

_MONTH = re.compile(r"[1-9][0-9]{3}-(0[1-9]|1[0-2])")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PHONE = re.compile(r"\+[0-9]{7,15}")
_AMOUNT = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")
_MILLION = Decimal(1_000_000)


def month(text: str) -> str:
    """Return a month as it is written; raise `BadParameter` for another text."""
    if not _MONTH.fullmatch(text):
        raise typer.BadParameter(f"{text!r} is no month. Write it as 2026-11.")
    return text


def day(text: str) -> str:
    """Return a day as it is written; raise `BadParameter` for another text."""
    try:
        if not _DAY.fullmatch(text):
            raise ValueError
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day. Write it as 2026-11-30.") from None


def phone(text: str) -> str:
    """Return a phone as it is written; raise `BadParameter` for one without its country code."""
    if not _PHONE.fullmatch(text):
        raise typer.BadParameter(f"{text!r} is no phone with its country code. Write it as +12125550123.")
    return text


def instant(text: str) -> str:
    """Return an instant in UTC, from one in RFC 3339 or from a day, which begins at 00:00 UTC."""
    try:
        read = datetime.fromisoformat(text)
        if not _DAY.match(text) or (read.tzinfo is None and not _DAY.fullmatch(text)):
            raise ValueError
        return f"{read.replace(tzinfo=read.tzinfo or UTC).astimezone(UTC).replace(tzinfo=None).isoformat()}Z"
    except (ValueError, OverflowError):
        raise typer.BadParameter(
            f"{text!r} is no time. Write it as 2026-11-30T17:05:00Z, or as the day 2026-11-30."
        ) from None


def micros(text: str) -> int:
    """Return an amount of money in millionths; raise `BadParameter` for what is no amount above 0."""
    try:
        amount = int(Decimal(text) * _MILLION) if _AMOUNT.fullmatch(text) else 0
    except InvalidOperation:
        amount = 0
    if not amount:
        raise typer.BadParameter(f"{text!r} is no amount. Write it as 5.00, without a currency.")
    return amount


def money(amount_micros: int | None, currency: str = "") -> str:
    """Return an amount with its currency, to the cent or to as many decimals as it has: `35.00 USD`."""
    if amount_micros is None:
        return ""
    exact = Decimal(amount_micros) / _MILLION
    cents = exact.quantize(Decimal("0.01"))
    return f"{cents if cents == exact else exact.normalize():,f} {currency}".strip()


Month = Annotated[str, typer.Argument(metavar="MONTH", help="A month, for example 2026-11.", parser=month)]
Account = Annotated[str, typer.Argument(metavar="ACCOUNT", help="An account's number, for example 10000001.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would be done.")]
