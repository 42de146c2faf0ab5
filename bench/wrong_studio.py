"""The share of replies that reach the wrong studio, with 100 studios, in four months, on 1, 4 and 16 shared numbers.

Most phones are clients of one studio, many of two or three, a few of a dozen. A client answers a studio's text in its
thread: soon, days later, or weeks later, when other studios may have texted. One studio in ten is an adversary, which
texts a phone again and again. The carrier does not say which text is answered. The service's own code works on the
emulator. Beside the wrong replies stand those that wait for a person, and the refused texts.
"""

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec.structs import replace

from bench.rig import Figure
from longcode.accounts.account import TEXTS_AN_HOUR
from longcode.numbers import choose
from longcode.numbers import store as number_store
from longcode.numbers.routing import Attribution, LastText, attribute
from tests.support.emulated_aws import emulated_aws
from tests.support.fakes import NOW

_STUDIOS, _PHONES, _DAYS, _SEED = 100, 250, 120, 25
_ADVERSARIES = 10
_STUDIOS_OF_A_PHONE = {1: 50, 2: 25, 3: 15, 4: 4, 5: 2, 6: 1, 8: 1, 10: 1, 12: 1}
_TEXTS, _TEXTS_OF_ADVERSARY = (2, 3, 4, 6), (8,)
_ANSWERED = 0.4
_LATENESS = {(0.02, 3): 70, (6, 24 * 6): 25, (24 * 7, 24 * 59): 5}  # hours after the text, and how often in a hundred


@dataclass(frozen=True, slots=True, order=True)
class Text:
    """A text of a studio, and when it is answered; None if it is not."""

    at: datetime
    studio: str
    phone: str
    id: str
    answered_at: datetime | None


def measure() -> Iterator[Figure]:
    """Play the same months with each set of numbers."""
    chance = random.Random(_SEED)
    clients = _clients(chance)
    texts = sorted(_texts(clients, chance))
    for several in (1, 4, 16):
        outcomes, refused = play(texts, [f"+1555555{index:04}" for index in range(several)])
        replies = outcomes.total()
        yield Figure(f"wrong_studio_{several}", round(outcomes["wrong"] / replies, 5), f"of {replies} replies", 0)
        yield Figure(f"waiting_replies_{several}", round(outcomes["waiting"] / replies, 5), "share", None)
        yield Figure(f"refused_texts_{several}", round(refused / len(texts), 5), f"of {len(texts)} texts", None)
        crowded = sum(len(studios) > several for studios in clients.values())
        yield Figure(f"phones_with_more_studios_than_{several}", crowded, f"of {len(clients)}", None)


def play(texts: list[Text], shared: list[str]) -> tuple[Counter[str], int]:
    """Send all texts and attribute the replies to those that went, each at its time.

    Return how many replies reached the studio that the client meant ("right"), another one ("wrong"), or nobody until
    a person decides ("waiting"), and how many texts got no number.
    """
    events = [(text.at, 0, text) for text in texts]
    events += [(text.answered_at, 1, text) for text in texts if text.answered_at]
    outcomes: Counter[str] = Counter()
    with emulated_aws():
        over: dict[str, str] = {}
        for at, is_reply, text in sorted(events):
            if not is_reply:
                over |= _send(text, shared)
            elif text.id in over:
                outcomes[_reply(text, over[text.id], at)] += 1
    return outcomes, len(texts) - len(over)


def _send(text: Text, shared: list[str]) -> dict[str, str]:
    """Get a text a number and record it; return the number by text, none if the text is refused."""
    last = LastText(account=text.studio, phone=text.phone, number="", message_id=text.id, at=text.at)
    choice = replace(choose.shared_choice(text.studio, text.phone, ()), shared=shared)
    taken = number_store.take_number(last, TEXTS_AN_HOUR, choice, number_store.conversations_with(text.phone))
    return {text.id: taken.number} if isinstance(taken, LastText) else {}


def _reply(text: Text, number: str, at: datetime) -> str:
    """Attribute the reply to a text; return whether it is right, wrong or waiting."""
    decision = attribute(number_store.last_texts_to(text.phone, number), at)
    if not isinstance(decision, Attribution):
        return "waiting"
    number_store.note_reply(text.phone, decision.account, number, at)
    return "right" if decision.account == text.studio else "wrong"


def _clients(chance: random.Random) -> dict[str, list[str]]:
    """Return the studios that have each phone as a client."""
    studios = [f"{10_000_000 + index}" for index in range(_STUDIOS)]
    counts = chance.choices(list(_STUDIOS_OF_A_PHONE), list(_STUDIOS_OF_A_PHONE.values()), k=_PHONES)
    return {f"+1212{5_000_000 + index}": chance.sample(studios, count) for index, count in enumerate(counts)}


def _texts(clients: Mapping[str, list[str]], chance: random.Random) -> Iterator[Text]:
    """Yield a few texts to every client; each studio sends its texts at eight times of its own."""
    studios = sorted({studio for studios in clients.values() for studio in studios})
    hours = {studio: [NOW + timedelta(hours=chance.uniform(0, 24 * _DAYS)) for _ in range(8)] for studio in studios}
    for phone, with_client in clients.items():
        for studio in with_client:
            many = _TEXTS_OF_ADVERSARY if studio in studios[:_ADVERSARIES] else _TEXTS
            for at in sorted(chance.sample(hours[studio], chance.choice(many))):
                [lateness] = chance.choices(list(_LATENESS), list(_LATENESS.values()))
                answered = at + timedelta(hours=chance.uniform(*lateness)) if chance.random() < _ANSWERED else None
                yield Text(at, studio, phone, f"{studio}-{phone}-{at.isoformat()}", answered)
