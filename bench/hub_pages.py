"""The time of the hub's function for each page, with 20,000 messages, 10,000 clients and 300 templates.

The steps of a broadcast are those of another studio, with 20,000 clients, all of whom are in the broadcast.

It is the CPU of the handler, and the time that DynamoDB takes for its calls by the model of `table_server.py`. Of
calls at the same time, the slowest counts. So a busy machine adds little. Each page is opened in up to twenty
different ways, such as twenty conversations, and each of these several times, of which the least counts. The figure
of a page is the 95th percentile of its ways. The first search of a process for clients is not counted: it takes
0.25 s.
"""

import random
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec.structs import asdict, replace

from bench import broadcast_steps, hub_addresses
from bench.rig import Figure, quiet
from bench.table_server import Served, serving
from longcode.accounts import sessions
from longcode.accounts.account import Account
from longcode.aws import clients as aws_clients
from longcode.billing import tallies
from longcode.clients import store as client_store
from longcode.clients.client import Client, Phone
from longcode.jobs import Product
from longcode.message import Direction, Message, MessageKind, MessageState
from longcode.messages import compose
from longcode.messages import store as messages
from longcode.months import month_of
from longcode.plans.plans import PlanChange
from longcode.table import consent_keys, keys
from longcode.table.writes import Put, Update, Write, attributes, wire_item
from longcode.template import Template
from longcode.triggers import call_tasks
from longcode.triggers import store as triggers
from longcode.triggers.planning import Occurrence, OccurrenceState, call_for
from longcode.triggers.trigger import DateOf, Record, RecordKind, Timing, Trigger
from longcode.usage import call_limits
from longcode.usage.usage import Usage, usage_day, usage_of
from tests.support.browser import Browser
from tests.support.emulated_aws import Wire, environment
from tests.support.local_aws import SHARED_NUMBER, load_plans

_BAR, _SEARCH_BAR = 150, 300
_SEARCHES = {"clients_search", "link", "suggest", "broadcast_check_search"}  # for clients
_CLIENTS, _MESSAGES, _DAYS = 10_000, 20_000, 365
_PLANNED = 10_000  # texts of triggers, each for a session of another client, within 28 days
_BROADCASTS, _OF_A_BROADCAST = (20, 200), 4_000  # days ago; so many clients are texted
_TEMPLATES = 300
_UNREAD = 12  # of the newest replies
_REGULARS, _OF_A_REGULAR = 40, 60  # who write often, and the messages with each
_OF_A_LONG = 500  # messages with each of the first regulars: what a page shows of a conversation
_TIMES = 3
_ACCOUNT, _LARGE = "10000001", "10000002"
_CLIENTS_OF_LARGE = 20_000
_SAID = ("Thanks!", "Can I bring the dog?", "Yes please", "We are ten minutes late.", "See you tomorrow at 10!")
_SENT = "Hello, your proofs are ready. Please look through the gallery by Friday and mark those you like best."


@dataclass(frozen=True)
class Studio:
    """The items of a studio, and the digits of the phones that it writes with most."""

    items: list[Wire]
    regulars: list[str]


REMINDER = Trigger(
    account=_ACCOUNT,
    name="reminder",
    watches=RecordKind.SESSION,
    statuses=("confirmed",),
    timing=Timing(days=-1, of=DateOf.SESSION_DATE, at="10:00"),
    body="Hi {{client.first_name}}, see you on {{session.date}} at {{session.time}}!",
)


def measure() -> Iterator[Figure]:
    """Time each page."""
    now = aws_clients.now()
    studio = _studio(now)
    with (
        serving(studio.items) as table,
        environment(AWS_ENDPOINT_URL=table.url, AWS_REGION="us-east-1", LAMBDA_TASK_ROOT="/"),
    ):
        load_plans()  # here, because a process reads the price list again after a minute
        browser = Browser({"session": sessions.begin(_ACCOUNT, "bench", now)})
        of_large = Browser({"session": sessions.begin(_LARGE, "bench", now)})
        steps = broadcast_steps.pages(broadcast_steps.keep_draft(_LARGE, _CLIENTS_OF_LARGE, now))
        steps |= broadcast_steps.pages_of_results(broadcast_steps.sent_an_hour_ago(_LARGE, _CLIENTS_OF_LARGE, now))
        times: dict[str, float] = {}
        for name, ways in (hub_addresses.pages(studio.regulars) | steps).items():
            with quiet():
                times[name] = _milliseconds(of_large if name in steps else browser, table, ways)
            bar = _SEARCH_BAR if name in _SEARCHES else _BAR
            yield Figure(f"hub_page_milliseconds_{name}", round(times[name]), "ms", bar)
        for name, milliseconds in _counted_month(browser, table, now).items():
            times[name] = milliseconds
            yield Figure(f"hub_page_milliseconds_{name}", round(milliseconds), "ms", _BAR)
        slowest = max(taken for name, taken in times.items() if name not in _SEARCHES)
        yield Figure("hub_page_milliseconds", round(slowest), "ms (the slowest page)", _BAR)
        sizes = {name: _kilobytes(browser, ways) for name, ways in hub_addresses.pages(studio.regulars).items()}
        largest = max(sizes, key=lambda name: sizes[name])
        compressed, raw = sizes[largest]
        what = f"kB as a browser receives it, with all that it loads ({largest}, {raw} kB before compression)"
        yield Figure("hub_page_kilobytes", compressed, what, 60)


def _counted_month(browser: Browser, table: Served, now: datetime) -> dict[str, float]:
    """Add up a month with a broadcast in the smallest steps; return the time of the slowest step, and of its page.

    A step of the page goes on for a second and a half with as many of these as that allows.
    """
    month = month_of(now - timedelta(days=_BROADCASTS[0]))
    times: dict[int, list[float]] = defaultdict(list)
    for _ in range(_TIMES):
        before, tally, place = tallies.get(_ACCOUNT, month), None, 0
        while tally is None or not tally.is_whole:
            table.seconds()
            began = time.process_time()
            tally = tallies.count_step(
                _ACCOUNT, month, before.begun_at.isoformat() if before and not tally else "", now, seconds=0
            )
            times[place].append((time.process_time() - began + table.seconds()) * 1000)
            place += 1
    slowest = max(min(of_step) for of_step in times.values())
    with quiet():
        return {"usage_step": slowest, "usage_counted": _milliseconds(browser, table, [(f"usage/{month}", "")])}


def _milliseconds(browser: Browser, table: Served, ways: list[tuple[str, str]]) -> float:
    def opened(path: str, query: str) -> float:
        call_limits.limits.clear()  # a person opens fewer pages in a second, so none is counted in the table
        table.seconds()
        began = time.process_time()
        page = browser.get(path, query)
        seconds = time.process_time() - began
        if page.status not in (200, 204) or page.path != path:
            raise RuntimeError(f"{path}?{query} was answered with {page.status} of {page.path}: {page.text}")
        return seconds + table.seconds()

    opened(*ways[0])  # loads its template
    least = sorted(min(opened(path, query) for _ in range(_TIMES)) for path, query in ways)
    return least[-1 - len(least) // 20] * 1000


def _kilobytes(browser: Browser, ways: list[tuple[str, str]]) -> tuple[float, float]:
    """Return the size of a page with all that it loads, as API Gateway sends it, and before compression."""
    call_limits.limits.clear()
    with quiet():
        sent = browser.with_assets(browser.get(*ways[0]))
    compressed, raw = (sum(sizes) / 1000 for sizes in ([one.bytes_sent for one in sent], [one.bytes for one in sent]))
    return round(compressed, 1), round(raw, 1)


def _studio(now: datetime) -> Studio:
    """Return a studio of a year: two broadcasts to most clients, texts and replies with others, many with some."""
    chance = random.Random(4)
    began = now - timedelta(days=_DAYS)
    account = Account(
        id=_ACCOUNT,
        name="Foxglove Portraits",
        email="foxglove@studio.example",
        product=Product.SPECTRA,
        edition="professional",
        created_at=began,
        established_at=began,
        plan_changes=(PlanChange(began, "medium"),),
    )
    phones = [f"+1212{5550000 + index}" for index in range(_CLIENTS)]
    regulars = [chance.randrange(_CLIENTS) for _ in range(_REGULARS)]
    year, minute = timedelta(days=_DAYS), timedelta(minutes=1)
    of_broadcasts = [
        (index, now - timedelta(days=days) + index * timedelta(milliseconds=20), MessageKind.BULK)
        for days in _BROADCASTS
        for index in range(_OF_A_BROADCAST)
    ]
    single = [index for index in regulars[hub_addresses.LONG :] for _ in range(_OF_A_REGULAR)]
    single += [index for index in regulars[: hub_addresses.LONG] for _ in range(_OF_A_LONG)]
    single += [chance.randrange(_CLIENTS) for _ in range(_MESSAGES - len(single) - len(of_broadcasts))]
    others = [
        (index, now - chance.random() * year - minute, chance.choice((MessageKind.INDIVIDUAL, MessageKind.REPLY)))
        for index in single
    ]
    texts = [
        _message(number, index, (phones[index], kind, at), chance)
        for number, (index, at, kind) in enumerate(of_broadcasts + others)
    ]
    opened = {phones[index] for index in regulars}  # whose replies a page would mark as read
    replies = [text for text in texts if text.direction is Direction.IN and text.phone not in opened]
    unread = {text.id for text in sorted(replies, key=lambda text: text.created_at)[-_UNREAD:]}
    texts = [replace(text, read=text.id not in unread) for text in texts]
    surveyed = {"type": "client-survey", "done": True}  # the clients are on their lists
    writes: list[Write] = [Put(keys.account(_ACCOUNT), {"type": "account", **attributes(account)})]
    writes.append(Put(consent_keys.client_survey(_ACCOUNT), surveyed))
    writes.append(Put(consent_keys.opt_out_survey(_ACCOUNT), {"type": "opt-out-survey", "done": True}))
    writes += [write for index, phone in enumerate(phones) for write in _client(_ACCOUNT, index, phone, now, chance)]
    writes += [Put(keys.message(_ACCOUNT, text.id), messages.item(text)) for text in texts]
    writes.append(Put(keys.inbox_end(_ACCOUNT), {"type": "inbox-end", "account": _ACCOUNT, "unread": _UNREAD}))
    writes += _counted(texts)
    writes += [_template(number) for number in range(_TEMPLATES)]
    writes += [write for index in range(_PLANNED) for write in _planned(index, now)]
    writes.append(triggers.put_write(REMINDER))
    large = replace(account, id=_LARGE, email="large@studio.example")
    writes += [Put(keys.account(_LARGE), {"type": "account", **attributes(large)})]
    of_large = [f"+1212{5550000 + index}" for index in range(_CLIENTS_OF_LARGE)]
    for index, phone in enumerate(of_large):
        writes += _client(_LARGE, index, phone, now, chance)
    writes += broadcast_steps.writes_of(broadcast_steps.sent_an_hour_ago(_LARGE, _CLIENTS_OF_LARGE, now), of_large)
    return Studio([_wire(write) for write in writes], [phones[index].removeprefix("+") for index in regulars])


def _template(number: int) -> Put:
    shortcut = f"t{number}" if number % 5 == 0 else None
    template = Template(account=_ACCOUNT, name=f"t{number}", subject="Proofs", body=_SENT, shortcut=shortcut)
    return Put(keys.template(_ACCOUNT, template.name), {"type": "template", **attributes(template)})


def _client(account: str, index: int, phone: str, now: datetime, chance: random.Random) -> list[Write]:
    client = Client(
        account=account,
        id=f"p{index}",
        updated_at=now,
        first_name=chance.choice(hub_addresses.FIRST_NAMES),
        last_name=chance.choice(hub_addresses.LAST_NAMES),
        phones=(Phone(number=phone, entered=f"({phone[2:5]}) {phone[5:8]}-{phone[8:]}", label="mobile"),),
        allow_text_marketing=True,
        tags=("wedding", "2026"),
    )
    return client_store.creation_writes(client, None)


def _planned(index: int, now: datetime) -> list[Write]:
    """Return a session, its planned reminder, and for some a call to make."""
    at = now + timedelta(days=1, minutes=4 * index)
    record = Record(
        account=_ACCOUNT,
        kind=RecordKind.SESSION,
        id=f"s{index}",
        at=now,
        event_id="e",
        changed_at=now,
        client_id=f"p{index}",
        status="confirmed",
        session_date=at.date() + timedelta(days=1),
        session_time="14:30",
    )
    planned = Occurrence(
        account=_ACCOUNT,
        trigger=REMINDER.name,
        kind=RecordKind.SESSION,
        record_id=record.id,
        day=at.date() + timedelta(days=1),
        event_id="e",
        fires_at=at,
        state=OccurrenceState.PLANNED,
        due_at=at,
    )
    client = Client(account=_ACCOUNT, id=f"p{index}", updated_at=now)
    calls = [call_tasks.call_write(call_for(planned, client, _SENT))] if index % 100 == 0 else []
    return [triggers.record_write(record, None), triggers.occurrence_write(None, planned), *calls]


def _message(number: int, index: int, of: tuple[str, MessageKind, datetime], chance: random.Random) -> Message:
    phone, kind, at = of
    is_reply = kind is MessageKind.REPLY
    return Message(
        account=_ACCOUNT,
        id=f"{compose.request_id(_ACCOUNT, str(number))}-0",
        direction=Direction.IN if is_reply else Direction.OUT,
        kind=kind,
        state=MessageState.RECEIVED if is_reply else MessageState.DELIVERED,
        phone=phone,
        number=SHARED_NUMBER,
        body=f"{chance.choice(_SAID)} {hub_addresses.RARE if number % 1000 == 0 else ''}".strip()
        if is_reply
        else _SENT,
        encoding="GSM-7",
        segments=1,
        units=1,
        created_at=at,
        client_id=f"p{index}" if number % 10 else None,
        carrier="twilio",
        carrier_id=f"SM{number:032x}",
        month=month_of(at),
        sent_at=None if is_reply else at,
        finished_at=None if is_reply else at,
        charged_units=1,
    )


def _counted(texts: list[Message]) -> list[Write]:
    """Return the items that count the texts: four for each day."""
    counted: dict[tuple[str, int], Usage] = defaultdict(Usage)
    for number, text in enumerate(texts):
        counted[usage_day(text), number % keys.USAGE_SHARDS] += usage_of(text)
    return [
        Put(keys.usage(_ACCOUNT, day, shard), {"type": "usage", "day": day, **asdict(usage)})
        for (day, shard), usage in counted.items()
    ]


def _wire(write: Write) -> Wire:
    match write:
        case Put(key, item):
            return wire_item(key, item)
        case Update(key, changes):
            return wire_item(key, changes)
    raise TypeError("nothing is deleted here")
