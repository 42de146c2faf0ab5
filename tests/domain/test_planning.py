from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longcode.triggers.planning import Occurrence, OccurrenceState, Unplanned, changes, obstacle, plan, to_go
from longcode.triggers.trigger import DateOf, Record, RecordKind, Timing, Trigger
from tests.support.fakes import NOW
from tests.support.trigger_samples import DAY_BEFORE, record, trigger

CHICAGO = ZoneInfo("America/Chicago")
NINE_THE_DAY_BEFORE = datetime(2026, 12, 2, 15, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
AT_ONCE: dict[str, Any] = {"timing": None}


def planned(rule: Trigger, of: Record, now: datetime = NOW, zone: ZoneInfo = CHICAGO) -> Occurrence:
    [one] = plan([rule], of, zone, now).planned
    return one


def unplanned(rule: Trigger, of: Record, now: datetime = NOW) -> Unplanned:
    [one] = plan([rule], of, CHICAGO, now).unplanned
    return one


def change(
    standing: list[Occurrence], of: Record, *rules: Trigger, now: datetime = NOW
) -> list[tuple[Occurrence | None, Occurrence]]:
    every = rules or (trigger(),)
    meant = to_go(plan(every, of, CHICAGO, now), standing)
    return changes(meant, standing, {one.name: one for one in every}, of, now)


def test_a_reminder_goes_the_day_before_at_nine_in_the_studios_zone() -> None:
    found = planned(trigger(), record())

    assert found == Occurrence(
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
def test_days_before_and_after_a_date_at_a_local_time(timing: Timing, of: dict[str, Any], expected: datetime) -> None:
    assert planned(trigger(timing=timing), record(**of)).fires_at == expected


def test_at_once_is_now_on_the_day_of_the_change() -> None:
    found = planned(trigger(**AT_ONCE), record())

    assert (found.fires_at, found.day, found.due_at) == (NOW, date(2026, 11, 22), NOW + 2 * MINUTE)


@pytest.mark.parametrize(
    ("rule", "of", "now"),
    [
        ({}, {}, NINE_THE_DAY_BEFORE + timedelta(hours=14, minutes=59)),
        (AT_ONCE, {}, NOW + timedelta(hours=14, minutes=29)),
    ],
)
def test_a_time_that_has_passed_on_the_same_local_day_is_now(
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


def test_what_is_not_planned_tells_why() -> None:
    assert unplanned(trigger(), record(status="tentative")) == Unplanned(
        trigger="reminder", reason="conditions_not_met"
    )


def test_triggers_that_watch_something_else_have_no_say() -> None:
    found = plan([trigger(watches=RecordKind.TASK)], record(), CHICAGO, NOW)

    assert (found.planned, found.unplanned) == ((), ())


def test_what_is_new_is_planned() -> None:
    assert change([], record()) == [(None, planned(trigger(), record()))]


def test_what_is_planned_already_is_left_alone() -> None:
    assert change([planned(trigger(), record())], record(at=NOW + MINUTE)) == []


def test_a_moved_session_moves_its_text() -> None:
    old = planned(trigger(), record())
    moved = record(session_date=date(2026, 12, 10))

    found = change([old], moved)

    dropped = replace(old, state=OccurrenceState.DROPPED, reason="moved", due_at=None, finished_at=NOW)
    assert found == [(old, dropped), (None, planned(trigger(), moved))]


@pytest.mark.parametrize("to", [date(2026, 11, 1), None])
def test_a_session_moved_to_where_no_text_can_go_drops_its_text(to: date | None) -> None:
    old = planned(trigger(), record())

    [(_, dropped)] = change([old], record(session_date=to))

    assert (dropped.state, dropped.reason) == (OccurrenceState.DROPPED, "moved" if to else "no_date")


def test_a_session_moved_back_gets_its_text_again() -> None:
    old = planned(trigger(), record())
    dropped = replace(old, state=OccurrenceState.DROPPED, reason="moved", due_at=None)

    assert change([dropped], record()) == [(dropped, old)]


def test_what_has_gone_is_told_as_sent() -> None:
    done = replace(planned(trigger(), record()), state=OccurrenceState.DONE)

    found = to_go(plan([trigger()], record(), CHICAGO, NOW), [done])

    assert found.planned == ()
    assert found.unplanned == (Unplanned(trigger="reminder", reason="sent", day=date(2026, 12, 3)),)


def test_what_has_gone_never_goes_again() -> None:
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
def test_what_no_longer_holds_is_dropped_with_the_reason(
    of: dict[str, Any], rule: dict[str, Any], reason: str
) -> None:
    old = planned(trigger(), record())

    (stood, dropped), *_ = change([old], record(**of), trigger(**rule))

    assert (stood, dropped.state, dropped.reason) == (old, OccurrenceState.DROPPED, reason)


def test_an_event_after_the_trigger_changed_plans_for_its_new_time() -> None:
    old = planned(trigger(), record())
    later = trigger(timing=replace(DAY_BEFORE, at="12:00"))

    [(stood, found)] = change([old], record(), later)

    assert (stood, found.fires_at) == (old, NINE_THE_DAY_BEFORE + timedelta(hours=3))


def test_what_is_about_to_go_is_not_put_off_by_another_event() -> None:
    reminder, at_once = trigger(), trigger(name="thanks", timing=None)
    now = NINE_THE_DAY_BEFORE + 3 * MINUTE
    of = record(changed_at=NINE_THE_DAY_BEFORE)
    standing = [planned(reminder, of, NOW), planned(at_once, of, NINE_THE_DAY_BEFORE)]

    found = change(standing, replace(of, event_id="e2"), reminder, at_once, now=now)

    assert [stood for stood, _ in found] == standing
    assert [then.fires_at for _, then in found] == [one.fires_at for one in standing]
    assert {(then.event_id, then.due_at) for _, then in found} == {("e2", now + 2 * MINUTE)}


def test_a_text_that_the_sweeper_has_not_reached_by_midnight_is_left_to_it() -> None:
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
def test_what_is_due_is_checked_again(rule: dict[str, Any], of: dict[str, Any], expected: str | None) -> None:
    found = planned(trigger(), record())

    assert obstacle(found, trigger(**rule), record(**of), CHICAGO, NINE_THE_DAY_BEFORE) == expected


def test_what_is_due_needs_its_trigger_and_its_record() -> None:
    found = planned(trigger(), record())

    assert obstacle(found, None, record(), CHICAGO, NOW) == "trigger_deleted"
    assert obstacle(found, trigger(), None, CHICAGO, NOW) == "cancelled"


@pytest.mark.parametrize(("hours", "expected"), [(3.9, None), (4, "expired")])
def test_a_text_that_is_hours_late_is_not_sent(hours: float, expected: str | None) -> None:
    found = planned(trigger(), record())

    at = NINE_THE_DAY_BEFORE + timedelta(hours=hours)
    assert obstacle(found, trigger(), record(), CHICAGO, at) == expected


DAYS = st.integers(0, 4).map(lambda day: date(2026, 12, 3) + timedelta(days=day))
EVENTS = st.lists(
    st.tuples(DAYS, st.sampled_from(["confirmed", "tentative"]), st.booleans(), st.booleans()), max_size=12
)


@given(EVENTS)
def test_whatever_events_come_each_date_has_one_text_and_only_what_holds_is_planned(
    events: list[tuple[date, str, bool, bool]],
) -> None:
    standing: dict[date, Occurrence] = {}
    gone: list[date] = []
    for day, status, cancelled, fires in events:
        of = record(session_date=day, status=status, cancelled=cancelled)
        for _, then in change(list(standing.values()), of):
            standing[then.day] = then
        to_go = [one for one in standing.values() if one.state is OccurrenceState.PLANNED]
        assert [one.day for one in to_go] == (
            [day] if status == "confirmed" and not cancelled and day not in gone else []
        )
        if fires:
            gone += [one.day for one in to_go]
            standing |= {one.day: replace(one, state=OccurrenceState.DONE) for one in to_go}

    assert len(gone) == len(set(gone))
