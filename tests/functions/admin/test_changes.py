"""The record of the operator's orders, and the order changes.list."""

import json
from datetime import timedelta
from typing import Any

import pytest

from admin import invoke
from admin.order import ReadingOrder
from longcode.aws import clients
from longcode.changes import store as changes
from longcode.changes.change import Span
from tests.support.admin_orders import send_accepted_order, send_order
from tests.support.aws_calls import parallel_calls
from tests.support.crashes import every_crash
from tests.support.fakes import NOW, LambdaContext, studio
from tests.support.readers import sample_event

pytestmark = pytest.mark.usefixtures("aws")

OTHER = "10000002"
OWN = "+12135550177"
LATER = NOW + timedelta(minutes=1)
READING = {
    "accounts.list",
    "accounts.list_unapproved",
    "accounts.show",
    "broadcasts.left_out",
    "broadcasts.list",
    "broadcasts.recipients",
    "changes.list",
    "due.list_overdue",
    "invoices.csv",
    "invoices.list",
    "invoices.list_open",
    "months.check",
    "numbers.check",
    "numbers.list",
    "numbers.list_blocked",
    "numbers.list_parked",
    "optouts.export",
    "partners.list_keys",
    "phones.hash",
    "phones.show",
    "texts.find",
    "texts.show",
    "usage.list",
    "plans.show",
    "replies.list_unattributed",
    "texts.count_parked",
}


def suspend(account: str = "10000001", reason: str = "Unpaid", by: str = "Ann") -> dict[str, Any]:
    return send_order("accounts.suspend", account=account, reason=reason, by=by)


def listed(account: str | None = None, **fields: Any) -> list[dict[str, Any]]:
    return as_json(send_accepted_order("changes.list", LATER, account=account, **fields))


def as_json(answer: dict[str, Any]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = json.loads(json.dumps(answer))["items"]
    return items


def summary(changes: list[dict[str, Any]]) -> list[tuple[str, str, bool]]:
    return [(change["account"], change["about"], change["unfinished"]) for change in changes]


def test_only_the_orders_that_read_are_not_recorded() -> None:
    reading = {str(order.__struct_config__.tag) for order in invoke.ORDERS if issubclass(order, ReadingOrder)}

    assert reading == READING


@pytest.mark.parametrize("do", sorted(str(order.__struct_config__.tag) for order in invoke.ORDERS))
def test_an_order_is_refused_without_who_gives_it_unless_it_only_reads(do: str) -> None:
    studio()
    event = sample_event(f"admin_{do.replace('.', '_')}")
    anonymous = {name: value for name, value in event.items() if name != "by"}

    answer = invoke.act(anonymous, NOW)

    if do in READING:
        assert answer.get("field") != "by"
        return
    assert answer == {
        "code": "invalid",
        "detail": 'The order is recorded, and does not say who gives it: add your name, for example "by": "Ann".',
        "field": "by",
    }
    assert listed() == []


def test_an_order_that_would_change_nothing_is_refused_without_who_gives_it_too() -> None:
    answer = invoke.act({"do": "texts.release", "dry_run": True}, NOW)

    assert (answer["code"], answer["field"]) == ("invalid", "by")


def test_an_order_is_recorded_with_who_gave_it_when_and_its_fields() -> None:
    studio()
    context = LambdaContext()

    invoke.handler({"do": "accounts.suspend", "account": "10000001", "reason": "Unpaid", "by": "Ann"}, context)

    (change,) = as_json(send_accepted_order("changes.list", clients.now() + timedelta(seconds=1)))
    assert change.pop("id")
    assert change.pop("at")
    assert change == {
        "account": "10000001",
        "kind": "order",
        "actor": {
            "way": "operator",
            "who": "operator",
            "name": "Ann",
            "address": "",
            "browser": "",
            "request": "invocation",
        },
        "about": "accounts.suspend",
        "details": [{"name": "reason", "before": None, "after": "Unpaid"}],
        "unfinished": False,
    }


def test_an_order_without_an_account_is_listed_with_those_of_all_accounts() -> None:
    studio()
    studio(OTHER)
    suspend()
    send_accepted_order("partners.make_key", partner="fotoware", name="Fotoware Studio")
    suspend(OTHER)

    assert {(change["account"], change["about"]) for change in listed()} == {
        ("10000001", "accounts.suspend"),
        ("", "partners.make_key"),
        (OTHER, "accounts.suspend"),
    }
    assert summary(listed("10000001")) == [("10000001", "accounts.suspend", False)]


def test_no_secret_and_no_file_is_in_the_record() -> None:
    made = send_accepted_order("partners.make_key", partner="fotoware", name="Fotoware Studio")

    (change,) = listed()
    assert change["details"] == [
        {"name": "partner", "before": None, "after": "fotoware"},
        {"name": "name", "before": None, "after": "Fotoware Studio"},
    ]
    assert made["key"] not in str(change)


@pytest.mark.parametrize(
    ("do", "fields"),
    [
        ("accounts.suspend", {"account": "10000009", "reason": "Unpaid"}),
        ("invoices.resend", {"account": "10000001", "month": "2026-10"}),
        ("numbers.assign", {"account": "10000001", "number": "5"}),
        ("months.repair", {"account": "10000001", "month": "2026-11"}),
        ("optouts.import", {"lines": "x"}),
        ("invoices.export", {"account": "10000001", "month": "2026-10"}),
    ],
)
def test_a_refused_order_is_not_recorded(do: str, fields: dict[str, Any]) -> None:
    studio()

    assert "code" in send_order(do, **fields)

    assert listed() == listed("10000001") == listed("10000009") == []


@pytest.mark.parametrize(
    ("do", "fields"),
    [
        ("accounts.suspend", {"reason": "Unpaid"}),
        ("accounts.close", {}),
        ("accounts.approve", {}),
        ("accounts.set_ceiling", {"units_a_day": 5}),
        ("numbers.assign", {"number": OWN}),
    ],
)
def test_an_order_that_is_repeated_and_changes_nothing_is_recorded_once(do: str, fields: dict[str, Any]) -> None:
    studio(trial_units_a_day=50)

    first, second = (send_accepted_order(do, now, account="10000001", **fields) for now in (NOW, LATER))

    assert first == second
    assert summary(listed("10000001")) == [("10000001", do, False)]


@pytest.mark.parametrize(
    ("do", "fields"),
    [
        ("texts.release", {}),
        ("optouts.import", {"lines": ""}),
        ("accounts.set_ceiling", {"account": "10000001", "units_a_day": None}),
    ],
)
def test_an_order_that_finds_nothing_to_change_is_not_recorded(do: str, fields: dict[str, Any]) -> None:
    studio()

    send_accepted_order(do, **fields)

    assert listed() == []


def test_the_same_order_twice_at_once_is_recorded_once_for_each_change() -> None:
    studio()

    with parallel_calls() as calls:
        list(calls.map(lambda reason: suspend(reason=reason), ["Unpaid", "Abuse", "Fraud"]))

    recorded = [change["details"][0]["after"] for change in listed("10000001")]
    assert sorted(recorded) == ["Abuse", "Fraud", "Unpaid"]


def test_an_order_that_is_killed_anywhere_is_in_the_record_if_it_changed_something() -> None:
    studio()
    for crash in every_crash():
        with crash:
            suspend()

        is_suspended = send_order("accounts.show", account="10000001")["status"] == "suspended"
        recorded = summary(listed("10000001"))
        if is_suspended:
            assert recorded in ([("10000001", "accounts.suspend", unfinished)] for unfinished in (True, False))
        if not recorded or not recorded[0][2]:
            assert is_suspended == bool(recorded)


def test_changes_are_listed_newest_first_by_page_and_time() -> None:
    studio()
    days = [NOW - timedelta(days=days) for days in (400, 300, 40, 3, 2, 1)]
    for number, at in enumerate(days):
        send_accepted_order("accounts.suspend", at, account="10000001", reason=f"Reason {number}")

    def reasons(**fields: Any) -> tuple[list[str], str | None]:
        answer = send_accepted_order("changes.list", **fields)
        return [change["details"][0]["after"] for change in answer["items"]], answer["next_cursor"]

    for account in ("10000001", None):
        first, cursor = reasons(account=account, limit=3)
        rest, end = reasons(account=account, limit=3, cursor=cursor)
        assert first + rest == ["Reason 5", "Reason 4", "Reason 3", "Reason 2", "Reason 1"]
        assert end is None
        between = {"since": days[2].isoformat(), "until": days[4].isoformat()}
        assert reasons(account=account, **between) == (["Reason 3", "Reason 2"], None)


@pytest.mark.parametrize("cursor", ["2026-0x", "x", "!", "2026-11-99T00:00:00.000Z#x"])
def test_a_place_that_is_none_is_no_fault(cursor: str) -> None:
    studio()
    suspend()

    changes_of_all, _ = changes.of_all(Span(limit=5, cursor=cursor), LATER)

    assert len(changes_of_all) in {0, 1}


def test_a_cursor_of_the_far_future_begins_with_the_newest_change() -> None:
    studio()
    suspend()

    assert summary(listed(cursor="9998-12-01T00:00:00.000Z#x")) == [("10000001", "accounts.suspend", False)]
