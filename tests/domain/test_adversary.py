"""Random plays of up to five accounts of an adversary, who wants the replies that clients mean for other studios.

The adversary schedules, cancels, texts and waits in any order; the carrier takes or refuses its texts. Clients answer
a text in its thread: soon, or up to sixty days after the conversation's last word.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import blake2s

import pytest

from longcode.numbers.conversations import (
    Conversations,
    NumberChoice,
    TextRefusal,
    with_reply,
    with_text,
    without_text,
)
from longcode.numbers.routing import REACH, Attribution, LastText, attribute

PLAYS, PARTS = 10_000, 4
BEGIN = datetime(2026, 11, 1, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WAITS = [timedelta(0), timedelta(seconds=40), HOUR, DAY, 10 * DAY, 29 * DAY, 31 * DAY, 70 * DAY]
Lateness = Callable[[random.Random], timedelta]


def soon(chance: random.Random) -> timedelta:
    """Return how late a client answers: seven of ten within three hours, the others within six days."""
    return HOUR * (chance.uniform(0.02, 3) if chance.random() < 0.7 else chance.uniform(6, 24 * 6))


def weeks_later(chance: random.Random) -> timedelta:
    """Return how late a client answers: any time until a conversation is out of reach."""
    return chance.choice([timedelta(0), DAY, 29 * DAY, 31 * DAY, REACH - HOUR]) + HOUR * chance.random()


class Play:
    """One phone, the shared numbers, the studios that have its client, and the adversary's accounts."""

    def __init__(self, chance: random.Random, lateness: Lateness) -> None:
        self.chance, self.lateness = chance, lateness
        self.shared = [f"+1555555010{index}" for index in range(chance.randint(1, 4))]
        self.studios = [f"studio-{index}" for index in range(chance.randint(1, 3))]
        self.adversary = [f"adversary-{index}" for index in range(chance.randint(1, 5))]
        self.known = Conversations(phone="+12125550123")
        self.scheduled: list[str] = []
        self.threads: list[LastText] = []  # what the client has on the screen
        self.now, self.texts = BEGIN, 0

    def text(self, account: str, *, taken: bool = True) -> None:
        """Send a text; one that the carrier refuses leaves its conversation."""
        self.texts += 1
        text = LastText(account=account, phone=self.known.phone, number="", message_id=f"m{self.texts}", at=self.now)
        choice = NumberChoice(
            shared=self.shared, rank=lambda number: blake2s(f"{account}{number}".encode()).hexdigest()
        )
        got = with_text(self.known, text, 10, choice)
        if isinstance(got, TextRefusal):
            return
        self.known, number = got
        if taken:
            self.threads.append(next(one for one in self.known.of(account) if one.number == number))
        else:
            self.known = without_text(self.known, account, text.message_id)

    def act(self) -> None:
        """Let the adversary do one thing: wait, schedule, cancel, send a scheduled text or another."""
        move = self.chance.choice(["wait", "schedule", "cancel", "due", "text", "text", "refused"])
        account = self.chance.choice(self.adversary)
        if move == "wait":
            self.now += self.chance.choice(WAITS)
        elif move == "schedule":
            self.scheduled.append(account)
        elif move == "cancel" and self.scheduled:
            self.scheduled.pop()
        elif move == "due" and self.scheduled:
            self.text(self.scheduled.pop())
        elif move in ("text", "refused"):
            self.text(account, taken=move == "text")

    def replies(self) -> Iterator[tuple[str, Attribution | object | None]]:
        """Answer a text; yield whom the client means, and what became of the reply."""
        if not self.threads:
            return
        meant = self.chance.choice(self.threads)
        current = next((one for one in self.known.of(meant.account) if one.number == meant.number), meant)
        at = max(self.now, current.last_word_at + self.lateness(self.chance))
        if at >= current.last_word_at + REACH:
            return
        self.now = at
        decision = attribute(self.known.over(meant.number), at)
        if isinstance(decision, Attribution):
            self.known = with_reply(self.known, decision.account, meant.number, at)
        yield meant.account, decision


@pytest.mark.long
@pytest.mark.parametrize("lateness", [soon, weeks_later])
@pytest.mark.parametrize("part", range(PARTS))
def test_no_reply_reaches_anybody_but_the_studio_that_the_client_means(part: int, lateness: Lateness) -> None:
    outcomes: Counter[str] = Counter()
    for seed in range(part, PLAYS, PARTS):
        chance = random.Random(seed)
        play = Play(chance, lateness)
        for _ in range(chance.randint(4, 24)):
            match chance.choice(["studio", "adversary", "adversary", "reply"]):
                case "studio":
                    play.text(chance.choice(play.studios), taken=chance.random() < 0.8)
                case "adversary":
                    play.act()
                case "reply":
                    for meant, decision in play.replies():
                        reached = isinstance(decision, Attribution) and decision.account
                        outcomes["right" if reached == meant else "wrong" if reached else "waits for a person"] += 1

    assert outcomes["wrong"] == 0
    assert outcomes["right"] > 2_000
    assert outcomes["waits for a person"] > 20
