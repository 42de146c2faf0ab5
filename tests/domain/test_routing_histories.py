"""10,000 random histories of two to five studios, one to five clients and one to four numbers."""

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from longcode.numbers.routing import Attribution, LastText, after_text, attribute, sticky_number

HISTORIES, PARTS = 10_000, 4
BEGIN = datetime(2026, 11, 1, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Reply:
    """A reply: the studio that the client meant, the studios that texted the phone, and the attribution."""

    meant: str
    texted: set[str]
    studios_of_phone: int
    decision: Attribution | None


@dataclass
class World:
    """What the table would have: sticky senders by phone, last texts by phone and number."""

    shared: list[str]
    sticky_senders: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    last_texts: dict[tuple[str, str], dict[str, LastText]] = field(default_factory=lambda: defaultdict(dict))
    texts: list[LastText] = field(default_factory=list)

    def text(self, studio: str, phone: str, at: datetime) -> None:
        number = sticky_number(self.sticky_senders[phone], studio, phone, self.shared)
        self.sticky_senders[phone][studio] = number
        known = self.last_texts[phone, number]
        text = LastText(account=studio, phone=phone, number=number, message_id=f"m{len(self.texts)}", at=at)
        noted = after_text(known.get(studio), text, 20)
        if noted:
            known[studio] = noted
            self.texts.append(text)

    def reply(self, to: LastText, at: datetime) -> Reply:
        known = self.last_texts[to.phone, to.number]
        decision = attribute(known.values(), at)
        return Reply(to.account, set(known), len(self.sticky_senders[to.phone]), decision)


def history(chance: random.Random) -> Iterator[tuple[World, Reply]]:
    """Play one history: studios text clients in any order, and clients answer any of their texts, early or late."""
    studios = "abcde"[: chance.randint(2, 5)]
    phones = [f"+1212555010{index}" for index in range(chance.randint(1, 5))]
    world = World([f"+1555555010{index}" for index in range(chance.randint(1, 4))])
    at = BEGIN
    for _ in range(chance.randint(2, 24)):
        at += timedelta(seconds=chance.choice([0, 1, 40, 3600, 90_000]))
        if not world.texts or chance.random() < 0.6:
            world.text(chance.choice(studios), chance.choice(phones), at)
        else:
            yield world, world.reply(chance.choice(world.texts), at)


@pytest.mark.long
@pytest.mark.parametrize("part", range(PARTS))
def test_no_reply_goes_to_a_studio_that_never_texted_the_phone_over_the_number(part: int) -> None:
    """With as many numbers as studios that text the phone, no reply is misattributed or has other candidates."""
    strayed, wrong, doubtful, replies, clear = 0, 0, 0, 0, 0
    for seed in range(part, HISTORIES, PARTS):
        for world, reply in history(random.Random(seed)):
            decision = reply.decision
            replies += 1
            strayed += decision is None or decision.account not in reply.texted
            if reply.studios_of_phone <= len(world.shared):
                clear += 1
                wrong += decision is None or decision.account != reply.meant
                doubtful += decision is None or decision.candidates != ()

    assert replies > 10_000
    assert clear > 4_000
    assert (strayed, wrong, doubtful) == (0, 0, 0)
