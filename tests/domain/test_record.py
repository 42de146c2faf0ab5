from datetime import date, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longcode.template import FIELDS
from longcode.triggers.trigger import (
    STATUSES,
    DateOf,
    Record,
    RecordKind,
    record_after,
    record_date,
    record_merge_values,
    record_statuses,
    record_word,
)
from tests.support.fakes import NOW
from tests.support.trigger_samples import record

MINUTE = timedelta(minutes=1)


def test_the_first_event_makes_the_record() -> None:
    assert record_after(None, record()) == record()


def test_a_later_event_takes_its_place() -> None:
    later = record(at=NOW + MINUTE, event_id="e2", session_date=date(2026, 12, 5), changed_at=NOW + MINUTE)

    found = record_after(record(), later)

    assert found
    assert found.session_date == date(2026, 12, 5)
    assert found.changed_at == NOW  # the status is as it was


@pytest.mark.parametrize("change", [{"status": "completed"}, {"of_type": "Newborn"}])
def test_an_event_with_another_status_or_type_is_a_change(change: dict[str, str]) -> None:
    found = record_after(record(), record(at=NOW + MINUTE, changed_at=NOW + MINUTE, **change))

    assert found
    assert found.changed_at == NOW + MINUTE


def test_a_type_that_is_only_spelled_otherwise_is_no_change() -> None:
    found = record_after(
        record(of_type="New Born"), record(at=NOW + MINUTE, changed_at=NOW + MINUTE, of_type="new born")
    )

    assert found
    assert found.changed_at == NOW


@pytest.mark.parametrize(("minutes", "event"), [(-1, "e9"), (0, "e0"), (0, "e1")])
def test_a_late_event_or_the_same_again_tells_nothing_new(minutes: int, event: str) -> None:
    assert record_after(record(), record(at=NOW + minutes * MINUTE, event_id=event, status="completed")) is None


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from("abc")), min_size=1, max_size=4, unique=True))
def test_in_whatever_order_events_arrive_the_same_one_stands(told: list[tuple[int, str]]) -> None:
    events = [record(at=NOW + minute * MINUTE, event_id=name, values={"task.name": name}) for minute, name in told]
    ends: set[tuple[object, str]] = set()
    for order in permutations(events):
        known: Record | None = None
        for event in order:
            known = record_after(known, event) or known
        assert known
        ends.add((known.at, known.event_id))

    assert ends == {max((one.at, one.event_id) for one in events)}


@pytest.mark.parametrize(
    "spelled", ["ready_for_pickup", "Ready for pickup", " READY  FOR-PICKUP ", "ready_for pickup"]
)
def test_a_status_is_compared_however_it_is_spelled(spelled: str) -> None:
    assert record_word(spelled) == "ready_for_pickup"
    assert record_word(spelled) in record_statuses(RecordKind.PRODUCTION, {})


def test_a_studios_own_statuses_take_the_place_of_ours() -> None:
    own = {"session": ("Booked", "At the lake")}

    assert record_statuses(RecordKind.SESSION, own) == {"booked", "at_the_lake"}
    assert record_statuses(RecordKind.TASK, own) == STATUSES[RecordKind.TASK]


def test_every_kind_has_statuses_as_they_are_compared() -> None:
    assert set(STATUSES) == set(RecordKind)
    assert all(record_word(status) == status for known in STATUSES.values() for status in known)


def test_the_dates_of_a_record() -> None:
    both = record(due_date=date(2026, 12, 20))

    assert record_date(both, DateOf.SESSION_DATE) == date(2026, 12, 3)
    assert record_date(both, DateOf.DUE_DATE) == date(2026, 12, 20)
    assert record_date(record(), DateOf.DUE_DATE) is None


@pytest.mark.parametrize(("at", "shown"), [("14:30", "2:30 PM"), ("00:05", "12:05 AM"), ("12:00", "12:00 PM")])
def test_a_record_fills_merge_fields_as_people_write_dates_and_times(at: str, shown: str) -> None:
    values = record_merge_values(record(session_time=at, of_type="Newborn", due_date=date(2026, 12, 20)))

    assert values == {
        "session.type": "Newborn",
        "session.date": "Thursday, December 3",
        "session.time": shown,
        "due.date": "Sunday, December 20",
    }
    assert values.keys() <= FIELDS


def test_what_the_studios_software_spelled_out_comes_first() -> None:
    values = record_merge_values(record(values={"session.date": "3 Dec", "order.number": "A-17"}))

    assert (values["session.date"], values["order.number"]) == ("3 Dec", "A-17")
