"""Numbers and times as the pages write them."""

from collections.abc import Callable
from typing import Any

from longcode.billing.invoice import money
from longcode.months import in_words


def number(count: int) -> str:
    """Return a count with separators of thousands."""
    return f"{count:,}"


def counted(count: int, one: str, many: str | None = None) -> str:
    """Return a count with its noun: `1 text`, `1,200 texts`."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def month_name(month: str) -> str:
    """Return the name of a month without its year: `November`."""
    return in_words(month).split()[0]


FILTERS: dict[str, Callable[..., Any]] = {
    "counted": counted,
    "money": money,
    "month": in_words,
    "month_name": month_name,
    "number": number,
}
