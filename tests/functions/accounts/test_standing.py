"""How an account stands: the operator suspends it and restores it, closes it and opens it again."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from accounts import api, standing
from longcode.account import plan_in
from longcode.standing import Standing, Turn
from longcode.table import accounts, dedicated
from tests.fakes import NOW, LambdaContext, call, studio
from tests.functions.accounts.calls import at_once, meanwhile
from tests.functions.send.wire import losing_the_first_answer
from tests.support.crashes import every_crash

pytestmark = pytest.mark.usefixtures("aws")

UNPAID = "October's invoice is unpaid."
LATER = NOW + timedelta(days=2)


def order(do: str, account: str = "10000001", now: Any = NOW, **fields: Any) -> dict[str, Any]:
    """Give an order, with a reason where one is needed."""
    reason = {"reason": UNPAID} if do == "suspend" else {}
    return standing.answer({"do": do, "account": account} | reason | fields, now)


def stands(account: str = "10000001") -> Standing:
    return accounts.need(account).standing


def test_the_operator_suspends_an_account_and_the_account_sees_since_when_and_why() -> None:
    studio()

    answer = order("suspend", by="accounts desk")

    turn = {"at": "2026-11-22T15:30:00Z", "to": "suspended", "reason": UNPAID}
    by = {"by": "accounts desk"}
    assert answer == {"account": "10000001", "standing": "suspended", "number": None, "standings": [turn | by]}
    shown = call(api, "GET", "/account", account="10000001").json
    assert (shown["standing"], shown["standings"]) == ("suspended", [turn])


def test_the_handler_takes_the_clocks_time() -> None:
    studio()

    answer = standing.handler({"do": "suspend", "account": "10000001", "reason": UNPAID}, LambdaContext())

    assert answer["standing"] == "suspended"


def test_restored_it_is_active_and_keeps_its_history() -> None:
    studio()
    order("suspend")

    order("restore", now=LATER, by="accounts desk")

    account = accounts.need("10000001")
    assert account.standing is Standing.ACTIVE
    assert account.standings == (
        Turn(at=NOW, to=Standing.SUSPENDED, reason=UNPAID),
        Turn(at=LATER, to=Standing.ACTIVE, by="accounts desk"),
    )


def test_shown_it_is_as_it_was() -> None:
    studio()
    suspended = order("suspend")

    assert order("show") == suspended
    assert stands() is Standing.SUSPENDED


@pytest.mark.parametrize("do", ["suspend", "close"])
def test_given_again_an_order_changes_nothing(do: str) -> None:
    studio()
    first = order(do)

    assert order(do, now=LATER) == first


@pytest.mark.parametrize(("first", "then"), [("suspend", "restore"), ("close", "reopen")])
def test_taken_back_twice_it_is_taken_back_once(first: str, then: str) -> None:
    studio()
    order(first)

    assert order(then, now=LATER) == order(then, now=LATER + timedelta(days=1))
    assert [one.to for one in accounts.need("10000001").standings][1:] == [Standing.ACTIVE]


def test_a_suspension_for_another_reason_is_noted_too() -> None:
    studio()
    order("suspend")

    order("suspend", now=LATER, reason="It texts people who never asked.")

    assert [one.reason for one in accounts.need("10000001").standings] == [UNPAID, "It texts people who never asked."]


@pytest.mark.parametrize(
    ("before", "do", "detail"),
    [
        ("close", "suspend", "The account is closed: reopen it first."),
        ("close", "restore", "The account is closed: reopen it first."),
        ("suspend", "reopen", "The account is suspended: restore it or close it."),
    ],
)
def test_an_order_that_something_else_must_come_before_is_refused(before: str, do: str, detail: str) -> None:
    studio()
    order(before)
    as_it_stood = order("show")

    assert order(do) == {"code": "wrong_standing", "detail": detail, "field": "do"}
    assert order("show") == as_it_stood


@pytest.mark.parametrize("do", ["show", "suspend", "restore", "close", "reopen"])
def test_an_account_that_is_not_there_is_named(do: str) -> None:
    answer = order(do, "10000009")

    assert (answer["code"], answer["field"]) == ("not_found", "account")
    assert accounts.get("10000009") is None


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"do": "suspend", "account": "10000001"}, "required field `reason`"),
        ({"do": "suspend", "account": "10000001", "reason": ""}, r"length >= 1 .*\$\.reason"),
        ({"do": "suspend", "account": "10000001", "reason": "  "}, r"\$\.reason"),
        ({"do": "suspend", "account": "10000001", "reason": None}, r"\$\.reason"),
        ({"do": "suspend", "reason": UNPAID}, "required field `account`"),
        ({"do": "pause", "account": "10000001"}, r"Invalid value 'pause' - at `\$\.do`"),
        ({"account": "10000001"}, "required field `do`"),
        ({"do": "restore", "account": "10000001", "reason": UNPAID}, "unknown field `reason`"),
        ({"do": "close", "account": 10000001}, r"\$\.account"),
    ],
)
def test_an_order_that_cannot_be_read_says_why_and_changes_nothing(event: dict[str, Any], reason: str) -> None:
    studio()

    with pytest.raises(msgspec.ValidationError, match=reason):
        standing.answer(event, NOW)
    assert stands() is Standing.ACTIVE


def test_another_account_is_left_as_it_is() -> None:
    studio()
    other = studio("10000002")

    order("suspend")

    assert accounts.need(other.id) == other


def test_its_settings_and_plan_stay_as_they_are() -> None:
    before = studio(sender_name="Foxglove", number="+15555550177", number_since=NOW)

    order("suspend")
    order("restore")

    account = accounts.need(before.id)
    assert replace(account, standings=()) == before


def test_a_studio_cannot_restore_itself() -> None:
    studio()
    order("suspend")

    answer = call(api, "PATCH", "/account", {"standing": "active"}, account="10000001")

    assert answer.status == 422
    assert stands() is Standing.SUSPENDED


def test_a_closed_account_keeps_its_dedicated_number_until_the_operator_takes_it_back() -> None:
    account = studio()
    dedicated.give(account, "+15555550177", NOW)

    answer = order("close")

    assert answer["number"] == "+15555550177"
    assert dedicated.owner("+15555550177") == account.id


def test_a_closed_account_owes_for_the_month_and_for_none_after_it_until_it_is_opened_again() -> None:
    studio()
    order("close")
    order("reopen", now=NOW + timedelta(days=70))

    account = accounts.need("10000001")
    assert [plan_in(account, month) for month in ("2026-11", "2026-12", "2027-01")] == ["medium", None, "medium"]


def test_a_clock_that_is_behind_turns_no_history_round() -> None:
    studio()
    order("suspend", now=LATER)

    order("close", now=NOW)

    assert [one.at for one in accounts.need("10000001").standings] == [LATER, LATER]


def test_of_orders_that_come_at_once_each_finds_the_account_as_the_one_before_left_it() -> None:
    studio()

    with at_once() as threads:
        list(threads.map(order, ["suspend", "close", "suspend", "close", "suspend"]))

    account = accounts.need("10000001")
    assert account.standing is Standing.CLOSED
    assert [one.to for one in account.standings] in ([Standing.CLOSED], [Standing.SUSPENDED, Standing.CLOSED])


def test_closed_while_it_is_being_suspended_it_stays_closed() -> None:
    studio()

    with meanwhile("UpdateItem", lambda: order("close")):
        answer = order("suspend")

    assert answer["code"] == "wrong_standing"
    assert [one.to for one in accounts.need("10000001").standings] == [Standing.CLOSED]


def test_a_setting_that_is_changed_meanwhile_stays() -> None:
    studio()

    with meanwhile("UpdateItem", lambda: accounts.change_settings("10000001", {"name": "Foxglove"})):
        order("suspend")

    assert (accounts.need("10000001").name, stands()) == ("Foxglove", Standing.SUSPENDED)


@pytest.mark.parametrize(("do", "then"), [("suspend", Standing.SUSPENDED), ("close", Standing.CLOSED)])
def test_killed_at_any_call_the_account_stands_as_before_or_as_it_was_told_to_with_its_history(
    do: str, then: Standing
) -> None:
    number = studio().id

    for crash in every_crash(after=False):
        with crash:
            order(do, number)

        account = accounts.need(number)
        assert [turn.to for turn in account.standings] == ([] if account.standing is Standing.ACTIVE else [then])
        assert order(do, number)["standing"] == then


def test_a_write_whose_answer_is_lost_is_noted_once() -> None:
    studio()

    with losing_the_first_answer("dynamodb", "UpdateItem") as repeated:
        answer = order("suspend")

    assert repeated == ["UpdateItem"]
    assert len(answer["standings"]) == 1
