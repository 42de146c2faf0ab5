"""Never texted after the last STOP, never blocked after the last START: random histories of a phone, played in full.

Two studios text it over three numbers and one carrier after another. What we hear of its words and of the carriers'
refusals comes late, in any order and twice. `tests/domain/test_last_word.py` has all short orders, by rule alone.
"""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as configure
from hypothesis import strategies as st

from longcode.accounts.account import Account
from longcode.aws.settings import settings
from longcode.message import MessageState
from longcode.numbers import store as numbers
from longcode.numbers.conversations import TextRefusal
from tests.support import local_aws
from tests.support.fakes import studio
from tests.support.keyword_histories import CODES, NUMBERS, PHONE, BlockingCarrier, History, Step

Carriers = list[tuple[str, str]]
"""The name of each carrier, and for what it keeps a STOP: a pair of number and phone, or the phone."""

CARRIERS: st.SearchStrategy[Carriers] = st.lists(
    st.tuples(st.sampled_from(sorted(CODES)), st.sampled_from(["pair", "phone"])), min_size=1, max_size=2
)
WHAT = ["stop", "start", "accept", "text", "arrive", "receipt", "settle", "switch"]
STEPS = st.lists(
    st.tuples(st.sampled_from(WHAT), st.integers(min_value=0, max_value=5), st.booleans()), min_size=3, max_size=14
)
Played = tuple[list[Account], bytes]


@pytest.fixture
def played(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Played]:
    """Return two studios on three shared numbers, and the state of AWS."""
    monkeypatch.setenv("SHARED_NUMBERS", ",".join(NUMBERS))
    settings.cache_clear()
    accounts = [studio(number, texts_an_hour=1000) for number in ("10000001", "10000002")]
    yield accounts, local_aws.snapshot()
    settings.cache_clear()


def assert_the_last_word_counts(played: Played, carriers: Carriers, steps: list[Step], newest_first: bool) -> None:
    accounts, beginning = played
    local_aws.restore(beginning)
    history = History(accounts, [BlockingCarrier(name, keeps) for name, keeps in carriers])
    for step in steps:
        history.play(step)
    history.finish(newest_first=newest_first)

    for account in accounts:
        text = history.text(account)
        if history.said and history.said[-1].keyword == "stop":
            assert text is None
        elif text and text.error == TextRefusal.NO_SHARED_NUMBER:  # the other studio has the only one left
            assert len(set(NUMBERS) - numbers.conversations_with(PHONE).blocked) == 1
        else:
            assert text
            assert (text.state, history.carrier.taken[-1].reference) == (
                MessageState.SENT,
                f"{account.id}.{text.id}",
            )


UNHEARD = [("stop", 0, False), ("start", 2, False), ("text", 0, False), ("text", 1, False)]
TWICE = [("text", 0, True), ("stop", 0, False), ("arrive", 0, True), ("start", 1, False), ("settle", 0, False)]


@pytest.mark.long
@configure(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(CARRIERS, STEPS, st.booleans())
@example([("twilio", "pair")], UNHEARD, True)
@example([("twilio", "pair")], [("stop", 0, True), ("stop", 2, True), ("start", 1, True)], True)
@example([("twilio", "pair")], UNHEARD, False)
@example([("aws", "pair"), ("twilio", "pair")], [*TWICE, ("receipt", 0, True), ("arrive", 0, True)], True)
def test_the_last_word_counts(played: Played, carriers: Carriers, steps: list[Step], newest_first: bool) -> None:
    assert_the_last_word_counts(played, carriers, steps, newest_first)


@pytest.mark.long
@configure(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(CARRIERS, STEPS, st.booleans())
def test_the_last_word_counts_in_many_histories(
    played: Played, carriers: Carriers, steps: list[Step], newest_first: bool
) -> None:
    assert_the_last_word_counts(played, carriers, steps, newest_first)
