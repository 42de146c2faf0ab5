"""What triggers have planned for a suspended account is dropped when its time comes, with the reason."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from longcode.accounts.account import Account
from longcode.triggers.planning import OccurrenceState
from sweeper import sweep_schedule
from tests.support.admin_orders import done
from tests.support.fakes import NOW, call
from tests.support.trigger_steps import fire_all, planned, rule, tell, texts
from triggers import events_api

pytestmark = pytest.mark.account(edition="professional", rule=True)

NINE = datetime(2026, 12, 2, 15, 1, tzinfo=UTC)
UNPAID = "October's invoice is unpaid."


def order(account: Account, do: str) -> None:
    """Have the operator give an order about an account."""
    reason: dict[str, Any] = {"reason": UNPAID} if do == "suspend" else {}
    done(f"accounts.{do}", account=account.id, **reason)


def come(now: datetime = NINE) -> None:
    """Have the time of what is planned come: the sweeper enqueues, the worker fires."""
    sweep_schedule.sweep(now)
    fire_all(now)


@pytest.mark.parametrize(("do", "code"), [("suspend", "account_suspended"), ("close", "account_closed")])
def test_a_reminder_that_comes_due_meanwhile_is_dropped_with_the_reason(account: Account, do: str, code: str) -> None:
    tell(account)
    order(account, do)

    come()

    one = planned(account)["2026-12-03"]
    assert (one.state, one.reason) == (OccurrenceState.DROPPED, code)
    assert texts(account) == []


def test_dropped_it_is_not_sent_once_the_account_is_restored(account: Account) -> None:
    tell(account)
    order(account, "suspend")
    come()

    order(account, "restore")
    come(NINE + timedelta(hours=1))

    assert texts(account) == []


def test_restored_in_time_it_goes(account: Account) -> None:
    tell(account)
    order(account, "suspend")
    order(account, "restore")

    come()

    assert [text.trigger for text in texts(account)] == ["reminder"]


def test_a_suspended_studios_events_are_taken_in_so_that_nothing_is_missing_later(account: Account) -> None:
    order(account, "suspend")

    told = tell(account)
    order(account, "restore")
    come()

    assert [one.trigger for one in told.planned] == ["reminder"]
    assert len(texts(account)) == 1


def test_what_a_trigger_sends_at_once_is_dropped_with_the_reason(account: Account) -> None:
    rule(name="reminder", timing=None, body="Thank you!")
    order(account, "suspend")

    tell(account)
    fire_all(NOW)

    assert [(one.state, one.reason) for one in planned(account).values()] == [
        (OccurrenceState.DROPPED, "account_suspended")
    ]
    assert texts(account) == []


def test_upcoming_tells_that_a_text_will_not_go_and_why(account: Account) -> None:
    tell(account)
    order(account, "suspend")

    [one] = call(events_api, "GET", "/upcoming", account=account.id).json["items"]

    assert (one["will_go"], one["reason"]) == (False, "account_suspended")
    assert UNPAID in one["why"]
