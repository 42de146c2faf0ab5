"""Of what a phone says to three numbers, the last word counts, in whatever order we hear it and a carrier refuses it.

Each case is played by the rules alone; `tests/functions/optout/test_keyword_histories.py` plays some of them in full.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import permutations, product

import pytest

from longcode.jobs import Means
from longcode.optouts.consent import (
    SHARED,
    OptOut,
    OptOutEvent,
    apply,
    before_refusals,
    start_since_block,
    taken_back,
    without_old_refusals,
)
from tests.support.fakes import NOW

NUMBERS = "ABC"
WORDS = [*product(("stop", "start", "refused"), NUMBERS)]


class Phone:
    """What we know of a phone: the state and the history, as `optout.worker` keeps them."""

    def __init__(self) -> None:
        self.state: OptOut | None = None
        self.history: dict[str, OptOutEvent] = {}

    def hear(self, event: OptOutEvent) -> None:
        others = [one for one in self.history.values() if one.id != event.id]
        if event.means is Means.CARRIER and event not in without_old_refusals([*others, event]):
            return
        self.history[event.id] = event
        self.state = apply(self.state, event)
        counting = without_old_refusals(self.history.values())
        old = [one for one in self.history.values() if one not in counting]
        if self.state.out and self.state.event_id in [one.id for one in old]:
            before, self.state = self.state, before_refusals(self.state, counting)
            if self.state is not before:
                self.history |= {one.id: taken_back(one) for one in old}


def histories(length: int) -> Iterator[list[OptOutEvent]]:
    """Yield what can happen: a carrier refuses a text from a number if STOP is the last that was said to that number.

    The first number that is named is A, the second B: the others are the same with other names.
    """
    for words in product(WORDS, repeat=length):
        numbers = "".join(dict.fromkeys(number for _, number in words))
        if not NUMBERS.startswith(numbers):
            continue
        last: dict[str, str] = {}
        possible = all(
            last.get(number) == "stop" if word == "refused" else last.update({number: word}) is None
            for word, number in words
        )
        if possible:
            yield [event(word, number, minute) for minute, (word, number) in enumerate(words)]


def event(word: str, number: str, minute: int) -> OptOutEvent:
    return OptOutEvent(
        id=f"{word} {number} {minute}",
        phone="+12125550123",
        scope=SHARED,
        out=word != "start",
        at=NOW + timedelta(minutes=minute),
        means=Means.CARRIER if word == "refused" else Means.TEXT,
        words=word,
        number=number,
    )


def last_word(events: Sequence[OptOutEvent]) -> OptOutEvent | None:
    said = [one for one in events if one.means is Means.TEXT]
    return max(said, key=lambda one: one.at, default=None)


@pytest.mark.parametrize("length", [1, 2, 3, pytest.param(4, marks=pytest.mark.long)])
def test_the_last_word_counts_in_every_order_of_hearing(length: int) -> None:
    for history in histories(length):
        last = last_word(history)
        for order in permutations(history):
            phone = Phone()
            for count, heard in enumerate(order, start=1):
                phone.hear(heard)
                last_heard = last_word(order[:count])
                if last_heard and last_heard.out:
                    assert phone.state, order
                    assert phone.state.out, order[:count]

            for again in (*order, *reversed(order)):
                assert phone.state, order
                assert last is None or phone.state.out == last.out, order
                phone.hear(again)


@pytest.mark.parametrize("length", [2, 3, pytest.param(4, marks=pytest.mark.long)])
def test_a_block_is_old_exactly_if_its_phone_has_said_start_since_elsewhere(length: int) -> None:
    for history in histories(length):
        for number in NUMBERS:
            said = [one for one in history if one.means is Means.TEXT]
            to_number = [one for one in said if one.number == number]
            is_blocked = bool(to_number) and to_number[-1].out
            starts = [one for one in said if is_blocked and not one.out and one.at > to_number[-1].at]

            assert not is_blocked or start_since_block(history, number) == (starts[-1].number if starts else None)
