"""The orders accounts.suspend, restore, close, reopen and show."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from accounts import settings_api
from longcode.accounts import store as accounts
from longcode.accounts.account import AccountStatus, StatusChange, plan_owed_in
from longcode.numbers import store as numbers
from tests.support.admin_orders import send_order
from tests.support.aws_calls import losing_the_first_response, meanwhile, parallel_calls
from tests.support.crashes import every_crash
from tests.support.fakes import NOW, call, studio

pytestmark = pytest.mark.usefixtures("aws")

UNPAID = "October's invoice is unpaid."
LATER = NOW + timedelta(days=2)


def order(do: str, account: str = "10000001", now: Any = NOW, **fields: Any) -> dict[str, Any]:
    """Send an order, with a reason where one is required."""
    reason = {"reason": UNPAID} if do == "suspend" else {}
    return send_order(f"accounts.{do}", now, account=account, **(reason | fields))


def status(account: str = "10000001") -> AccountStatus:
    return accounts.get_or_raise(account).status


def test_a_suspended_account_is_shown_since_when_and_why() -> None:
    studio()

    answer = order("suspend", by="accounts desk")

    change = {"at": "2026-11-22T15:30:00Z", "to": "suspended", "reason": UNPAID}
    by: dict[str, str | None] = {"by": "accounts desk", "cause": None}
    assert answer == {
        "account": "10000001",
        "status": "suspended",
        "number": None,
        "approved": True,
        "ceiling_units_a_day": None,
        "status_changes": [{**change, **by}],
    }
    shown = call(settings_api, "GET", "/account", account="10000001").json
    assert (shown["standing"], shown["standings"]) == ("suspended", [{**change, "at": "2026-11-22T15:30:00.000Z"}])


def test_a_restored_account_is_active_and_keeps_its_history() -> None:
    studio()
    order("suspend", by="Kim")

    order("restore", now=LATER, by="accounts desk")

    account = accounts.get_or_raise("10000001")
    assert account.status is AccountStatus.ACTIVE
    assert account.status_changes == (
        StatusChange(at=NOW, to=AccountStatus.SUSPENDED, reason=UNPAID, by="Kim"),
        StatusChange(at=LATER, to=AccountStatus.ACTIVE, by="accounts desk"),
    )


def test_showing_an_account_changes_nothing() -> None:
    studio()
    suspended = order("suspend")

    assert suspended.items() <= order("show").items()
    assert status() is AccountStatus.SUSPENDED


@pytest.mark.parametrize("do", ["suspend", "close"])
def test_a_repeated_order_changes_nothing(do: str) -> None:
    studio()
    first = order(do)

    assert order(do, now=LATER) == first


@pytest.mark.parametrize(("first", "then"), [("suspend", "restore"), ("close", "reopen")])
def test_a_repeated_restore_or_reopen_is_written_once(first: str, then: str) -> None:
    studio()
    order(first)

    assert order(then, now=LATER) == order(then, now=LATER + timedelta(days=1))
    assert [one.to for one in accounts.get_or_raise("10000001").status_changes][1:] == [AccountStatus.ACTIVE]


def test_a_suspension_for_another_reason_is_written_too() -> None:
    studio()
    order("suspend")

    order("suspend", now=LATER, reason="It texts people who never asked.")

    assert [one.reason for one in accounts.get_or_raise("10000001").status_changes] == [
        UNPAID,
        "It texts people who never asked.",
    ]


@pytest.mark.parametrize(
    ("before", "do", "detail"),
    [
        ("close", "suspend", "The account is closed: reopen it first."),
        ("close", "restore", "The account is closed: reopen it first."),
        ("suspend", "reopen", "The account is suspended: restore it or close it."),
    ],
)
def test_an_order_that_the_status_does_not_allow_is_refused(before: str, do: str, detail: str) -> None:
    studio()
    order(before)
    as_it_stood = order("show")

    assert order(do) == {"code": "wrong_status", "detail": detail, "field": "do"}
    assert order("show") == as_it_stood


@pytest.mark.parametrize("do", ["show", "suspend", "restore", "close", "reopen"])
def test_an_unknown_account_is_refused(do: str) -> None:
    answer = order(do, "10000009")

    assert (answer["code"], answer["field"]) == ("not_found", "account")
    assert accounts.get("10000009") is None


def test_an_order_leaves_other_accounts_unchanged() -> None:
    studio()
    other = studio("10000002")

    order("suspend")

    assert accounts.get_or_raise(other.id) == other


def test_an_order_leaves_settings_and_plan_unchanged() -> None:
    before = studio(sender_name="Foxglove", number="+15555550177", number_since=NOW)

    order("suspend")
    order("restore")

    account = accounts.get_or_raise(before.id)
    assert replace(account, status_changes=()) == before


def test_a_studio_cannot_restore_itself() -> None:
    studio()
    order("suspend")

    answer = call(settings_api, "PATCH", "/account", {"standing": "active"}, account="10000001")

    assert answer.status == 422
    assert status() is AccountStatus.SUSPENDED


def test_a_closed_account_keeps_its_dedicated_number() -> None:
    account = studio()
    numbers.dedicate(account, "+15555550177", NOW)

    answer = order("close")

    assert answer["number"] == "+15555550177"
    assert numbers.dedicated_owner("+15555550177") == account.id


def test_a_closed_account_owes_the_month_of_its_close_and_none_until_it_is_reopened() -> None:
    studio()
    order("close")
    order("reopen", now=NOW + timedelta(days=70))

    account = accounts.get_or_raise("10000001")
    assert [plan_owed_in(account, month) for month in ("2026-11", "2026-12", "2027-01")] == ["medium", None, "medium"]


def test_an_order_from_a_slow_clock_keeps_the_history_in_order() -> None:
    studio()
    order("suspend", now=LATER)

    order("close", now=NOW)

    assert [one.at for one in accounts.get_or_raise("10000001").status_changes] == [LATER, LATER]


def test_parallel_orders_are_applied_one_after_another() -> None:
    studio()

    with parallel_calls() as threads:
        list(threads.map(order, ["suspend", "close", "suspend", "close", "suspend"]))

    account = accounts.get_or_raise("10000001")
    assert account.status is AccountStatus.CLOSED
    assert [one.to for one in account.status_changes] in (
        [AccountStatus.CLOSED],
        [AccountStatus.SUSPENDED, AccountStatus.CLOSED],
    )


def test_an_account_closed_during_a_suspension_stays_closed() -> None:
    studio()

    with meanwhile("UpdateItem", lambda: order("close")):
        answer = order("suspend")

    assert answer["code"] == "wrong_status"
    assert [one.to for one in accounts.get_or_raise("10000001").status_changes] == [AccountStatus.CLOSED]


def test_a_setting_changed_during_an_order_is_kept() -> None:
    studio()

    with meanwhile("UpdateItem", lambda: accounts.change_settings("10000001", {"name": "Foxglove"})):
        order("suspend")

    assert (accounts.get_or_raise("10000001").name, status()) == ("Foxglove", AccountStatus.SUSPENDED)


@pytest.mark.parametrize(("do", "then"), [("suspend", AccountStatus.SUSPENDED), ("close", AccountStatus.CLOSED)])
def test_an_order_killed_at_any_call_is_applied_whole_or_not_at_all(do: str, then: AccountStatus) -> None:
    number = studio().id

    for crash in every_crash(after=False):
        with crash:
            order(do, number)

        account = accounts.get_or_raise(number)
        assert [change.to for change in account.status_changes] == (
            [] if account.status is AccountStatus.ACTIVE else [then]
        )
        assert order(do, number)["status"] == then


def test_a_change_whose_answer_is_lost_is_written_once() -> None:
    studio()

    with losing_the_first_response("dynamodb", "UpdateItem") as repeated:
        answer = order("suspend")

    assert repeated == ["UpdateItem"]
    assert len(answer["status_changes"]) == 1
