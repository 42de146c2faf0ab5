"""A broadcast enqueues as many texts as its number can send in a few minutes, and more of them later."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from longcode.accounts.account import Account
from longcode.aws.settings import settings
from longcode.message import BroadcastState
from sweeper import sweep_schedule
from tests.support.broadcast_steps import advance, create_broadcast, stored
from tests.support.fakes import NOW, take_queued

pytestmark = pytest.mark.account(people=260, quiet_hours=False)


@pytest.fixture
def one_segment_a_second(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Configure a slow number."""
    monkeypatch.setenv("SEGMENTS_A_SECOND", "1")
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.mark.long
@pytest.mark.usefixtures("one_segment_a_second")
def test_the_next_texts_are_written_when_the_earlier_ones_are_nearly_sent(account: Account) -> None:
    broadcast_id = create_broadcast(account)
    advance(NOW)
    first = len(take_queued("bulk"))

    sweep_schedule.sweep(NOW + timedelta(seconds=189))
    early = take_queued("broadcast")
    sweep_schedule.sweep(NOW + timedelta(seconds=191))
    advance(NOW + timedelta(seconds=191))

    assert (first, early) == (250, [])
    assert stored(account, broadcast_id).texts == 260
    assert stored(account, broadcast_id).state is BroadcastState.DONE
