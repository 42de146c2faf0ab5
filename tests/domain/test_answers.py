"""What the service says by itself: short, plain, and with what the law wants in it."""

import pytest

from longcode import keywords, segments
from longcode.keywords import Keyword
from longcode.optouts.consent import keyword_answer

CONTACT = "help@longcode.example"


@pytest.mark.parametrize("keyword", list(Keyword))
def test_an_answer_is_one_segment(keyword: Keyword) -> None:
    measure = segments.measure(keyword_answer(keyword, CONTACT))

    assert (measure.encoding, measure.segments, measure.units) == ("GSM-7", 1, 1)


def test_help_says_who_we_are_how_to_reach_us_what_it_costs_and_how_to_end_it() -> None:
    assert keyword_answer(Keyword.HELP, CONTACT) == (
        "Longcode texts for photo studios. Help: help@longcode.example. "
        "Msg & data rates may apply. Reply STOP to end."
    )


def test_the_confirmation_of_a_stop_tells_how_to_take_it_back() -> None:
    assert keyword_answer(Keyword.STOP, CONTACT) == (
        "You get no more texts from the studios on this number. Reply START to get them again."
    )


def test_yes_is_answered_like_start() -> None:
    assert keyword_answer(Keyword.YES, CONTACT) == keyword_answer(Keyword.START, CONTACT)


@pytest.mark.parametrize("keyword", list(Keyword))
def test_an_answer_that_is_sent_back_to_us_is_no_keyword(keyword: Keyword) -> None:
    assert keywords.read(keyword_answer(keyword, CONTACT)) is None
