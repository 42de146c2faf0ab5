"""The share of replies that reach the wrong studio, with 100 studios, in a month, on 1, 4 and 16 shared numbers.

Most phones are clients of one studio, many of two or three, a few of a dozen. A client answers a studio's text in its
thread: soon, or days later, when other studios may have texted. The carrier does not say which text is answered. The
service's own code reads and writes the table, on the emulator.
"""

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from bench.rig import Figure
from longcode.accounts.account import TEXTS_AN_HOUR
from longcode.numbers import store as number_store
from longcode.numbers.routing import Attribution, LastText, attribute
from tests.support.emulated_aws import emulated_aws
from tests.support.fakes import NOW

_STUDIOS, _PHONES, _DAYS, _SEED = 100, 250, 30, 25
_STUDIOS_OF_A_PHONE = {1: 50, 2: 25, 3: 15, 4: 4, 5: 2, 6: 1, 8: 1, 10: 1, 12: 1}
_TEXTS_A_MONTH = (2, 3, 4, 6)
_ANSWERED = 0.4
_SOON, _LATE = (0.02, 3), (6, 24 * 6)  # hours after the text
_ANSWERED_SOON = 0.7


@dataclass(frozen=True, slots=True, order=True)
class Text:
    """A text of a studio, and when it is answered; None if it is not."""

    at: datetime
    studio: str
    phone: str
    id: str
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many replies came, reached another studio than the client meant, and had other candidates."""

    replies: int
    wrong: int = 0
    ambiguous: int = 0


def measure() -> Iterator[Figure]:
    """Play the same month with each set of numbers."""
    chance = random.Random(_SEED)
    clients = _clients(chance)
    texts = sorted(_texts(clients, chance))
    for several in (1, 4, 16):
        outcome = play(texts, [f"+1555555{index:04}" for index in range(several)])
        crowded = sum(len(studios) > several for studios in clients.values())
        share = round(outcome.wrong / outcome.replies, 5)
        yield Figure(f"wrong_studio_{several}", share, "share", 0 if several == 16 else None)
        unclear = round(outcome.ambiguous / outcome.replies, 5)
        yield Figure(f"ambiguous_replies_{several}", unclear, "share", 0 if several == 16 else None)
        yield Figure(f"phones_with_more_studios_than_{several}", crowded, f"of {len(clients)}", None)
    yield Figure(
        "attribution_replies",
        outcome.replies,
        f"replies to {len(texts)} texts of {_STUDIOS} studios to {_PHONES} phones",
        None,
    )


def play(texts: list[Text], shared: list[str]) -> Outcome:
    """Send all texts and attribute all replies, each at its time."""
    events = [(text.at, 0, text) for text in texts]
    events += [(text.answered_at, 1, text) for text in texts if text.answered_at]
    decisions: list[tuple[str, Attribution | None]] = []
    with emulated_aws():
        over: dict[str, str] = {}
        for (at, is_reply), together in groupby(sorted(events), key=lambda event: event[:2]):
            some = [text for _, _, text in together]
            if not is_reply:
                over |= _send(some, shared)
                continue
            decisions += [
                (text.studio, attribute(number_store.last_texts_to(text.phone, over[text.id]), at)) for text in some
            ]
    return Outcome(
        replies=len(decisions),
        wrong=sum(decision is None or decision.account != meant for meant, decision in decisions),
        ambiguous=sum(decision is None or decision.candidates != () for _, decision in decisions),
    )


def _send(texts: list[Text], shared: list[str]) -> Mapping[str, str]:
    """Choose the numbers of texts that are sent at once, record the texts, and return the numbers by text."""
    by_studio: dict[str, list[Text]] = defaultdict(list)
    for text in texts:
        by_studio[text.studio].append(text)
    over: dict[str, str] = {}
    for studio, some in by_studio.items():
        phones = [text.phone for text in some]
        numbers = (
            number_store.choose_senders(studio, phones, shared)
            if len(shared) > 1
            else dict.fromkeys(phones, shared[0])
        )
        over |= {text.id: numbers[text.phone] for text in some}
    for text in texts:
        last = LastText(account=text.studio, phone=text.phone, number=over[text.id], message_id=text.id, at=text.at)
        number_store.record_text(last, TEXTS_AN_HOUR)
    return over


def _clients(chance: random.Random) -> dict[str, list[str]]:
    """Return the studios that have each phone as a client."""
    studios = [f"{10_000_000 + index}" for index in range(_STUDIOS)]
    counts = chance.choices(list(_STUDIOS_OF_A_PHONE), list(_STUDIOS_OF_A_PHONE.values()), k=_PHONES)
    return {f"+1212{5_000_000 + index}": chance.sample(studios, count) for index, count in enumerate(counts)}


def _texts(clients: Mapping[str, list[str]], chance: random.Random) -> Iterator[Text]:
    """Yield a few texts a month to every client; each studio sends its texts at eight times of its own."""
    hours = {
        studio: [NOW + timedelta(hours=chance.uniform(0, 24 * _DAYS)) for _ in range(8)]
        for studio in sorted({studio for studios in clients.values() for studio in studios})
    }
    for phone, studios in clients.items():
        for studio in studios:
            for at in sorted(chance.sample(hours[studio], chance.choice(_TEXTS_A_MONTH))):
                late = chance.uniform(*(_SOON if chance.random() < _ANSWERED_SOON else _LATE))
                answered = at + timedelta(hours=late) if chance.random() < _ANSWERED else None
                yield Text(at, studio, phone, f"{studio}-{phone}-{at.isoformat()}", answered)
