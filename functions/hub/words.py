"""Numbers, times and states as the pages write them."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Any

from hub.refusals import NOT_SENT, ONLY_THEY, SAYS_MORE, SENTENCES
from longcode.accounts.account import Account
from longcode.billing.invoice import money
from longcode.carriers.carrier import RefusalReason
from longcode.carriers.refusals import meaning_of_error
from longcode.clients.client import Client
from longcode.errors import RequestError
from longcode.folded import fold
from longcode.jobs import Means
from longcode.message import Direction, HoldReason, Message, MessageKind, MessageState
from longcode.months import MONTHS, WEEKDAYS, day_in_words, days, in_words, local_day, time_zone
from longcode.optouts.consent import Channel, OptOutEvent, PhoneEvent
from longcode.phone import in_words as phone_in_words
from longcode.template import full_name

_FIELD = re.compile(r"\{\{\s*(?:[a-z_]+\.)*([a-z0-9_]+)\s*(?:\|[^{}]*)?\}\}")
_BEFORE_HIT = 20  # characters that are shown before what a search has found
_WEEK = timedelta(days=7)
_DAY = timedelta(days=1)
_BAD_ENDS = {MessageState.FAILED, MessageState.UNDELIVERED, MessageState.REFUSED, MessageState.EXPIRED}
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
    HoldReason.QUIET_HOURS: "it is night where the client is",
    HoldReason.PARKED: "we have to fix a fault of the number",
    HoldReason.PAUSED: "its broadcast is paused",
    HoldReason.ASKED: "the last reply may mean “stop”, and you have not answered yet",
    HoldReason.CEILING: "no more texts may be sent today",
}
_ORIGINS = {
    MessageKind.BULK: "broadcast",
    MessageKind.TRIGGERED: "automatic",
    MessageKind.SERVICE: "automatic answer",
}
_OUR_FAULT = "We are working on it; your text is fine."
_RAISE = "The owner can raise the limit under Settings, Sending."
_UNCERTAIN = "it is not known whether it arrived. Ask the client before you send it again."

CHANNELS = {
    Channel.PHONE: "by phone",
    Channel.EMAIL: "by e-mail",
    Channel.IN_PERSON: "in person",
    Channel.LETTER: "by letter",
    Channel.LIST: "on a list from elsewhere",
    Channel.OTHER: "in another way",
}

# What a person can do after the carrier has given up a text, by why it did.
_WHAT_HELPS = {
    RefusalReason.TRY_AGAIN: "Send it again.",
    RefusalReason.TRY_LATER: "Send it again tomorrow.",
    RefusalReason.TRY_ONCE_LATER: "Send it again later, or call.",
    RefusalReason.BAD_NUMBER: "Ask the client for another number.",
    RefusalReason.NO_SUCH_NUMBER: "Check the number with the client.",
    RefusalReason.NOT_MOBILE: "Use a mobile number of the client.",
    RefusalReason.OPTED_OUT: ONLY_THEY,
    RefusalReason.FILTERED: "Write it in other words, without links and capitals.",
    RefusalReason.BAD_TEXT: "Write it in other words.",
    RefusalReason.PARKED: _OUR_FAULT,
    RefusalReason.INVALID: _OUR_FAULT,
    RefusalReason.UNKNOWN: "Send it again, or call.",
}


def number(count: int) -> str:
    """Return a count with separators of thousands."""
    return f"{count:,}"


def counted(count: int, one: str, many: str | None = None) -> str:
    """Return a count with its noun: `1 text`, `1,200 texts`."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def who(phone: str, with_phone: Iterable[Client], account: Account) -> str:
    """Return the names of the clients who have a phone, or the number as people write it."""
    names = (full_name(client.first_name, client.last_name) for client in with_phone)
    return " or ".join(filter(None, names)) or phone_in_words(phone, account.country_code)


def month_name(month: str) -> str:
    """Return the name of a month without its year: `November`."""
    return in_words(month).split()[0]


def last_day(month: str) -> str:
    """Return the last day of a month: `30 November`."""
    return f"{int(days(month)[-1][-2:])} {month_name(month)}"


def short_day(day_of_month: str) -> str:
    """Return a day without its year: `24 November` for `2026-11-24`."""
    return f"{int(day_of_month[-2:])} {month_name(day_of_month[:7])}"


def lately(at: datetime, now: datetime, zone_name: str) -> str:
    """Return when something was, in a zone: `10:42`, `yesterday 16:05`, `Tue 16:05`, `24 Nov` or `24 Nov 2025`."""
    zone = time_zone(zone_name)
    local, today = at.astimezone(zone), local_day(now, zone)
    if local.date() == today:
        return f"{local:%H:%M}"
    if local.date() == today - _DAY:
        return f"yesterday {local:%H:%M}"
    if now - at < _WEEK - _DAY and at < now:
        return f"{WEEKDAYS[local.weekday()][:3]} {local:%H:%M}"
    return _day_and_month(local.date(), today)


def day(at: datetime, now: datetime, zone_name: str) -> str:
    """Return the day of something, in a zone: `Today`, `Yesterday`, `Mon 24 Nov` or `Mon 24 Nov 2025`."""
    zone = time_zone(zone_name)
    local, today = at.astimezone(zone), local_day(now, zone)
    if local.date() == today:
        return "Today"
    if local.date() == today - _DAY:
        return "Yesterday"
    return f"{WEEKDAYS[local.weekday()][:3]} {_day_and_month(local.date(), today)}"


def _day_and_month(day: date, today: date) -> str:
    year = "" if day.year == today.year else f" {day.year}"
    return f"{day.day} {MONTHS[day.month][:3]}{year}"


def waiting(reason: str) -> str:
    """Return why a text that is sent now would wait: `its broadcast is paused`; "" for an unknown reason."""
    return next((said for hold, said in _HELD.items() if hold == reason), "")


def refusal(error: RequestError, account: Account, now: datetime) -> str:
    """Return why something is refused, for people: the sentence of the API, unless it speaks to programmers."""
    if error.code == "not_found" and error.field == "client_id":  # deleted while somebody wrote
        return "There is no such client any more. Press Send again to text the number alone."
    return why_refused(error.code, error.detail, error.frees_at, account, now)


def why_refused(code: str | None, detail: str, frees_at: datetime | None, account: Account, now: datetime) -> str:
    """Return why something is refused, by its code, the sentence of the API, and when it is allowed again."""
    again = f"You can send again {at(frees_at, now, account.time_zone)}." if frees_at else ""
    if code == "too_many_to_phone" and again:
        return f"This phone has had {counted(account.texts_an_hour, 'text')} this hour. {again}"
    if code == "day_limit_reached":
        few = "Until we have approved your account, it sends few texts a day." if account.trial_units_a_day else ""
        if again:
            return f"Your account has sent as much today as it may. {again} {few}".rstrip()
        return f"This counts as more than your account may send in a day. {few or _RAISE}"
    if more := SAYS_MORE.get(code or ""):
        return f"{sentence(detail)} {more}"
    return SENTENCES.get(code or "", detail)


def at(moment: datetime, now: datetime, zone_name: str) -> str:
    """Return when something will be: `at 16:05` for today, otherwise as `ahead`."""
    return f"at {clock(moment, zone_name)}" if _is_today(moment, now, zone_name) else ahead(moment, now, zone_name)


def _is_today(at: datetime, now: datetime, zone_name: str) -> bool:
    zone = time_zone(zone_name)
    return local_day(at, zone) == local_day(now, zone)


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
    return f"{WEEKDAYS[local.weekday()]} {day_in_words(local.date())}, {local:%H:%M}"


def stopped(event: OptOutEvent | None, who: str, now: datetime, zone_name: str) -> str:
    """Return that somebody opted out, with when and with which words, if these are known."""
    begin, end = f"{who or 'This phone'} asked us to stop", ONLY_THEY
    if event is None:
        return f"{begin}. {end}"
    local = event.at.astimezone(time_zone(zone_name))
    year = "" if local.year == now.astimezone(time_zone(zone_name)).year else f" {local.year}"
    when = "today" if _is_today(event.at, now, zone_name) else f"on {local.day} {local:%B}{year}"
    by = f", as {event.by} {'decided' if event.means is Means.TEXT_AND_STAFF else 'wrote down'}" if event.by else ""
    return f"{begin} {when}" + (f" (“{event.words}”)" if event.words else "") + f"{by}. {end}"


def happened(event: PhoneEvent) -> str:
    """Return what an event of a phone's history was, as a colleague says it."""
    staff, quoted = event.by or "Your staff", f"“{event.words}”"
    if event.asks:
        return f"Wrote {quoted}, which may ask you to stop"
    match event.means, event.out:
        case Means.TEXT, True:
            return f"Asked to stop by texting {quoted}"
        case Means.TEXT, False:
            return f"Started again by texting {quoted}"
        case Means.STAFF, _:
            way = f" {CHANNELS[event.channel]}" if event.channel else ""
            return f"{staff} wrote down that the client asked to stop{way}: {quoted}"
        case Means.TEXT_AND_STAFF, True:
            return f"{staff} decided that {quoted} asks to stop"
        case Means.TEXT_AND_STAFF, False:
            return f"{staff} decided that {quoted} does not ask to stop"
        case _, True:
            return "The carrier let us know that the phone takes no more texts"
    return "The carrier let us know that the phone takes texts again"


def is_undelivered(text: Message) -> bool:
    """Return whether a text of the studio will not arrive."""
    return text.state in _BAD_ENDS


def is_cancellable(text: Message) -> bool:
    """Return whether a text of the studio waits, so that somebody may want to cancel it."""
    is_put_off = text.state is MessageState.QUEUED and bool(text.held or text.error)
    waits = text.state is MessageState.SCHEDULED or is_put_off
    return text.direction is Direction.OUT and waits


def clock(at: datetime, zone_name: str) -> str:
    """Return the time of day in a zone: `16:05`."""
    return f"{at.astimezone(time_zone(zone_name)):%H:%M}"


def excerpt(text: str, search: str) -> tuple[str, str, str]:
    """Return the words before, of and after what a search finds in a text; nothing before it if it finds nothing."""
    wanted, ends = fold(search), [0]
    if not wanted or wanted not in fold(text):
        return "", "", text
    folded = ""
    for character in text:
        folded += fold(character) or character.isspace() * " "
        ends.append(len(folded))
    start = folded.find(wanted)
    if start < 0:
        return "", "", text
    begin, end = bisect_right(ends, start) - 1, bisect_left(ends, start + len(wanted))
    before = text[:begin] if begin <= _BEFORE_HIT else f"…{text[begin - _BEFORE_HIT : begin]}"
    return before, text[begin:end], text[end:]


def sentence(text: str) -> str:
    """Return words as a sentence: with a capital letter and a full stop."""
    return f"{text[:1].upper()}{text[1:]}".rstrip(".") + "."


def with_fields(body: str) -> str:
    """Return the words of a template with its merge fields as people read them: `Hi [first name]`."""
    return _FIELD.sub(lambda field: f"[{field[1].replace('_', ' ')}]", body)


def origin(text: Message) -> str:
    """Return who or what wrote a text of the studio: a person's name, `broadcast`; "" if it is not known."""
    return text.by or _ORIGINS.get(text.kind, "")


def state(text: Message, now: datetime, zone_name: str) -> str:
    """Return what has become of a text, and what happens next or would help."""
    if text.held and text.state in (MessageState.QUEUED, MessageState.SCHEDULED):
        return _held(text, now, zone_name)
    if text.state is MessageState.SCHEDULED and text.send_at:
        return f"will be sent {ahead(text.send_at, now, zone_name)}"
    if text.state is MessageState.QUEUED and text.error:
        again = f" We try again {at(text.due_at, now, zone_name)}." if text.due_at else ""
        return f"not delivered yet: {meaning_of_error(text.error).words}.{again}"
    if text.state is MessageState.CANCELLED and text.cancelled_by:
        return f"cancelled by {text.cancelled_by}"
    if text.state in _BAD_ENDS:
        return ended_badly(text.state, text.error)
    return _STATES.get(text.state, "")


def _held(text: Message, now: datetime, zone_name: str) -> str:
    is_timed = text.held in (HoldReason.QUIET_HOURS, HoldReason.CEILING) and text.due_at and text.due_at > now
    until = f" until {ahead(text.due_at, now, zone_name)}" if is_timed and text.due_at else ""
    return f"waits{until}: {waiting(text.held or '')}"


def ended_badly(state: MessageState, error: str | None) -> str:
    """Return why a text did not arrive, from its state and its error, and what helps."""
    if state is MessageState.EXPIRED:
        why = waiting(error or "")
        return f"not sent in time: {why}. Send it again, if it is still of use." if why else _STATES[state]
    if error == "uncertain":
        return _UNCERTAIN
    begin = "not delivered" if state is MessageState.UNDELIVERED else "not sent"
    if error in NOT_SENT:
        return f"{begin}: {NOT_SENT[error or '']}"
    meaning = meaning_of_error(error)
    return f"{begin}: {meaning.words}. {_WHAT_HELPS[meaning.reason]}"


FILTERS: dict[str, Callable[..., Any]] = {
    "ahead": ahead,
    "at": at,
    "clock": clock,
    "excerpt": excerpt,
    "happened": happened,
    "instant": instant,
    "stopped": stopped,
    "with_fields": with_fields,
    "counted": counted,
    "day": day,
    "last_day": last_day,
    "lately": lately,
    "money": money,
    "month": in_words,
    "month_name": month_name,
    "number": number,
    "origin": origin,
    "phone": phone_in_words,
    "sentence": sentence,
    "short_day": short_day,
    "state": state,
}

TESTS: dict[str, Callable[..., bool]] = {"cancellable": is_cancellable, "undelivered": is_undelivered}
