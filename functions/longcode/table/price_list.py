"""The price list: what the operator's plans are in a month."""

from longcode import months
from longcode.aws.settings import plan_list
from longcode.plans import Plan


def of_month(month: str) -> dict[str, Plan]:
    """Give the plans of a month by name, in the order in which they are offered."""
    months.check(month)
    return plan_list()
