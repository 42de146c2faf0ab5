"""The mails about replies to each person of an account: what they have chosen, and what they were mailed.

A reply puts the end of its account's inbox on the due index, in the transaction that writes it (decision 89).
"""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from boto3.dynamodb.conditions import Attr
from msgspec import Struct
from msgspec.structs import replace

from longcode.keywords import Keyword
from longcode.message import Message
from longcode.messages import replies
from longcode.messages import store as messages
from longcode.months import instant_of, local_day
from longcode.table import credential_keys, keys, store
from longcode.table.writes import Attributes, Delete, Update, attributes, read

DELAYS_MINUTES = (0, 5, 15, 60)
"""How long a reply may be unread before it is mailed; 0 is at once."""

MOST_AN_HOUR = 6
"""How many mails about replies a person gets within an hour; what comes meanwhile is in the next one."""

NIGHT_BEGINS, NIGHT_ENDS = time(21), time(8)
"""The night in the studio's time zone, in which a person may want no mails."""

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_PAGE, _MOST_PENDING = 500, 5_000  # replies that are read at a time, and that one mail is about
_MOST_LISTED = 300  # conversations that one item can list
_ANSWERED_BY_SERVICE = (Keyword.STOP, Keyword.START, Keyword.HELP)


class ReplyNotices(Struct, frozen=True, kw_only=True):
    """What a person has chosen, and what they were mailed.

    - `through` is the sequence number of the newest reply that was considered for a mail.
    - `told` has, for each phone, the newest reply that was mailed: until it is read, the phone causes no other mail.
    - `mailed` are the times of the mails of the last hour; `failing_since` is set while mails fail.
    """

    account: str
    person: str
    wanted: bool = True
    delay_minutes: int = 15
    quiet_at_night: bool = False
    through: int = 0
    told: dict[str, str] = {}
    mailed: tuple[datetime, ...] = ()
    failing_since: datetime | None = None


class Pending(Struct, frozen=True):
    """Replies that cause mails, with their sequence numbers; there are `more` after the number `through`."""

    replies: list[tuple[int, Message]]
    through: int
    more: bool


def of_person(account: str, person: str) -> ReplyNotices:
    """Return what a person has chosen; the default before their first choice."""
    item = store.get(credential_keys.reply_notices(account, person))
    return read(ReplyNotices, item) if item else ReplyNotices(account=account, person=person)


def of_account(account: str) -> dict[str, ReplyNotices]:
    """Return what the people of an account have chosen and were mailed, by person, without those who have neither."""
    stored = store.query(credential_keys.reply_notices(account))
    return {item["person"]: read(ReplyNotices, item) for item in stored}


def choose(
    account: str, person: str, *, wanted: bool, delay_minutes: int, quiet_at_night: bool, now: datetime
) -> None:
    """Write a person's choice, and have the sweeper check at once the replies that wait."""
    choice = {"wanted": wanted, "delay_minutes": delay_minutes, "quiet_at_night": quiet_at_night}
    store.write(_update(account, person, choice))
    store.try_write(Update(keys.inbox_end(account), changes={"due_at": now}, when=Attr("due_at").exists()))


def forget(account: str, person: str) -> None:
    """Delete what a removed person has chosen."""
    store.write(Delete(credential_keys.reply_notices(account, person)))


def due_at(notices: ReplyNotices, first: datetime, zone: ZoneInfo, now: datetime) -> datetime:
    """Return when to mail a person about replies, the first of which came at an instant."""
    at = max(first + timedelta(minutes=notices.delay_minutes), now)
    lately = _within_hour(notices.mailed, now)
    if len(lately) >= MOST_AN_HOUR:
        at = max(at, lately[-MOST_AN_HOUR] + _HOUR)
    return _end_of_night(at, zone) if notices.quiet_at_night else at


def causes_mail(reply: Message) -> bool:
    """Return whether a reply causes a mail: nobody has read it, and the service has not answered it."""
    return not reply.read and reply.keyword not in _ANSWERED_BY_SERVICE


def pending(account: str, after: int) -> Pending:
    """Return the next replies after a sequence number that cause mails, oldest first."""
    found: list[tuple[int, Message]] = []
    while page := replies.after(account, after, _PAGE):
        after = page[-1][0]
        found += [(number, reply) for number, reply in page if causes_mail(reply)]
        if len(found) >= _MOST_PENDING:
            return Pending(found, after, more=True)
    return Pending(found, after, more=False)


def not_mailed_before(notices: ReplyNotices, found: list[tuple[int, Message]]) -> list[tuple[int, Message]]:
    """Return the replies from phones without an unread reply that the person was mailed before."""
    told = {notices.told[reply.phone] for _, reply in found if reply.phone in notices.told}
    unread = {before.phone for before in messages.get_many((notices.account, one) for one in told) if not before.read}
    return [(number, reply) for number, reply in found if reply.phone not in unread]


def note_mailed(notices: ReplyNotices, mailed: list[Message], through: int, now: datetime) -> None:
    """Record that a person was mailed these replies, and gets no mail about others up to a sequence number."""
    newest = {reply.phone: reply.id for reply in mailed}
    others = {phone: before for phone, before in notices.told.items() if phone not in newest}
    told = dict([*others.items(), *newest.items()][-_MOST_LISTED:])
    times = (*_within_hour(notices.mailed, now), *([now] if mailed else []))
    after = attributes(replace(notices, through=through, told=told, mailed=times))
    changes: Attributes = {name: after[name] for name in ("through", "told", "mailed") if name in after}
    store.write(_update(notices.account, notices.person, changes, remove=("failing_since",)))


def note_failed(notices: ReplyNotices, now: datetime) -> None:
    """Record since when mails to a person fail."""
    store.write(_update(notices.account, notices.person, {"failing_since": notices.failing_since or now}))


def check_again(item: Attributes, at: datetime, first: int) -> None:
    """Have an account's replies checked again at an instant, or at once if another reply came meanwhile."""
    changes = {"due_at": at, "untold_from": first}
    store.try_write(Update(keys.inbox_end(item["account"]), changes=changes, when=Attr("due_at").eq(item["due_at"])))


def unschedule(item: Attributes) -> None:
    """Take an account's inbox off the due index, unless another reply came meanwhile."""
    done = Update(
        keys.inbox_end(item["account"]),
        remove=("due_shard", "due_at", "untold_from"),
        when=Attr("due_at").eq(item["due_at"]),
    )
    store.try_write(done)


def _update(account: str, person: str, changes: Attributes, remove: tuple[str, ...] = ()) -> Update:
    named = {"type": "reply-notices", "account": account, "person": person}
    return Update(credential_keys.reply_notices(account, person), changes={**named, **changes}, remove=remove)


def _within_hour(mailed: tuple[datetime, ...], now: datetime) -> tuple[datetime, ...]:
    return tuple(at for at in mailed if at > now - _HOUR)


def _end_of_night(at: datetime, zone: ZoneInfo) -> datetime:
    """Return an instant, or the end of the night that it is in."""
    day, clock = local_day(at, zone), at.astimezone(zone).time()
    if NIGHT_ENDS <= clock < NIGHT_BEGINS:
        return at
    return instant_of(day if clock < NIGHT_ENDS else day + _DAY, NIGHT_ENDS, zone)
