"""Planned texts of a suspended account are dropped with the reason when they come due."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from longcode.accounts.account import Account
from longcode.triggers.planning import OccurrenceState
from sweeper import sweep_schedule
from tests.support.admin_orders import send_accepted_order
from tests.support.fakes import NOW, call
from tests.support.trigger_steps import fire_all, planned, report_event, stored_texts, write_trigger
from triggers import events_api

pytestmark = pytest.mark.account(edition="professional", rule=True)

NINE = datetime(2026, 12, 2, 15, 1, tzinfo=UTC)
UNPAID = "October's invoice is unpaid."


def order(account: Account, do: str) -> None:
    """Suspend, close or restore an account as the operator."""
    reason: dict[str, Any] = {"reason": UNPAID} if do == "suspend" else {}
    send_accepted_order(f"accounts.{do}", account=account.id, **reason)


def run_due(now: datetime = NINE) -> None:
    """Run the sweeper and fire the jobs that it enqueues."""
    sweep_schedule.sweep(now)
    fire_all(now)


@pytest.mark.parametrize(("do", "code"), [("suspend", "account_suspended"), ("close", "account_closed")])
def test_a_reminder_that_comes_due_is_dropped_with_the_reason(account: Account, do: str, code: str) -> None:
    report_event(account)
    order(account, do)

    run_due()

    dropped = planned(account)["2026-12-03"]
    assert (dropped.state, dropped.reason) == (OccurrenceState.DROPPED, code)
    assert stored_texts(account) == []


def test_a_dropped_reminder_is_not_sent_after_the_account_is_restored(account: Account) -> None:
    report_event(account)
    order(account, "suspend")
    run_due()

    order(account, "restore")
    run_due(NINE + timedelta(hours=1))

    assert stored_texts(account) == []


def test_a_reminder_is_sent_if_the_account_is_restored_in_time(account: Account) -> None:
    report_event(account)
    order(account, "suspend")
    order(account, "restore")

    run_due()

    assert [text.trigger for text in stored_texts(account)] == ["reminder"]


def test_a_suspended_studios_events_are_accepted_and_sent_after_a_restore(account: Account) -> None:
    order(account, "suspend")

    response = report_event(account)
    order(account, "restore")
    run_due()

    assert [text.trigger for text in response.planned] == ["reminder"]
    assert len(stored_texts(account)) == 1


def test_a_text_to_send_at_once_is_dropped_with_the_reason(account: Account) -> None:
    write_trigger(name="reminder", timing=None, body="Thank you!")
    order(account, "suspend")

    report_event(account)
    fire_all(NOW)

    assert [(occurrence.state, occurrence.reason) for occurrence in planned(account).values()] == [
        (OccurrenceState.DROPPED, "account_suspended")
    ]
    assert stored_texts(account) == []


def test_upcoming_shows_that_a_text_will_not_be_sent_and_why(account: Account) -> None:
    report_event(account, session_date="2199-12-03")  # a request has the real clock
    order(account, "suspend")

    [item] = call(events_api, "GET", "/upcoming", account=account.id).json["items"]

    assert (item["will_go"], item["reason"]) == (False, "account_suspended")
    assert UNPAID in item["why"]
