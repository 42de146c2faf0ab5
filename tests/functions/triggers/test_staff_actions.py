"""What people end by hand: a planned text is cancelled for good, and a call is done once, with a note."""

from datetime import timedelta

import pytest

from longcode.accounts.account import Account
from longcode.errors import NotFound, TooLate
from longcode.triggers import call_tasks
from longcode.triggers import store as triggers
from longcode.triggers.planning import OccurrenceState, fire_job
from longcode.triggers.trigger import RecordKind
from tests.support.aws_calls import meanwhile
from tests.support.fakes import NOW, call, client, studio
from tests.support.trigger_steps import fire_all, planned, report_event, stored_texts, write_trigger
from triggers import events_api, fire_worker, staff_actions
from triggers.forms import CancelForm

pytestmark = pytest.mark.account(edition="professional", rule=True)

DAY = timedelta(days=1)
REMINDER = {"kind": "session", "record_id": "s1", "trigger": "reminder", "date": "2026-12-03"}


def cancel(account: Account, by: str | None = "Ann") -> str:
    return staff_actions.cancel_planned(account.id, CancelForm.model_validate(REMINDER), NOW, by).why


def with_call_task(account: Account) -> str:
    """Make a call task, and return its id."""
    client(account, "c1", phones=())
    write_trigger(name="call", timing=None, sms_else_call=True)
    report_event(account)
    fire_all(NOW)
    [task] = call_tasks.call_page(account.id, None, 9)
    return task.id


def test_a_cancelled_text_is_not_sent_and_keeps_who_cancelled_it(account: Account) -> None:
    report_event(account)

    whys = [cancel(account), cancel(account, "Ben")]
    fire_all(NOW + 11 * DAY)

    assert whys == ["Ann cancelled it."] * 2
    assert (planned(account)["2026-12-03"].cancelled_by, stored_texts(account)) == ("Ann", [])


def test_later_events_plan_a_cancelled_text_for_another_date_only(account: Account) -> None:
    report_event(account)
    cancel(account)

    again = report_event(account, "k2", NOW + timedelta(hours=1), values={"order.number": "1"})
    moved = report_event(account, "k3", NOW + timedelta(hours=2), session_date="2026-12-05")

    assert (again.planned, [each.reason for each in again.not_planned]) == ([], ["cancelled_by_staff"])
    assert [str(each.date) for each in moved.planned] == ["2026-12-05"]


def test_a_text_that_was_sent_cannot_be_cancelled(account: Account) -> None:
    report_event(account)
    fire_worker.fire(fire_job(planned(account)["2026-12-03"]), NOW + timedelta(days=10, hours=1))

    with pytest.raises(TooLate):
        cancel(account)


def test_a_text_is_cancelled_over_an_event_at_the_same_time(account: Account) -> None:
    report_event(account)

    with meanwhile("PutItem", lambda: report_event(account, "k2", NOW + timedelta(hours=1), session_time="15:00")):
        why = cancel(account)

    assert why == "Ann cancelled it."
    assert planned(account)["2026-12-03"].state is OccurrenceState.DROPPED


def test_a_text_that_is_cancelled_while_it_fires_is_not_sent(account: Account) -> None:
    report_event(account)
    due = planned(account)["2026-12-03"]

    with meanwhile("TransactWriteItems", lambda: cancel(account)):
        fire_worker.fire(fire_job(due), due.fires_at)

    assert stored_texts(account) == []
    assert planned(account)["2026-12-03"].state is OccurrenceState.DROPPED


def test_the_api_cancels_a_text_and_shows_it_so(account: Account) -> None:
    date = "2199-12-03"  # a request has the real clock
    report_event(account, session_date=date)

    answer = call(events_api, "POST", "/upcoming/cancel", REMINDER | {"date": date}, account=account.id)
    [listed] = call(events_api, "GET", "/upcoming", account=account.id).json["items"]

    assert (answer.status, answer.json["why"], answer.json["cancelled_by"]) == (200, "Your staff cancelled it.", None)
    assert (listed["will_go"], listed["reason"]) == (False, "cancelled_by_staff")
    other = studio("10000002", edition="professional")
    assert call(events_api, "POST", "/upcoming/cancel", REMINDER, account=other.id).status == 404


def test_a_call_is_done_once_and_can_be_seen(account: Account) -> None:
    task_id = with_call_task(account)

    answer = call(events_api, "PUT", f"/calls/{task_id}/done", {"note": "Comes at 11"}, account=account.id)
    staff_actions.finish_call(account.id, task_id, "Another note", NOW + DAY, "Ben")
    to_make = call(events_api, "GET", "/calls", account=account.id).json["items"]
    [done] = call(events_api, "GET", "/calls", account=account.id, query={"done": "true"}).json["items"]

    assert (answer.status, to_make) == (200, [])
    assert (done["id"], done["note"], done["done_by"]) == (task_id, "Comes at 11", None)
    assert answer.json == done


def test_a_call_that_is_done_is_kept_as_long_as_messages_or_ninety_days(account: Account) -> None:
    task_id = with_call_task(account)
    staff_actions.finish_call(account.id, task_id, None, NOW, "Ann")

    kept, _ = call_tasks.done_calls(account.id, NOW + 89 * DAY, limit=9, cursor=None)
    gone, _ = call_tasks.done_calls(account.id, NOW + 91 * DAY, limit=9, cursor=None)

    assert ([each.done_by for each in kept], gone) == (["Ann"], [])


@pytest.mark.account(edition="professional", rule=True, retention_days=30)
def test_a_call_is_not_kept_longer_than_messages(account: Account) -> None:
    task_id = with_call_task(account)
    staff_actions.finish_call(account.id, task_id, None, NOW, "Ann")

    assert call_tasks.done_calls(account.id, NOW + 31 * DAY, limit=9, cursor=None) == ([], None)


def test_a_call_that_another_account_has_or_nobody_is_not_found(account: Account) -> None:
    task_id = with_call_task(account)
    other = studio("10000002", edition="professional")

    for owner, wanted in ((other.id, task_id), (account.id, "none")):
        with pytest.raises(NotFound):
            staff_actions.finish_call(owner, wanted, None, NOW)


def test_planned_texts_are_counted_by_day_without_dropped_ones(account: Account) -> None:
    for number in range(3):
        report_event(account, f"k{number}", id=f"s{number}")
    report_event(account, "later", NOW + timedelta(hours=1), id="s0", cancelled=True)
    day = NOW.replace(hour=0) + 10 * DAY  # the second of December in UTC

    assert triggers.count_planned(account.id, [(day - DAY, day), (day, day + DAY), (day + DAY, day + 2 * DAY)]) == [
        0,
        2,
        0,
    ]
    assert triggers.count_planned(account.id, []) == []
    assert {each.kind for each in triggers.next_planned(account.id, NOW, 9)} == {RecordKind.SESSION}


def test_a_fired_trigger_notes_when_but_not_for_every_text(account: Account) -> None:
    write_trigger(name="reminder", timing=None)
    for number in range(3):
        report_event(account, f"k{number}", NOW, id=f"s{number}")
    fire_all(NOW)
    for number in range(3):
        report_event(account, f"m{number}", NOW + timedelta(minutes=9), id=f"t{number}")
    fire_all(NOW + timedelta(minutes=9))

    assert triggers.of_account(account.id)["reminder"].last_fired_at == NOW
