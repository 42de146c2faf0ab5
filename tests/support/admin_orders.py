"""Sends orders to the operator's function."""

from datetime import datetime
from typing import Any

from admin import invoke
from tests.support.fakes import NOW


def send_order(do: str, now: datetime = NOW, **fields: Any) -> dict[str, Any]:
    """Send an order, given by Ann unless `by` says otherwise; return its result, which may be a refusal."""
    return invoke.act({"do": do, "by": "Ann", **fields}, now)


def send_accepted_order(do: str, now: datetime = NOW, **fields: Any) -> dict[str, Any]:
    """Send an order, check that it is not refused, and return its result."""
    answer = send_order(do, now, **fields)
    assert "code" not in answer, answer
    return answer
