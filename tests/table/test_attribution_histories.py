"""Random histories in the table: studios text the same phones at once, and clients answer any of the texts."""

import random
from datetime import timedelta

import pytest
from msgspec.structs import replace

from longcode.numbers import choose
from longcode.numbers import store as numbers
from longcode.numbers.routing import Attribution, LastText, attribute
from tests.support.aws_calls import parallel_calls
from tests.support.fakes import NOW

pytestmark = pytest.mark.usefixtures("aws")


def text(studio: str, phones: list[str], shared: list[str], name: str, minute: int) -> list[LastText]:
    """Text some phones from a studio at once; return the texts that went."""
    at = NOW + timedelta(minutes=minute)
    taken = []
    for phone in phones:
        wanted = LastText(account=studio, phone=phone, number="", message_id=f"{name}-{phone}", at=at)
        choice = replace(choose.shared_choice(studio, phone, ()), shared=shared)
        taken.append(numbers.take_number(wanted, 20, choice, numbers.conversations_with(phone)))
    return [sent for sent in taken if isinstance(sent, LastText)]


@pytest.mark.long
@pytest.mark.parametrize("seed", range(8))
def test_every_reply_reaches_the_studio_that_is_meant_however_many_text_at_once(seed: int) -> None:
    chance = random.Random(seed)
    studios = "abcde"[: chance.randint(2, 5)]
    phones = [f"+1212555010{index}" for index in range(chance.randint(1, 5))]
    shared = [f"+1555555010{index}" for index in range(chance.randint(1, len(studios)))]
    texts: list[LastText] = []

    for minute in range(3):
        chosen = [chance.sample(phones, chance.randint(1, len(phones))) for _ in studios]
        names = [f"{studio}{minute}" for studio in studios]
        with parallel_calls() as threads:
            sent = threads.map(text, studios, chosen, [shared] * len(studios), names, [minute] * len(studios))
            texts += [made for some in sent for made in some]

    assert texts
    for sent_text in texts:
        decision = attribute(numbers.last_texts_to(sent_text.phone, sent_text.number), NOW + timedelta(hours=1))
        assert isinstance(decision, Attribution)
        assert (decision.account, decision.candidates) == (sent_text.account, ())
