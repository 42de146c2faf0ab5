"""The bubbles of a conversation: what its page shows of each message, with the days and the numbers between them."""

from datetime import date, datetime, tzinfo

from msgspec import Struct

from hub import words
from hub.conversations import Conversation
from longcode.accounts.account import Account
from longcode.message import Direction, Message
from longcode.months import WEEKDAYS, day_in_words, instant, time_zone
from longcode.phone import in_words

_TO_THE_MINUTE = len("2026-11-30T09:00")


class Moment(Struct, frozen=True):
    """When a message was: the day as a heading, the time of day, both in full, and the minute for programs."""

    day: str
    clock: str
    in_full: str
    minute: str


class Bubble(Struct, frozen=True, kw_only=True):
    """A message, and what is shown of it in words; what is "" is not shown.

    `day` is a heading above it, `turn` the number over which the conversation goes on, and `kind` its direction and
    state. `said` is who wrote and when, as it is read out. `has_line` says whether the line below the words is shown:
    one line is enough for messages in a row that have the same. `origin` says who or what wrote a text, `fate` what
    became of it, and `read_by` who read a reply, or marked it as unread.
    """

    message: Message
    moment: Moment
    day: str
    turn: str
    kind: str
    said: str
    is_out: bool
    has_line: bool
    origin: str
    fate: str
    read_by: str
    is_undelivered: bool
    is_cancellable: bool


def shown(account: Account, opened: Conversation, now: datetime) -> list[Bubble]:
    """Return the bubbles of a conversation, oldest first."""
    zone, who = account.time_zone, opened.who or opened.phone
    moments = _moments(opened.messages, zone, now)
    lines = [_line_of(message, moment) for message, moment in zip(opened.messages, moments, strict=True)]
    last, day, number = len(lines) - 1, "", ""
    bubbles: list[Bubble] = []
    for index, (message, moment) in enumerate(zip(opened.messages, moments, strict=True)):
        is_out, goes_on = message.direction is Direction.OUT, index < last
        is_read_by = not (is_out or (goes_on and opened.messages[index + 1].read_by == message.read_by))
        is_turn = message.number and number and message.number != number
        bubbles.append(
            Bubble(
                message=message,
                moment=moment,
                day=moment.day if moment.day != day else "",
                turn=in_words(message.number, account.country_code) if is_turn else "",
                kind=f"{message.direction} {message.state}",
                said=f"{(message.by or 'You') if is_out else who}, {moment.clock}",
                is_out=is_out,
                has_line=not (goes_on and lines[index] == lines[index + 1]),
                origin=words.origin(message) if is_out else "",
                fate=words.state(message, now, zone) if is_out else "",
                read_by=(message.read_by or "") if is_read_by else "",
                is_undelivered=words.is_undelivered(message),
                is_cancellable=words.is_cancellable(message),
            )
        )
        day, number = moment.day, message.number or number
    return bubbles


def _moments(messages: list[Message], zone_name: str, now: datetime) -> list[Moment]:
    """Return when messages were; the words for a day are found once."""
    zone: tzinfo = time_zone(zone_name)
    days: dict[date, tuple[str, str]] = {}
    moments: list[Moment] = []
    for message in messages:
        at = message.created_at
        local = at.astimezone(zone)
        if (day := local.date()) not in days:
            days[day] = words.day(at, now, zone_name), f"{WEEKDAYS[day.weekday()]} {day_in_words(day)}"
        heading, in_full = days[day]
        clock = f"{local.hour:02}:{local.minute:02}"
        moments.append(Moment(heading, clock, f"{in_full}, {clock}", f"{instant(at)[:_TO_THE_MINUTE]}Z"))
    return moments


def _line_of(message: Message, moment: Moment) -> tuple[object, ...]:
    """Return what the line below a message is made of."""
    fate = (message.state, message.error, message.held, message.send_at, message.due_at)
    return message.direction, moment.minute, message.by, message.subject, message.read_by, *fate
