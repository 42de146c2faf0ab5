"""Gives the operator's orders."""

from datetime import datetime
from typing import Any

from admin import invoke
from tests.support.fakes import NOW


def ask(do: str, now: datetime = NOW, **fields: Any) -> dict[str, Any]:
    """Give an order; returns its answer, be it a refusal."""
    return invoke.act({"do": do, **fields}, now)


def done(do: str, now: datetime = NOW, **fields: Any) -> dict[str, Any]:
    """Give an order that is not refused; returns its answer."""
    answer = ask(do, now, **fields)
    assert "code" not in answer, answer
    return answer
