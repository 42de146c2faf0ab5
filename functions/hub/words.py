"""Numbers, times and states as the pages write them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from longcode.billing.invoice import money
from longcode.carriers.refusals import meaning_of_error
from longcode.message import Direction, HoldReason, Message, MessageState
from longcode.months import in_words, local_day, time_zone
from longcode.optouts.consent import OptOutEvent

_WEEK = timedelta(days=7)
_DAY = timedelta(days=1)
_BAD_ENDS = {MessageState.FAILED, MessageState.UNDELIVERED, MessageState.REFUSED}
_STATES = {
    MessageState.ACCEPTED: "being sent",
    MessageState.QUEUED: "being sent",
    MessageState.SENDING: "being sent",
    MessageState.UNCERTAIN: "sent, but the carrier has not confirmed it",
    MessageState.SENT: "sent",
    MessageState.DELIVERED: "delivered",
    MessageState.CANCELLED: "cancelled",
    MessageState.EXPIRED: "not sent in time",
}
_HELD = {
    HoldReason.QUIET_HOURS: "waits for the morning",
    HoldReason.PARKED: "waits: we have to fix a fault of the number",
    HoldReason.PAUSED: "waits: the broadcast is paused",
    HoldReason.ASKED: "waits for you: the last reply may mean “stop”",
    HoldReason.CEILING: "waits: no more texts may be sent today",
}
_REFUSED = {
    "opted_out": "not sent: the client asked us to stop",
    "too_many_to_phone": "not sent: this phone has had too many texts this hour",
    "uncertain": "it is not known whether it arrived",
}

# The sentences of the API that speak of its settings and requests, as a colleague says them.
_REFUSALS = {
    "opted_out": "This phone asked us to stop. Only they can start again, by texting START.",
    "too_many_to_phone": "This phone has had as many texts as it may get within an hour. Please try again later.",
    "no_number_ticked": "The SMS box of this number is not ticked. Tick it in the client's record, then send again.",
    "no_permission": "The client's record does not allow texts. If the client agrees, tick the boxes there.",
    "country_not_allowed": "Your account does not text this country: at first, an account texts only its own.",
}


def number(count: int) -> str:
    """Return a count with separators of thousands."""
    return f"{count:,}"


def counted(count: int, one: str, many: str | None = None) -> str:
    """Return a count with its noun: `1 text`, `1,200 texts`."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def month_name(month: str) -> str:
    """Return the name of a month without its year: `November`."""
    return in_words(month).split()[0]


def lately(at: datetime, now: datetime, zone_name: str) -> str:
    """Return when something was, in a zone: `10:42`, `yesterday 16:05`, `Tue 16:05`, `24 Nov` or `24 Nov 2025`."""
    zone = time_zone(zone_name)
    local, today = at.astimezone(zone), local_day(now, zone)
    if local.date() == today:
        return f"{local:%H:%M}"
    if local.date() == today - _DAY:
        return f"yesterday {local:%H:%M}"
    if now - at < _WEEK - _DAY and at < now:
        return f"{local:%a %H:%M}"
    return f"{local.day} {local:%b}" if local.year == today.year else f"{local.day} {local:%b %Y}"


def day(at: datetime, now: datetime, zone_name: str) -> str:
    """Return the day of something, in a zone: `Today`, `Yesterday`, `Mon 24 Nov` or `Mon 24 Nov 2025`."""
    zone = time_zone(zone_name)
    local, today = at.astimezone(zone), local_day(now, zone)
    if local.date() == today:
        return "Today"
    if local.date() == today - _DAY:
        return "Yesterday"
    return f"{local:%a} {local.day} {local:%b}" + ("" if local.year == today.year else f" {local.year}")


def waiting(reason: str) -> str:
    """Return why a text that is sent now would wait: `waits for the morning`; "" for an unknown reason."""
    return next((said for hold, said in _HELD.items() if hold == reason), "")


def refusal(code: str | None, detail: str) -> str:
    """Return why something is refused, for people: the sentence of the API, unless it speaks to programmers."""
    return _REFUSALS.get(code or "", detail)


def ahead(at: datetime, now: datetime, zone_name: str) -> str:
    """Return when something will be, in a zone: `today 16:05`, `tomorrow 10:00` or `Tue 24 Nov 10:00`."""
    zone = time_zone(zone_name)
    local, today = at.astimezone(zone), local_day(now, zone)
    if local.date() in (today, today + _DAY):
        return f"{'today' if local.date() == today else 'tomorrow'} {local:%H:%M}"
    return f"{day(at, now, zone_name)} {local:%H:%M}"


def instant(at: datetime, zone_name: str) -> str:
    """Return the whole time in a zone: `Monday 24 November 2025, 16:05`."""
    local = at.astimezone(time_zone(zone_name))
    return f"{local:%A} {local.day} {local:%B %Y, %H:%M}"


def stopped(event: OptOutEvent | None, now: datetime, zone_name: str) -> str:
    """Return when and with which words a phone opted out: ` on 3 November (“STOP”)`; nothing if it is not known."""
    if event is None:
        return ""
    zone = time_zone(zone_name)
    local = event.at.astimezone(zone)
    when = (
        " today"
        if local.date() == local_day(now, zone)
        else f" on {local.day} {local:%B}" + ("" if local.year == now.astimezone(zone).year else f" {local.year}")
    )
    return f"{when} (“{event.words}”)" if event.words else when


def is_undelivered(text: Message) -> bool:
    """Return whether a text of the studio will not arrive."""
    return text.state in _BAD_ENDS


def is_cancellable(text: Message) -> bool:
    """Return whether a text of the studio waits, so that somebody may want to cancel it."""
    waits = text.state is MessageState.SCHEDULED or (text.state is MessageState.QUEUED and text.held is not None)
    return text.direction is Direction.OUT and waits


def clock(at: datetime, zone_name: str) -> str:
    """Return the time of day in a zone: `16:05`."""
    return f"{at.astimezone(time_zone(zone_name)):%H:%M}"


def state(text: Message, now: datetime, zone_name: str) -> str:
    """Return what has become of a text."""
    if text.state is MessageState.SCHEDULED and text.send_at:
        return f"will be sent {ahead(text.send_at, now, zone_name)}"
    if text.held and text.state is MessageState.QUEUED:
        return _HELD[text.held]
    if text.error in _REFUSED:
        return _REFUSED[text.error or ""]
    if text.state in _BAD_ENDS:
        begin = "not delivered" if text.state is MessageState.UNDELIVERED else "not sent"
        return f"{begin}: {meaning_of_error(text.error).words}"
    return _STATES.get(text.state, "")


FILTERS: dict[str, Callable[..., Any]] = {
    "clock": clock,
    "instant": instant,
    "stopped": stopped,
    "counted": counted,
    "day": day,
    "lately": lately,
    "money": money,
    "month": in_words,
    "month_name": month_name,
    "number": number,
    "refusal": refusal,
    "state": state,
}

TESTS: dict[str, Callable[..., bool]] = {"cancellable": is_cancellable, "undelivered": is_undelivered}
