"""The orders about months and invoices: close, check, repair, list, mark paid, resend, credit."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from billing import bill_worker
from longcode.accounts.account import AccountStatus, StatusChange
from longcode.billing import store as invoices
from longcode.jobs import Bill
from longcode.plans.plans import PlanChange
from longcode.usage import store as quotas
from tests.support import admin_orders
from tests.support.aws_calls import meanwhile, parallel_calls
from tests.support.billed_texts import text, write_uncounted_text
from tests.support.crashes import every_crash
from tests.support.fakes import studio, take_queued
from tests.support.mails import mails_to

pytestmark = pytest.mark.usefixtures("aws")

FIRST = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
NOVEMBER = "2026-11"


def ask(do: str, now: datetime = FIRST + timedelta(days=9), **order: Any) -> Any:
    return admin_orders.send_order(do, now, **({"month": NOVEMBER} | order))


def bill(account: str = "10000001", now: datetime = FIRST) -> None:
    bill_worker.bill(Bill(account=account, month=NOVEMBER), lambda: now)


def billed(account: str = "10000001", units: int = 0) -> str:
    studio(account)
    text(units, account)
    bill(account)
    return account


def parked(account: str) -> str:
    studio(account)
    write_uncounted_text(2, account)
    bill(account)
    bill(account, FIRST + timedelta(minutes=3))
    return account


def credit(amount_micros: int, credit_id: str = "case-1", **order: Any) -> Any:
    given = {"account": "10000001", "reason": "Sent twice", **order}
    return ask("invoices.credit", amount_micros=amount_micros, id=credit_id, **given)


def test_a_close_bills_all_accounts_those_after_one_or_one() -> None:
    every = [studio(f"1000000{n}").id for n in range(4)]

    answers = [ask("months.close"), ask("months.close", after=every[2]), ask("months.close", account=every[1])]

    assert answers == [{"accounts": 4}, {"accounts": 1}, {"accounts": 1}]
    assert len(take_queued("bill")) == 6


@pytest.mark.parametrize(
    ("do", "more"), [("months.close", {}), ("invoices.list_open", {}), ("months.repair", {"account": "10000001"})]
)
def test_a_month_that_has_not_ended_is_refused(do: str, more: dict[str, Any]) -> None:
    studio()
    write_uncounted_text(2)

    answer = ask(do, now=datetime(2026, 11, 30, tzinfo=UTC), **more)

    assert (answer["code"], answer["field"]) == ("month_not_over", "month")
    assert answer["detail"] == "2026-11 ends on 2026-12-01 06:00 UTC, and cannot be closed before."
    assert take_queued("bill") == []
    assert quotas.of_month("10000001", NOVEMBER).units == 0


@pytest.mark.parametrize(
    ("do", "more"),
    [
        ("months.close", {}),
        ("months.check", {}),
        ("months.repair", {}),
        ("invoices.mark_paid", {"on": "2026-12-09"}),
        ("invoices.resend", {}),
        ("invoices.credit", {"amount_micros": 1, "reason": "r", "id": "i"}),
    ],
)
def test_an_unknown_account_is_refused(do: str, more: dict[str, Any]) -> None:
    answer = ask(do, account="10000009", **more)

    assert answer == {"code": "not_found", "detail": "There is no account '10000009'.", "field": "account"}
    assert take_queued("bill") == []


@pytest.mark.parametrize(
    ("do", "more"),
    [
        ("invoices.mark_paid", {"on": "2026-12-09"}),
        ("invoices.resend", {}),
        ("invoices.credit", {"amount_micros": 1, "reason": "r", "id": "i"}),
    ],
)
def test_a_month_without_an_issued_invoice_is_refused(do: str, more: dict[str, Any]) -> None:
    studio("10000001")
    parked("10000002")

    missing, put_aside = ask(do, account="10000001", **more), ask(do, account="10000002", **more)

    assert missing["detail"] == "There is no invoice for 2026-11: it is not billed yet."
    assert put_aside["detail"] == "There is no invoice for 2026-11: it is parked."
    assert (missing["field"], put_aside["field"]) == ("month", "month")
    assert invoices.balance("10000001").waiting == 0


def test_invoices_are_listed_by_number_page_by_page() -> None:
    for account in ("10000003", "10000001", "10000002"):
        billed(account)

    first = ask("invoices.list", limit=2)
    second = ask("invoices.list", limit=2, cursor=first["next_cursor"])

    assert [(one["number"], one["account"]) for one in first["items"] + second["items"]] == [
        ("2026-11-000001", "10000003"),
        ("2026-11-000002", "10000001"),
        ("2026-11-000003", "10000002"),
    ]
    assert (first["next_cursor"], second["next_cursor"], first["issued"]) == ("2026-11-000002", None, 3)
    assert (first["items"][0]["state"], first["items"][0]["total_micros"]) == ("issued", 35_000_000)


def test_a_month_without_invoices_is_listed_as_empty() -> None:
    assert ask("invoices.list") == {"items": [], "next_cursor": None, "issued": 0}


def test_parked_and_missing_invoices_are_listed_as_open() -> None:
    billed("10000001")
    parked("10000002")
    studio("10000003")
    studio("10000004", established_at=None)
    studio("10000005", plan_changes=(PlanChange(FIRST, "medium"),), created_at=FIRST)

    first = ask("invoices.list_open", limit=2)
    second = ask("invoices.list_open", limit=9, after=first["next_cursor"])

    [put_aside] = first["items"]
    assert (put_aside["account"], put_aside["state"]) == ("10000002", "parked")
    assert put_aside["findings"]["differences"][1] == {
        "month": NOVEMBER,
        "count": "units_sent",
        "counters": 0,
        "messages": 2,
    }
    assert second == {
        "items": [{"account": "10000003", "month": NOVEMBER, "state": "missing"}],
        "accounts": 3,
        "next_cursor": None,
    }


def test_a_parked_invoice_of_a_closed_account_is_listed_as_open() -> None:
    left = datetime(2026, 10, 12, 12, 0, tzinfo=UTC)
    studio(
        plan_changes=(PlanChange(left, "medium"),), status_changes=(StatusChange(at=left, to=AccountStatus.CLOSED),)
    )
    text(3)
    write_uncounted_text(2)
    for now in (FIRST, FIRST + timedelta(minutes=3)):
        bill(now=now)

    assert [(one["account"], one["state"]) for one in ask("invoices.list_open")["items"]] == [("10000001", "parked")]


def test_a_check_returns_differences_and_unbilled_units() -> None:
    billed("10000001", units=5)
    text(2, "10000001")
    parked("10000002")

    mine, every = ask("months.check", account="10000001"), ask("months.check")

    assert mine == {
        "account": "10000001",
        "month": NOVEMBER,
        "state": "issued",
        "number": "2026-11-000001",
        "differences": (),
        "unreadable": (),
        "wrong": None,
        "unbilled_units": 2,
    }
    assert [one["account"] for one in every["items"]] == ["10000002"]
    assert every["next_cursor"] is None


def test_a_check_continues_after_the_last_account_checked() -> None:
    for account in ("10000001", "10000002", "10000003"):
        parked(account)

    first = ask("months.check", limit=2)
    second = ask("months.check", limit=2, after=first["next_cursor"])

    assert [one["account"] for one in first["items"]] == ["10000001", "10000002"]
    assert [one["account"] for one in second["items"]] == ["10000003"]


def test_accounts_with_more_units_than_asked_for_are_left_out() -> None:
    studio("10000001")
    text(5, "10000001")
    write_uncounted_text(2, "10000001")

    small, every = ask("months.check", most_units=4), ask("months.check", most_units=5)

    assert (small["items"], [one["account"] for one in every["items"]]) == ([], ["10000001"])
    assert small["accounts"] == every["accounts"] == 1


def test_a_repair_corrects_the_counters_once_and_the_next_close_issues_the_invoice() -> None:
    parked("10000001")

    with parallel_calls() as threads:
        list(threads.map(lambda _: ask("months.repair", account="10000001"), range(4)))
    bill(now=FIRST + timedelta(days=1))

    assert quotas.of_month("10000001", NOVEMBER).units_sent == 2
    issued = invoices.get("10000001", NOVEMBER)
    assert issued
    assert (issued.number, issued.units_sent) == ("2026-11-000001", 2)


def test_an_invoice_marked_paid_twice_keeps_the_first_day() -> None:
    billed()

    first = ask("invoices.mark_paid", account="10000001", on="2026-12-04")
    second = ask("invoices.mark_paid", account="10000001", on="2026-12-09")

    assert first == second
    assert (first["state"], first["paid_on"]) == ("paid", "2026-12-04")


def test_a_day_of_payment_to_come_is_refused() -> None:
    billed()

    answer = ask("invoices.mark_paid", account="10000001", on="2026-12-11")

    assert (answer["code"], answer["field"]) == ("invalid", "on")
    assert ask("invoices.list")["items"][0]["state"] == "issued"


def test_a_day_of_payment_long_before_the_month_is_refused() -> None:
    billed()

    wrong_year, ahead = (
        ask("invoices.mark_paid", account="10000001", on=day) for day in ("2025-12-04", "2026-10-01")
    )

    assert (wrong_year["code"], wrong_year["field"]) == ("invalid", "on")
    assert wrong_year["detail"] == "2025-12-04 is more than a month before 2026-11 began."
    assert ahead["paid_on"] == "2026-10-01"


def test_marking_an_invoice_paid_leaves_its_document_unchanged() -> None:
    billed(units=7)
    before = msgspec.json.encode(invoices.get("10000001", NOVEMBER))

    ask("invoices.mark_paid", account="10000001", on="2026-12-04")

    assert msgspec.json.encode(invoices.get("10000001", NOVEMBER)) == before


def test_a_resent_invoice_is_mailed_once_more_even_if_paid() -> None:
    billed()
    ask("invoices.mark_paid", account="10000001", on="2026-12-04")

    ask("invoices.resend", account="10000001")
    for job in take_queued("bill") * 2:
        bill_worker.bill(msgspec.json.decode(job, type=Bill), lambda: FIRST + timedelta(days=9))

    first, second = mails_to("10000001@studio.example")
    assert first == second


def test_a_resend_killed_anywhere_is_done_by_the_next_order() -> None:
    billed()

    for crash in every_crash(after=False):
        with crash:
            ask("invoices.resend", account="10000001")
        ask("invoices.resend", account="10000001")

        assert take_queued("bill")
        assert invoices.claim_mailing("10000001", NOVEMBER, FIRST, FIRST)


def test_a_credit_waits_for_the_next_invoice_and_is_shown_on_its_own() -> None:
    billed()

    answer = credit(500_000)

    assert answer["amount_micros"] == 500_000
    assert invoices.balance("10000001").waiting == 1
    assert ask("invoices.list")["items"][0]["credited_micros"] == 500_000


def test_a_credit_larger_than_what_is_left_of_the_invoice_is_refused() -> None:
    billed()
    credit(30_000_000)

    too_much, all_the_rest = credit(5_000_001, "case-2"), credit(5_000_000, "case-3")

    assert too_much == {
        "code": "credit_too_large",
        "detail": "Only $5.00 of invoice 2026-11-000001 can still be credited.",
        "field": "amount_micros",
    }
    assert all_the_rest["id"] == "case-3"
    assert invoices.balance("10000001").waiting == 2


def test_a_credit_repeated_is_one_and_another_under_its_id_is_refused() -> None:
    billed()
    first = credit(20_000_000)

    again, other = credit(20_000_000), credit(1_000_000)

    assert again == first
    assert (other["code"], other["field"]) == ("id_taken", "id")
    assert invoices.balance("10000001").waiting == 1


def test_parallel_credits_are_not_larger_than_the_invoice() -> None:
    billed()

    with parallel_calls() as threads:
        answers = list(threads.map(lambda n: credit(10_000_000, f"case-{n}"), range(6)))

    assert sorted(one.get("code", "given") for one in answers) == ["credit_too_large"] * 3 + ["given"] * 3
    assert invoices.balance("10000001").waiting == 3


def test_a_credit_given_meanwhile_leaves_less() -> None:
    billed()

    with meanwhile("TransactWriteItems", lambda: credit(30_000_000, "case-2")):
        answer = credit(30_000_000)

    assert answer["detail"] == "Only $5.00 of invoice 2026-11-000001 can still be credited."


@pytest.mark.parametrize("reason", ["", "  ", "Sent twice\nTotal: $0.00", "a\x00", "a\u2028b", "\ud800", "a" * 201])
def test_a_reason_that_is_no_printable_line_is_refused(reason: str) -> None:
    billed()

    answer = credit(500_000, reason=reason)

    assert (answer["code"], answer["field"]) == ("invalid", "reason")


@pytest.mark.parametrize("amount", [0, -1, 1.5, "1000", None, True, 2**53 + 1, 10**40])
def test_an_amount_that_is_no_positive_whole_number_is_refused(amount: Any) -> None:
    billed()

    answer = credit(amount)

    assert (answer["code"], answer["field"]) == ("invalid", "amount_micros")


@pytest.mark.parametrize(
    ("field", "value"), [("reason", " "), ("reason", ""), ("credit_id", "a#b"), ("credit_id", "")]
)
def test_a_credit_without_reason_or_id_is_refused(field: str, value: str) -> None:
    billed()

    answer = credit(1, **{field: value})

    assert (answer["code"], answer["field"]) == ("invalid", field.removeprefix("credit_"))
    assert invoices.balance("10000001").waiting == 0
