"""Due texts: every condition is checked again, and each text is sent once or dropped with the reason."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from inbox import api
from longcode import jobs
from longcode.accounts.account import Account
from longcode.clients import store as clients
from longcode.jobs import Means
from longcode.message import MessageKind, MessageState
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED, OptOutEvent
from longcode.template import Template
from longcode.templates import store as template_store
from longcode.triggers import call_tasks
from longcode.triggers import store as triggers
from longcode.triggers.planning import OccurrenceState as Planned
from longcode.triggers.planning import fire_job
from longcode.triggers.trigger import RecordKind, TextTo
from sweeper import sweep_schedule
from tests.support.aws_calls import meanwhile
from tests.support.fakes import NOW, FakeCarrier, LambdaContext, call, client, sqs_event, studio, take_queued
from tests.support.readers import log_lines
from tests.support.text_steps import deliver
from tests.support.trigger_samples import DAY_BEFORE
from tests.support.trigger_steps import fire_all, planned, report_event, stored_texts, write_trigger
from triggers import fire_worker

pytestmark = pytest.mark.account(edition="professional", rule=True)

EVENT = json.loads((Path(__file__).parents[3] / "events" / "sqs_fire.json").read_text())
MINUTE = timedelta(minutes=1)
LONG_AGO = datetime(2020, 1, 2, 15, tzinfo=UTC)
NINE = datetime(2026, 12, 2, 15, tzinfo=UTC)
HALF_PAST_TEN = datetime(2026, 12, 3, 4, 31, tzinfo=UTC)  # in the evening before, in Chicago, and a minute
EIGHT_IN_NEW_YORK = datetime(2026, 12, 3, 13, tzinfo=UTC)  # where 212 is
TEXT = "Hi Zoë, see you on Thursday, December 3!"


def run_due(now: datetime = NINE + MINUTE) -> None:
    """Run the sweeper and fire the jobs that it enqueues."""
    sweep_schedule.sweep(now)
    fire_all(now)


def sent(account: Account) -> list[tuple[str, str]]:
    return [(text.phone, text.body) for text in stored_texts(account)]


def outcome(account: Account, day: str = "2026-12-03") -> tuple[Planned, str | None]:
    occurrence = planned(account)[day]
    return occurrence.state, occurrence.reason


def test_an_event_of_sqs_fires_its_occurrence(account: Account) -> None:
    write_trigger(name="thanks", timing=None, body="Thank you!")
    report_event(account, now=LONG_AGO)

    answer = fire_worker.handler(EVENT, LambdaContext())

    assert answer == {"batchItemFailures": []}
    assert outcome(account, "2020-01-02") == (Planned.DROPPED, "expired")  # the handler's clock is today's


def test_a_reminder_is_accepted_when_it_is_due(account: Account) -> None:
    report_event(account)
    run_due(NINE - MINUTE)
    before = sent(account)

    run_due()

    assert before == []
    [text] = stored_texts(account)
    assert (text.phone, text.body, text.kind) == ("+12125550123", TEXT, MessageKind.TRIGGERED)
    assert (text.client_id, text.trigger) == ("c1", "reminder")
    assert outcome(account) == (Planned.DONE, None)


def test_a_triggered_text_is_delivered_like_any_other(account: Account) -> None:
    write_trigger(name="thanks", timing=None, body="Thank you!")
    report_event(account)
    fire_all(NOW)
    carrier = FakeCarrier()

    deliver(carrier)

    assert [text.body for text in carrier.texts] == ["Thank you!"]
    assert [text.state for text in stored_texts(account)] == [MessageState.SENT]


def test_a_triggered_text_goes_to_each_of_the_clients_ticked_numbers(account: Account) -> None:
    client(account, "c1", "+12125550123", "+12125550124")
    report_event(account)

    run_due()

    assert [phone for phone, _ in sent(account)] == ["+12125550123", "+12125550124"]


def test_a_trigger_may_text_staff_about_a_client(account: Account) -> None:
    client(account, "c1", allow_text_marketing=False)
    write_trigger(to=TextTo.STAFF, staff_phone="+12125550199", body="{{client.name}} comes at {{session.time}}")
    report_event(account)

    run_due()

    [text] = stored_texts(account)
    assert (text.phone, text.body, text.client_id) == ("+12125550199", "Zoë comes at 2:30 PM", None)


def test_a_text_uses_its_template_as_it_is_when_due(account: Account) -> None:
    template_store.put_template(Template(account=account.id, name="t", subject="Old", body="Old"))
    write_trigger(template="t", body=None)
    report_event(account)
    template_store.put_template(
        Template(account=account.id, name="t", subject="Reminder", body="See you {{session.date}}")
    )

    run_due()

    [text] = stored_texts(account)
    assert (text.body, text.template, text.subject) == ("See you Thursday, December 3", "t", "Reminder")


def test_a_text_due_in_the_clients_quiet_hours_waits_for_the_morning(account: Account) -> None:
    write_trigger(timing=replace(DAY_BEFORE, at="22:30"))
    report_event(account)

    run_due(HALF_PAST_TEN)
    at_night = (stored_texts(account), planned(account)["2026-12-03"].fires_at)
    run_due(EIGHT_IN_NEW_YORK - MINUTE)
    run_due(EIGHT_IN_NEW_YORK + MINUTE)

    assert at_night == ([], EIGHT_IN_NEW_YORK)
    [text] = stored_texts(account)
    assert (text.state, text.created_at) == (MessageState.ACCEPTED, EIGHT_IN_NEW_YORK + MINUTE)
    assert outcome(account) == (Planned.DONE, None)


@pytest.mark.parametrize(
    ("changes", "reason"), [({"cancelled": True}, "cancelled"), ({"session_date": "2026-12-20"}, "moved")]
)
def test_a_session_moved_or_cancelled_in_the_night_drops_its_held_text(
    account: Account, changes: dict[str, Any], reason: str
) -> None:
    write_trigger(timing=replace(DAY_BEFORE, at="22:30"))
    report_event(account)
    run_due(HALF_PAST_TEN)

    report_event(account, "k2", HALF_PAST_TEN + timedelta(hours=1), **changes)
    run_due(EIGHT_IN_NEW_YORK + MINUTE)

    assert (stored_texts(account), outcome(account)) == ([], (Planned.DROPPED, reason))


def test_an_event_in_the_night_neither_sends_a_held_text_early_nor_drops_it(account: Account) -> None:
    write_trigger(timing=replace(DAY_BEFORE, at="22:30"))
    report_event(account)
    run_due(HALF_PAST_TEN)

    for hour in (1, 4):  # before midnight in the studio, and after it
        report_event(account, f"at {hour}", HALF_PAST_TEN + timedelta(hours=hour), session_time="15:00")
        run_due(HALF_PAST_TEN + timedelta(hours=hour, minutes=3))
    at_night = stored_texts(account)
    run_due(EIGHT_IN_NEW_YORK + MINUTE)

    assert (at_night, len(stored_texts(account))) == ([], 1)


def test_a_text_to_a_client_begins_with_the_studios_name_and_one_to_staff_does_not(aws: None) -> None:
    account = studio(edition="professional", sender_name="Foxglove")
    client(account)
    write_trigger(timing=None, body="Thank you!")
    write_trigger(name="staff", timing=None, body="Booked!", to=TextTo.STAFF, staff_phone="+12125550199")
    report_event(account)

    fire_all(NOW)

    assert sorted(sent(account)) == [("+12125550123", "Foxglove: Thank you!"), ("+12125550199", "Booked!")]


def test_a_repeated_job_sends_one_text(account: Account) -> None:
    report_event(account)
    sweep_schedule.sweep(NINE + MINUTE)
    [job] = take_queued("event")

    fire_all(NINE + MINUTE, [job, job])
    fire_all(NINE + 5 * MINUTE, [job])

    assert len(stored_texts(account)) == 1


def test_a_status_set_again_on_the_same_day_sends_no_second_text(account: Account) -> None:
    write_trigger(name="thanks", timing=None)
    report_event(account)
    fire_all(NOW)
    report_event(account, "k2", NOW + MINUTE, status="tentative")

    report_event(account, "k3", NOW + 2 * MINUTE)
    fire_all(NOW + 2 * MINUTE)

    assert len(stored_texts(account)) == 1


def test_an_event_without_a_change_of_status_sends_nothing_on_another_day(account: Account) -> None:
    write_trigger(name="thanks", timing=None)
    report_event(account)
    fire_all(NOW)
    tomorrow = NOW + timedelta(days=1)

    response = report_event(account, "k2", tomorrow, session_time="15:00")
    fire_all(tomorrow)

    assert len(stored_texts(account)) == 1
    assert ("thanks", "too_late") in [(silent.trigger, silent.reason) for silent in response.not_planned]


def test_a_moved_session_moves_its_text(account: Account) -> None:
    report_event(account)
    report_event(account, "k2", NOW + MINUTE, session_date="2026-12-10")

    run_due()
    on_the_old_day = sent(account)
    run_due(NINE + timedelta(days=7, minutes=1))

    assert on_the_old_day == []
    assert sent(account) == [("+12125550123", "Hi Zoë, see you on Thursday, December 10!")]


def test_a_session_moved_away_and_back_gets_its_text_once(account: Account) -> None:
    report_event(account)
    report_event(account, "k2", NOW + MINUTE, session_date="2026-12-10")
    report_event(account, "k3", NOW + 2 * MINUTE)

    run_due()
    report_event(account, "k4", NINE + 5 * MINUTE, session_date="2026-12-10")
    report_event(account, "k5", NINE + 6 * MINUTE)
    run_due(NINE + 10 * MINUTE)

    assert sent(account) == [("+12125550123", TEXT)]


def test_a_cancelled_session_gets_no_text(account: Account) -> None:
    report_event(account)
    report_event(account, "k2", NOW + MINUTE, cancelled=True)

    run_due()

    assert (stored_texts(account), outcome(account)) == ([], (Planned.DROPPED, "cancelled"))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"enabled": False}, "trigger_disabled"),
        ({"statuses": ("completed",)}, "conditions_not_met"),
        ({"types": ("newborn",)}, "conditions_not_met"),
        ({"template": "gone", "body": None}, "not_found"),
        ({"body": "Order {{order.number}}"}, "empty_field"),
        ({"body": "{{session.type|}}"}, "empty_text"),
        ({"to": TextTo.STAFF, "staff_phone": "+61293744000"}, "country_not_allowed"),
    ],
)
def test_a_changed_trigger_is_used_as_it_is_when_due(account: Account, changes: dict[str, Any], reason: str) -> None:
    report_event(account)
    write_trigger(**changes)

    run_due()

    assert (stored_texts(account), outcome(account)) == ([], (Planned.DROPPED, reason))


def test_an_event_while_an_older_state_is_being_dropped_is_not_lost(account: Account) -> None:
    report_event(account)
    write_trigger(statuses=("tentative",))
    sweep_schedule.sweep(NINE + MINUTE)
    [job] = take_queued("event")

    def confirm() -> None:
        write_trigger()
        report_event(account, "k2", NINE + MINUTE)

    with meanwhile("PutItem", confirm):
        fire_all(NINE + MINUTE, [job])
    run_due(NINE + 4 * MINUTE)

    assert sent(account) == [("+12125550123", TEXT)]


def test_a_deleted_trigger_texts_nobody(account: Account) -> None:
    report_event(account)
    triggers.delete(account.id, "reminder")

    run_due()

    assert (stored_texts(account), outcome(account)) == ([], (Planned.DROPPED, "trigger_deleted"))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"allow_text_marketing": False}, "no_permission"),
        ({"phones": ()}, "no_number_ticked"),
    ],
)
def test_permission_and_ticked_numbers_are_checked_when_due(
    account: Account, changes: dict[str, Any], reason: str
) -> None:
    report_event(account)
    client(account, "c1", **changes)

    run_due()

    assert (stored_texts(account), outcome(account)) == ([], (Planned.DROPPED, reason))


def test_a_deleted_client_gets_no_text(account: Account) -> None:
    report_event(account)
    clients.delete(account.id, "c1")

    run_due()

    assert (stored_texts(account), outcome(account)) == ([], (Planned.DROPPED, "not_found"))


@pytest.mark.parametrize("to", [{}, {"to": TextTo.STAFF, "staff_phone": "+12125550123"}])
def test_a_phone_that_opted_out_gets_no_text(account: Account, to: dict[str, Any]) -> None:
    write_trigger(**to)
    report_event(account)
    stop = OptOutEvent(id="e", phone="+12125550123", scope=SHARED, out=True, at=NOW, means=Means.TEXT, words="stop")
    optouts.record(stop)
    clients.mark_phone(account.id, "c1", "+12125550123")

    run_due()

    assert (stored_texts(account), outcome(account)) == ([], (Planned.DROPPED, "opted_out"))


def test_a_triggered_text_beyond_a_limit_is_dropped(aws: None) -> None:
    account = studio(edition="professional", units_a_day=1)
    client(account, "c1", "+12125550123", "+12125550124")
    write_trigger()
    report_event(account)

    run_due()

    assert (stored_texts(account), outcome(account)) == ([], (Planned.DROPPED, "day_limit_reached"))


def test_an_edition_without_triggered_texts_sends_no_planned_text(aws: None) -> None:
    account = studio(edition="professional")
    client(account)
    write_trigger(account="10000002")
    write_trigger()
    standard = studio("10000002")
    client(standard)
    report_event(account)
    job = jobs.FireTrigger(
        account=standard.id, kind=RecordKind.SESSION, record_id="s1", trigger="reminder", day=date(2026, 12, 3)
    )

    fire_worker.fire(job, NINE)

    assert stored_texts(standard) == []


def test_a_text_that_is_hours_late_is_dropped(account: Account) -> None:
    report_event(account)

    run_due(NINE + timedelta(hours=5))

    assert (stored_texts(account), outcome(account)) == ([], (Planned.DROPPED, "expired"))


def test_a_later_event_of_the_day_sends_a_text_dropped_for_its_status(account: Account) -> None:
    report_event(account)
    write_trigger(statuses=("completed",))
    run_due()
    write_trigger()

    report_event(account, "k2", NINE + timedelta(hours=1))
    fire_all(NINE + timedelta(hours=1))

    assert sent(account) == [("+12125550123", TEXT)]


def test_a_client_without_a_number_for_texts_gets_one_call_task(account: Account) -> None:
    client(account, "c1", phones=())
    write_trigger(sms_else_call=True)
    report_event(account)
    sweep_schedule.sweep(NINE + MINUTE)
    [job] = take_queued("event")

    fire_all(NINE + MINUTE, [job, job])

    [call] = call_tasks.call_page(account.id, None, 10)
    assert (call.client_id, call.at, call.text, call.day) == ("c1", NINE, TEXT, date(2026, 12, 3))
    assert (stored_texts(account), outcome(account)) == ([], (Planned.DONE, None))


def test_a_client_with_a_number_for_texts_gets_no_call_task(account: Account) -> None:
    write_trigger(sms_else_call=True)
    report_event(account)

    run_due()

    assert len(stored_texts(account)) == 1
    assert call_tasks.call_page(account.id, None, 10) == []


def test_a_job_of_an_unknown_occurrence_does_nothing(account: Account) -> None:
    job = jobs.FireTrigger(
        account=account.id, kind=RecordKind.SESSION, record_id="s9", trigger="x", day=date(2026, 1, 1)
    )

    fire_worker.fire(job, NOW)

    assert stored_texts(account) == []


def test_a_job_before_its_time_changes_nothing(account: Account) -> None:
    report_event(account)
    [occurrence] = triggers.occurrences_of_record(account.id, "session", "s1")

    fire_worker.fire(fire_job(occurrence), NINE - MINUTE)

    assert (stored_texts(account), outcome(account)) == ([], (Planned.PLANNED, None))


def test_a_job_that_cannot_be_read_fails_alone(account: Account) -> None:
    write_trigger(name="thanks", timing=None)
    report_event(account, now=LONG_AGO)
    [job] = take_queued("event")

    answer = fire_worker.handler(sqs_event("no JSON", job), LambdaContext())

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert outcome(account, "2020-01-02") == (Planned.DROPPED, "expired")


def test_no_log_shows_a_phone_or_a_text(account: Account, caplog: pytest.LogCaptureFixture) -> None:
    write_trigger(body="Secret words {{order.number}}")
    report_event(account)

    run_due()

    log = log_lines(caplog)
    assert "occurrence dropped" in log
    assert "2125550123" not in log
    assert "Secret" not in log


def test_a_message_shows_which_trigger_sent_it(account: Account) -> None:
    report_event(account)
    run_due()
    [text] = stored_texts(account)

    shown = call(api, "GET", f"/messages/{text.id}", account=account.id).json

    assert (shown["kind"], shown["trigger"]) == ("triggered", "reminder")
