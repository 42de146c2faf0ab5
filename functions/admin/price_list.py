"""Load the price list: new versions of plans are added, old ones never change."""

from datetime import datetime
from typing import Any

import msgspec

from admin.order import Order, ReadingOrder, Unchanged
from longcode.aws.telemetry import logger
from longcode.plans import store as price_list
from longcode.plans.plans import added_versions, read_price_list


class ShowPlans(ReadingOrder, frozen=True, kw_only=True, tag="plans.show"):
    """Show the loaded price list."""


class Load(Order, frozen=True, kw_only=True, tag="plans.load"):
    """Load a price list. `file` is the text of infra/plans.json; a dry run only returns what would be added."""

    file: str
    dry_run: bool = False


def show(_order: ShowPlans, _now: datetime) -> dict[str, Any]:
    """Return the loaded list in the form of infra/plans.json, or null."""
    prices, _ = price_list.read_loaded()
    return {"file": msgspec.to_builtins(prices)}


def load(order: Load, now: datetime) -> dict[str, Any]:
    """Write a file's new versions, all or none, and return them; a repeated order adds nothing. Raise `BadPlans`."""
    new = read_price_list(order.file)
    while True:
        before, revision = price_list.read_loaded()
        versions = added_versions(new, before, now)
        if order.dry_run or new == before or price_list.write(new, revision):
            break
    if not order.dry_run:
        logger.info("plans loaded", extra={"versions": [f"{name} {terms.version}" for name, terms in versions]})
    added = {"added": [{"plan": name, **msgspec.to_builtins(terms)} for name, terms in versions]}
    return Unchanged(added) if order.dry_run or new == before else added
