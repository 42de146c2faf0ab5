"""The home page: what waits for somebody, and the Services panel "SMS Texting" (facts S28, S33)."""

from datetime import datetime, timedelta

from msgspec import Struct

from billing.usage_api import MonthUsage, panel_of
from hub.site import Page, page_of_studio, show, site
from hub.words import is_undelivered
from longcode.accounts.account import Account
from longcode.aws import clients
from longcode.broadcasts import store as broadcasts
from longcode.clients import store as client_store
from longcode.messages import folders
from longcode.months import days
from longcode.optouts import store as optouts
from longcode.optouts.consent import Question
from longcode.phone import in_words
from longcode.template import full_name

_DAY = timedelta(days=1)
_LOOKED_AT = 200  # among so many newest texts, those that did not arrive are counted
_MOST_QUESTIONS = 20
_CHART_HEIGHT = 64


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


class Home(Struct, frozen=True, kw_only=True):
    """What the home page shows. `message` is set if the account has no texting."""

    unread: int
    questions: list[Asked]
    failed: int
    paused: list[str]
    message: str | None
    current: MonthUsage | None
    past: MonthUsage | None
    bars: list[Bar]

    @property
    def nothing_waits(self) -> bool:
        """Return whether nothing waits for anybody."""
        return not (self.unread or self.questions or self.failed or self.paused)


@site.get("/hub/home")
@page_of_studio
def show_home(account: Account) -> Page:
    """Show what waits for somebody, and the Services panel."""
    return show("home", account, home=of(account, clients.now()))


def of(account: Account, now: datetime) -> Home:
    """Return the home page of an account."""
    panel = panel_of(account, now)
    questions, _ = optouts.question_page(account.id, limit=_MOST_QUESTIONS, cursor=None)
    newest = folders.page(account.id, "sent", limit=_LOOKED_AT).messages
    started, _ = broadcasts.page(account.id, limit=_MOST_QUESTIONS, cursor=None)
    return Home(
        unread=folders.unread_counts(account.id).unread,
        questions=_asked(account, questions),
        failed=sum(is_undelivered(text) and text.created_at > now - _DAY for text in newest),
        paused=[broadcast.id for broadcast in started if broadcast.paused],
        message=panel.message,
        current=panel.current,
        past=panel.past,
        bars=_bars(panel.current) if panel.current else [],
    )


def _asked(account: Account, questions: list[Question]) -> list[Asked]:
    people = client_store.of_phones(account.id, [question.phone for question in questions])

    def who(phone: str) -> str:
        names = (full_name(client.first_name, client.last_name) for client in people[phone])
        return " or ".join(filter(None, names)) or in_words(phone, account.country_code)

    return [
        Asked(who=who(question.phone), digits=question.phone.removeprefix("+"), words=question.words)
        for question in questions
    ]


def _bars(month: MonthUsage) -> list[Bar]:
    most = max([1, *(usage.units for usage in month.days.values())])

    def height(units: int) -> int:
        return -(-units * _CHART_HEIGHT // most)

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
