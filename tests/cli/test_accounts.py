"""`longcode accounts`: the commands give the operator's orders, and print their answers for people and programs."""

from pathlib import Path

import pytest

from longcode.accounts import store as accounts
from longcode.accounts.account import AccountStatus
from longcode_cli.main import main
from tests.support.fakes import studio
from tests.support.operator import longcode


@pytest.fixture(autouse=True)
def studios(aws: None) -> None:
    """Two studios, of which the second waits for approval."""
    studio("10000001", name="Foxglove Photo", email="ann@foxglove.example")
    studio("10000002", name="Büro Zoë", email="zoe@buero.example", trial_units_a_day=50)


def test_all_accounts_are_listed_with_their_plan_and_status() -> None:
    ended = longcode("accounts", "list")

    assert ended.exit_code == 0
    assert "10000001 Foxglove Photo ann@foxglove.example medium active" in ended.printed
    assert "10000002 Büro Zoë zoe@buero.example medium active, not approved" in ended.printed


@pytest.mark.parametrize("search", ["büro", "buro zoe", "ZOE@buero", "0000002"])
def test_an_account_is_found_by_a_part_of_its_name_address_or_number(search: str) -> None:
    ended = longcode("--json", "accounts", "list", "--search", search)

    assert [item["id"] for item in ended.answer] == ["10000002"]


def test_the_accounts_that_wait_are_listed_apart() -> None:
    ended = longcode("--json", "accounts", "list", "--waiting")

    assert [item["id"] for item in ended.answer] == ["10000002"]


def test_a_suspension_is_recorded_with_who_ordered_it() -> None:
    ended = longcode("accounts", "suspend", "10000001", "--reason", "October is unpaid.")

    account = accounts.get_or_raise("10000001")
    assert ended.printed == "Account 10000001 is suspended: October is unpaid."
    assert (account.status, account.status_changes[-1].by) == (AccountStatus.SUSPENDED, "Ann")
    assert "suspended: October is unpaid. (by Ann)" in longcode("accounts", "show", "10000001").printed


def test_an_account_is_closed_only_after_a_yes() -> None:
    refused = longcode("accounts", "close", "10000001", typed="n\n")
    unasked = longcode("accounts", "close", "10000001")
    open_still = accounts.get_or_raise("10000001").status
    closed = longcode("accounts", "close", "10000001", typed="y\n")

    assert (refused.exit_code, unasked.exit_code, closed.exit_code) == (1, 2, 0)
    assert "--yes" in unasked.printed
    assert open_still is AccountStatus.ACTIVE
    assert accounts.get_or_raise("10000001").status is AccountStatus.CLOSED


def test_a_refused_order_ends_with_1_and_names_the_field() -> None:
    ended = longcode("accounts", "approve", "99999999")

    assert ended.exit_code == 1
    assert ended.printed == "There is no account '99999999'. (field account)"


def test_a_ceiling_is_a_number_or_default() -> None:
    set_to = longcode("accounts", "set-ceiling", "10000001", "20000")
    wrong = longcode("accounts", "set-ceiling", "10000001", "much")
    unset = longcode("accounts", "set-ceiling", "10000001", "default")

    assert "20,000 units a day" in set_to.printed
    assert (wrong.exit_code, unset.exit_code) == (2, 0)
    assert accounts.get_or_raise("10000001").ceiling_units_a_day is None


def test_a_name_cannot_steer_the_operators_terminal() -> None:
    studio("10000003", name="\x1b]0;owned\x07[red]Red[/red]", email="red@studio.example")

    ended = longcode("accounts", "list", "--search", "red@studio")

    assert "\x1b" not in ended.printed
    assert "[red]Red[/red]" in ended.printed


def test_without_a_named_or_running_stack_the_command_ends_with_3_and_says_how_to_name_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("LONGCODE_STACK", raising=False)
    monkeypatch.chdir(tmp_path)

    with pytest.raises(SystemExit) as ended:
        main(["accounts", "list"])

    assert ended.value.code == 3
    assert "--stack" in capsys.readouterr().err
