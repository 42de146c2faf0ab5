"""Orders: the events with which the operator, or a schedule, invokes a function. What cannot be read does nothing."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from longcode.aws.telemetry import count, logger
from longcode.errors import RequestError

_FIELD = re.compile(r"- at `\$\.(\w+)|(?:required|unknown) field `(.+)`\Z")
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
_FIRST_YEAR, _LAST_YEAR = 2000, 2999  # what we compute from times of other years may be no time
T = TypeVar("T", bound=Struct)


def carry_out(event: Any, kind: type[T], act: Callable[[T], dict[str, Any]]) -> dict[str, Any]:
    """Carry out an order and return its result, or `code`, `detail` and `field` if it is malformed or refused."""
    try:
        return act(read(event, kind))
    except RequestError as refusal:
        return {"code": refusal.code, "detail": refusal.detail, "field": refusal.field}


def carry_out_on_schedule(event: Any, kind: type[T], act: Callable[[T], dict[str, Any]]) -> dict[str, Any]:
    """Do the same for a function that a schedule invokes, and its operator by hand; a refusal rings an alarm.

    A schedule without an input of its own sends the scheduler's event, which is an order without fields.
    """
    is_from_scheduler = isinstance(event, dict) and event.get("source") == "aws.scheduler"
    answer = carry_out({} if is_from_scheduler else event, kind, act)
    if "code" in answer:
        count("RefusedOrders")
        logger.error("order refused", extra={"code": answer["code"], "field": answer["field"]})
    return answer


def read(event: Any, kind: type[T]) -> T:
    """Return an order; raise `RequestError` for one that is malformed."""
    if isinstance(event, dict):
        _check_text(event)
    try:
        order = msgspec.convert(event, kind)
    except msgspec.ValidationError as error:
        match = _FIELD.search(str(error))
        field = match and (match[1] or match[2])
        raise RequestError(f"The order cannot be read: {error}.", field=field) from None
    for name, value in msgspec.structs.asdict(order).items():
        if isinstance(value, datetime) and not _FIRST_YEAR <= value.year <= _LAST_YEAR:
            raise RequestError(
                f"The order cannot be read: the time is not in the years {_FIRST_YEAR} to {_LAST_YEAR}.", field=name
            )
    return order


def _check_text(event: dict[str, Any]) -> None:
    """Refuse half of a surrogate pair: JSON can have one, but neither the table nor a queue can store it."""
    for name, value in event.items():
        if _LONE_SURROGATE.search(name):
            raise RequestError("The order cannot be read: a field's name has half of a surrogate pair.")
        if isinstance(value, str) and _LONE_SURROGATE.search(value):
            raise RequestError("The order cannot be read: the value has half of a surrogate pair.", field=name)
