"""A trigger and the records that were reported before it: they are planned, foreseen for a week, and tried."""

from datetime import date, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from longcode.accounts.account import Account
from longcode.triggers import store as triggers
from longcode.triggers.trigger import Record, Trigger
from tests.support.fakes import NOW, call, client
from tests.support.trigger_samples import DAY_BEFORE, record, trigger
from tests.support.trigger_steps import fire_all, planned, report_event, write_records, write_trigger
from triggers import forecast, rules_api, staff_actions
from triggers.forms import CancelForm

pytestmark = pytest.mark.account(edition="professional")

IN_THE_WEEK = date(2026, 11, 26)
SOON = str(IN_THE_WEEK)
HOUR = timedelta(hours=1)


def week(account: Account, **changes: Any) -> list[tuple[str, bool, str]]:
    found = forecast.week(account, trigger(**changes), NOW)
    assert found is not None
    return [(each.record.id, each.will_go, each.why.partition(".")[0]) for each in found.forecasts]


def stored(account: Account, record_id: str = "s1") -> Record:
    found = triggers.get_record(account.id, "session", record_id)
    assert found is not None
    return found


def test_a_trigger_plans_for_the_records_that_are_known(account: Account) -> None:
    day = date(2199, 12, 3)  # a request has the real clock
    write_records(account, (f"s{number}" for number in range(10, 70, 2)), session_date=day)
    write_records(account, (f"s{number}" for number in range(11, 70, 2)), session_date=day, status="tentative")
    write_trigger()

    first = call(rules_api, "POST", "/triggers/reminder/plan", account=account.id).json
    rest = call(
        rules_api, "POST", "/triggers/reminder/plan", account=account.id, query={"cursor": first["next_cursor"]}
    ).json

    assert first == {"looked_at": 50, "planned": 25, "next_cursor": "s59"}
    assert rest == {"looked_at": 10, "planned": 5, "next_cursor": None}
    assert len(triggers.upcoming(account.id, NOW, limit=99, cursor=None).occurrences) == 30


def test_planning_again_moves_to_a_changed_time_and_plans_nothing_twice(account: Account) -> None:
    write_trigger()
    report_event(account)
    rule = trigger(timing=replace(DAY_BEFORE, at="11:00"))

    planned_twice = [rules_api.plan_known(account, rule, None, NOW).planned for _ in range(2)]

    assert planned_twice == [1, 1]
    assert planned(account)["2026-12-03"].fires_at.hour == 17


def test_a_trigger_that_is_off_or_untimed_plans_nothing(account: Account) -> None:
    report_event(account)

    for rule in (trigger(enabled=False), trigger(timing=None)):
        assert rules_api.plan_known(account, rule, None, NOW).looked_at == 0
    assert planned(account) == {}


def test_a_week_has_what_would_go_and_why_others_would_not(account: Account) -> None:
    client(account, "out", "+12125550177", allow_text_marketing=False)
    report_event(account, "a", id="a", session_date=SOON)
    report_event(account, "b", id="b", session_date=SOON, status="tentative")
    report_event(account, "c", id="c", session_date=SOON, client_id="out")
    report_event(account, "d", id="d", session_date="2027-03-01")
    report_event(account, "e", id="e", session_date=None)

    assert week(account) == [
        ("a", True, "session a is confirmed; 1 day before its session date, at 09:00"),
        ("b", False, "Its status or type is not one that the trigger watches"),
        ("c", False, "Allow Text Marketing is not checked on this client's record"),
    ]
    assert forecast.week(account, trigger(timing=None), NOW) is None


def test_a_week_has_what_would_go_at_once_because_its_time_has_passed_today(account: Account) -> None:
    report_event(account, "a", id="a", session_date=str((NOW + timedelta(days=1)).date()))  # the reminder: 9:00 today

    found = forecast.week(account, trigger(), NOW + HOUR)

    assert found
    assert [(each.at, each.will_go) for each in found.forecasts] == [(NOW + HOUR, True)]


def test_a_week_knows_what_is_planned_and_what_was_cancelled(account: Account) -> None:
    report_event(account, "a", id="a", session_date=SOON)
    write_trigger()
    report_event(account, "b", id="b", session_date=SOON)
    report_event(account, "c", id="c", session_date=SOON)
    form = CancelForm.model_validate({"kind": "session", "record_id": "c", "trigger": "reminder", "date": SOON})
    staff_actions.cancel_planned(account.id, form, NOW, "Ann")

    found = forecast.week(account, trigger(), NOW)

    assert found
    assert [(each.record.id, each.is_planned) for each in found.forecasts] == [
        ("a", False),
        ("b", True),
        ("c", False),
    ]
    assert [each.why for each in found.forecasts][2] == "Ann cancelled it."


@pytest.mark.parametrize(
    ("rule", "of_record", "will_go", "why"),
    [
        (trigger(), {}, True, "session s1 is confirmed; 1 day before its session date, at 09:00"),
        (trigger(timing=None), {}, True, "session s1 is confirmed; at once"),
        (trigger(timing=None, statuses=("completed",)), {}, False, "Its status or type is not one"),
        (trigger(), {"session_date": date(2026, 11, 2)}, False, "The day on which the text should have been sent"),
        (trigger(), {"cancelled": True}, False, "It was cancelled."),
    ],
)
def test_a_trial_says_whether_it_would_go_and_sends_nothing(
    account: Account, rule: Trigger, of_record: dict[str, Any], will_go: bool, why: str
) -> None:
    report_event(account, now=NOW - timedelta(days=3))

    tried = forecast.try_record(account, rule, replace(stored(account), **of_record), NOW)
    fire_all(NOW + timedelta(days=12))

    assert (tried.will_go, tried.why[: len(why)]) == (will_go, why)
    assert tried.text == ("Hi Zoë, see you on Thursday, December 3!" if will_go else None)
    assert planned(account) == {}


def test_a_sample_fills_every_field(account: Account) -> None:
    rule = trigger(body="{{client.name}} {{order.number}} {{due.date}} {{session.type}} {{studio.name}}")

    assert forecast.sample_text(account, rule, NOW) == "Ann Lee A-17 Sunday, November 29 portrait Foxglove Portraits"


def test_a_trial_of_a_client_without_a_number_becomes_a_call(account: Account) -> None:
    client(account, "c1", phones=())
    report_event(account)

    assert forecast.try_record(account, trigger(sms_else_call=True), stored(account), NOW).is_call


def test_a_changed_record_is_tried_as_it_is(account: Account) -> None:
    report_event(account)

    tried = forecast.try_record(account, trigger(), replace(record(), session_date=date(2026, 12, 9)), NOW)

    assert str(tried.at) == "2026-12-08 15:00:00+00:00"


def test_a_week_finds_a_session_by_its_date_behind_hundreds_of_older_ones_and_again_when_more_came(
    account: Account,
) -> None:
    write_records(account, (f"a{number:03}" for number in range(100)), session_date=date(2025, 5, 2))
    write_records(account, ["z1"], session_date=IN_THE_WEEK)

    first = forecast.week(account, trigger(), NOW, page=7)
    write_records(account, ["a0505", "z2"], session_date=IN_THE_WEEK)
    second = forecast.week(account, trigger(), NOW, page=7)

    assert first
    assert second
    assert ([each.record.id for each in first.forecasts], first.looked_at, first.is_all) == (["z1"], 101, True)
    assert [each.record.id for each in second.forecasts] == ["a0505", "z1", "z2"]
    assert (second.looked_at, second.is_all) == (103, True)


@pytest.mark.account(number="10000009", edition="professional")
def test_a_week_of_too_many_records_says_how_many_it_looked_at_and_has_what_is_planned(account: Account) -> None:
    write_records(account, (f"a{number:03}" for number in range(50)), session_date=date(2025, 5, 2))
    write_records(account, ["y"], session_date=IN_THE_WEEK)
    write_trigger(account=account.id)
    report_event(account, id="z", session_date=SOON)

    for _ in range(2):  # the second time in the parts that the first has found
        found = forecast.week(account, trigger(account=account.id), NOW, page=1)

        assert found
        assert ([each.record.id for each in found.forecasts], found.looked_at, found.is_all) == (["z"], 40, False)


def test_a_week_has_the_records_of_its_first_and_of_its_last_day_and_no_others(account: Account) -> None:
    days = [date(2026, 11, day) for day in (22, 23, 30)] + [date(2026, 12, 1)]
    for day in days:
        write_records(account, [f"on {day:%d}"], session_date=day)

    found = forecast.week(account, trigger(), NOW)

    assert found
    assert [(each.record.id, str(each.at)) for each in found.forecasts] == [
        ("on 23", "2026-11-22 15:30:00+00:00"),
        ("on 30", "2026-11-29 15:00:00+00:00"),
    ]
