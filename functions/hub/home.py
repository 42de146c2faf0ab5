"""The home page: what waits for somebody, and the Services panel "SMS Texting" (facts S28, S33); the page "More"."""

from datetime import datetime, timedelta

from msgspec import Struct

from billing.usage_api import MonthUsage, panel_of
from hub.plan.chart import Chart, chart_of
from hub.site import Page, page_of_studio, show, site
from hub.words import is_undelivered, who
from longcode import windows
from longcode.accounts.account import Account
from longcode.aws import clients
from longcode.aws.at_once import at_once
from longcode.broadcasts import store as broadcasts
from longcode.broadcasts.broadcast import Broadcast
from longcode.clients import store as client_store
from longcode.message import Message
from longcode.messages import folders, replies
from longcode.optouts import store as optouts
from longcode.optouts.consent import Question
from longcode.triggers import call_tasks

_DAY = timedelta(days=1)
_FAILED_DAYS = 7
_LOOKED_AT = 200  # among so many newest texts, those that did not arrive are found
_MOST_QUESTIONS = 20
_MOST_REPLIES = 3  # conversations with unread replies that are named
_MOST_WORDS = 80
MOST_CALLS = 50
"""How many calls to make are counted; of more, it is said that there are more."""


class Asked(Struct, frozen=True, kw_only=True):
    """A possible opt-out that waits for an answer, and who wrote it."""

    who: str
    digits: str
    words: str


class UnreadConversation(Struct, frozen=True, kw_only=True):
    """A conversation with an unread reply: who wrote it, and the newest words, "" for a picture."""

    who: str
    digits: str
    words: str


class Failed(Struct, frozen=True, kw_only=True):
    """A text that did not arrive, and whom it was for."""

    who: str
    digits: str
    text: Message


class Home(Struct, frozen=True, kw_only=True):
    """What the home page shows. `message` is set if the account has no texting.

    `unread` counts replies, as the navigation and the API do; `unread_conversations` are some of their conversations.
    `oldest_unread` is None if some unread replies are not among the newest. `more_questions`: there are more than
    `questions`. `failed` counts the texts of a day that did not arrive; if `failed_of` is set, those among so
    many newest texts.
    """

    unread: int
    oldest_unread: datetime | None
    unread_conversations: list[UnreadConversation]
    questions: list[Asked]
    more_questions: bool
    failed: int
    failed_of: int | None
    paused: list[Broadcast]
    calls: int
    message: str | None
    current: MonthUsage | None
    past: MonthUsage | None
    chart: Chart | None

    @property
    def nothing_waits(self) -> bool:
        """Return whether nothing waits for anybody."""
        return not (self.unread or self.questions or self.failed or self.paused or self.calls)

    @property
    def is_new(self) -> bool:
        """Return whether nothing was sent or received, neither in this month nor in the last one."""
        used = [month.used for month in (self.current, self.past) if month]
        return bool(used) and not any(each.texts_sent or each.texts_received for each in used)


@site.get("/hub/home")
@page_of_studio
def show_home(account: Account) -> Page:
    """Show what waits for somebody, and the Services panel."""
    now = clients.now()
    return show("home", account, home=of(account, now), most_calls=MOST_CALLS, now=now)


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
    questions, following = optouts.question_page(account.id, limit=_MOST_QUESTIONS, cursor=None)
    unread = replies.unread_counts(account.id).unread
    newest, paused, calls, replies_unread = at_once(
        lambda: _newest_sent(account),
        lambda: broadcasts.paused(account.id),
        lambda: call_tasks.call_page(account.id, None, MOST_CALLS),
        lambda: _newest_unread(account) if unread else [],
    )
    return Home(
        unread=unread,
        oldest_unread=replies_unread[-1].created_at if replies_unread and len(replies_unread) == unread else None,
        unread_conversations=_conversations(account, replies_unread, {question.phone for question in questions}, now),
        questions=_asked(account, questions),
        more_questions=following is not None,
        failed=sum(is_undelivered(text) and text.created_at > now - _DAY for text in newest),
        failed_of=_looked_at(newest, now - _DAY),
        paused=paused,
        calls=len(calls),
        message=panel.message,
        current=panel.current,
        past=panel.past,
        chart=chart_of(panel.current) if panel.current else None,
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


def _newest_unread(account: Account) -> list[Message]:
    """Return the unread ones of an account's newest replies, newest first."""
    return [reply for reply in folders.page(account.id, "inbox", limit=_LOOKED_AT).messages if not reply.read]


def _conversations(
    account: Account, unread: list[Message], asked: set[str], now: datetime
) -> list[UnreadConversation]:
    """Return the conversations with the newest of some replies, without those that ask for an answer already."""
    newest = {reply.phone: reply for reply in reversed(unread) if reply.phone not in asked}
    first = sorted(newest.values(), key=lambda reply: reply.created_at, reverse=True)[:_MOST_REPLIES]
    people = client_store.of_phones(account.id, [reply.phone for reply in first])
    shown = [windows.hide_old_body(reply, account.retention_days, now) for reply in first]
    return [
        UnreadConversation(
            who=who(reply.phone, people[reply.phone], account),
            digits=reply.phone.removeprefix("+"),
            words=reply.body[:_MOST_WORDS] + ("…" if len(reply.body) > _MOST_WORDS else ""),
        )
        for reply in shown
    ]


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
