"""A studio with clients, conversations and two months of texts, to look at in the hub of `make up`.

What is older than today is written into the table as it would be stored. What is of today goes through the API, the
simulated carrier and the phones.
"""

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from msgspec.structs import asdict, replace

from infra.local.emulator import client
from infra.local.participants import Phones, StudioSoftware, eventually
from infra.local.stack import Stack
from infra.local.studio import sign_up
from longcode.message import Direction, Message, MessageKind, MessageState
from longcode.messages import compose
from longcode.messages import store as messages
from longcode.months import month_of
from longcode.plans.plans import PlanChange
from longcode.table import keys
from longcode.table.writes import attributes, to_wire, wire_item, wire_key
from longcode.usage.usage import Usage, usage_day, usage_of

FORM = {
    "studio_name": "Foxglove Portraits",
    "email": "foxglove@demo.example",
    "product": "spectra",
    "edition": "professional",
    "plan": "medium",
}
_DAYS = 60
_OPENED = timedelta(days=90)  # ago
_BEGIN_OF_DAY, _MINUTES = time(15, tzinfo=UTC), 8 * 60  # when it is day in the United States
_MOST_A_DAY = 6
_ANSWERED = 0.4  # of the texts
_AT_ONCE = 25  # items of a call
NAMES = (
    *("Zoë Müller", "Ann Lee", "Søren Ångström", "Priya Natarajan", "Tom O’Brien", "Mei Chen", "Luis Ortega"),
    *("Fatima Haddad", "Grace Kim", "Noah Weber", "Chloé Martin", "Ivan Petrov", "Aisha Bello", "Emma Rossi"),
    *("Liam Walsh", "Hana Suzuki", "Olga Nowak", "Kofi Mensah", "Maya Cohen", "Diego Silva", "Nora Berg"),
    *("Omar Said", "Ruth Adler", "Jonas Vogel", "Lena Fischer", "Sam Brandt", "Ida Holm", "Marco Conti"),
)
"""Invented clients."""

_COLUMNS = "id,first_name,last_name,phone,sms,allow_text_marketing,tags,status"
_TAGS = ("wedding", "family", "newborn")
_TEXTS = (
    "Hi {name}, your proofs are ready to look at.",
    "Hi {name}, see you tomorrow at 10:00!",
    "Hi {name}, your prints are here. We are open until six.",
)
_REPLIES = ("Thanks!", "Yes please", "We are running ten minutes late 🙈", "Lovely, thank you!", "Can we come at 11?")
_STRANGER = "+16465550190"
_TODAY = {
    "Zoë": ("Hi Zoë, see you tomorrow at 10:00!", "Can I bring the dog?"),
    "Tom": ("Hi Tom, two spring slots are left. Reply YES to take one.", "Please no more texts for now"),
    "Mei": ("Hi Mei, your album has arrived.", "Lovely, thank you! I'll come on Saturday."),
}
_LANDLINE = 30006  # a code of the carrier


def open_lively_studio(own: Stack) -> StudioSoftware:
    """Sign the studio up, and fill it."""
    by_mail = sign_up(own, FORM)
    studio = StudioSoftware(own.api_url, FORM["studio_name"], by_mail.account, by_mail.password)
    rows = [
        f"{_id(index)},{name.replace(' ', ',')},{_phone(index)},yes,yes,{_TAGS[index % len(_TAGS)]},active"
        for index, name in enumerate(NAMES)
    ]
    studio.ask("POST", "/clients/import", "\n".join([_COLUMNS, *rows]), **{"Content-Type": "text/csv"})
    words = {"body": "Hi {{client.first_name|there}}, your proofs are ready.", "subject": "After the session"}
    studio.ask("PUT", "/templates/proofs", words)
    _write_months(own, studio.account, datetime.now(UTC))
    _play_today(own, studio)
    return studio


def _id(index: int) -> str:
    return str(1001 + index)


def _phone(index: int) -> str:
    return f"+1646555{100 + index:04}"


def _write_months(own: Stack, account: str, now: datetime) -> None:
    """Write the texts of the last two months, and what counts them; the account is as old as they are."""
    texts = list(_months(account, own.shared_numbers[0], now))
    counted: dict[str, Usage] = defaultdict(Usage)
    for text in texts:
        counted[usage_day(text)] += usage_of(text)
    items = [wire_item(keys.message(account, text.id), messages.item(text)) for text in texts]
    items += [
        wire_item(keys.usage(account, day, 0), {"type": "usage", "day": day, **asdict(usage)})
        for day, usage in counted.items()
    ]
    table = client("dynamodb", own.emulator_url)
    for start in range(0, len(items), _AT_ONCE):
        batch = [{"PutRequest": {"Item": item}} for item in items[start : start + _AT_ONCE]]
        table.batch_write_item(RequestItems={own.table_name: batch})
    opened = now - _OPENED
    table.update_item(
        TableName=own.table_name,
        Key=wire_key(keys.account(account)),
        UpdateExpression="SET created_at = :opened, established_at = :opened, plan_changes = :plans",
        ExpressionAttributeValues=to_wire(
            {":opened": opened, ":plans": [attributes(PlanChange(opened, FORM["plan"]))]}
        ),
    )


def _months(account: str, number: str, now: datetime) -> Iterator[Message]:
    """Yield delivered texts, and replies that somebody has read."""
    chance = random.Random(11)
    for days in range(_DAYS, 0, -1):
        begin = datetime.combine((now - timedelta(days=days)).date(), _BEGIN_OF_DAY)
        for index in chance.sample(range(len(NAMES)), chance.randint(0, _MOST_A_DAY)):
            at = begin + timedelta(minutes=chance.randrange(_MINUTES))
            body = chance.choice(_TEXTS).format(name=NAMES[index].partition(" ")[0])
            new = partial(_message, account, index, number)
            yield new(at, body)
            if chance.random() < _ANSWERED and (answered_at := at + timedelta(minutes=4)) < now:
                yield replace(
                    new(answered_at, chance.choice(_REPLIES)),
                    direction=Direction.IN,
                    kind=MessageKind.REPLY,
                    state=MessageState.RECEIVED,
                    sent_at=None,
                )


def _message(account: str, index: int, number: str, at: datetime, body: str) -> Message:
    new = compose.draft(
        account=account,
        message_id=f"{uuid4().hex}-0",
        kind=MessageKind.INDIVIDUAL,
        phone=_phone(index),
        number=number,
        body=body,
        now=at,
    )
    return replace(
        new,
        state=MessageState.DELIVERED,
        client_id=_id(index),
        carrier="twilio",
        carrier_id=f"SM{uuid4().hex}",
        month=month_of(at),
        sent_at=at,
        finished_at=at + timedelta(seconds=2),
        valid_until=None,
        due_at=None,
        charged_units=new.units,
    )


def _play_today(own: Stack, studio: StudioSoftware) -> None:
    """Have clients answer, one in words that may mean STOP, and a stranger; let a text fail, and another wait."""
    phones = Phones(own.carrier_url)
    first_names = [name.partition(" ")[0] for name in NAMES]
    answers = {_STRANGER: "Hi, this is Lena's sister. Do you have time in May?"}
    _text(studio, to=_STRANGER, body="Hello from Foxglove Portraits! How can we help?")
    for name, (body, answer) in _TODAY.items():
        index = first_names.index(name)
        _text(studio, client_id=_id(index), body=body)
        answers[_phone(index)] = answer
    phones.fail(_phone(1), _LANDLINE)
    _text(studio, client_id=_id(1), body="Hi Ann, your proofs are ready to look at.")
    later = datetime.now(UTC) + timedelta(days=2)
    _text(studio, client_id=_id(3), body="Hi Priya, see you tomorrow!", send_at=f"{later:%Y-%m-%dT%H:%M:%SZ}")
    for phone, words in answers.items():
        (number,) = eventually(partial(_last_number, phones, phone), f"a text to {phone}")
        phones.reply(phone, number, words)
    eventually(lambda: len(studio.ask("GET", "/inbox?after=0").json["items"]) == len(answers), "the replies")
    eventually(lambda: studio.ask("GET", "/questions").json["items"], "the question whether a client asks to stop")


def _last_number(phones: Phones, phone: str) -> list[str]:
    return phones.texted_from(phone)[-1:]


def _text(studio: StudioSoftware, **text: Any) -> None:
    studio.ask("POST", "/messages", text, **{"Idempotency-Key": uuid4().hex}).json["messages"]
