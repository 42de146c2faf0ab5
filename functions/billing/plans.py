"""Loads the price list, a new version of a plan beside the old ones; invoked by the operator."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from longcode.aws import clock
from longcode.aws.telemetry import logger
from longcode.errors import RequestError
from longcode.price_list import added, read
from longcode.table import price_list


class Show(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do", tag="show"):
    """Show what is loaded."""


class Load(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do", tag="load"):
    """Load infra/plans.json, of which `file` is the text; a dry run only tells what it would add."""

    file: str
    dry_run: bool = False


def load(text: str, now: datetime, *, dry_run: bool = False) -> list[dict[str, Any]]:
    """Bring the table's list up to a file's, whole or not at all; gives the versions that are new.

    Raises `BadPlans`. Repeated, it does nothing.
    """
    new = read(text)
    while True:
        before, revision = price_list.loaded()
        versions = added(new, before, now)
        if dry_run or new == before or price_list.write(new, revision):
            break
    if not dry_run:
        logger.info("plans loaded", extra={"versions": [f"{name} {terms.version}" for name, terms in versions]})
    return [{"plan": name, **msgspec.to_builtins(terms)} for name, terms in versions]


def shown() -> dict[str, Any]:
    """Show the list as infra/plans.json has it."""
    prices, _ = price_list.loaded()
    return {"file": msgspec.to_builtins(prices)}


def act(event: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Do what the operator asks for, or say why not; `msgspec.ValidationError` says what of it cannot be read."""
    order: Show | Load = msgspec.convert(event, Show | Load)
    if isinstance(order, Show):
        return shown()
    try:
        return {"added": load(order.file, now, dry_run=order.dry_run)}
    except RequestError as refusal:
        return {"code": refusal.code, "detail": refusal.detail, "field": refusal.field}


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return act(event, clock.now())
