"""An account's status: whether it sends, and for which months it owes its plan's fee."""

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from longcode.accounts.account import (
    STATUS_REFUSALS,
    Account,
    AccountStatus,
    StatusChange,
    check_may_send,
    plan_owed_in,
    send_refusal,
)
from longcode.errors import AccountClosed, AccountSuspended
from longcode.jobs import Product
from longcode.plans.plans import PlanChange

JOINED = datetime(2026, 4, 15, 15, 0, tzinfo=UTC)
ACTIVE, SUSPENDED, CLOSED = AccountStatus.ACTIVE, AccountStatus.SUSPENDED, AccountStatus.CLOSED


def account(*changes_of_status: tuple[str, AccountStatus], joined: datetime = JOINED, **changes: Any) -> Account:
    """Return an account with these changes of its status, each at a time in UTC."""
    history = tuple(StatusChange(at=utc(at), to=to, reason="Unpaid") for at, to in changes_of_status)
    fields: dict[str, Any] = {
        "id": "10000001",
        "name": "Foxglove Portraits",
        "email": "studio@studio.example",
        "product": Product.SPECTRA,
        "edition": "standard",
        "created_at": joined,
        "plan_changes": (PlanChange(joined, "medium"),),
        "status": history[-1].to if history else ACTIVE,
        "status_changes": history,
    }
    return Account(**(fields | changes))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def owed(of: Account, *months: str) -> list[str]:
    """Return the months, of these, for which an account owes a fee."""
    return [month for month in months if plan_owed_in(of, month)]


def test_an_active_account_sends() -> None:
    assert send_refusal(account()) is None
    check_may_send(account())


def test_a_suspended_account_sends_nothing_and_gets_the_reason() -> None:
    suspended = account(("2026-06-10 15:00", SUSPENDED))

    with pytest.raises(AccountSuspended, match=r"suspended this account, so it sends nothing: Unpaid$"):
        check_may_send(suspended)


def test_a_closed_account_sends_nothing() -> None:
    with pytest.raises(AccountClosed, match="is closed"):
        check_may_send(account(("2026-06-10 15:00", CLOSED)))


def test_a_queued_text_and_a_request_are_refused_with_the_same_codes() -> None:
    codes = {SUSPENDED: AccountSuspended.code, CLOSED: AccountClosed.code}

    assert codes == STATUS_REFUSALS
    assert [status for status in AccountStatus if status not in STATUS_REFUSALS] == [ACTIVE]


def test_an_account_owes_nothing_before_it_joined() -> None:
    assert owed(account(), "2026-03", "2026-04", "2026-05") == ["2026-04", "2026-05"]


def test_an_account_owes_the_whole_month_of_its_close_and_none_after_it() -> None:
    closed = account(("2026-06-10 15:00", CLOSED))

    assert owed(closed, "2026-05", "2026-06", "2026-07", "2026-12") == ["2026-05", "2026-06"]


def test_an_account_closed_after_the_cut_off_owes_nothing_for_the_next_month() -> None:
    closed = account(("2026-06-30 22:00:01", CLOSED))

    assert owed(closed, "2026-06", "2026-07") == ["2026-06"]


def test_an_account_closed_a_millisecond_before_or_at_midnight_owes_that_month() -> None:
    before, at_midnight = account(("2026-07-01 04:59:59.999", CLOSED)), account(("2026-07-01 05:00:00", CLOSED))

    assert owed(before, "2026-06", "2026-07") == ["2026-06"]
    assert owed(at_midnight, "2026-06", "2026-07") == ["2026-06"]


def test_an_account_closed_a_second_after_midnight_owes_the_new_month() -> None:
    assert owed(account(("2026-07-01 05:00:01", CLOSED)), "2026-06", "2026-07", "2026-08") == ["2026-06", "2026-07"]


def test_chicagos_midnight_counts_on_the_day_the_clocks_go_back_too() -> None:
    closed = account(("2026-12-01 05:59:59", CLOSED))

    assert owed(closed, "2026-11", "2026-12") == ["2026-11"]


def test_an_account_that_joined_and_closed_on_one_day_owes_that_month() -> None:
    joined = datetime(2026, 7, 1, 2, 0, tzinfo=UTC)  # 30 June, 21:00 in Chicago

    assert owed(account(("2026-07-01 03:00", CLOSED), joined=joined), "2026-05", "2026-06", "2026-07") == ["2026-06"]


def test_a_reopened_account_owes_nothing_for_months_that_it_was_closed_throughout() -> None:
    back = account(("2026-06-10 15:00", CLOSED), ("2026-09-20 15:00", ACTIVE))

    assert owed(back, "2026-06", "2026-07", "2026-08", "2026-09", "2026-10") == ["2026-06", "2026-09", "2026-10"]


def test_an_account_closed_and_reopened_within_a_month_owes_every_month() -> None:
    back = account(("2026-06-10 15:00", CLOSED), ("2026-06-20 15:00", ACTIVE))

    assert owed(back, "2026-05", "2026-06", "2026-07") == ["2026-05", "2026-06", "2026-07"]


def test_an_account_reopened_at_midnight_owes_the_month_that_begins() -> None:
    back = account(("2026-06-10 15:00", CLOSED), ("2026-08-01 05:00", ACTIVE))

    assert owed(back, "2026-07", "2026-08") == ["2026-08"]


def test_a_suspended_account_owes_its_fee_until_it_is_closed() -> None:
    suspended = account(("2026-05-10 15:00", SUSPENDED), ("2026-08-02 15:00", CLOSED))

    assert owed(suspended, "2026-05", "2026-06", "2026-07", "2026-08", "2026-09") == [
        "2026-05",
        "2026-06",
        "2026-07",
        "2026-08",
    ]


def test_the_plan_of_the_last_month_is_the_one_that_was_chosen_in_time() -> None:
    changes = (PlanChange(JOINED, "medium"), PlanChange(utc("2026-06-09 15:00"), "small"))
    closed = account(("2026-06-10 15:00", CLOSED))

    assert plan_owed_in(replace(closed, plan_changes=changes), "2026-06") == "small"
