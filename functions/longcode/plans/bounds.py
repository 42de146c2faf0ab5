"""The bounds of a plan: how many templates, triggers and clients an account may have (infra/plan_bounds.json)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from longcode import months
from longcode.errors import BoundReached, TooManyClients, TooManyTemplates, TooManyTriggers
from longcode.plans.plans import Plan, PlanChange, plan_name_in

_Most = Annotated[int, Meta(ge=1)]


class Bounded(StrEnum):
    """What a plan bounds the number of."""

    TEMPLATES = "templates"
    TRIGGERS = "triggers"
    CLIENTS = "clients"


class Bounds(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many of each an account may have."""

    templates: _Most
    triggers: _Most
    clients: _Most

    def of(self, bounded: Bounded) -> int:
        """Return how many of a kind an account may have."""
        return int(getattr(self, bounded))


class PlanBounds(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The bounds by the name of the plan; `default` is for plans that the file does not name."""

    default: Bounds
    plans: Mapping[str, Bounds]

    def most(self, bounded: Bounded, names: Iterable[str]) -> int:
        """Return the largest bound among some plans."""
        return max(self.plans.get(name, self.default).of(bounded) for name in names)


_ERRORS: Mapping[Bounded, type[BoundReached]] = {
    Bounded.TEMPLATES: TooManyTemplates,
    Bounded.TRIGGERS: TooManyTriggers,
    Bounded.CLIENTS: TooManyClients,
}


def read(text: str | bytes) -> PlanBounds:
    """Return the bounds in the text of infra/plan_bounds.json; raise `msgspec.ValidationError`."""
    return msgspec.json.decode(text, type=PlanBounds)


def counting_plans(changes: Sequence[PlanChange], now: datetime) -> set[str]:
    """Return the plans whose bounds hold: this month's and the newest, so that a larger one helps at once."""
    this_month = plan_name_in(months.month_of(now), changes)
    return {this_month or changes[0].plan, changes[-1].plan}


def refusal(bounded: Bounded, most: int, bounds: PlanBounds, offered: Iterable[Plan]) -> BoundReached:
    """Return the error of an account that has as many as it may have; it names the plans that allow more."""
    larger = [plan for plan in offered if plan.on_offer and bounds.most(bounded, [plan.name]) > most]
    help_ = f", or change to a larger plan ({', '.join(plan.title for plan in larger)})" if larger else ""
    detail = f"An account on this plan has at most {most:,} {bounded}. Delete some{help_}."
    field = "id" if bounded is Bounded.CLIENTS else "name"
    return _ERRORS[bounded](detail, field=field, most=most, plans_that_allow=tuple(plan.name for plan in larger))
