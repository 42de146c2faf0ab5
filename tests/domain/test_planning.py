"""The plan of an event: when a trigger texts for a record, and what a later event moves, keeps or drops."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from longcode.triggers.planning import (
    Occurrence,
    OccurrenceState,
    Unplanned,
    occurrence_changes,
    plan,
    reason_to_drop,
    without_settled,
)
from longcode.triggers.trigger import DateOf, Record, RecordKind, Timing, Trigger
from tests.support.fakes import NOW
from tests.support.trigger_samples import DAY_BEFORE, record, trigger

CHICAGO = ZoneInfo("America/Chicago")
NINE_THE_DAY_BEFORE = datetime(2026, 12, 2, 15, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
AT_ONCE: dict[str, Any] = {"timing": None}


def planned(rule: Trigger, of: Record, now: datetime = NOW) -> Occurrence:
    [occurrence] = plan([rule], of, CHICAGO, now).planned
    return occurrence


def unplanned(rule: Trigger, of: Record, now: datetime = NOW) -> Unplanned:
    [silent] = plan([rule], of, CHICAGO, now).unplanned
    return silent


def change(
    stored: list[Occurrence], of: Record, *rules: Trigger, now: datetime = NOW
) -> list[tuple[Occurrence | None, Occurrence]]:
    triggers = rules or (trigger(),)
    event_plan = without_settled(plan(triggers, of, CHICAGO, now), stored)
    return occurrence_changes(event_plan, stored, {each.name: each for each in triggers}, of, now)


def test_a_reminder_fires_the_day_before_at_nine_in_the_studios_zone() -> None:
    occurrence = planned(trigger(), record())

    assert occurrence == Occurrence(
        account="10000001",
        trigger="reminder",
        kind=RecordKind.SESSION,
        record_id="s1",
        day=date(2026, 12, 3),
        event_id="e1",
        fires_at=NINE_THE_DAY_BEFORE,
        state=OccurrenceState.PLANNED,
        due_at=NINE_THE_DAY_BEFORE,
    )


@pytest.mark.parametrize(
    ("timing", "of", "expected"),
    [
        (Timing(days=0, of=DateOf.SESSION_DATE, at="08:00"), {}, datetime(2026, 12, 3, 14, tzinfo=UTC)),
        (Timing(days=7, of=DateOf.SESSION_DATE, at="18:30"), {}, datetime(2026, 12, 11, 0, 30, tzinfo=UTC)),
        (
            Timing(days=-3, of=DateOf.DUE_DATE, at="10:00"),
            {"due_date": date(2027, 1, 2)},
            datetime(2026, 12, 30, 16, tzinfo=UTC),
        ),
        # The clocks go forward at two on 14 March 2027: half past two is three.
        (
            Timing(days=-1, of=DateOf.SESSION_DATE, at="02:30"),
            {"session_date": date(2027, 3, 15)},
            datetime(2027, 3, 14, 8, tzinfo=UTC),
        ),
        # They go back at two on 7 November 2027: half past one is the first of the two.
        (
            Timing(days=1, of=DateOf.SESSION_DATE, at="01:30"),
            {"session_date": date(2027, 11, 6)},
            datetime(2027, 11, 7, 6, 30, tzinfo=UTC),
        ),
    ],
)
def test_a_timing_counts_days_from_a_date_at_a_local_time(
    timing: Timing, of: dict[str, Any], expected: datetime
) -> None:
    assert planned(trigger(timing=timing), record(**of)).fires_at == expected


def test_a_trigger_without_timing_fires_now_on_the_day_of_the_change() -> None:
    occurrence = planned(trigger(**AT_ONCE), record())

    assert (occurrence.fires_at, occurrence.day, occurrence.due_at) == (NOW, date(2026, 11, 22), NOW + 2 * MINUTE)


@pytest.mark.parametrize(
    ("rule", "of", "now"),
    [
        ({}, {}, NINE_THE_DAY_BEFORE + timedelta(hours=14, minutes=59)),
        (AT_ONCE, {}, NOW + timedelta(hours=14, minutes=29)),
    ],
)
def test_a_time_that_has_passed_on_the_same_local_day_fires_now(
    rule: dict[str, Any], of: dict[str, Any], now: datetime
) -> None:
    assert planned(trigger(**rule), record(**of), now).fires_at == now


@pytest.mark.parametrize(
    ("rule", "now"),
    [
        ({}, NINE_THE_DAY_BEFORE + timedelta(hours=15)),
        (AT_ONCE, NOW + timedelta(hours=14, minutes=30)),
        ({}, datetime(2027, 6, 1, tzinfo=UTC)),
    ],
)
def test_a_time_on_a_day_that_has_passed_is_too_late(rule: dict[str, Any], now: datetime) -> None:
    assert unplanned(trigger(**rule), record(), now).reason == "too_late"


def test_a_trigger_that_plans_nothing_has_a_reason() -> None:
    assert unplanned(trigger(), record(status="tentative")) == Unplanned(
        trigger="reminder", reason="conditions_not_met"
    )


def test_a_trigger_of_another_kind_is_not_in_the_plan() -> None:
    event_plan = plan([trigger(watches=RecordKind.TASK)], record(), CHICAGO, NOW)

    assert (event_plan.planned, event_plan.unplanned) == ((), ())


def test_a_new_occurrence_is_planned() -> None:
    assert change([], record()) == [(None, planned(trigger(), record()))]


def test_an_occurrence_that_is_planned_already_does_not_change() -> None:
    assert change([planned(trigger(), record())], record(at=NOW + MINUTE)) == []


def test_a_moved_session_moves_its_text() -> None:
    old = planned(trigger(), record())
    moved = record(session_date=date(2026, 12, 10))

    changed = change([old], moved)

    dropped = replace(old, state=OccurrenceState.DROPPED, reason="moved", due_at=None, finished_at=NOW)
    assert changed == [(old, dropped), (None, planned(trigger(), moved))]


@pytest.mark.parametrize("to", [date(2026, 11, 1), None])
def test_a_session_moved_to_a_past_date_or_none_drops_its_text(to: date | None) -> None:
    old = planned(trigger(), record())

    [(_, dropped)] = change([old], record(session_date=to))

    assert (dropped.state, dropped.reason) == (OccurrenceState.DROPPED, "moved" if to else "no_date")


def test_a_session_moved_back_gets_its_text_again() -> None:
    old = planned(trigger(), record())
    dropped = replace(old, state=OccurrenceState.DROPPED, reason="moved", due_at=None)

    assert change([dropped], record()) == [(dropped, old)]


def test_a_sent_text_is_unplanned_with_the_reason_sent() -> None:
    done = replace(planned(trigger(), record()), state=OccurrenceState.DONE)

    event_plan = without_settled(plan([trigger()], record(), CHICAGO, NOW), [done])

    assert event_plan.planned == ()
    assert event_plan.unplanned == (Unplanned(trigger="reminder", reason="sent", day=date(2026, 12, 3)),)


def test_a_sent_text_never_changes() -> None:
    done = replace(planned(trigger(), record()), state=OccurrenceState.DONE, due_at=None)

    assert change([done], record()) == []
    assert change([done], record(cancelled=True)) == []


@pytest.mark.parametrize(
    ("of", "rule", "reason"),
    [
        ({"cancelled": True}, {}, "cancelled"),
        ({"status": "completed"}, {}, "conditions_not_met"),
        ({}, {"enabled": False}, "trigger_disabled"),
        ({}, {"name": "another"}, "trigger_deleted"),
        ({"client_id": None}, {}, "no_client"),
    ],
)
def test_a_text_whose_conditions_fail_is_dropped_with_the_reason(
    of: dict[str, Any], rule: dict[str, Any], reason: str
) -> None:
    old = planned(trigger(), record())

    (before, dropped), *_ = change([old], record(**of), trigger(**rule))

    assert (before, dropped.state, dropped.reason) == (old, OccurrenceState.DROPPED, reason)


def test_an_event_after_a_change_of_the_trigger_plans_its_new_time() -> None:
    old = planned(trigger(), record())
    later = trigger(timing=msgspec.structs.replace(DAY_BEFORE, at="12:00"))

    [(before, new)] = change([old], record(), later)

    assert (before, new.fires_at) == (old, NINE_THE_DAY_BEFORE + timedelta(hours=3))


def test_another_event_does_not_delay_a_text_that_is_about_to_be_sent() -> None:
    reminder, at_once = trigger(), trigger(name="thanks", timing=None)
    now = NINE_THE_DAY_BEFORE + 3 * MINUTE
    of = record(changed_at=NINE_THE_DAY_BEFORE)
    stored = [planned(reminder, of, NOW), planned(at_once, of, NINE_THE_DAY_BEFORE)]

    changed = change(stored, replace(of, event_id="e2"), reminder, at_once, now=now)

    assert [before for before, _ in changed] == stored
    assert [after.fires_at for _, after in changed] == [before.fires_at for before in stored]
    assert {(after.event_id, after.due_at) for _, after in changed} == {("e2", now + 2 * MINUTE)}


def test_an_event_after_midnight_keeps_a_text_that_the_sweeper_has_yet_to_enqueue() -> None:
    old = planned(trigger(), record())

    assert change([old], record(), now=NINE_THE_DAY_BEFORE + timedelta(hours=16)) == []


@pytest.mark.parametrize(
    ("rule", "of", "expected"),
    [
        ({}, {}, None),
        ({}, {"cancelled": True}, "cancelled"),
        ({}, {"status": "completed"}, "conditions_not_met"),
        ({}, {"session_date": date(2026, 12, 4)}, "moved"),
        ({}, {"session_date": None}, "no_date"),
        ({"enabled": False}, {}, "trigger_disabled"),
        ({"statuses": ("completed",)}, {}, "conditions_not_met"),
        ({"timing": None}, {}, "moved"),
    ],
)
def test_the_conditions_of_a_due_text_are_checked_again(
    rule: dict[str, Any], of: dict[str, Any], expected: str | None
) -> None:
    occurrence = planned(trigger(), record())

    assert reason_to_drop(occurrence, trigger(**rule), record(**of), CHICAGO, NINE_THE_DAY_BEFORE) == expected


def test_a_due_text_needs_its_trigger_and_its_record() -> None:
    occurrence = planned(trigger(), record())

    assert reason_to_drop(occurrence, None, record(), CHICAGO, NOW) == "trigger_deleted"
    assert reason_to_drop(occurrence, trigger(), None, CHICAGO, NOW) == "cancelled"


@pytest.mark.parametrize(("hours", "expected"), [(3.9, None), (4, "expired")])
def test_a_text_that_is_hours_late_is_not_sent(hours: float, expected: str | None) -> None:
    occurrence = planned(trigger(), record())

    at = NINE_THE_DAY_BEFORE + timedelta(hours=hours)
    assert reason_to_drop(occurrence, trigger(), record(), CHICAGO, at) == expected


DAYS = st.integers(0, 4).map(lambda day: date(2026, 12, 3) + timedelta(days=day))
EVENTS = st.lists(
    st.tuples(DAYS, st.sampled_from(["confirmed", "tentative"]), st.booleans(), st.booleans()), max_size=12
)


@given(EVENTS)
def test_after_any_events_each_date_has_one_text_and_only_a_valid_one_is_planned(
    events: list[tuple[date, str, bool, bool]],
) -> None:
    stored: dict[date, Occurrence] = {}
    sent: list[date] = []
    for day, status, cancelled, fires in events:
        of = record(session_date=day, status=status, cancelled=cancelled)
        for _, after in change(list(stored.values()), of):
            stored[after.day] = after
        pending = [each for each in stored.values() if each.state is OccurrenceState.PLANNED]
        assert [each.day for each in pending] == (
            [day] if status == "confirmed" and not cancelled and day not in sent else []
        )
        if fires:
            sent += [each.day for each in pending]
            stored |= {each.day: replace(each, state=OccurrenceState.DONE) for each in pending}

    assert len(sent) == len(set(sent))
