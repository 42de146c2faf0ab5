"""An account's days of words: past them nobody is shown any, and what may yet go keeps its own."""

from dataclasses import replace
from datetime import timedelta

import pytest

from longcode.message import Direction, Message, MessageKind, MessageState
from longcode.messages.compose import draft
from longcode.windows import hide_old_body, is_past_retention
from tests.support.fakes import NOW

SENT = replace(
    draft(
        account="1",
        message_id="m",
        kind=MessageKind.INDIVIDUAL,
        phone="+12125550123",
        number="+15555550100",
        body="Hello",
        now=NOW,
    ),
    state=MessageState.SENT,
)
REPLY = replace(SENT, direction=Direction.IN, state=MessageState.RECEIVED, media=("https://media.example/1",))
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("days", "after", "over"),
    [(30, 30 * DAY, True), (30, 30 * DAY - timedelta(seconds=1), False), (1, DAY, True), (None, 9999 * DAY, False)],
)
def test_words_are_kept_for_the_accounts_days(days: int | None, after: timedelta, over: bool) -> None:
    assert is_past_retention(SENT, days, NOW + after) is over
    assert is_past_retention(REPLY, days, NOW + after) is over


def test_past_their_days_words_and_pictures_are_gone_and_the_rest_stands() -> None:
    shown = hide_old_body(REPLY, 1, NOW + DAY)

    assert (shown.body, shown.media, shown.body_expired) == ("", (), True)
    assert replace(shown, body="Hello", media=REPLY.media, body_expired=False) == REPLY
    assert hide_old_body(REPLY, 2, NOW + DAY) is REPLY


@pytest.mark.parametrize("state", ["scheduled", "accepted", "queued", "sending", "uncertain"])
def test_a_text_that_may_yet_go_keeps_its_words(state: str) -> None:
    assert not is_past_retention(replace(SENT, state=MessageState(state)), 1, NOW + 100 * DAY)


def test_a_scheduled_text_is_as_old_as_its_own_time() -> None:
    scheduled: Message = replace(SENT, send_at=NOW + 100 * DAY)

    assert not is_past_retention(scheduled, 2, NOW + 101 * DAY)
    assert is_past_retention(scheduled, 2, NOW + 102 * DAY)
