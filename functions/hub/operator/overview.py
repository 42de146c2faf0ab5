"""The operator's overview: what waits for a decision, how sending goes, and the money of the last month."""

from admin import waiting as admin_waiting
from admin.waiting import CountParked, ListOverdue
from hub.operator.guard import page_of_operator, show
from hub.operator.money import money_of, months_open
from hub.site import Page, site
from longcode import months
from longcode.accounts import store as accounts
from longcode.aws import clients
from longcode.aws.at_once import at_once
from longcode.aws.settings import settings
from longcode.messages import replies
from longcode.numbers import store as numbers
from longcode.usage import store as usage

_MOST = 50  # how many of each are read: more are shown as "50 or more"
_LOOKED_AT = 2_000  # items that wait, among which parked texts are looked for


@site.get("/hub/operator/overview")
@page_of_operator
def show_overview() -> Page:
    """Show what waits, how much of the service's day is used, and last month's money."""
    now = clients.now()
    last_month = months.previous(months.month_of(now))
    waiting, unattributed, parked, texts, overdue, blocked, (bills, are_all_bills), taken, money = at_once(
        lambda: accounts.unapproved_page(_MOST, None)[0],
        lambda: len(replies.unattributed_page(now, limit=_MOST, cursor=None)[0]),
        numbers.all_parked,
        lambda: admin_waiting.count_parked(CountParked(look_at=_LOOKED_AT), now),
        lambda: admin_waiting.list_overdue(ListOverdue(limit=_MOST), now)["items"],
        lambda: len(numbers.blocked_pairs_page(limit=_MOST, cursor=None)[0]),
        lambda: months_open(last_month),
        lambda: usage.segments_taken(months.day_of(now)),
        lambda: money_of(last_month, now),
    )
    return show(
        "overview",
        waiting=waiting,
        unattributed=unattributed,
        parked=parked,
        parked_texts=sum(group["texts"] for group in texts["items"]),
        are_all_texts=texts["complete"],
        unanswered=texts["unanswered"],
        tried_again=texts["tried_again"],
        overdue=len(overdue),
        blocked=blocked,
        bills=bills,
        are_all_bills=are_all_bills,
        taken=taken,
        ceiling=settings().service_segments_a_day,
        money=money,
        last_month=last_month,
        most=_MOST,
        looked_at=_LOOKED_AT,
        now=now,
    )
