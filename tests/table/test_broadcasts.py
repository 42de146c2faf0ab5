from dataclasses import replace
from datetime import timedelta

import pytest

from longcode.broadcasts import store as broadcasts
from longcode.broadcasts.broadcast import Broadcast, BroadcastState, BulkAction
from longcode.broadcasts.outcome import Outcome
from longcode.clients.client import Audience
from longcode.table import keys, store
from longcode.table.store import ConditionFailed
from longcode.table.writes import ABSENT, Put
from tests.support.aws_calls import losing_the_first_answer
from tests.support.fakes import NOW

LATER = NOW + timedelta(minutes=3)
MADE = Broadcast(
    account="10000001",
    id="b1",
    state=BroadcastState.PLANNING,
    created_at=NOW,
    fingerprint="f",
    seed="s",
    body="Hello",
    step=0,
    due_at=NOW + timedelta(minutes=2),
)


@pytest.fixture
def broadcast(aws: None) -> Broadcast:
    """Write a broadcast."""
    broadcasts.create(MADE, Audience(tags=("vip",), except_client_ids=("c9",)))
    return MADE


def stored() -> Broadcast:
    found = broadcasts.get("10000001", "b1")
    assert found
    return found


def take(broadcast: Broadcast, worker: str = "w1", *, begin: bool = False) -> Broadcast:
    taken = broadcasts.take(broadcast, worker, NOW, begin=begin)
    assert taken
    return taken


def test_a_broadcast_is_read_back_with_whom_it_is_for(broadcast: Broadcast) -> None:
    assert stored() == broadcast
    assert broadcasts.audience(broadcast) == Audience(tags=("vip",), except_client_ids=("c9",))
    assert broadcasts.get("10000002", "b1") is None


def test_the_second_of_one_id_is_told_of_the_first(broadcast: Broadcast) -> None:
    with pytest.raises(broadcasts.AlreadyThere) as there:
        broadcasts.create(replace(MADE, body="Other"), Audience(everyone=True))

    assert there.value.first == broadcast
    assert broadcasts.audience(broadcast).tags == ("vip",)


def test_a_broadcast_whose_audience_is_gone_is_for_nobody(aws: None) -> None:
    with pytest.raises(LookupError, match="nobody"):
        broadcasts.audience(MADE)


def test_a_step_is_one_workers_until_its_lease_is_over(broadcast: Broadcast) -> None:
    taken = take(broadcast)

    assert broadcasts.take(broadcast, "w2", NOW, begin=False) is None
    assert broadcasts.take(stored(), "w2", LATER, begin=False)
    assert taken.lease_until == NOW + timedelta(seconds=110)


def test_a_step_that_somebody_began_is_known_as_begun(broadcast: Broadcast) -> None:
    first = take(broadcast, begin=True)
    second = broadcasts.take(stored(), "w2", LATER, begin=True)

    assert second
    assert (first.begun, second.begun) == (False, True)


def test_a_take_and_a_move_whose_answers_were_lost_are_still_ours(broadcast: Broadcast) -> None:
    with losing_the_first_answer("dynamodb", "UpdateItem") as repeated:
        taken = broadcasts.take(broadcast, "w1", NOW, begin=False)
    assert taken
    with losing_the_first_answer("dynamodb", "UpdateItem") as again:
        moved = broadcasts.commit_step(taken, replace(taken, state=BroadcastState.SENDING))

    assert repeated == again == ["UpdateItem"]
    assert moved
    assert (stored().state, stored().step, stored().lease_until) == (BroadcastState.SENDING, 1, None)


def test_a_move_of_a_step_that_another_has_done_does_nothing(broadcast: Broadcast) -> None:
    first = take(broadcast)
    second = broadcasts.take(stored(), "w2", LATER, begin=False)
    assert second
    broadcasts.commit_step(second, replace(second, texts=5))

    assert not broadcasts.commit_step(first, replace(first, texts=9))
    assert stored().texts == 5


def test_a_move_keeps_a_pause_that_came_meanwhile(broadcast: Broadcast) -> None:
    taken = take(broadcast, begin=True)
    broadcasts.pause(broadcast)

    broadcasts.commit_step(taken, replace(taken, state=BroadcastState.SENDING, begun=False))

    assert (stored().paused, stored().state, stored().begun) == (True, BroadcastState.SENDING, False)


def test_a_move_whose_other_write_does_not_hold_writes_nothing_and_says_so(broadcast: Broadcast) -> None:
    taken = take(broadcast)

    with pytest.raises(ConditionFailed):
        broadcasts.commit_step(
            taken, replace(taken, texts=5), Put(keys.broadcast("10000001", "b1x"), {}, ABSENT), *_taken()
        )

    assert stored().texts == 0


def _taken() -> list[Put]:
    return [Put(keys.audience("10000001", "b1"), {"type": "audience"}, ABSENT)]


def test_a_resume_makes_a_new_step_and_keeps_what_a_worker_began(broadcast: Broadcast) -> None:
    taken = take(broadcast)
    broadcasts.commit_step(taken, replace(taken, state=BroadcastState.SENDING))
    in_work = take(stored(), begin=True)
    broadcasts.pause(stored())
    paused = stored()

    resumed = broadcasts.resume(paused, NOW)

    assert resumed
    assert not broadcasts.commit_step(in_work, replace(in_work, texts=3, begun=False))
    now = stored()
    assert (now.step, now.walk, now.paused, now.begun, now.texts) == (2, BulkAction.WAKE, False, True, 0)
    assert broadcasts.resume(paused, NOW) is None


def test_a_cancel_of_what_has_changed_is_looked_at_again(broadcast: Broadcast) -> None:
    taken = take(broadcast)
    broadcasts.commit_step(taken, replace(taken, state=BroadcastState.SENDING))

    assert broadcasts.cancel(broadcast, NOW) is None
    cancelled = broadcasts.cancel(stored(), NOW)

    assert cancelled == stored()
    assert (stored().state, stored().walk, stored().finished_at) == (BroadcastState.CANCELLED, BulkAction.CANCEL, NOW)


def test_a_broadcast_that_was_resumed_does_not_rest(broadcast: Broadcast) -> None:
    broadcasts.unschedule(broadcast)
    running = stored()
    broadcasts.pause(broadcast)
    broadcasts.unschedule(broadcast)

    assert running.due_at == MADE.due_at
    assert stored().due_at is None
    assert "due_shard" not in (store.get(keys.broadcast("10000001", "b1")) or {})


def test_broadcasts_are_listed_newest_first(aws: None) -> None:
    for minute in range(3):
        made = replace(MADE, id=f"b{minute}", created_at=NOW + timedelta(minutes=minute))
        broadcasts.create(made, Audience(everyone=True))

    first, cursor = broadcasts.page("10000001", limit=2, cursor=None)
    second, end = broadcasts.page("10000001", limit=2, cursor=cursor)

    assert [one.id for one in first] == ["b2", "b1"]
    assert ([one.id for one in second], end) == (["b0"], None)
    assert broadcasts.page("10000002", limit=2, cursor=None) == ([], None)


def test_who_got_none_is_kept_in_parts_and_read_from_any_row_on(broadcast: Broadcast) -> None:
    told = [
        Outcome(client_id=f"c{index:03}", phone=f"+1{index}", code="limit", detail="Full.") for index in range(450)
    ]
    writes = broadcasts.skipped_writes(broadcast, told)
    store.transact(writes)

    every = list(broadcasts.skipped_from(broadcast, None))
    later = list(broadcasts.skipped_from(broadcast, (0, 1, 150)))

    assert len(writes) == 3
    assert [one for _, one in every] == told
    assert every[200][0] == (0, 1, 0)
    assert [one for _, one in later] == told[350:]
    assert later[0][0] == (0, 1, 150)
