"""Broadcasts in the table: one worker at a time has a step, and a change meanwhile is never overwritten."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from longcode.broadcasts import store as broadcasts
from longcode.broadcasts.broadcast import Broadcast, BulkAction
from longcode.broadcasts.outcome import Outcome
from longcode.clients.client import Audience
from longcode.message import BroadcastState
from longcode.table import keys, store
from longcode.table.store import ConditionFailed
from longcode.table.writes import ABSENT, Put
from tests.support.aws_calls import losing_the_first_response
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
    broadcast = broadcasts.get("10000001", "b1")
    assert broadcast
    return broadcast


def claim(broadcast: Broadcast, worker: str = "w1", *, begin: bool = False) -> Broadcast:
    taken = broadcasts.claim_step(broadcast, worker, NOW, begin=begin)
    assert taken
    return taken


def test_a_broadcast_is_read_back_with_its_audience(broadcast: Broadcast) -> None:
    assert stored() == broadcast
    assert broadcasts.audience(broadcast) == Audience(tags=("vip",), except_client_ids=("c9",))
    assert broadcasts.get("10000002", "b1") is None


def test_creating_a_broadcast_again_raises_with_the_first(broadcast: Broadcast) -> None:
    with pytest.raises(broadcasts.AlreadyCreated) as created:
        broadcasts.create(replace(MADE, body="Other"), Audience(everyone=True))

    assert created.value.first == broadcast
    assert broadcasts.audience(broadcast).tags == ("vip",)


def test_a_missing_audience_raises(aws: None) -> None:
    with pytest.raises(LookupError, match="no audience"):
        broadcasts.audience(MADE)


def test_a_worker_has_a_step_until_its_lease_ends(broadcast: Broadcast) -> None:
    taken = claim(broadcast)

    assert broadcasts.claim_step(broadcast, "w2", NOW, begin=False) is None
    assert broadcasts.claim_step(stored(), "w2", LATER, begin=False)
    assert taken.lease_until == NOW + timedelta(seconds=110)


def test_a_claim_shows_whether_an_earlier_worker_began_the_step(broadcast: Broadcast) -> None:
    first = claim(broadcast, begin=True)
    second = broadcasts.claim_step(stored(), "w2", LATER, begin=True)

    assert second
    assert (first.begun, second.begun) == (False, True)


def test_a_claim_and_a_commit_whose_responses_were_lost_succeed_when_repeated(broadcast: Broadcast) -> None:
    with losing_the_first_response("dynamodb", "UpdateItem") as repeated:
        taken = broadcasts.claim_step(broadcast, "w1", NOW, begin=False)
    assert taken
    with losing_the_first_response("dynamodb", "UpdateItem") as again:
        moved = broadcasts.commit_step(taken, replace(taken, state=BroadcastState.SENDING))

    assert repeated == again == ["UpdateItem"]
    assert moved
    assert (stored().state, stored().step, stored().lease_until) == (BroadcastState.SENDING, 1, None)


def test_committing_a_step_that_another_worker_did_changes_nothing(broadcast: Broadcast) -> None:
    first = claim(broadcast)
    second = broadcasts.claim_step(stored(), "w2", LATER, begin=False)
    assert second
    broadcasts.commit_step(second, replace(second, texts=5))

    assert not broadcasts.commit_step(first, replace(first, texts=9))
    assert stored().texts == 5


def test_committing_a_step_keeps_a_pause_during_it(broadcast: Broadcast) -> None:
    taken = claim(broadcast, begin=True)
    broadcasts.pause(broadcast)

    broadcasts.commit_step(taken, replace(taken, state=BroadcastState.SENDING, begun=False))

    assert (stored().paused, stored().state, stored().begun) == (True, BroadcastState.SENDING, False)


def test_a_commit_whose_other_write_fails_writes_nothing_and_raises(broadcast: Broadcast) -> None:
    taken = claim(broadcast)

    with pytest.raises(ConditionFailed):
        broadcasts.commit_step(
            taken, replace(taken, texts=5), Put(keys.broadcast("10000001", "b1x"), {}, ABSENT), *_existing_audience()
        )

    assert stored().texts == 0


def _existing_audience() -> list[Put]:
    return [Put(keys.audience("10000001", "b1"), {"type": "audience"}, ABSENT)]


def test_a_resume_begins_a_new_step_and_keeps_begun(broadcast: Broadcast) -> None:
    taken = claim(broadcast)
    broadcasts.commit_step(taken, replace(taken, state=BroadcastState.SENDING))
    at_work = claim(stored(), begin=True)
    broadcasts.pause(stored())
    paused = stored()

    resumed = broadcasts.resume(paused, NOW)

    assert resumed
    assert not broadcasts.commit_step(at_work, replace(at_work, texts=3, begun=False))
    now = stored()
    assert (now.step, now.bulk_action, now.paused, now.begun, now.texts) == (2, BulkAction.RESUME, False, True, 0)
    assert broadcasts.resume(paused, NOW) is None


def test_a_cancel_of_an_outdated_broadcast_changes_nothing(broadcast: Broadcast) -> None:
    taken = claim(broadcast)
    broadcasts.commit_step(taken, replace(taken, state=BroadcastState.SENDING))

    assert broadcasts.cancel(broadcast, NOW) is None
    cancelled = broadcasts.cancel(stored(), NOW)

    assert cancelled == stored()
    assert (stored().state, stored().bulk_action, stored().finished_at) == (
        BroadcastState.CANCELLED,
        BulkAction.CANCEL,
        NOW,
    )


def test_only_a_paused_broadcast_is_unscheduled(broadcast: Broadcast) -> None:
    broadcasts.unschedule(broadcast)
    running = stored()
    broadcasts.pause(broadcast)
    broadcasts.unschedule(broadcast)

    assert running.due_at == MADE.due_at
    assert stored().due_at is None
    assert "due_shard" not in (store.get(keys.broadcast("10000001", "b1")) or {})


def test_broadcasts_are_listed_newest_first(aws: None) -> None:
    for minute in range(3):
        broadcast = replace(MADE, id=f"b{minute}", created_at=NOW + timedelta(minutes=minute))
        broadcasts.create(broadcast, Audience(everyone=True))

    first, cursor = broadcasts.page("10000001", limit=2, cursor=None)
    second, end = broadcasts.page("10000001", limit=2, cursor=cursor)

    assert [broadcast.id for broadcast in first] == ["b2", "b1"]
    assert ([broadcast.id for broadcast in second], end) == (["b0"], None)
    assert broadcasts.page("10000002", limit=2, cursor=None) == ([], None)


@pytest.mark.long
def test_skipped_clients_are_stored_in_several_items_and_read_from_any_place(broadcast: Broadcast) -> None:
    skipped = [
        Outcome(client_id=f"c{index:03}", phone=f"+1{index}", code="limit", detail="Full.") for index in range(450)
    ]
    writes = broadcasts.skipped_writes(broadcast, skipped)
    store.transact(writes)

    every = list(broadcasts.skipped_from(broadcast, None))
    later = list(broadcasts.skipped_from(broadcast, (0, 1, 150)))

    assert len(writes) == 3
    assert [outcome for _, outcome in every] == skipped
    assert every[200][0] == (0, 1, 0)
    assert [outcome for _, outcome in later] == skipped[350:]
    assert later[0][0] == (0, 1, 150)
