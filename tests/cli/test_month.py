"""`longcode month`: checks, closes and repairs months; amounts are written and printed as money."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from billing import bill_worker
from longcode.billing import store as invoices
from longcode.jobs import Bill
from longcode.usage import store as quotas
from longcode_cli.deployment import Deployment
from tests.support.admin_orders import send_order
from tests.support.billed_texts import text, write_uncounted_text
from tests.support.fakes import studio, take_queued
from tests.support.operator import Ended, deployment, longcode

pytestmark = pytest.mark.usefixtures("aws")

FIRST = datetime(2026, 12, 1, 9, tzinfo=UTC)
MINE, OTHER, NOVEMBER = "10000001", "10000002", "2026-11"


def month(*words: str, typed: str | None = None, now: datetime = FIRST + timedelta(days=9)) -> Ended:
    before, rest = (["--json"], words[1:]) if words[0] == "--json" else ([], words)
    return longcode(*before, "month", *rest, of=deployment(now), typed=typed)


def billed(account: str = MINE) -> None:
    studio(account, name="Foxglove Photo")
    text(1, account)
    bill(account)


def bill(account: str, now: datetime = FIRST) -> None:
    bill_worker.bill(Bill(account=account, month=NOVEMBER), lambda: now)


def parked(account: str = OTHER) -> None:
    studio(account)
    write_uncounted_text(2, account)
    bill(account)
    bill(account, FIRST + timedelta(minutes=3))


def test_a_check_of_sound_counters_ends_with_0() -> None:
    billed()

    every, one = month("check", NOVEMBER), month("check", NOVEMBER, "--account", MINE)

    assert (every.exit_code, one.exit_code) == (0, 0)
    assert every.printed == one.printed == "The counters of 2026-11 equal its messages."


def test_a_check_that_finds_a_difference_ends_with_1_and_shows_both_counts() -> None:
    billed()
    parked()

    every, one = month("check", NOVEMBER), month("--json", "check", NOVEMBER, "--account", OTHER)

    assert (every.exit_code, one.exit_code) == (1, 1)
    assert "10000002 2026-11 units_sent 0 2" in every.printed
    assert "10000001" not in every.printed
    assert [found["account"] for found in one.answer] == [OTHER]


class OneAccountAPage(Deployment):
    """A deployment that goes through the accounts one by one."""

    def order(self, do: str, **fields: Any) -> dict[str, Any]:
        return send_order(do, FIRST + timedelta(days=9), **fields, limit=1)


def test_a_check_goes_through_all_pages_of_accounts() -> None:
    billed()
    parked("10000002")
    studio("10000003")
    parked("10000004")

    printed = longcode("month", "check", NOVEMBER, of=OneAccountAPage("longcode", None)).printed

    assert "10000002 2026-11 units_sent 0 2" in printed
    assert "10000004 2026-11 units_sent 0 2" in printed


def test_a_check_of_one_account_says_how_many_units_are_on_no_invoice_yet() -> None:
    billed()
    text(2)

    ended = month("check", NOVEMBER, "--account", MINE)

    assert ended.exit_code == 0
    assert "2 units of 2026-11 are on no invoice yet: the next one has them." in ended.printed


def test_open_months_are_listed_with_what_was_found() -> None:
    parked()
    studio("10000003")

    printed = month("open", NOVEMBER).printed

    assert "10000002 parked" in printed
    assert "2026-11: units_sent 0 in the counters, 2 in the messages" in printed
    assert "10000003 missing not billed yet: its job waits or has failed" in printed


def test_a_dry_run_of_a_close_shows_what_is_open_and_bills_nothing() -> None:
    studio(MINE)

    ended = month("close", NOVEMBER, "--dry-run")

    assert "10000001 missing" in ended.printed
    assert take_queued("bill") == []


def test_a_month_is_closed_after_a_yes_for_all_accounts_or_one() -> None:
    studio(MINE)
    studio(OTHER)

    refused = month("close", NOVEMBER, typed="n\n")
    none = take_queued("bill")
    every, one = month("close", NOVEMBER, "--yes"), month("close", NOVEMBER, "--account", MINE, "--yes")

    assert (refused.exit_code, none) == (1, [])
    assert every.printed.startswith("2 bills are queued.")
    assert one.printed.startswith("1 bills are queued.")
    assert len(take_queued("bill")) == 3


@pytest.mark.parametrize("words", [("close", "--yes"), ("open",), ("repair", MINE, "--yes")])
def test_a_month_that_is_not_over_is_refused(words: tuple[str, ...]) -> None:
    studio(MINE)
    write_uncounted_text(2)

    ended = month(words[0], NOVEMBER, *words[1:], now=datetime(2026, 11, 30, tzinfo=UTC))

    assert ended.exit_code == 1
    assert "cannot be closed before. (MONTH)" in ended.printed


@pytest.mark.parametrize("wrong", ["November", "2026-13", "2026-11-01", "0999-01"])
def test_a_word_that_is_no_month_is_refused_before_anything_is_asked(wrong: str) -> None:
    ended = month("check", wrong)

    assert ended.exit_code == 2
    assert "Write it as 2026-11." in ended.printed


def test_a_repair_shows_the_difference_and_sets_the_counters_after_a_yes() -> None:
    parked()

    tried = month("repair", NOVEMBER, OTHER, "--dry-run")
    before = quotas.of_month(OTHER, NOVEMBER).units
    done = month("repair", NOVEMBER, OTHER, typed="y\n")

    assert "10000002 2026-11 units_sent 0 2" in tried.printed
    assert "The counters are repaired." in done.printed
    assert (before, quotas.of_month(OTHER, NOVEMBER).units) == (0, 2)
    assert month("repair", NOVEMBER, OTHER, "--yes").printed.startswith("Nothing to repair")


def test_invoices_are_listed_with_their_totals_as_money() -> None:
    billed()

    printed = month("invoices", NOVEMBER).printed

    assert "2026-11-000001 10000001 Foxglove Photo 35.00 USD issued" in printed


def test_a_payment_is_recorded_and_the_first_day_stays() -> None:
    billed()

    unasked = month("paid", NOVEMBER, MINE, "--on", "2026-12-09")
    first = month("paid", NOVEMBER, MINE, "--on", "2026-12-09", "--yes")
    second = month("paid", NOVEMBER, MINE, "--on", "2026-12-10", "--yes")
    wrong = month("paid", NOVEMBER, MINE, "--on", "9.12.2026")

    assert unasked.exit_code == 2
    assert first.printed == "Invoice 2026-11-000001 was paid on 2026-12-09."
    assert "It was recorded before, and stays." in second.printed
    assert (wrong.exit_code, "Write it as 2026-11-30." in wrong.printed) == (2, True)


def test_a_credit_is_written_as_money_and_counts_once() -> None:
    billed()
    words = ("credit", NOVEMBER, MINE, "5.00", "--reason", "Sent twice", "--id", "c-1", "--yes")

    ended = [month(*words) for _ in range(2)]

    assert [one.printed for one in ended] == [
        "Credit c-1 of 5.00 is taken off the next invoice of account 10000001."
    ] * 2
    [given] = invoices.waiting_credits(invoices.balance(MINE))
    assert given.amount_micros == 5_000_000


@pytest.mark.parametrize("amount", ["0", "-5", "5,00", "5 USD", "0.0000001", "1e3", "٥", "NaN"])
def test_what_is_no_amount_is_refused(amount: str) -> None:
    billed()

    ended = month("credit", NOVEMBER, MINE, "--reason", "r", "--id", "c-1", "--yes", "--", amount)

    assert ended.exit_code == 2
    assert invoices.balance(MINE).waiting == 0


def test_a_credit_larger_than_its_invoice_is_refused() -> None:
    billed()

    ended = month("credit", NOVEMBER, MINE, "35.01", "--reason", "r", "--id", "c-1", "--yes")

    assert (ended.exit_code, "Only $35.00 of invoice 2026-11-000001" in ended.printed) == (1, True)


def test_an_invoice_is_mailed_again() -> None:
    billed()
    take_queued("bill")

    ended = month("resend", NOVEMBER, MINE)

    assert ended.printed == "Invoice 2026-11-000001 is mailed again."
    assert len(take_queued("bill")) == 1


def test_invoices_are_written_as_csv_to_a_file_or_printed(tmp_path: Path) -> None:
    billed()
    file = tmp_path / "invoices.csv"

    written, printed = month("csv", NOVEMBER, "--out", str(file)), month("csv", NOVEMBER)
    nowhere = month("csv", NOVEMBER, "--out", str(tmp_path / "none" / "invoices.csv"))

    assert written.printed == f"The invoices of 2026-11 are in {file}."
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    assert "2026-11-000001" in file.read_text()
    assert "2026-11-000001" in printed.printed
    assert (nowhere.exit_code, "cannot be written" in nowhere.printed) == (1, True)


def test_an_export_that_is_off_is_refused_and_a_dry_run_counts() -> None:
    billed()

    tried, off = month("export", NOVEMBER, "--dry-run"), month("export", NOVEMBER, "--account", MINE)
    unknown = month("export", NOVEMBER, "--account", OTHER)

    assert tried.printed.startswith("1 invoices of 2026-11 would be exported")
    assert (off.exit_code, off.printed) == (1, "Exports are off: see the parameter InvoiceExport.")
    assert unknown.printed == "Account 10000002 has no issued invoice for 2026-11."


def test_the_usage_of_a_month_has_the_busiest_account_first() -> None:
    studio(MINE, name="Foxglove Photo")
    studio(OTHER, name="Zoë")
    studio("10000003", name="Silent")
    text(2, MINE)
    text(5, OTHER)

    printed = month("usage", NOVEMBER).printed
    this, one = month("--json", "usage"), month("--json", "usage", NOVEMBER, "--account", MINE)

    assert "10000002 Zoë medium 5 1 0 10000001 Foxglove Photo medium 2 1 0 2026-11: 7 units, accounts: 2." in printed
    assert this.answer == []
    assert [(used["account"], used["units"]) for used in one.answer] == [(MINE, 2)]


def test_the_usage_of_an_unknown_account_or_a_wrong_month_is_refused() -> None:
    unknown, wrong = month("usage", "--account", "99999999"), month("usage", "2026-13")

    assert (unknown.exit_code, wrong.exit_code) == (1, 2)
    assert "There is no account '99999999'." in unknown.printed
    assert "Write it as 2026-11." in wrong.printed
