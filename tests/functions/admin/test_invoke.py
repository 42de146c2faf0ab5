"""The operator's function: every order can be read, and a malformed one is answered with its field."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from admin import invoke
from longcode import months
from longcode.accounts import store as accounts
from longcode.accounts.account import AccountStatus
from longcode.aws import clients
from longcode.billing import store as invoices
from longcode.numbers import store as numbers
from tests.support.admin_orders import send_accepted_order
from tests.support.fakes import NOW, LambdaContext, studio, take_queued
from tests.support.readers import sample_event
from tests.support.source_reading import ROOT

OWN = "+15555550177"
ACCOUNT, PHONE = "10000001", "+12125550123"
NOVEMBER = {"month": "2026-11", "account": ACCOUNT}
CREDIT = {**NOVEMBER, "amount_micros": 1, "reason": "Sent twice", "id": "case-1"}
HAND_OVER = {"carrier": "twilio", "carrier_id": "SM1", "account": ACCOUNT}
MOVE = {"account": ACCOUNT, "message_id": "m1", "to": "10000002"}

MALFORMED: list[tuple[Any, str | None, str]] = [
    ("accounts.show", None, "Expected `object`, got `str`"),
    (None, None, "Expected `object`, got `null`"),
    ([], None, "Expected `object`, got `array`"),
    ({}, "do", "missing required field `do`"),
    ({"do": "pause", "account": ACCOUNT}, "do", "Invalid value 'pause'"),
    ({"do": None, "account": ACCOUNT}, "do", "Expected `str`"),
    ({"do": "Order", "account": ACCOUNT}, "do", "Invalid value 'Order'"),
    ({"do": "accounts.show", "account": ""}, "account", "length >= 1"),
    ({"do": "accounts.show", "account": "1" * 101}, "account", "length <= 100"),
    ({"do": "accounts.show", "account": "\ud800"}, "account", "surrogate"),
    ({"do": "accounts.show", "account": ACCOUNT, "\ud800": 1}, None, "surrogate"),
    ({"do": "accounts.suspend", "account": ACCOUNT}, "reason", "missing required field `reason`"),
    ({"do": "accounts.suspend", "account": ACCOUNT, "reason": ""}, "reason", "length >= 1"),
    ({"do": "accounts.suspend", "account": ACCOUNT, "reason": "  "}, "reason", "regex"),
    ({"do": "accounts.suspend", "account": ACCOUNT, "reason": None}, "reason", "Expected `str`, got `null`"),
    ({"do": "accounts.suspend", "account": ACCOUNT, "reason": "Unpaid", "by": "\udfff"}, "by", "surrogate"),
    ({"do": "accounts.suspend", "reason": "Unpaid"}, "account", "missing required field `account`"),
    ({"do": "accounts.restore", "account": ACCOUNT, "reason": "Paid"}, "reason", "unknown field `reason`"),
    ({"do": "accounts.close", "account": 10000001}, "account", "Expected `str`, got `int`"),
    ({"do": "numbers.assign", "account": ACCOUNT, "number": 5}, "number", "Expected `str | null`"),
    ({"do": "numbers.assign", "account": ACCOUNT, "number": False}, "number", "Expected `str | null`"),
    ({"do": "numbers.assign", "account": None, "number": None}, "account", "Expected `str`, got `null`"),
    ({"do": "numbers.assign", "acount": ACCOUNT, "number": None}, "acount", "unknown field `acount`"),
    ({"do": "numbers.assign", "number": None}, "account", "missing required field `account`"),
    ({"do": "numbers.assign", "account": ACCOUNT}, "number", "missing required field `number`"),
    ({"do": "plans.load"}, "file", "missing required field `file`"),
    ({"do": "plans.load", "file": {"currency": "USD"}}, "file", "Expected `str`, got `object`"),
    ({"do": "plans.load", "file": "{}", "dry_run": "yes"}, "dry_run", "Expected `bool`, got `str`"),
    ({"do": "plans.load", "file": "{}", "force": True}, "force", "unknown field `force`"),
    ({"do": "plans.show", "month": "2026-11"}, "month", "unknown field `month`"),
    ({"do": "months.close"}, "month", "missing required field `month`"),
    ({"do": "months.close", "month": "2026-13"}, "month", "regex"),
    ({"do": "months.close", "month": "November"}, "month", "regex"),
    ({"do": "months.close", "month": "9999-12"}, "month", "regex"),
    ({"do": "months.close", "month": "2026-11", "account": ""}, "account", "length >= 1"),
    ({"do": "months.check", "month": "2026-11", "account": ""}, "account", "length >= 1"),
    ({"do": "months.close", "month": "2026-11", "acount": "1"}, "acount", "unknown field `acount`"),
    ({"do": "invoices.list", "month": "2026-11", "limit": 0}, "limit", "`int` >= 1"),
    ({"do": "invoices.list_open", "month": "2026-11", "limit": 1001}, "limit", "`int` <= 1000"),
    ({"do": "invoices.list", "month": "2026-11", "cursor": "1" * 201}, "cursor", "length <= 200"),
    ({"do": "invoices.mark_paid", **NOVEMBER, "on": "soon"}, "on", "Invalid RFC3339"),
    ({"do": "invoices.credit", **NOVEMBER, "reason": "r", "id": "i"}, "amount_micros", "missing required field"),
    ({"do": "invoices.credit", **CREDIT, "amount_micros": 10**40}, "amount_micros", "`int` <= 9007199254740992"),
    ({"do": "invoices.export"}, "account", "missing required field"),
    ({"do": "invoices.export", "account": ACCOUNT, "month": "May"}, "month", "regex"),
    ({"do": "invoices.export", **NOVEMBER, "x": 1}, "x", "unknown field `x`"),
    ({"do": "replies.list_unattributed", "limit": 0}, "limit", "`int` >= 1"),
    ({"do": "replies.hand_over", "carrier": "twilio"}, "carrier_id", "missing required field `carrier_id`"),
    ({"do": "replies.hand_over", **HAND_OVER, "to": "10000002"}, "to", "unknown field `to`"),
    ({"do": "replies.hand_over", **HAND_OVER, "carrier_id": "S" * 201}, "carrier_id", "length <= 200"),
    ({"do": "replies.move", **MOVE, "message_id": ""}, "message_id", "length >= 1"),
    ({"do": "texts.release", "at_most": -1}, "at_most", "`int` >= 0"),
    ({"do": "texts.restore_check", "restored_to": "0001-01-01T00:00:00Z"}, "restored_to", "the years 2000 to 2999"),
    ({"do": "texts.release", "at_most": 10**30}, "at_most", "`int` <= 1000000000"),
    ({"do": "texts.release", "at_most": "1"}, "at_most", "Expected `int | null`"),
    ({"do": "optouts.export", "phone": "2125550123"}, "phone", "regex"),
    ({"do": "optouts.export", "phone": f"{PHONE}\n"}, "phone", "regex"),
    ({"do": "optouts.export", "limit": 401}, "limit", "`int` <= 400"),
    ({"do": "optouts.export", "all": True}, "all", "unknown field `all`"),
]


def tags() -> list[str]:
    return [str(order.__struct_config__.tag) for order in invoke.ORDERS]


@pytest.mark.long
@pytest.mark.parametrize(("order", "field", "why"), MALFORMED, ids=ascii)
def test_a_malformed_order_is_refused_with_its_field_and_changes_nothing(
    aws: None, order: Any, field: str | None, why: str
) -> None:
    account = studio()
    send_accepted_order("numbers.assign", account=account.id, number=OWN)

    answer = invoke.handler(order, LambdaContext())

    assert list(answer) == ["code", "detail", "field"]
    assert (answer["code"], answer["field"]) == ("invalid", field)
    assert answer["detail"].startswith("The order cannot be read: ")
    assert why in answer["detail"]
    json.dumps(answer, ensure_ascii=False).encode()
    assert accounts.get_or_raise(account.id).status is AccountStatus.ACTIVE
    assert numbers.dedicated_owner(OWN) == account.id
    assert invoices.balance(account.id).waiting == 0
    assert take_queued("bill") == take_queued("export") == []


@pytest.mark.parametrize("do", tags())
def test_every_order_has_an_event_that_can_be_read(do: str) -> None:
    order = invoke.read(sample_event(f"admin_{do.replace('.', '_')}"))

    assert order.__struct_config__.tag == do


@pytest.mark.parametrize("do", tags())
def test_an_order_with_a_field_that_it_does_not_have_is_refused(do: str) -> None:
    event = sample_event(f"admin_{do.replace('.', '_')}")

    answer = invoke.act({**event, "at_moost": 1}, NOW)

    assert (answer["code"], answer["field"]) == ("invalid", "at_moost")


@pytest.mark.parametrize("do", tags())
def test_an_order_with_a_field_of_another_type_is_refused(do: str) -> None:
    event = sample_event(f"admin_{do.replace('.', '_')}")

    answers = {name: invoke.act({**event, name: {"x": 1}}, NOW) for name in event}

    assert {name: (answer["code"], answer["field"]) for name, answer in answers.items()} == {
        name: ("invalid", name) for name in event
    }


@pytest.mark.parametrize("do", tags())
def test_the_result_of_every_order_is_json(aws: None, do: str) -> None:
    studio()

    answer = invoke.handler(sample_event(f"admin_{do.replace('.', '_')}"), LambdaContext())

    json.dumps(answer)


def test_every_admin_event_file_belongs_to_an_order() -> None:
    events = {path.stem for path in (ROOT / "events").glob("admin_*.json")}

    assert events == {f"admin_{do.replace('.', '_')}" for do in tags()}


def test_the_page_has_every_order() -> None:
    page = (ROOT / "docs" / "flows" / "admin.md").read_text()

    assert [do for do in tags() if f"| `{do}` |" not in page] == []


def test_the_handler_uses_the_current_time(aws: None) -> None:
    answer = invoke.handler(
        {"do": "months.close", "month": months.month_of(clients.now()), "by": "Ann"}, LambdaContext()
    )

    assert answer["code"] == "month_not_over"


def test_an_order_is_carried_out_at_the_given_time(aws: None) -> None:
    studio()

    answers = [
        invoke.act({"do": "months.close", "month": "2026-11", "by": "Ann"}, now)
        for now in (NOW, datetime(2026, 12, 1, 9, tzinfo=UTC))
    ]

    assert (answers[0]["code"], answers[1]) == ("month_not_over", {"accounts": 1})
