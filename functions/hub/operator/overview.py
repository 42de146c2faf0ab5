"""The operator's overview: what waits for a decision, how sending goes, and the money of the last month."""

from hub.operator.guard import look_up, page_of_operator, show
from hub.operator.money import money_of
from hub.site import Page, site
from longcode import months
from longcode.aws import clients
from longcode.aws.at_once import at_once
from longcode.aws.settings import settings
from longcode.usage import store as usage

_MOST = 50  # how many of each are read: more are shown as "50 or more"


@site.get("/hub/operator/overview")
@page_of_operator
def show_overview() -> Page:
    """Show what waits, how much of the service's day is used, and last month's money."""
    now = clients.now()
    last_month = months.previous(months.month_of(now))
    waiting, unattributed, numbers, blocked, bills, taken, money = at_once(
        lambda: look_up("accounts.list_unapproved", limit=_MOST)["items"],
        lambda: len(look_up("replies.list_unattributed", limit=_MOST)["items"]),
        lambda: look_up("numbers.list_parked")["items"],
        lambda: len(look_up("numbers.list_blocked", limit=_MOST)["items"]),
        lambda: look_up("invoices.list_open", month=last_month)["items"],
        lambda: usage.segments_taken(months.day_of(now)),
        lambda: money_of(last_month, now),
    )
    return show(
        "overview",
        waiting=waiting,
        unattributed=unattributed,
        numbers=numbers,
        blocked=blocked,
        bills=bills,
        taken=taken,
        ceiling=settings().service_segments_a_day,
        money=money,
        last_month=last_month,
        most=_MOST,
        now=now,
    )
