"""The home page: what waits for somebody, and the Services panel "SMS Texting" (facts S28, S33); the page "More"."""

from datetime import datetime, timedelta

from msgspec import Struct

from billing.usage_api import MonthUsage, panel_of
from hub.site import Page, page_of_studio, show, site
from hub.words import is_undelivered, who
from longcode import windows
from longcode.accounts.account import Account
from longcode.aws import clients
from longcode.broadcasts import store as broadcasts
from longcode.broadcasts.broadcast import Broadcast
from longcode.clients import store as client_store
from longcode.message import Message
from longcode.messages import folders
from longcode.months import days
from longcode.optouts import store as optouts
from longcode.optouts.consent import Question

_DAY = timedelta(days=1)
_FAILED_DAYS = 7
_LOOKED_AT = 200  # among so many newest texts, those that did not arrive are found
_MOST_QUESTIONS = 20
_CHART_HEIGHT = 64
_ROUND = (1, 2, 5, 10)  # what the highest line of the chart stands for, times a power of ten


class Bar(Struct, frozen=True, kw_only=True):
    """A day of the chart: its date, units sent and received, and the heights of both in the chart's unit."""

    day: str
    sent: int
    received: int
    sent_height: int
    received_height: int


class Asked(Struct, frozen=True, kw_only=True):
    """A possible opt-out that waits for an answer, and who wrote it."""

    who: str
    digits: str
    words: str


class Failed(Struct, frozen=True, kw_only=True):
    """A text that did not arrive, and whom it was for."""

    who: str
    digits: str
    text: Message


class Home(Struct, frozen=True, kw_only=True):
    """What the home page shows. `message` is set if the account has no texting; `top` is the chart's highest line.

    `failed` counts the texts of a day that did not arrive; if `failed_of` is set, those among so many newest texts.
    """

    unread: int
    oldest_unread: datetime | None
    questions: list[Asked]
    failed: int
    failed_of: int | None
    paused: list[Broadcast]
    message: str | None
    current: MonthUsage | None
    past: MonthUsage | None
    bars: list[Bar]
    top: int

    @property
    def nothing_waits(self) -> bool:
        """Return whether nothing waits for anybody."""
        return not (self.unread or self.questions or self.failed or self.paused)


@site.get("/hub/home")
@page_of_studio
def show_home(account: Account) -> Page:
    """Show what waits for somebody, and the Services panel."""
    now = clients.now()
    return show("home", account, home=of(account, now), now=now)


@site.get("/hub/failed")
@page_of_studio
def show_failed(account: Account) -> Page:
    """Show the texts of the last days that did not arrive, each with the reason and what helps."""
    now = clients.now()
    newest = _newest_sent(account)
    return show(
        "failed",
        account,
        failed=_failed(account, newest, now),
        days=_FAILED_DAYS,
        only=_looked_at(newest, now - _FAILED_DAYS * _DAY),
        now=now,
    )


@site.get("/hub/more")
@page_of_studio
def show_more(account: Account) -> Page:
    """Show the pages that have no place below on a phone, and the keys."""
    return show("more", account)


def of(account: Account, now: datetime) -> Home:
    """Return the home page of an account."""
    panel = panel_of(account, now)
    questions, _ = optouts.question_page(account.id, limit=_MOST_QUESTIONS, cursor=None)
    most = max([0, *(usage.units for usage in panel.current.days.values())]) if panel.current else 0
    unread = folders.unread_counts(account.id).unread
    newest = _newest_sent(account)
    return Home(
        unread=unread,
        oldest_unread=_oldest_unread(account, unread) if unread else None,
        questions=_asked(account, questions),
        failed=sum(is_undelivered(text) and text.created_at > now - _DAY for text in newest),
        failed_of=_looked_at(newest, now - _DAY),
        paused=broadcasts.paused(account.id),
        message=panel.message,
        current=panel.current,
        past=panel.past,
        bars=_bars(panel.current, top_of_chart(most)) if panel.current else [],
        top=top_of_chart(most),
    )


def _asked(account: Account, questions: list[Question]) -> list[Asked]:
    people = client_store.of_phones(account.id, [question.phone for question in questions])
    return [
        Asked(
            who=who(question.phone, people[question.phone], account),
            digits=question.phone.removeprefix("+"),
            words=question.words,
        )
        for question in questions
    ]


def _oldest_unread(account: Account, unread: int) -> datetime | None:
    """Return when the oldest unread reply came, or None if it is not among the newest."""
    newest = folders.page(account.id, "inbox", limit=_LOOKED_AT).messages
    waiting = [reply.created_at for reply in newest if not reply.read]
    return min(waiting) if len(waiting) == unread else None


def _newest_sent(account: Account) -> list[Message]:
    return folders.page(account.id, "sent", limit=_LOOKED_AT).messages


def _looked_at(newest: list[Message], since: datetime) -> int | None:
    """Return how many texts were looked at if there may be more since then, else None."""
    return len(newest) if len(newest) == _LOOKED_AT and newest[-1].created_at > since else None


def _failed(account: Account, newest: list[Message], now: datetime) -> list[Failed]:
    texts = [text for text in newest if is_undelivered(text) and text.created_at > now - _FAILED_DAYS * _DAY]
    people = client_store.of_phones(account.id, [text.phone for text in texts])
    return [
        Failed(
            who=who(text.phone, people[text.phone], account),
            digits=text.phone.removeprefix("+"),
            text=windows.hide_old_body(text, account.retention_days, now),
        )
        for text in texts
    ]


def top_of_chart(most: int) -> int:
    """Return the round number that is at least `most`, and at least 2, so that its half is whole."""
    power = 1
    while power * _ROUND[-1] < most:
        power *= 10
    return max(2, next(power * step for step in _ROUND if power * step >= most))


def _bars(month: MonthUsage, top: int) -> list[Bar]:
    def height(units: int) -> int:
        return -(-units * _CHART_HEIGHT // top)

    return [
        Bar(
            day=day,
            sent=(sent := month.days[day].units_sent if day in month.days else 0),
            received=(received := month.days[day].units_received if day in month.days else 0),
            sent_height=height(sent),
            received_height=height(received),
        )
        for day in days(month.month)
    ]
