"""The mail that tells a person of unread replies: who wrote, the words, and where to answer."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from longcode.accounts.account import Account
from longcode.accounts.people import Person
from longcode.keywords import POSSIBLE_OPT_OUT
from longcode.mails.content import Action, MailContent, Quote
from longcode.message import Message
from longcode.messages.reply_notices import DELAYS_MINUTES, ReplyNotices
from longcode.months import local_day, time_zone
from longcode.phone import in_words
from longcode.windows import hide_old_body

_MOST_QUOTED = 10  # conversations
_LAST = 5  # replies of a conversation
_MOST_WORDS = 1000  # characters of a reply
_LONGEST_NAME = 60
_MAY_BE_OPT_OUT = "This may mean that they want no more texts. Your texts to them wait until you decide."


def content(
    account: Account,
    person: Person,
    notices: ReplyNotices,
    replies: Sequence[Message],
    *,
    names: Mapping[str, str],
    url: str,
    now: datetime,
) -> MailContent:
    """Return the mail about unread replies, which are given oldest first.

    It has the conversations with the newest replies, these first, and within each its newest replies in their order.
    `names` are those of clients, by id, and `url` is the API's.
    """
    by_phone = _by_phone(replies)
    hub = f"{url}/hub"
    is_one = len(by_phone) == 1
    quotes = [
        Quote(
            who=_who(account, texts, names),
            texts=tuple(
                (_when(text.created_at, now, account), _words(account, text, now)) for text in texts[-_LAST:]
            ),
            note=_note(texts),
            url="" if is_one else _conversation(hub, texts),
        )
        for texts in list(by_phone.values())[:_MOST_QUOTED]
    ]
    others = len(by_phone) - len(quotes)
    newest = next(iter(by_phone.values()))
    who = _who(account, newest, names)
    said = f"{_counted(len(replies), 'reply', 'replies')} from {who if is_one else f'{len(by_phone)} clients'}"
    return MailContent(
        subject=f"Reply from {who}" if is_one and len(replies) == 1 else said,
        greeted=person.name,
        parts=(
            f"{account.name} has {_counted(len(replies), 'unread reply', 'unread replies')}.",
            *quotes,
            *([f"And {_counted(others, 'earlier conversation', 'earlier conversations')}."] if others else []),
        ),
        action=Action(f"Answer {who}", _conversation(hub, newest))
        if is_one
        else Action("Read all", f"{hub}/messages"),
        why=_why(notices, is_one=is_one),
        preferences=f"{hub}/notifications",
    )


def _by_phone(replies: Sequence[Message]) -> dict[str, list[Message]]:
    """Return the replies of each phone in their order, the phone with the newest reply first."""
    by_phone: dict[str, list[Message]] = {}
    for reply in reversed(replies):
        by_phone.setdefault(reply.phone, []).append(reply)
    return {phone: texts[::-1] for phone, texts in by_phone.items()}


def _why(notices: ReplyNotices, *, is_one: bool) -> str:
    minutes = notices.delay_minutes
    waited = "an hour" if minutes == max(DELAYS_MINUTES) else f"{minutes} minutes"
    because = f"nobody has read a reply for {waited}" if minutes else "you asked to be told of replies at once"
    until = "this conversation until it is read" if is_one else "these conversations until they are read"
    return f"{because}; there is no other about {until}"


def _who(account: Account, texts: Sequence[Message], names: Mapping[str, str]) -> str:
    """Return the client's name, or the number of the phone."""
    known = (names.get(text.client_id or "", "") for text in reversed(texts))
    name = next(filter(None, known), "")
    return " ".join(name.split())[:_LONGEST_NAME] or in_words(texts[0].phone, account.country_code)


def _note(texts: Sequence[Message]) -> str:
    earlier = [f"And {len(texts) - _LAST:,} before these."] if len(texts) > _LAST else []
    asks = any(text.keyword == POSSIBLE_OPT_OUT for text in texts)
    return " ".join([*earlier, *([_MAY_BE_OPT_OUT] if asks else [])])


def _words(account: Account, text: Message, now: datetime) -> str:
    shown = hide_old_body(text, account.retention_days, now)
    words = shown.body.strip() or ("(a picture)" if shown.media else "(no words)")
    return words if len(words) <= _MOST_WORDS else f"{words[:_MOST_WORDS]}…"


def _when(at: datetime, now: datetime, account: Account) -> str:
    """Return when a reply came, in the studio's zone: `10:42`, or with its day if that is not today."""
    zone = time_zone(account.time_zone)
    local = at.astimezone(zone)
    is_today = local_day(now, zone) - local.date() < timedelta(days=1)
    return f"{local:%H:%M}" if is_today else f"{local:%a} {local.day} {local:%b, %H:%M}"


def _conversation(hub: str, texts: Sequence[Message]) -> str:
    return f"{hub}/messages/{texts[0].phone.removeprefix('+')}"


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"
